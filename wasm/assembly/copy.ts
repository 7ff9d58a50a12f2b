/**
 * Copies shared by the LZ77 decoders (lz4, blosclz, snappy): short literals and overlapping matches, 16 bytes at a time.
 * They may write up to 32 bytes past the end they are given and read as many past their source: callers own 64 bytes of
 * slack behind every region (docs/design/wasm.md §2).
 */

/** Row d (16 bytes): the indices 0..15 modulo d. As a swizzle it repeats the last d bytes of output over a whole vector. */
// prettier-ignore
const REPEAT: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
  0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0,
  0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
], 16);

/** Entry d: the largest multiple of d that fits a vector, so that the repeated pattern stays in phase from store to store. */
const PHASE: usize = memory.data<u8>([16, 16, 16, 15, 16, 15, 12, 14, 16, 9, 10, 11, 12, 13, 14, 15], 16);

/** Beyond this many bytes `memory.copy` beats a SIMD loop (measured). */
const BULK: usize = 512;

/** Copies `length` bytes that do not overlap; rounds up to 32. */
// @ts-ignore: decorator
@inline
export function copyLiterals(to: usize, from: usize, length: usize): void {
  if (length > BULK) {
    memory.copy(to, from, length);
    return;
  }
  const end = to + length;
  do {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    to += 32;
    from += 32;
  } while (to < end);
}

/** Repeats `length` bytes of output from `distance` bytes back (1 <= distance); rounds up to 32. */
// @ts-ignore: decorator
@inline
export function copyMatch(to: usize, distance: usize, length: usize): void {
  let from = to - distance;
  const end = to + length;
  if (distance >= 16) {
    do {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      to += 32;
      from += 32;
    } while (to < end);
    return;
  }
  const pattern = i8x16.swizzle(v128.load(from), v128.load(REPEAT + (distance << 4)));
  const step = <usize>load<u8>(PHASE + distance);
  do {
    v128.store(to, pattern);
    v128.store(to + step, pattern);
    to += 2 * step;
  } while (to < end);
}

/** The same for `length` <= 25, the most two stores are sure to cover: no loop. */
// @ts-ignore: decorator
@inline
export function copyShortMatch(to: usize, distance: usize): void {
  const from = to - distance;
  if (distance >= 16) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    return;
  }
  const pattern = i8x16.swizzle(v128.load(from), v128.load(REPEAT + (distance << 4)));
  v128.store(to, pattern);
  v128.store(to + <usize>load<u8>(PHASE + distance), pattern);
}
