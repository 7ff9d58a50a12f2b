/**
 * The objects that stores under test hold.
 *
 * @module
 */
import { CONFORMANCE_KEYS } from "./s3-server/conformance-keys.js";

/** Deterministic bytes that differ from key to key. */
export function sampleBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** The objects every store under test holds, by key without the leading slash. */
export function sampleObjects(): Map<string, Uint8Array> {
  return new Map([
    ["zarr.json", new TextEncoder().encode('{"node_type":"group"}')],
    ["data/1", sampleBytes(20_000, 7)],
    ["data/one", sampleBytes(1, 8)],
    ["empty", new Uint8Array(0)],
    ...CONFORMANCE_KEYS.map((key, index): [string, Uint8Array] => [key, sampleBytes(64, 100 + index)]),
  ]);
}

/** A Zarr array of 60 16-bit integers, 0, 3, 6 …, in chunks of ten. */
export function rampStore(): Map<string, Uint8Array> {
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape: [60],
    data_type: "int16",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [10] } },
    chunk_key_encoding: { name: "default" },
    fill_value: 0,
    codecs: [{ name: "bytes", configuration: { endian: "little" } }],
  };
  const chunk = (index: number): Uint8Array =>
    new Uint8Array(Int16Array.from({ length: 10 }, (_, cell) => (index * 10 + cell) * 3).buffer);
  return new Map([
    ["zarr.json", new TextEncoder().encode(JSON.stringify(metadata))],
    ...Array.from({ length: 6 }, (_, index): [string, Uint8Array] => [`c/${index}`, chunk(index)]),
  ]);
}

/** Cells along each side of a chunk of `shardStore`. */
export const shardChunkSide = 64;

/**
 * A Zarr array of 32-bit integers, each its place in C order, in one shard of eight rows of so many chunks of 16 KiB, and its index: of eight
 * columns 1 MiB.
 */
export function shardStore(columns = 8): Map<string, Uint8Array> {
  const [height, width] = [8 * shardChunkSide, columns * shardChunkSide];
  const chunks = 8 * columns;
  const chunkBytes = shardChunkSide ** 2 * 4;
  const little = { name: "bytes", configuration: { endian: "little" } };
  const sharding = {
    chunk_shape: [shardChunkSide, shardChunkSide],
    codecs: [little],
    index_codecs: [little],
    index_location: "end",
  };
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape: [height, width],
    dimension_names: ["y", "x"],
    data_type: "int32",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [height, width] } },
    chunk_key_encoding: { name: "default" },
    fill_value: 0,
    codecs: [{ name: "sharding_indexed", configuration: sharding }],
  };
  const shard = new Uint8Array(chunks * (chunkBytes + 16));
  const index = new BigUint64Array(shard.buffer, chunks * chunkBytes);
  for (let chunk = 0; chunk < chunks; chunk++) {
    const [top, left] = [Math.floor(chunk / columns) * shardChunkSide, (chunk % columns) * shardChunkSide];
    const cells = new Int32Array(shard.buffer, chunk * chunkBytes, shardChunkSide ** 2);
    for (let cell = 0; cell < cells.length; cell++) {
      cells[cell] = (top + Math.floor(cell / shardChunkSide)) * width + left + (cell % shardChunkSide);
    }
    index.set([BigInt(chunk * chunkBytes), BigInt(chunkBytes)], 2 * chunk);
  }
  return new Map([
    ["zarr.json", new TextEncoder().encode(JSON.stringify(metadata))],
    ["c/0/0", shard],
  ]);
}
