/**
 * `offset-items`: where each item begins and the last one ends, as 32-bit little-endian numbers, then the bytes of all items:
 * text and byte strings of ATLAS (array-format `layout.rs`). This name is the library's own.
 *
 * @module
 */
import { checkRagged, type Ragged } from "../bytes/ragged.js";
import { countItems } from "../core/dtype.js";
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";

export const offsetItems: CodecDefinition = defineCodec({
  name: "offset-items",
  kind: "array-to-bytes",
  parse: () => undefined,
  create: () => ({
    kind: "array-to-bytes",
    decode(bytes, { shape }) {
      if (shape === undefined) throw corruptData("offset-items", "the number of items is not known");
      return { values: parseOffsetItems(bytes, countItems(shape)) };
    },
  }),
});

/**
 * So many items, in buffers of their own.
 *
 * @throws ReaderError `corrupt` unless they fill the bytes
 */
export function parseOffsetItems(bytes: Uint8Array, count: number): Ragged {
  const head = 4 * (count + 1);
  if (bytes.length < head) {
    throw corruptData("offset-items", `${bytes.length} bytes are too few for ${count} items`);
  }
  const offsets = new Uint32Array(bytes.slice(0, head).buffer);
  const items = checkRagged(offsets, bytes.slice(head), "offset-items");
  if (offsets[0] === 0 && offsets.at(-1) === items.bytes.length) return items;
  throw corruptData("offset-items", "the items do not fill the bytes behind their offsets");
}
