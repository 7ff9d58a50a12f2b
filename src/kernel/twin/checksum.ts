/**
 * Checksums in plain code: CRC-32 (RFC 1952 §8), CRC-32C (RFC 3720 B.4) and Adler-32 (RFC 1950 §8.2).
 *
 * @module
 */

/** Makes a CRC of 32 bits from its reflected polynomial. */
function makeCrc(polynomial: number): (bytes: Uint8Array, seed?: number) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++)
      remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
    return remainder;
  });
  return (bytes, seed = 0) => {
    let sum = ~seed;
    for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ table[(sum ^ bytes[i]!) & 255]!;
    return ~sum >>> 0;
  };
}

/** CRC-32; `seed` is the CRC of what came before. */
export const crc32: (bytes: Uint8Array, seed?: number) => number = makeCrc(0xedb88320);

/** CRC-32C; `seed` is the CRC of what came before. */
export const crc32c: (bytes: Uint8Array, seed?: number) => number = makeCrc(0x82f63b78);

/** Adler-32; `seed` is the sum of what came before. */
export function adler32(bytes: Uint8Array, seed: number = 1): number {
  let a = seed & 0xffff;
  let b = seed >>> 16;
  for (let i = 0; i < bytes.length; i++) {
    a = (a + bytes[i]!) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}
