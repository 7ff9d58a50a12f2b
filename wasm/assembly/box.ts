/**
 * The row filter: which rows of a block lie inside closed intervals of their columns, and the numbers of those rows.
 *
 * A mask has one bit for each row, in words of 64: set by `filter_begin`, cleared by each filter for the rows outside its
 * interval. Rows of a word in which none is left are passed over. Mask and values must be readable for a multiple of 64
 * rows; what the rows past the last hold does not matter, as their bits are clear. Comparisons with NaN are false, so NaN is
 * never inside.
 */

/** For each byte of a mask: the rows of its bits, one byte each, from the lowest. */
const KEPT_ROWS: usize = memory.data(256 * 8, 16);
let isReady: bool = false;

function prepareKeptRows(): void {
  for (let bits: usize = 0; bits < 256; bits++) {
    let at = KEPT_ROWS + (bits << 3);
    for (let row: usize = 0; row < 8; row++) {
      if ((bits >> row) & 1) store<u8>(at++, <u8>row);
    }
  }
  isReady = true;
}

/** Rows whose components are tested before they are joined: their bits wait in the first-level cache. */
const RUN_ROWS: u32 = 512;
/** A bit for each component of a run's rows, of up to four each. */
const INSIDE: usize = memory.data(512 * 4 / 8, 16);

/** Starts the mask of a block: all of its `rows` rows, and no more up to the end of the last word. */
export function filter_begin(mask: usize, rows: u32): void {
  const end = mask + (<usize>(rows >>> 6) << 3);
  for (; mask < end; mask += 8) store<u64>(mask, u64.MAX_VALUE);
  const over = <u64>(rows & 63);
  if (over) store<u64>(mask, (<u64>1 << over) - 1);
}

// @ts-ignore: decorator
@inline function inside32(values: usize, low: v128, high: v128): v128 {
  const numbers = v128.load(values);
  return v128.and(f32x4.ge(numbers, low), f32x4.le(numbers, high));
}

// @ts-ignore: decorator
@inline function inside64(values: usize, low: v128, high: v128): v128 {
  const numbers = v128.load(values);
  return v128.and(f64x2.ge(numbers, low), f64x2.le(numbers, high));
}

/**
 * Tests four vectors, each between bounds of its own, and writes a bit for each number: of sixteen f32 or eight f64. Stored
 * at once, as the compiler loads all that is tested between two stores before it compares, and spills what it cannot keep.
 */
// @ts-ignore: decorator
@inline
function testFour(
  isSingle: bool, values: usize, out: usize,
  lowA: v128, highA: v128, lowB: v128, highB: v128, lowC: v128, highC: v128, lowD: v128, highD: v128,
): void {
  if (isSingle) {
    const ab = i16x8.narrow_i32x4_s(inside32(values, lowA, highA), inside32(values + 16, lowB, highB));
    const cd = i16x8.narrow_i32x4_s(inside32(values + 32, lowC, highC), inside32(values + 48, lowD, highD));
    store<u16>(out, <u16>i8x16.bitmask(i8x16.narrow_i16x8_s(ab, cd)));
  } else {
    // Narrowed as if they were twice as many, both halves of a lane stand for it.
    const ab = i16x8.narrow_i32x4_s(inside64(values, lowA, highA), inside64(values + 16, lowB, highB));
    const cd = i16x8.narrow_i32x4_s(inside64(values + 32, lowC, highC), inside64(values + 48, lowD, highD));
    store<u8>(out, <u8>i16x8.bitmask(i16x8.narrow_i32x4_s(ab, cd)));
  }
}

/** Bit r of the result is set where all `width` bits of row r are: of 64, 32, 16 (in 48 bits) or 16 rows. */
// @ts-ignore: decorator
@inline function joinRows(bits: u64, width: u32): u64 {
  if (width == 1) return bits;
  bits &= bits >>> 1;
  // The first bit of each row, then twos of rows, fours, eights, all together.
  if (width == 2) {
    bits &= 0x5555555555555555;
    bits = (bits | (bits >>> 1)) & 0x3333333333333333;
    bits = (bits | (bits >>> 2)) & 0x0f0f0f0f0f0f0f0f;
    bits = (bits | (bits >>> 4)) & 0x00ff00ff00ff00ff;
    bits = (bits | (bits >>> 8)) & 0x0000ffff0000ffff;
    return (bits | (bits >>> 16)) & 0xffffffff;
  }
  if (width == 3) {
    // Of three, the last is still to join; of four, the two that are joined with the other two.
    bits = bits & (bits >>> 1) & 0x249249249249;
    bits = (bits | (bits >>> 2)) & 0x0c30c30c30c3;
    bits = (bits | (bits >>> 4)) & 0x00f00f00f00f;
    bits = (bits | (bits >>> 8)) & 0x0000ff0000ff;
    return (bits | (bits >>> 16)) & 0xffff;
  }
  bits = bits & (bits >>> 2) & 0x1111111111111111;
  bits = (bits | (bits >>> 3)) & 0x0303030303030303;
  bits = (bits | (bits >>> 6)) & 0x000f000f000f000f;
  bits = (bits | (bits >>> 12)) & 0x000000ff000000ff;
  return (bits | (bits >>> 24)) & 0xffff;
}

