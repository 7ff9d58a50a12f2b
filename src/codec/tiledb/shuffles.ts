/**
 * BYTESHUFFLE and BITSHUFFLE: planes of bytes or bits put back into values
 * (tiledb/sm/filter/{byteshuffle,bitshuffle}_filter.cc).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import type { ResidentKernels } from "../../kernel/resident.js";
import { bitUnshuffleTwin } from "../../kernel/twin/bitshuffle.js";
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

export const undoBitShuffle: UndoFilter = undoShuffle("BITSHUFFLE", (part, { type: { size }, kernels }) => {
  // The writer cuts off a tail of such a length as a part of its own and leaves it alone.
  if (part.length % size !== 0 || part.length % 8 !== 0) return part;
  const { resident } = kernels;
  if (resident !== undefined) return unshuffleInMemory(part, size, resident);
  const result = part.slice();
  for (const { start, end } of shuffledRuns(part.length, size)) {
    result.set(bitUnshuffleTwin(part.subarray(start, end), size), start);
  }
  return result;
});

/** The same in the kernels' memory, block by block. */
function unshuffleInMemory(part: Uint8Array, size: number, resident: ResidentKernels): Uint8Array {
  const { memory } = resident;
  return memory.scoped(() => {
    const input = memory.enter(part);
    const output = memory.reserve(part.length);
    // Values that were not shuffled stay as they are.
    memory.view(output).set(part);
    for (const { start, end } of shuffledRuns(part.length, size)) {
      const length = end - start;
      resident.unshuffleBits({ at: input.at + start, length }, size, { at: output.at + start, length });
    }
    return memory.take(output);
  });
}

/** Of each block the values up to a multiple of eight, in bytes; the rest was not shuffled. */
function* shuffledRuns(length: number, size: number): Generator<{ start: number; end: number }> {
  for (let start = 0; start < length; start += blockBytes) {
    const block = Math.min(blockBytes, length - start);
    yield { start, end: start + block - (block % (8 * size)) };
  }
}
