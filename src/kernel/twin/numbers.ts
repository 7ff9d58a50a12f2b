/**
 * Bytes made numbers, in plain code: the twin of `wasm/assembly/numbers.ts`. Small floats are widened in
 * `src/bytes/narrow.ts`.
 *
 * @module
 */

/** Reverses the bytes of every number of `size` (2, 4 or 8) bytes, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) {
    for (let low = at, high = at + size - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
  }
}

/** Makes 1 of every byte above it, in place. */
export function clampBools(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 1) bytes[i] = 1;
}