/** The same of the 64 rows whose components' bits lie at `inside`; `free` bits count as set. */
// @ts-ignore: decorator
@inline function joinWord(inside: usize, width: u32, free: u64): u64 {
  if (width == 1) return load<u64>(inside) | free;
  if (width == 2) {
    return joinRows(load<u64>(inside) | free, 2) | (joinRows(load<u64>(inside, 8) | free, 2) << 32);
  }
  const step = <usize>width << 1;
  return (
    joinRows(load<u64>(inside) | free, width) |
    (joinRows(load<u64>(inside + step) | free, width) << 16) |
    (joinRows(load<u64>(inside + 2 * step) | free, width) << 32) |
    (joinRows(load<u64>(inside + 3 * step) | free, width) << 48)
  );
}

// The filter of floats is written once; a width and a type known when compiling leave straight loops for each.
// @ts-ignore: decorator
@inline function filterFloats(
  isSingle: bool, values: usize, width: u32, rows: u32, bounds: usize, free: u32, mask: usize,
): bool {
  const highs = bounds + (<usize>width << 4);
  const lowA = v128.load(bounds), highA = v128.load(highs);
  const lowB = width > 1 ? v128.load(bounds, 16) : lowA, highB = width > 1 ? v128.load(highs, 16) : highA;
  const lowC = width > 2 ? v128.load(bounds, 32) : lowA, highC = width > 2 ? v128.load(highs, 32) : highA;
  const lowD = width > 3 ? v128.load(bounds, 48) : lowB, highD = width > 3 ? v128.load(highs, 48) : highB;
  // Bytes of four vectors' values, and of their bits.
  const four: usize = 64;
  const bits: usize = isSingle ? 2 : 1;
  const wordBytes = <usize>width << (isSingle ? 8 : 9);
  const insideBytes = <usize>width << 3;
  // What recurs with each eight rows, over a word.
  const eight = <u64>free & ((<u64>1 << (8 * width)) - 1);
  const twice = eight | (eight << (8 * width));
  const freeBits = width == 1 ? twice * 0x0001000100010001 : width == 2 ? twice * 0x0000000100000001 : twice;

  let left: u64 = 0;
  for (const end = mask + (<usize>((rows + 63) >>> 6) << 3); mask < end; ) {
    const from = mask;
    const to = min(mask + RUN_ROWS / 8, end);
    for (let inside = INSIDE; mask < to; mask += 8, inside += insideBytes, values += wordBytes) {
      if (load<u64>(mask) == 0) continue;
      let at = values;
      for (let out = inside; out < inside + insideBytes; ) {
        if (width == 3) {
          testFour(isSingle, at, out, lowA, highA, lowB, highB, lowC, highC, lowA, highA);
          testFour(isSingle, at + four, out + bits, lowB, highB, lowC, highC, lowA, highA, lowB, highB);
          testFour(isSingle, at + 2 * four, out + 2 * bits, lowC, highC, lowA, highA, lowB, highB, lowC, highC);
          at += 3 * four;
          out += 3 * bits;
        } else {
          testFour(isSingle, at, out, lowA, highA, lowB, highB, lowC, highC, lowD, highD);
          at += four;
          out += bits;
        }
      }
    }
    mask = from;
    for (let inside = INSIDE; mask < to; mask += 8, inside += insideBytes) {
      const wanted = load<u64>(mask);
      if (wanted == 0) continue;
      const kept = wanted & joinWord(inside, width, freeBits);
      store<u64>(mask, kept);
      left |= kept;
    }
  }
  return left != 0;
}

/**
 * Filters rows of `width` (1 to 4) interleaved f32. `bounds` holds `width` vectors of lower bounds, then as many of upper
 * bounds, which run on over the vectors as the components do. Of `free`, bit c + width * r is set for each of eight rows r
 * when component c may be anything, NaN too. Returns whether a row is left.
 */
