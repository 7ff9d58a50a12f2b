/**
 * numcodecs' `json2`, and `json` before it: a JSON array of the items, then their numpy type, then (`json2`) the shape. Texts are
 * read; other objects have no type that could hold them.
 *
 * @module
 */
import { buildRagged } from "../bytes/ragged.js";
import { countItems } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";
import type { ArrayMeta, DecodedArray } from "./types.js";

export const json2: CodecDefinition = defineCodec<string>({
  name: "json2",
  kind: "array-to-bytes",
  parse: (configuration) => configuration.optional("encoding", (self) => self.string("encoding")) ?? "utf-8",
  check(encoding, meta) {
    if (meta.dtype !== "string") throw refuse(`arrays of ${meta.dtype}`);
    if (!/^utf-?8$|^ascii$/i.test(encoding)) throw refuse(`the encoding ${encoding}`);
    return meta;
  },
  create: () => ({ kind: "array-to-bytes", decode }),
});

function decode(bytes: Uint8Array, { shape }: ArrayMeta): DecodedArray {
  const list = parse(bytes);
  const stored = list.at(-1);
  const hasShape = Array.isArray(stored);
  // Rows in rows, as deep as there are axes.
  const nested: readonly unknown[] = list.slice(0, hasShape ? -2 : -1);
  const items = nested.flat(Math.max(0, (hasShape ? stored.length : (shape?.length ?? 1)) - 1));
  const needed = shape === undefined ? items.length : countItems(shape);
  if (items.length !== needed)
    throw corruptData("json2", `${items.length} items where the array has ${needed}`);
  const encoder = new TextEncoder();
  const values = buildRagged(items.length, (index) => {
    const item = items[index];
    if (typeof item !== "string") throw refuse(`item ${index}, which is no text,`);
    return encoder.encode(item);
  });
  return shape === undefined ? { values } : { values, shape };
}

function parse(bytes: Uint8Array): readonly unknown[] {
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.length > 0) return list;
  } catch {
    // Python writes numbers that JSON does not have.
    if (/\b(NaN|Infinity)\b/.test(text)) throw refuse("a number that is not finite");
  }
  throw corruptData("json2", "the data is no JSON array");
}

function refuse(what: string): ReaderError {
  return new ReaderError("unsupported", `codec json2: ${what} cannot be read; texts can.`, {
    detail: { codec: "json2" },
  });
}
