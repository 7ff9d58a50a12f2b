/**
 * A checksum of cells that makes no garbage, for suites that watch memory.
 *
 * @module
 */

/** The square window of an array whose rows are so long: FNV-1a over its cells' 32-bit words. */
export function fold(
  cells: Float32Array,
  rowLength: number,
  { y, x, edge }: { readonly y: number; readonly x: number; readonly edge: number },
): number {
  const words = new Uint32Array(cells.buffer, cells.byteOffset, cells.length);
  let hash = 0x811c9dc5;
  for (let row = y; row < y + edge; row++) {
    for (let at = row * rowLength + x, end = at + edge; at < end; at++) {
      hash = Math.imul(hash ^ words[at]!, 0x01000193);
    }
  }
  return hash >>> 0;
}
