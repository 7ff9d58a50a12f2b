/**
 * Byte unshuffle: byte planes back to elements (the inverse of c-blosc's and HDF5's shuffle filter).
 *
 * Shuffled, `count` elements of `typesize` bytes lie as `typesize` planes of `count` bytes; plane k holds byte k of every
 * element. Bytes that make no whole element stay at the end as they are.
 *
 * Every typesize is woven from groups of 8, 4, 2 and 1 planes, 16 elements at a time. The planes need not be neighbours:
 * their addresses stand in a table, so that the blosc container reads a stored plane straight from its input.
 * The twin is src/kernel/twin/shuffle.ts.
 */

/** The largest typesize: one byte in blosc's header. */
export const MAX_TYPESIZE: usize = 255;

/** Addresses of the planes to be woven, by plane number. */
const PLANES: usize = memory.data(256 * 4, 16);

/** Elements of a run over which all groups pass before the next run: keeps the output lines in the L1 cache. */
const RUN: usize = 256;

/** Elements a weave step takes: one vector of every plane. */
const STEP: usize = 16;

// @ts-ignore: decorator
@inline
export function setPlane(index: usize, address: usize): void {
  store<u32>(PLANES + (index << 2), <u32>address);
}

// @ts-ignore: decorator
@inline
function plane(index: usize): usize {
  return <usize>load<u32>(PLANES + (index << 2));
}

// Interleave the lower (low*) or upper (high*) halves of two vectors by lanes of 1, 2, 4 bytes.
// @ts-ignore: decorator
@inline
export function low8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
// @ts-ignore: decorator
@inline
export function high8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
// @ts-ignore: decorator
@inline
export function low16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
// @ts-ignore: decorator
@inline
export function high16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
// @ts-ignore: decorator
@inline
export function low32(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 4, 1, 5);
}
// @ts-ignore: decorator
@inline
export function high32(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 2, 6, 3, 7);
}

// Write the lanes of a woven vector to elements that lie `stride` bytes apart.
// @ts-ignore: decorator
@inline
function scatter64(to: usize, stride: usize, v: v128): void {
  if (stride == 8) {
    v128.store(to, v);
  } else {
    v128.store64_lane(to, v, 0);
    v128.store64_lane(to + stride, v, 1);
  }
}
// @ts-ignore: decorator
@inline
function scatter32(to: usize, stride: usize, v: v128): void {
  if (stride == 4) {
    v128.store(to, v);
  } else {
    v128.store32_lane(to, v, 0);
    v128.store32_lane(to + stride, v, 1);
    v128.store32_lane(to + 2 * stride, v, 2);
    v128.store32_lane(to + 3 * stride, v, 3);
  }
}
// @ts-ignore: decorator
@inline
function scatter16(to: usize, stride: usize, v: v128): void {
  if (stride == 2) {
    v128.store(to, v);
  } else {
    v128.store16_lane(to, v, 0);
    v128.store16_lane(to + stride, v, 1);
    v128.store16_lane(to + 2 * stride, v, 2);
    v128.store16_lane(to + 3 * stride, v, 3);
    to += 4 * stride;
    v128.store16_lane(to, v, 4);
    v128.store16_lane(to + stride, v, 5);
    v128.store16_lane(to + 2 * stride, v, 6);
    v128.store16_lane(to + 3 * stride, v, 7);
  }
}

// The weaving loops end with a step that is moved back to the last element, weaving some twice (even from before `begin`)
// instead of needing a scalar tail: `end` must be STEP or more.

/** Weaves planes k..k+7 of elements [begin, end) into the 8 bytes at `out + element * stride`. */
// @ts-ignore: decorator
@inline
function weave8(k: usize, begin: usize, end: usize, out: usize, stride: usize): void {
  const p0 = plane(k), p1 = plane(k + 1), p2 = plane(k + 2), p3 = plane(k + 3);
  const p4 = plane(k + 4), p5 = plane(k + 5), p6 = plane(k + 6), p7 = plane(k + 7);
  let i = begin;
  while (true) {
    for (; i + STEP <= end; i += STEP) {
      const a = v128.load(p0 + i), b = v128.load(p1 + i), c = v128.load(p2 + i), d = v128.load(p3 + i);
      const e = v128.load(p4 + i), f = v128.load(p5 + i), g = v128.load(p6 + i), h = v128.load(p7 + i);
      const ab0 = low8(a, b), ab1 = high8(a, b), cd0 = low8(c, d), cd1 = high8(c, d);
      const ef0 = low8(e, f), ef1 = high8(e, f), gh0 = low8(g, h), gh1 = high8(g, h);
      const abcd0 = low16(ab0, cd0), abcd1 = high16(ab0, cd0), abcd2 = low16(ab1, cd1), abcd3 = high16(ab1, cd1);
      const efgh0 = low16(ef0, gh0), efgh1 = high16(ef0, gh0), efgh2 = low16(ef1, gh1), efgh3 = high16(ef1, gh1);
      const to = out + i * stride;
      const two: usize = stride << 1;
      scatter64(to, stride, low32(abcd0, efgh0));
      scatter64(to + two, stride, high32(abcd0, efgh0));
      scatter64(to + 2 * two, stride, low32(abcd1, efgh1));
      scatter64(to + 3 * two, stride, high32(abcd1, efgh1));
      scatter64(to + 4 * two, stride, low32(abcd2, efgh2));
      scatter64(to + 5 * two, stride, high32(abcd2, efgh2));
      scatter64(to + 6 * two, stride, low32(abcd3, efgh3));
      scatter64(to + 7 * two, stride, high32(abcd3, efgh3));
    }
    if (i >= end) break;
    i = end - STEP;
  }
}

