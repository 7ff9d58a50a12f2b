/**
 * MD5 (RFC 1321), which guards tiles against damage, not against people.
 *
 * @module
 */
import { padMessage } from "./merkle-damgard.js";

/** Rotations of the four rounds. */
const shifts = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;
const constants = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));
/** Which word of the block each step takes. */
const wordOrder = Uint8Array.from({ length: 64 }, (_, i) =>
  i < 16 ? i : i < 32 ? (5 * i + 1) % 16 : i < 48 ? (3 * i + 5) % 16 : (7 * i) % 16,
);

/** The 16 bytes of the digest. */
export function md5(bytes: Uint8Array): Uint8Array {
  const message = padMessage(bytes, true);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let block = 0; block < message.byteLength; block += 64) {
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      let mixed: number;
      if (round === 0) mixed = (b & c) | (~b & d);
      else if (round === 1) mixed = (d & b) | (~d & c);
      else if (round === 2) mixed = b ^ c ^ d;
      else mixed = c ^ (b | ~d);
      const sum = (a + mixed + constants[i]! + message.getInt32(block + wordOrder[i]! * 4, true)) | 0;
      const shift = shifts[round as 0 | 1 | 2 | 3][(i & 3) as 0 | 1 | 2 | 3];
      [a, d, c] = [d, c, b];
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
    }
    state[0]! += a;
    state[1]! += b;
    state[2]! += c;
    state[3]! += d;
  }
  const digest = new DataView(new ArrayBuffer(16));
  for (let i = 0; i < state.length; i++) digest.setInt32(i * 4, state[i]!, true);
  return new Uint8Array(digest.buffer);
}
