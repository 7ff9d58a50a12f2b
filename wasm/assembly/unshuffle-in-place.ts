/**
 * Unshuffles where the bytes lie, for blosc blocks larger than the scratch memory. c-blosc makes such blocks only when told
 * to, so this is rare: it costs a few more copies of the block, and no memory.
 *
 * A shuffled block is a matrix: byte planes (or bit rows) above each other. Cut into a left and a right part whose rows are
 * again contiguous, each part is a smaller shuffled block; cut until a part fits the scratch.
 */
import { bitunshuffle } from "./bitshuffle";
import { unshuffle } from "./shuffle";

/** c-blosc chooses no larger block unless told to. */
export const SCRATCH_BYTES: usize = 1 << 20;
/** Room for one decoded block that is not unshuffled yet, with slack. */
export const SCRATCH: usize = memory.data((1 << 20) + 64, 16);

/** Undoes the byte shuffle of `length` bytes at `block`. */
export function unshuffleInPlace(block: usize, length: usize, typesize: usize): void {
  unweave(block, typesize, length / typesize, typesize, false);
}

/** Undoes the bit shuffle of `length` bytes at `block`. */
export function bitunshuffleInPlace(block: usize, length: usize, typesize: usize): void {
  const count = length / typesize;
  if ((count & 7) == 0) unweave(block, 8 * typesize, count >> 3, typesize, true);
}

/** Unshuffles a matrix of `rows` rows of `columns` bytes. */
function unweave(at: usize, rows: usize, columns: usize, typesize: usize, bits: bool): void {
  const bytes = rows * columns;
  if (bytes <= SCRATCH_BYTES) {
    memory.copy(SCRATCH, at, bytes);
    if (bits) bitunshuffle(SCRATCH, bytes, typesize, at);
    else unshuffle(SCRATCH, bytes, typesize, at);
    return;
  }
  const left = columns >> 1;
  cut(at, rows, columns, left);
  unweave(at, rows, left, typesize, bits);
  unweave(at + rows * left, rows, columns - left, typesize, bits);
}

/** Rearranges a matrix so that the first `left` columns of all rows come before the rest of all rows. */
function cut(at: usize, rows: usize, columns: usize, left: usize): void {
  if (rows < 2) return;
  const upper = rows >> 1;
  const lower = rows - upper;
  cut(at, upper, columns, left);
  cut(at + upper * columns, lower, columns, left);
  rotate(at + upper * left, upper * (columns - left), lower * left);
}

/** Exchanges two neighbours: `first` bytes at `at` and the `second` bytes behind them. */
function rotate(at: usize, first: usize, second: usize): void {
  while (min(first, second) > SCRATCH_BYTES) {
    // Put the shorter one where it belongs, and go on with what is left of the other.
    if (first <= second) {
      swap(at, at + first, first);
      at += first;
      second -= first;
    } else {
      swap(at + first - second, at + first, second);
      first -= second;
    }
  }
  if (first <= second) {
    memory.copy(SCRATCH, at, first);
    memory.copy(at, at + first, second);
    memory.copy(at + second, SCRATCH, first);
  } else {
    memory.copy(SCRATCH, at + first, second);
    memory.copy(at + second, at, first);
    memory.copy(at, SCRATCH, second);
  }
}

/** Exchanges `length` bytes at `a` with as many at `b`. */
function swap(a: usize, b: usize, length: usize): void {
  while (length > 0) {
    const part = min(length, SCRATCH_BYTES);
    memory.copy(SCRATCH, a, part);
    memory.copy(a, b, part);
    memory.copy(b, SCRATCH, part);
    a += part;
    b += part;
    length -= part;
  }
}
