/**
 * The two shuffles, forwards, as c-blosc lays them out. The library only undoes them.
 *
 * @module
 */

/** Puts byte k of every item into plane k. The length is a whole number of items. */
export function shuffle(bytes: Uint8Array, itemBytes: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const count = bytes.length / itemBytes;
  for (let item = 0; item < count; item++) {
    for (let k = 0; k < itemBytes; k++) out[k * count + item] = bytes[item * itemBytes + k]!;
  }
  return out;
}

/** Puts bit b of byte k of every item into row 8k + b, eight items a byte. The length is a whole number of eight items. */
export function bitshuffle(bytes: Uint8Array, itemBytes: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const rowBytes = bytes.length / itemBytes / 8;
  for (let at = 0; at < bytes.length; at++) {
    const item = Math.floor(at / itemBytes);
    const row = (at % itemBytes) * 8;
    for (let bit = 0; bit < 8; bit++) {
      out[(row + bit) * rowBytes + (item >> 3)]! |= ((bytes[at]! >> bit) & 1) << (item & 7);
    }
  }
  return out;
}
