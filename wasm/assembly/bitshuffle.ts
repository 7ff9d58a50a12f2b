/**
 * Bit unshuffle: bit rows back to elements, in the layout of c-blosc 1 (the whole block at once, not the bitshuffle
 * library's own chunks; https://github.com/kiyo-masui/bitshuffle for the idea).
 *
 * Shuffled, `count` elements of `typesize` bytes lie as `8 * typesize` rows of `count / 8` bytes: row 8k + b holds bit b of
 * byte k of every element, eight elements a byte, the first in the lowest bit. A block whose element count is no multiple of
 * eight was never shuffled; bytes that make no whole element stay at the end.
 *
 * Two passes over a tile that fits the L1 cache, rows to byte planes and planes to elements: one fused pass needs more live
 * vectors than there are registers and loses (measured). The twin is src/kernel/twin/bitshuffle.ts.
 */
import { high16, high32, high8, low16, low32, low8, MAX_TYPESIZE, setPlane, weavePlanes } from "./shuffle";

/** Bytes of a row (eight elements each) in a tile, at least: one cache line of each of the eight rows that make a plane. */
const MIN_COLUMNS: usize = 64;

/** Columns of a tile times bytes of an element: half of an L1 cache. Long runs of each row count for more than the rest of it. */
const TILE_SHARE: usize = 2048;

/** Columns a step takes: one vector of every row. */
const STEP: usize = 16;

/** Byte planes of one tile. */
const TILE: usize = memory.data(255 * 64 * 8 + 64, 16);

/** Where the bits of `a` under `mask << shift` differ from those of `b` under `mask`: xored into both, it swaps them. */
// @ts-ignore: decorator
@inline
function difference(a: v128, b: v128, shift: i32, mask: v128): v128 {
  return v128.and(v128.xor(i64x2.shr_u(a, shift), b), mask);
}

// @ts-ignore: decorator
@inline
function xorShifted(a: v128, t: v128, shift: i32): v128 {
  return v128.xor(a, i64x2.shl(t, shift));
}

/** Turns `width` columns (16 or more) of eight rows into `8 * width` bytes of one plane. */
function rowsToPlane(rows: usize, rowBytes: usize, width: usize, out: usize): void {
  const nibbles = i8x16.splat(0x0f);
  const pairs = i8x16.splat(0x33);
  const bits = i8x16.splat(0x55);
  let i: usize = 0;
  while (true) {
    for (; i + STEP <= width; i += STEP) {
      let r = rows + i;
      let a = v128.load(r), b = v128.load(r + rowBytes);
      r += 2 * rowBytes;
      let c = v128.load(r), d = v128.load(r + rowBytes);
      r += 2 * rowBytes;
      let e = v128.load(r), f = v128.load(r + rowBytes);
      r += 2 * rowBytes;
      let g = v128.load(r), h = v128.load(r + rowBytes);
      let t: v128;

      // Transpose the 8x8 bits of every column: swap the off-diagonal 4x4, 2x2 and 1x1 squares (Hacker's Delight, 7-3).
      t = difference(a, e, 4, nibbles); e = v128.xor(e, t); a = xorShifted(a, t, 4);
      t = difference(b, f, 4, nibbles); f = v128.xor(f, t); b = xorShifted(b, t, 4);
      t = difference(c, g, 4, nibbles); g = v128.xor(g, t); c = xorShifted(c, t, 4);
      t = difference(d, h, 4, nibbles); h = v128.xor(h, t); d = xorShifted(d, t, 4);
      t = difference(a, c, 2, pairs); c = v128.xor(c, t); a = xorShifted(a, t, 2);
      t = difference(b, d, 2, pairs); d = v128.xor(d, t); b = xorShifted(b, t, 2);
      t = difference(e, g, 2, pairs); g = v128.xor(g, t); e = xorShifted(e, t, 2);
      t = difference(f, h, 2, pairs); h = v128.xor(h, t); f = xorShifted(f, t, 2);
      t = difference(a, b, 1, bits); b = v128.xor(b, t); a = xorShifted(a, t, 1);
      t = difference(c, d, 1, bits); d = v128.xor(d, t); c = xorShifted(c, t, 1);
      t = difference(e, f, 1, bits); f = v128.xor(f, t); e = xorShifted(e, t, 1);
      t = difference(g, h, 1, bits); h = v128.xor(h, t); g = xorShifted(g, t, 1);

      // Column i now holds elements 8i..8i+7 in a..h: weave them.
      const ab0 = low8(a, b), ab1 = high8(a, b), cd0 = low8(c, d), cd1 = high8(c, d);
      const ef0 = low8(e, f), ef1 = high8(e, f), gh0 = low8(g, h), gh1 = high8(g, h);
      const abcd0 = low16(ab0, cd0), abcd1 = high16(ab0, cd0), abcd2 = low16(ab1, cd1), abcd3 = high16(ab1, cd1);
      const efgh0 = low16(ef0, gh0), efgh1 = high16(ef0, gh0), efgh2 = low16(ef1, gh1), efgh3 = high16(ef1, gh1);
      const to = out + 8 * i;
      v128.store(to, low32(abcd0, efgh0));
      v128.store(to, high32(abcd0, efgh0), 16);
      v128.store(to, low32(abcd1, efgh1), 32);
      v128.store(to, high32(abcd1, efgh1), 48);
      v128.store(to, low32(abcd2, efgh2), 64);
      v128.store(to, high32(abcd2, efgh2), 80);
      v128.store(to, low32(abcd3, efgh3), 96);
      v128.store(to, high32(abcd3, efgh3), 112);
    }
    if (i >= width) break;
    // The last step is moved back to end at the last column.
    i = width - STEP;
  }
}

