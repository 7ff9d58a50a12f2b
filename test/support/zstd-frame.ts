/**
 * @module Bytes in a zstd frame without compressing them (RFC 8878 §3.1), for what no package writes.
 */

/** A frame of raw blocks. */
export function frameRaw(bytes: Uint8Array): Uint8Array {
  const maxBlock = 128 * 1024;
  // Magic number; window of 1 KiB to 2^27 (descriptor 0x88), no content size, no checksum.
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88)];
  for (let at = 0; at === 0 || at < bytes.length; at += maxBlock) {
    const block = bytes.subarray(at, at + maxBlock);
    const isLast = at + maxBlock >= bytes.length;
    const head = (block.length << 3) | (isLast ? 1 : 0);
    parts.push(Uint8Array.of(head & 0xff, (head >> 8) & 0xff, head >> 16), block);
  }
  return new Uint8Array(Buffer.concat(parts));
}