export function filter_f32(values: usize, width: u32, rows: u32, bounds: usize, free: u32, mask: usize): bool {
  if (width == 1) return filterFloats(true, values, 1, rows, bounds, free, mask);
  if (width == 2) return filterFloats(true, values, 2, rows, bounds, free, mask);
  if (width == 3) return filterFloats(true, values, 3, rows, bounds, free, mask);
  return filterFloats(true, values, 4, rows, bounds, free, mask);
}

/** As `filter_f32`, of f64; the bounds' vectors hold two components each. */
export function filter_f64(values: usize, width: u32, rows: u32, bounds: usize, free: u32, mask: usize): bool {
  if (width == 1) return filterFloats(false, values, 1, rows, bounds, free, mask);
  if (width == 2) return filterFloats(false, values, 2, rows, bounds, free, mask);
  if (width == 3) return filterFloats(false, values, 3, rows, bounds, free, mask);
  return filterFloats(false, values, 4, rows, bounds, free, mask);
}

// @ts-ignore: decorator
@inline function filterIntegers<T>(values: usize, stride: usize, rows: u32, min: T, max: T, mask: usize): bool {
  const step = stride * sizeof<T>();
  const end = mask + <usize>((rows + 7) >>> 3);
  let left: u32 = 0;
  for (; mask < end; mask++) {
    let kept = <u32>load<u8>(mask);
    // Rows past the last are read from the slack, or from another region: their bits are clear already.
    let inside: u32 = 0;
    for (let row: u32 = 0; row < 8; row++) {
      const value = load<T>(values);
      inside |= (<u32>(value >= min) & <u32>(value <= max)) << row;
      values += step;
    }
    kept &= inside;
    store<u8>(mask, <u8>kept);
    left |= kept;
  }
  return left != 0;
}

/** Filters one integer column, `stride` values from row to row. `kind`: bytes of a value, negative when unsigned. */
export function filter_integers(
  kind: i32, values: usize, stride: usize, rows: u32, min: i64, max: i64, mask: usize,
): bool {
  if (kind == 1) return filterIntegers<i8>(values, stride, rows, <i8>min, <i8>max, mask);
  if (kind == 2) return filterIntegers<i16>(values, stride, rows, <i16>min, <i16>max, mask);
  if (kind == 4) return filterIntegers<i32>(values, stride, rows, <i32>min, <i32>max, mask);
  if (kind == 8) return filterIntegers<i64>(values, stride, rows, min, max, mask);
  if (kind == -1) return filterIntegers<u8>(values, stride, rows, <u8>min, <u8>max, mask);
  if (kind == -2) return filterIntegers<u16>(values, stride, rows, <u16>min, <u16>max, mask);
  if (kind == -4) return filterIntegers<u32>(values, stride, rows, <u32>min, <u32>max, mask);
  return filterIntegers<u64>(values, stride, rows, <u64>min, <u64>max, mask);
}

/** Writes the numbers of the kept rows, counted from `first`, as u32; returns how many. May write 32 bytes past the last. */
export function filter_rows(mask: usize, rows: u32, first: u32, out: usize): u32 {
  if (!isReady) prepareKeptRows();
  const start = out;
  for (const end = mask + (<usize>((rows + 63) >>> 6) << 3); mask < end; mask += 8, first += 64) {
    let kept = load<u64>(mask);
    if (kept == 0) continue;
    let numbers = i32x4.splat(first);
    if (kept == u64.MAX_VALUE) {
      numbers = i32x4.add(numbers, i32x4(0, 1, 2, 3));
      for (const to = out + 256; out < to; out += 32) {
        v128.store(out, numbers);
        v128.store(out, i32x4.add(numbers, i32x4.splat(4)), 16);
        numbers = i32x4.add(numbers, i32x4.splat(8));
      }
      continue;
    }
    for (let group = 0; group < 8; group++) {
      const eight = <usize>kept & 0xff;
      const rowsOf = v128.load8x8_u(KEPT_ROWS + (eight << 3));
      v128.store(out, i32x4.add(numbers, i32x4.extend_low_i16x8_u(rowsOf)));
      v128.store(out, i32x4.add(numbers, i32x4.extend_high_i16x8_u(rowsOf)), 16);
      out += <usize>popcnt(<u32>eight) << 2;
      numbers = i32x4.add(numbers, i32x4.splat(8));
      kept >>>= 8;
    }
  }
  return <u32>((out - start) >> 2);
}