/** The same for any number of columns, bit by bit. */
function fewRowsToPlane(rows: usize, rowBytes: usize, width: usize, out: usize): void {
  for (let i: usize = 0; i < width; i++) {
    for (let element = 0; element < 8; element++) {
      let byte: u32 = 0;
      for (let bit: usize = 0; bit < 8; bit++) {
        byte |= ((<u32>load<u8>(rows + bit * rowBytes + i) >> element) & 1) << <u32>bit;
      }
      store<u8>(out + 8 * i + element, <u8>byte);
    }
  }
}

// @ts-ignore: decorator
@inline
function toPlane(rows: usize, rowBytes: usize, width: usize, out: usize): void {
  if (width >= STEP) rowsToPlane(rows, rowBytes, width, out);
  else fewRowsToPlane(rows, rowBytes, width, out);
}

/** Bit-unshuffles `length` contiguous bytes of `typesize`-byte elements. Regions must not overlap. Returns `length`. */
export function bitunshuffle(inPtr: usize, length: usize, typesize: usize, outPtr: usize): i32 {
  const count = typesize > 0 && typesize <= MAX_TYPESIZE ? length / typesize : 0;
  if (count == 0 || (count & 7) != 0) {
    memory.copy(outPtr, inPtr, length);
    return <i32>length;
  }
  const rowBytes = count >> 3;
  if (typesize == 1) {
    toPlane(inPtr, rowBytes, rowBytes, outPtr);
    return <i32>length;
  }
  const columns = max(MIN_COLUMNS, (TILE_SHARE / typesize) & ~(MIN_COLUMNS - 1));
  const planeStride = columns * 8;
  for (let k: usize = 0; k < typesize; k++) setPlane(k, TILE + k * planeStride);
  let column: usize = 0;
  while (column < rowBytes) {
    const left = rowBytes - column;
    const width = min(left, columns);
    for (let k: usize = 0; k < typesize; k++) {
      toPlane(inPtr + 8 * k * rowBytes + column, rowBytes, width, TILE + k * planeStride);
    }
    weavePlanes(typesize, width * 8, outPtr + column * 8 * typesize);
    column += width;
    // The last tile, too, is moved back to end at the last column.
    if (column < rowBytes && column + columns > rowBytes) column = rowBytes - columns;
  }
  const woven = count * typesize;
  memory.copy(outPtr + woven, inPtr + woven, length - woven);
  return <i32>length;
}
