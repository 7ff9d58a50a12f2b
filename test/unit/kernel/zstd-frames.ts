/**
 * @module zstd frames put together byte by byte (RFC 8878 §3.1.1), and what the kernel answers.
 */

export const TRUNCATED = -1;
export const CORRUPT = -2;
export const OVERFLOW = -3;
export const CHECKSUM = -4;
export const UNSUPPORTED = -5;
export const DICTIONARY = -6;
export const BAD_MAGIC = -7;

export const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const WINDOW_1_KIB = 0;

export type Bytes = readonly (number | Uint8Array | readonly number[])[];

export function join(parts: Bytes): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));
}

/** A block header and what follows it. */
export function block(type: number, size: number, payload: ArrayLike<number>, last = true): number[] {
  const header = (size << 3) | (type << 1) | Number(last);
  return [header & 255, (header >> 8) & 255, header >> 16, ...Array.from(payload)];
}

export const RAW_BLOCK = 0;
export const RLE_BLOCK = 1;
export const COMPRESSED_BLOCK = 2;

export function smallFrame(...blocks: number[][]): number[] {
  return [...MAGIC, 0, WINDOW_1_KIB, ...blocks.flat()];
}
