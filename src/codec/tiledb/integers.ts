/**
 * Integers of any width in bytes that need not be aligned.
 *
 * @module
 */

/** Makes running sums of little-endian integers in place, beginning at `start`; each wraps around in its width. */
export function sumFrom(bytes: Uint8Array, size: number, start: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length;
  if (size === 8) {
    let total = start;
    for (let at = 0; at < end; at += 8) {
      total = BigInt.asUintN(64, total + view.getBigUint64(at, true));
      view.setBigUint64(at, total, true);
    }
    return;
  }
  let total = Number(start) | 0;
  for (let at = 0; at < end; at += size) {
    if (size === 4) {
      total = (total + view.getInt32(at, true)) | 0;
      view.setInt32(at, total, true);
    } else if (size === 2) {
      total = (total + view.getInt16(at, true)) | 0;
      view.setInt16(at, total, true);
    } else {
      total = (total + view.getInt8(at)) | 0;
      view.setInt8(at, total);
    }
  }
}
