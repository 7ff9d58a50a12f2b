/**
 * @module Bit shuffle undone, plainly: the twin of `wasm/assembly/bitshuffle.ts`. The layout is c-blosc 1's: the whole block
 * is one matrix of bits.
 */

/**
 * Undoes the bit shuffle of `bytes`, read as elements of `typesize` bytes. Row 8k + b of the input holds bit b of byte k of
 * every element, eight elements a byte, the first in the lowest bit. An element count that is no multiple of eight means
 * the block was never shuffled; bytes that make no whole element stay at the end. Returns a fresh array, as long as the input.
 */
export function bitUnshuffleTwin(bytes: Uint8Array, typesize: number): Uint8Array {
  const out = bytes.slice();
  const count = Math.floor(bytes.length / typesize);
  if (count % 8 !== 0) return out;
  const rowBytes = count / 8;
  for (let element = 0; element < count; element++) {
    for (let k = 0; k < typesize; k++) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit++) {
        const row = bytes[(8 * k + bit) * rowBytes + (element >> 3)]!;
        byte |= ((row >> (element & 7)) & 1) << bit;
      }
      out[element * typesize + k] = byte;
    }
  }
  return out;
}