/** Weaves planes k..k+3. */
// @ts-ignore: decorator
@inline
function weave4(k: usize, begin: usize, end: usize, out: usize, stride: usize): void {
  const p0 = plane(k), p1 = plane(k + 1), p2 = plane(k + 2), p3 = plane(k + 3);
  let i = begin;
  while (true) {
    for (; i + STEP <= end; i += STEP) {
      const a = v128.load(p0 + i), b = v128.load(p1 + i), c = v128.load(p2 + i), d = v128.load(p3 + i);
      const ab0 = low8(a, b), ab1 = high8(a, b), cd0 = low8(c, d), cd1 = high8(c, d);
      const to = out + i * stride;
      const four: usize = stride << 2;
      scatter32(to, stride, low16(ab0, cd0));
      scatter32(to + four, stride, high16(ab0, cd0));
      scatter32(to + 2 * four, stride, low16(ab1, cd1));
      scatter32(to + 3 * four, stride, high16(ab1, cd1));
    }
    if (i >= end) break;
    i = end - STEP;
  }
}

/** Weaves planes k and k+1. */
// @ts-ignore: decorator
@inline
function weave2(k: usize, begin: usize, end: usize, out: usize, stride: usize): void {
  const p0 = plane(k), p1 = plane(k + 1);
  let i = begin;
  while (true) {
    for (; i + STEP <= end; i += STEP) {
      const a = v128.load(p0 + i), b = v128.load(p1 + i);
      const to = out + i * stride;
      scatter16(to, stride, low8(a, b));
      scatter16(to + 8 * stride, stride, high8(a, b));
    }
    if (i >= end) break;
    i = end - STEP;
  }
}

/** Spreads plane k alone, byte by byte. */
function spread1(k: usize, begin: usize, end: usize, out: usize, stride: usize): void {
  const p = plane(k);
  let to = out + begin * stride;
  for (let i = begin; i < end; i++) {
    store<u8>(to, load<u8>(p + i));
    to += stride;
  }
}

/** Weaves `count` elements from the planes in the table into `out`. Writes exactly `count * typesize` bytes. */
export function weavePlanes(typesize: usize, count: usize, out: usize): void {
  if (count < STEP) {
    for (let k: usize = 0; k < typesize; k++) spread1(k, 0, count, out + k, typesize);
  } else if (typesize == 4) {
    weave4(0, 0, count, out, 4);
  } else if (typesize == 8) {
    weave8(0, 0, count, out, 8);
  } else if (typesize == 2) {
    weave2(0, 0, count, out, 2);
  } else {
    weaveGroups(typesize, count, out);
  }
}

/** Any other typesize: groups of 8, 4, 2, 1 planes, run by run. */
function weaveGroups(typesize: usize, count: usize, out: usize): void {
  let begin: usize = 0;
  while (begin < count) {
    const end = min(begin + RUN, count);
    let k: usize = 0;
    for (; k + 8 <= typesize; k += 8) weave8(k, begin, end, out + k, typesize);
    if (typesize & 4) {
      weave4(k, begin, end, out + k, typesize);
      k += 4;
    }
    if (typesize & 2) {
      weave2(k, begin, end, out + k, typesize);
      k += 2;
    }
    if (typesize & 1) spread1(k, begin, end, out + k, typesize);
    begin = end;
  }
}

/** Unshuffles `length` contiguous bytes of `typesize`-byte elements. Regions must not overlap. Returns `length`. */
export function unshuffle(inPtr: usize, length: usize, typesize: usize, outPtr: usize): i32 {
  const count = typesize > 1 && typesize <= MAX_TYPESIZE ? length / typesize : 0;
  for (let k: usize = 0; k < typesize && count > 0; k++) setPlane(k, inPtr + k * count);
  if (count > 0) weavePlanes(typesize, count, outPtr);
  const woven = count * typesize;
  memory.copy(outPtr + woven, inPtr + woven, length - woven);
  return <i32>length;
}
