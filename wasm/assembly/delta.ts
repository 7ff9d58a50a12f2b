/**
 * The delta family, which Zarr and TileDB share: running sums in place, sums of sums, and widening with an offset. Integers wrap
 * around in their type; floats are rounded to theirs at every step, as numpy's are. One number after the other: each sum
 * waits for the one before, which vectors do not shorten (docs/design/wasm.md §4).
 */
import { OVERFLOW, TRUNCATED } from "./errors";

// @ts-ignore: decorator
@inline function sum<T>(at: usize, count: usize, total: T): void {
  for (const end = at + count * sizeof<T>(); at < end; at += sizeof<T>()) {
    total = <T>(total + load<T>(at));
    store<T>(at, total);
  }
}

/** Sums `count` integers of `size` bytes, from `start` on. */
export function sum_integers(at: usize, count: usize, size: u32, start: i64): void {
  if (size == 1) sum<u8>(at, count, <u8>start);
  else if (size == 2) sum<u16>(at, count, <u16>start);
  else if (size == 4) sum<u32>(at, count, <u32>start);
  else sum<u64>(at, count, <u64>start);
}

/** Sums `count` floats of `size` bytes, from 0 on. */
export function sum_floats(at: usize, count: usize, size: u32): void {
  if (size == 4) sum<f32>(at, count, 0);
  else sum<f64>(at, count, 0);
}

/** Bits of a word stream, from `position` on; words are little-endian and begin at their highest bit. 1 <= `bits` <= 64. */
// @ts-ignore: decorator
@inline function readBits(words: usize, position: u64, bits: u64): u64 {
  const word = words + <usize>((position >> 6) << 3);
  const skipped = position & 63;
  let window = load<u64>(word) << skipped;
  if (skipped + bits > 64) window |= load<u64>(word, 8) >> (64 - skipped);
  return window >> (64 - bits);
}

// @ts-ignore: decorator
@inline function sumTwice<T>(words: usize, magnitudeBits: u64, count: usize, out: usize): void {
  const itemBits = magnitudeBits + 1;
  const magnitudes: u64 = (<u64>1 << magnitudeBits) - 1;
  let before = load<T>(out);
  let last = load<T>(out, sizeof<T>());
  let position: u64 = 0;
  for (let i: usize = 2; i < count; i++, position += itemBits) {
    const item = readBits(words, position, itemBits);
    const magnitude = <T>(item & magnitudes);
    const next = <T>((item >> magnitudeBits ? 0 - magnitude : magnitude) + 2 * last - before);
    store<T>(out + i * sizeof<T>(), next);
    before = last;
    last = next;
  }
}

const DOUBLE_DELTA_HEADER: usize = 9;

/**
 * Decodes one part of TileDB's double-delta filter, of integers of `size` bytes: a u8 of magnitude bits, a u64 of values, the
 * first two values, then each change of the difference as a sign bit and a magnitude. Magnitudes as wide as the values mean
 * that the values follow as they are.
 */
export function double_delta_decode(inPtr: usize, inLength: usize, outPtr: usize, capacity: usize, size: u32): i32 {
  if (inLength < DOUBLE_DELTA_HEADER) return TRUNCATED;
  const magnitudeBits = <u64>load<u8>(inPtr);
  const promised = load<u64>(inPtr, 1);
  if (promised > <u64>(capacity / size)) return OVERFLOW;
  const count = <usize>promised;
  const isRaw = magnitudeBits >= <u64>(8 * size - 1);
  const head = (isRaw ? count : min<usize>(count, 2)) * size;
  const left = inLength - DOUBLE_DELTA_HEADER;
  if (left < head) return TRUNCATED;
  memory.copy(outPtr, inPtr + DOUBLE_DELTA_HEADER, head);
  if (isRaw || count <= 2) return <i32>(count * size);
  const words = inPtr + DOUBLE_DELTA_HEADER + head;
  const needed = (((<u64>count - 2) * (magnitudeBits + 1) + 63) >> 6) << 3;
  if (<u64>(left - head) < needed) return TRUNCATED;
  if (size == 1) sumTwice<u8>(words, magnitudeBits, count, outPtr);
  else if (size == 2) sumTwice<u16>(words, magnitudeBits, count, outPtr);
  else if (size == 4) sumTwice<u32>(words, magnitudeBits, count, outPtr);
  else sumTwice<u64>(words, magnitudeBits, count, outPtr);
  return <i32>(count * size);
}

// @ts-ignore: decorator
@inline function widen<Narrow, Wide>(from: usize, count: usize, to: usize, offset: i64): void {
  for (const end = from + count * sizeof<Narrow>(); from < end; from += sizeof<Narrow>(), to += sizeof<Wide>()) {
    store<Wide>(to, <Wide>(<i64>load<Narrow>(from) + offset));
  }
}

// @ts-ignore: decorator
@inline function widenFrom<Narrow>(from: usize, count: usize, to: usize, size: u32, offset: i64): void {
  if (size == 2) widen<Narrow, u16>(from, count, to, offset);
  else if (size == 4) widen<Narrow, u32>(from, count, to, offset);
  else widen<Narrow, u64>(from, count, to, offset);
}

/**
 * Widens `count` integers of `narrow` bytes, negative when signed, to `size` bytes and adds an offset, wrapping around: one
 * window of TileDB's bit-width reduction.
 */
export function widen_integers(narrow: i32, from: usize, count: usize, to: usize, size: u32, offset: i64): void {
  if (narrow == 1) widenFrom<u8>(from, count, to, size, offset);
  else if (narrow == 2) widenFrom<u16>(from, count, to, size, offset);
  else if (narrow == 4) widenFrom<u32>(from, count, to, size, offset);
  else if (narrow == -1) widenFrom<i8>(from, count, to, size, offset);
  else if (narrow == -2) widenFrom<i16>(from, count, to, size, offset);
  else widenFrom<i32>(from, count, to, size, offset);
}
