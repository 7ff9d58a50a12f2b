/**
 * Reading zstd's bitstreams. They are written forwards and read backwards, from a padded last byte
 * whose highest set bit marks the end (RFC 8878 §4.1).
 *
 * A backward reader is local variables of its caller: `cursor`, which points at the eight bytes last
 * loaded, and `bits`, those bytes with the next bit on top. What was consumed is known in one of two ways:
 *
 * - Codes of a length found only while decoding (Huffman): bits are shifted out, and a sentinel one
 *   takes the place of the lowest bit, so the trailing zeros are the count. 56 bits after a refill.
 *
 *     bits = openBits(end); cursor = end - 8
 *     consumed = ctz(bits); cursor -= consumed >> 3; bits = refill(cursor, consumed)
 *
 * - Fields whose lengths add up beforehand (sequences): the count is a variable, off the path on
 *   which the next states wait. 57 bits after a refill.
 *
 * A reader may load from up to 20 bytes before its stream, as the caller checks `cursor + 8 >= start` once
 * a round of up to three refills. At least 12 bytes of frame precede a stream, and the slack of a region is 8.
 */

// @ts-ignore: decorator
@inline export function highestBit(value: u32): u32 {
  return 31 - clz<u32>(value);
}

/** How many bits of the stream that ends at `end` are padding: 1 to 8, for a last byte that is not zero. */
// @ts-ignore: decorator
@inline export function paddingBits(end: usize): u64 {
  return 8 - <u64>highestBit(<u32>load<u8>(end - 1));
}

/** Positions a reader with a sentinel on the stream that ends at `end`, whose last byte must not be zero. */
// @ts-ignore: decorator
@inline export function openBits(end: usize): u64 {
  return (load<u64>(end - 8) | 1) << paddingBits(end);
}

// @ts-ignore: decorator
@inline export function refill(cursor: usize, consumed: usize): u64 {
  return (load<u64>(cursor) | 1) << <u64>(consumed & 7);
}

/** Whether exactly the stream that begins at `start` was consumed, neither less nor more. */
// @ts-ignore: decorator
@inline export function isUsedUp(cursor: usize, consumed: u64, start: usize): bool {
  return <i32>(cursor - start) * 8 + 64 == <i32>consumed;
}

/**
 * The next `count` bits, 0 to 63: two shifts, as a shift by 64 would be one by none. A shift takes the
 * lowest six bits of its count, so what lies above them in `count` does not matter, and ~n stands for 63 - n.
 */
// @ts-ignore: decorator
@inline export function topBits(bits: u64, count: u64): u32 {
  return <u32>((bits >> 1) >> ~count);
}

/** `count` bits (0 to 16) of a forward stream, least significant first, from bit `position` after `start`. */
// @ts-ignore: decorator
@inline export function forwardBits(start: usize, position: u32, count: u32): u32 {
  return <u32>(load<u64>(start + (position >> 3)) >> <u64>(position & 7)) & ((<u32>1 << count) - 1);
}

/**
 * The `count` bits of a backward stream that lie above bit `position` after `start`. The position may
 * be negative: bits before the stream read as zeros, as the weights of a Huffman tree need (RFC 8878 §4.2.1.2).
 */
export function backwardBits(start: usize, position: i32, count: u32): u32 {
  if (position >= 0) return forwardBits(start, position, count);
  const present = position + <i32>count;
  return present <= 0 ? 0 : forwardBits(start, 0, present) << <u32>-position;
}
