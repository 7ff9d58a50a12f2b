/**
 * BYTESHUFFLE and BITSHUFFLE: planes of bytes or bits put back into values
 * (tiledb/sm/filter/{byteshuffle,bitshuffle}_filter.cc).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { corruptChunk, type FilterContext, joinBytes, type UndoFilter } from "./types.js";

/** Undoes a shuffle part by part; the header tells the lengths of the parts. */
function undoShuffle(
  filter: string,
  undo: (part: Uint8Array, context: FilterContext) => Uint8Array,
): UndoFilter {
  return ({ metadata, data }, context) => {
    const header = new ByteCursor(metadata, filter);
    const count = header.count(header.u32(), 4);
    const input = new ByteCursor(data, filter);
    const parts = Array.from({ length: count }, () => undo(input.bytes(header.u32()), context));
    if (input.left > 0) throw corruptChunk(filter, "the parts do not hold all bytes");
    return { metadata: header.bytes(header.left), data: joinBytes(parts) };
  };
}

export const undoByteShuffle: UndoFilter = undoShuffle("BYTESHUFFLE", (part, { type, kernels }) =>
  type.size === 1 ? part : kernels.unshuffle(part, type.size),
);

/** Bytes of a block within which bits were transposed. */
const blockBytes = 8192;

export const undoBitShuffle: UndoFilter = undoShuffle("BITSHUFFLE", (part, { type: { size } }) => {
  // The writer cuts off a tail of such a length as a part of its own and leaves it alone.
  if (part.length % size !== 0 || part.length % 8 !== 0) return part;
  const result = new Uint8Array(part.length);
  for (let at = 0; at < part.length; at += blockBytes) {
    unshuffleBlock(part.subarray(at, at + blockBytes), size, result.subarray(at, at + blockBytes));
  }
  return result;
});

/** One block: bit planes of the values up to a multiple of eight, then the rest as it is. */
function unshuffleBlock(block: Uint8Array, size: number, result: Uint8Array): void {
  const values = Math.floor(block.length / size);
  const shuffled = values - (values % 8);
  const planeBytes = shuffled / 8;
  for (let byte = 0; byte < size; byte++) {
    for (let group = 0; group < planeBytes; group++) {
      let at = group * 8 * size + byte;
      for (let value = 0; value < 8; value++, at += size) {
        let bits = 0;
        for (let bit = 0; bit < 8; bit++) {
          bits |= ((block[(8 * byte + bit) * planeBytes + group]! >> value) & 1) << bit;
        }
        result[at] = bits;
      }
    }
  }
  result.set(block.subarray(shuffled * size), shuffled * size);
}
