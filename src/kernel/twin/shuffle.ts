/**
 * @module Byte shuffle undone, plainly: the twin of `wasm/assembly/shuffle.ts`. Byte planes back to elements, as c-blosc's
 * and HDF5's shuffle filters lay them out.
 */

/**
 * Undoes the byte shuffle of `bytes`, read as elements of `typesize` bytes. Plane k of the input holds byte k of every
 * element; bytes that make no whole element stay at the end. Returns a fresh array, as long as the input.
 */
export function unshuffleTwin(bytes: Uint8Array, typesize: number): Uint8Array {
  const out = bytes.slice();
  const count = Math.floor(bytes.length / typesize);
  for (let element = 0; element < count; element++) {
    for (let k = 0; k < typesize; k++) out[element * typesize + k] = bytes[k * count + element]!;
  }
  return out;
}
