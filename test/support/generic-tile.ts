/**
 * Small structures of TileDB written by hand, where the library cannot be made to write them (format_spec/generic_tile.md).
 *
 * @module
 */

/** A generic tile without filters around some bytes. */
export function genericTile(content: Uint8Array, version = 22): Uint8Array {
  const tile = Buffer.concat([u64(1), u32(content.length), u32(content.length), u32(0), content]);
  const pipeline = Buffer.concat([u32(65_536), u32(0)]);
  const head = [u32(version), u64(tile.length), u64(content.length), Buffer.of(4), u64(1), Buffer.of(0)];
  return Buffer.concat([...head, u32(pipeline.length), pipeline, tile]);
}

export function u32(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

export function u64(value: number): Buffer {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}
