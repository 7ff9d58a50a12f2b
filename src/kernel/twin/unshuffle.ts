/**
 * The byte shuffle in plain code.
 *
 * @module
 */

/** Undoes the byte shuffle of items of `itemBytes`; bytes after the last whole item stay as they are. */
export function unshuffle(bytes: Uint8Array, itemBytes: number): Uint8Array {
  const result = bytes.slice();
  const items = Math.floor(bytes.length / itemBytes);
  for (let plane = 0; plane < itemBytes; plane++) {
    for (let item = 0; item < items; item++) result[item * itemBytes + plane] = bytes[plane * items + item]!;
  }
  return result;
}
