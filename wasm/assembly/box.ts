/**
 * The row filter: which rows of a block lie inside closed intervals of their columns, and the numbers of those rows.
 *
 * A mask has one byte for each four rows, bit r for row r of the four: a vector comparison's bitmask, a look-up index for
 * compaction, and a quarter of a byte per row to pass between the columns. The host presets it for a multiple of eight
 * rows (bits of rows that do not exist are 0), which values and mask must be readable for; each filter clears the bits of
 * the rows outside its interval. Comparisons with NaN are false, so NaN is never inside.
 */

/** Byte order that moves the kept lanes of four u32 to the front, for each mask. */
const PACK_ORDERS: usize = memory.data(256, 16);
const PACK_COUNTS: usize = memory.data(16, 16);
let packReady: bool = false;

function preparePack(): void {
  for (let mask: usize = 0; mask < 16; mask++) {
    const order = PACK_ORDERS + (mask << 4);
    let kept: usize = 0;
    for (let lane: usize = 0; lane < 4; lane++) {
      if (((mask >> lane) & 1) == 0) continue;
      for (let byte: usize = 0; byte < 4; byte++) store<u8>(order + (kept << 2) + byte, <u8>((lane << 2) + byte));
      kept++;
    }
    store<u8>(PACK_COUNTS + mask, <u8>kept);
  }
  packReady = true;
}

/** Eight rows of `width` bits each → two bytes of a mask, bit r of them set where all bits of row r are. */
// @ts-ignore: decorator
@inline function allOfEach(bits: u32, width: u32): u32 {
  if (width == 1) return (bits & 0x0f) | ((bits & 0xf0) << 4);
  bits &= bits >>> 1;
  // Of four bits, the first step has joined two and two; of three, the last is still to join.
  if (width > 2) bits &= bits >>> (width == 4 ? 2 : 1);
  // The first bit of each row, then pairs of rows, fours of rows, and the fours at bytes.
  const pairs: u32 = 1 | (1 << width);
  const fours = pairs | (pairs << (2 * width));
  bits &= fours | (fours << (4 * width));
  const pair: u32 = 3 | (3 << (2 * width));
  bits = (bits | (bits >>> (width - 1))) & (pair | (pair << (4 * width)));
  bits = (bits | (bits >>> (2 * width - 2))) & (15 | (15 << (4 * width)));
  return (bits | (bits >>> (4 * width - 8))) & 0x0f0f;
}

// @ts-ignore: decorator
@inline function inside32(values: usize, low: v128, high: v128): u32 {
  const numbers = v128.load(values);
  return <u32>i32x4.bitmask(v128.and(f32x4.ge(numbers, low), f32x4.le(numbers, high)));
}

// @ts-ignore: decorator
@inline function inside64(values: usize, low: v128, high: v128): u32 {
  const numbers = v128.load(values);
  return <u32>i64x2.bitmask(v128.and(f64x2.ge(numbers, low), f64x2.le(numbers, high)));
}

/**
 * Bits of eight rows of one of the vectors that hold `width` components each: tested where it recurs, `step` bytes apart, so
 * that its bounds are at hand once for all.
 */
// @ts-ignore: decorator
@inline function recurring(
  isSingle: bool, values: usize, step: usize, width: u32, low: v128, high: v128,
): u32 {
  if (isSingle) return inside32(values, low, high) | (inside32(values + step, low, high) << (4 * width));
  return (
    inside64(values, low, high) |
    (inside64(values + step, low, high) << (2 * width)) |
    (inside64(values + 2 * step, low, high) << (4 * width)) |
    (inside64(values + 3 * step, low, high) << (6 * width))
  );
}

// The filter of floats is written once; a width and a type known when compiling leave one straight loop for each.
// @ts-ignore: decorator
@inline function filterFloats(
  isSingle: bool, values: usize, width: u32, rows: u32, bounds: usize, free: u32, mask: usize,
): bool {
  const step = <usize>width << 4;
  const highs = bounds + step;
  const lanes: u32 = isSingle ? 4 : 2;
  const low0 = v128.load(bounds), low1 = v128.load(bounds, 16), low2 = v128.load(bounds, 32), low3 = v128.load(bounds, 48);
  const high0 = v128.load(highs), high1 = v128.load(highs, 16), high2 = v128.load(highs, 32), high3 = v128.load(highs, 48);
  let left: u32 = 0;
  for (const end = mask + (<usize>((rows + 7) >>> 3) << 1); mask < end; mask += 2) {
    let bits = recurring(isSingle, values, step, width, low0, high0);
    if (width > 1) bits |= recurring(isSingle, values + 16, step, width, low1, high1) << lanes;
    if (width > 2) bits |= recurring(isSingle, values + 32, step, width, low2, high2) << (2 * lanes);
    if (width > 3) bits |= recurring(isSingle, values + 48, step, width, low3, high3) << (3 * lanes);
    values += isSingle ? 2 * step : 4 * step;
    const kept = <u32>load<u16>(mask) & allOfEach(bits | free, width);
    store<u16>(mask, <u16>kept);
    left |= kept;
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
  const end = mask + <usize>((rows + 3) >>> 2);
  let left: u32 = 0;
  for (; mask < end; mask++) {
    let kept = <u32>load<u8>(mask);
    // Rows past the last are read from the slack, or from another region: their bits are clear already.
    let inside: u32 = 0;
    for (let row: u32 = 0; row < 4; row++) {
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

/** Writes the numbers of the kept rows, counted from `first`, as u32; returns how many. May write 16 bytes past the last. */
export function filter_rows(mask: usize, rows: u32, first: u32, out: usize): u32 {
  if (!packReady) preparePack();
  const start = out;
  let numbers = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  const four = i32x4.splat(4);
  for (const end = mask + <usize>((rows + 3) >>> 2); mask < end; mask++) {
    const kept = <usize>load<u8>(mask);
    if (kept) {
      v128.store(out, i8x16.swizzle(numbers, v128.load(PACK_ORDERS + (kept << 4))));
      out += <usize>load<u8>(PACK_COUNTS + kept) << 2;
    }
    numbers = i32x4.add(numbers, four);
  }
  return <u32>((out - start) >> 2);
}
