/**
 * The padding that MD5 and SHA-256 share.
 *
 * @module
 */

/** The message, a one bit, zeros, and its length in bits in the last eight bytes: whole blocks of 64. */
export function padMessage(bytes: Uint8Array, isLittleEndian: boolean): DataView {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n, isLittleEndian);
  return view;
}
