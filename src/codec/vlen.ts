/**
 * `vlen-utf8`, `vlen-bytes` and `vlen-array` of numcodecs: strings, byte strings or the bytes of arrays, one after another.
 *
 * | bytes | content                    |
 * | ----- | -------------------------- |
 * | 4     | number of items            |
 * | 4     | length of the first item   |
 * | …     | the item; then the next    |
 *
 * Little-endian. Registered as Zarr v3 codecs at <https://github.com/zarr-developers/zarr-extensions/tree/main/codecs>.
 *
 * @module
 */
import type { Ragged } from "../bytes/ragged.js";
import { countItems, isRagged } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";
import type { ArrayMeta } from "./types.js";

const LENGTH_BYTES = 4;

/** The three store items alike; what their bytes are, the array's type says. */
function defineVlen(name: string): CodecDefinition {
  return defineCodec({
    name,
    kind: "array-to-bytes",
    parse: () => undefined,
    check(_, meta) {
      if (isRagged(meta.dtype)) return meta;
      throw new ReaderError("invalid-metadata", `codec ${name}: items of ${meta.dtype} have one length.`, {
        detail: { codec: name },
      });
    },
    create: () => ({
      kind: "array-to-bytes",
      decode: (bytes, meta) => ({ values: splitItems(name, bytes, meta) }),
    }),
  });
}

/** Walks the items twice: once for their lengths, once to move them together. */
function splitItems(name: string, bytes: Uint8Array, { shape }: ArrayMeta): Ragged {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < LENGTH_BYTES) throw corruptData(name, `${bytes.length} bytes hold no number of items`);
  const length = view.getUint32(0, true);
  const needed = shape && countItems(shape);
  if (needed !== undefined && length !== needed) {
    throw corruptData(name, `${length} items where the array has ${needed}`);
  }
  if (length * LENGTH_BYTES > bytes.length - LENGTH_BYTES) {
    throw corruptData(name, `${bytes.length} bytes are too few for ${length} items`);
  }
  const offsets = new Uint32Array(length + 1);
  let at = LENGTH_BYTES;
  for (let item = 0; item < length; item++) {
    if (at + LENGTH_BYTES > bytes.length) throw corruptData(name, `item ${item} is cut short`);
    const size = view.getUint32(at, true);
    at += LENGTH_BYTES + size;
    if (at > bytes.length) throw corruptData(name, `item ${item} of ${size} bytes is cut short`);
    offsets[item + 1] = offsets[item]! + size;
  }
  if (at !== bytes.length) throw corruptData(name, `${bytes.length - at} bytes follow the last item`);
  const items = new Uint8Array(offsets[length]!);
  for (let item = 0; item < length; item++) {
    const from = offsets[item]! + LENGTH_BYTES * (item + 2);
    items.set(bytes.subarray(from, from + offsets[item + 1]! - offsets[item]!), offsets[item]!);
  }
  return { length, offsets, bytes: items };
}

export const vlenUtf8: CodecDefinition = defineVlen("vlen-utf8");
export const vlenBytes: CodecDefinition = defineVlen("vlen-bytes");
export const vlenArray: CodecDefinition = defineVlen("vlen-array");
