/**
 * Bytes made numbers: byte order, booleans, half precision. Each works on whole vectors and so touches up to 15 bytes of the
 * slack behind its data.
 */

const SWAP_2: v128 = i8x16(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
const SWAP_4: v128 = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
const SWAP_8: v128 = i8x16(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);

/** Reverses the bytes of every number of `size` (2, 4 or 8) bytes, in place. */
export function swap_bytes(at: usize, length: usize, size: u32): void {
  const order = size == 2 ? SWAP_2 : size == 4 ? SWAP_4 : SWAP_8;
  for (const end = at + length; at < end; at += 16) v128.store(at, i8x16.swizzle(v128.load(at), order));
}

/** Makes 1 of every byte above it, in place. */
export function clamp_bools(at: usize, length: usize): void {
  const one = i8x16.splat(1);
  for (const end = at + length; at < end; at += 16) v128.store(at, i8x16.min_u(v128.load(at), one));
}

/** Widens `count` IEEE 754 binary16 to binary32, exactly; every NaN becomes the quiet one without a payload. */
export function widen_halves(from: usize, count: usize, to: usize): void {
  const magnitudes = i32x4.splat(0x7fff);
  const infinity = i32x4.splat(0x7c00);
  const infinity32 = i32x4.splat(0x7f800000);
  const quiet = i32x4.splat(0x00400000);
  // With the fraction moved to its place, the exponent is too small by the difference of the biases, 127 - 15. A product
  // adds it, and makes normal numbers of subnormal ones on the way.
  const rebias = f32x4.splat(reinterpret<f32>((127 + 112) << 23));
  for (const end = to + (count << 2); to < end; to += 16, from += 8) {
    const half = v128.load16x4_u(from);
    const magnitude = v128.and(half, magnitudes);
    const sign = i32x4.shl(v128.andnot(half, magnitudes), 16);
    const finite = f32x4.mul(i32x4.shl(magnitude, 13), rebias);
    const special = v128.or(infinity32, v128.and(i32x4.gt_s(magnitude, infinity), quiet));
    const single = v128.bitselect(special, finite, i32x4.ge_s(magnitude, infinity));
    // A sign is kept for infinities and zeros, but means nothing on NaN.
    const signed = v128.andnot(sign, i32x4.gt_s(magnitude, infinity));
    v128.store(to, v128.or(single, signed));
  }
}
