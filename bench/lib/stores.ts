/**
 * Zarr stores for reading whole: the smooth grid (8 MiB, again and again), as one object a chunk and as shards.
 *
 * @module
 */
import { crc32c } from "../../src/kernel/twin/checksum.js";
import { encodings } from "./encode.js";

/** One store: where it lies and what is in it. */
export interface StoreFacts {
  readonly name: string;
  /** Key prefix in the bucket, without slashes around it. */
  readonly path: string;
  readonly version: 2 | 3;
  /** Bytes of all payload objects. */
  readonly storedBytes: number;
  /** Keys of the payload objects. */
  readonly keys: readonly string[];
}

type Put = (key: string, bytes: Uint8Array | string) => void;

const SIDE = 512;
const MIB = 2 ** 20;
const SHUFFLE = 1;

const compressors: Readonly<Record<string, object>> = {
  "blosc-lz4-shuffle": { id: "blosc", cname: "lz4", clevel: 5, shuffle: SHUFFLE, blocksize: 0 },
  "blosc-zstd-shuffle": { id: "blosc", cname: "zstd", clevel: 5, shuffle: SHUFFLE, blocksize: 0 },
  "zstd-3": { id: "zstd", level: 3 },
  "gzip-5": { id: "gzip", level: 5 },
  lz4: { id: "lz4", acceleration: 1 },
};

/** Puts every store, of so many layers of 1 MiB; `grid` is the 8 layers they repeat. */
export async function makeStores(grid: Uint8Array, layers: number, put: Put): Promise<StoreFacts[]> {
  const stores: StoreFacts[] = [];
  const all = { grid, layers, put };
  for (const encoding of Object.keys(compressors)) stores.push(await makePlain(encoding, 1 * MIB, all));
  for (const encoding of ["blosc-lz4-shuffle", "zstd-3"])
    stores.push(await makePlain(encoding, 4 * MIB, all));
  // 1 MiB of this grid is about 0.62 MiB in blosc-lz4: 16 and 64 layers of it.
  stores.push(await makeSharded("shards of 10 MiB blosc-lz4-shuffle", 16, all));
  stores.push(await makeSharded("shards of 40 MiB blosc-lz4-shuffle", 64, all));
  return stores;
}

/** One object a chunk: every codec in chunks of each of the sizes. */
export async function makePlainStores(
  grid: Uint8Array,
  layers: number,
  chunkBytes: readonly number[],
  put: Put,
): Promise<StoreFacts[]> {
  const stores: StoreFacts[] = [];
  for (const bytes of chunkBytes) {
    for (const encoding of Object.keys(compressors)) {
      stores.push(await makePlain(encoding, bytes, { grid, layers, put }, `${layers} MiB in `));
    }
  }
  return stores;
}

interface All {
  readonly grid: Uint8Array;
  readonly layers: number;
  readonly put: Put;
}

/** Encodes the grid in chunks of so many bytes: eight layers' worth of them. */
function encodeGrid(grid: Uint8Array, encoding: string, chunkBytes: number): Promise<Uint8Array[]> {
  const chunks = Array.from({ length: grid.length / chunkBytes }, (_, i) =>
    grid.slice(i * chunkBytes, (i + 1) * chunkBytes),
  );
  return Promise.all(chunks.map((chunk) => encodings[encoding]!(chunk, 4)));
}

async function makePlain(
  encoding: string,
  chunkBytes: number,
  { grid, layers, put }: All,
  before = "",
): Promise<StoreFacts> {
  const size = chunkBytes < MIB ? `${chunkBytes / 1024} KiB` : `${chunkBytes / MIB} MiB`;
  const name = `${before}${size} ${encoding}`;
  const path = name.replaceAll(" ", "-").toLowerCase();
  const chunks = await encodeGrid(grid, encoding, chunkBytes);
  const chunkShape = [Math.max(1, chunkBytes / MIB), Math.min(SIDE, chunkBytes / (4 * SIDE)), SIDE];
  put(
    `${path}/.zarray`,
    JSON.stringify({
      zarr_format: 2,
      shape: [layers, SIDE, SIDE],
      chunks: chunkShape,
      dtype: "<f4",
      compressor: compressors[encoding],
      fill_value: 0,
      order: "C",
      filters: null,
    }),
  );
  const keys: string[] = [];
  let storedBytes = 0;
  const chunksInLayer = SIDE / chunkShape[1]!;
  for (let i = 0; i < (layers * MIB) / chunkBytes; i++) {
    const chunk = chunks[i % chunks.length]!;
    const key = `${path}/${Math.floor(i / chunksInLayer)}.${i % chunksInLayer}.0`;
    put(key, chunk);
    keys.push(key);
    storedBytes += chunk.length;
  }
  return { name, path, version: 2, storedBytes, keys };
}

async function makeSharded(
  name: string,
  layersInShard: number,
  { grid, layers, put }: All,
): Promise<StoreFacts> {
  const path = name.replaceAll(" ", "-").toLowerCase();
  const chunks = await encodeGrid(grid, "blosc-lz4-shuffle", MIB);
  const bytesCodec = { name: "bytes", configuration: { endian: "little" } };
  const blosc = { cname: "lz4", clevel: 5, shuffle: "shuffle", typesize: 4, blocksize: 0 };
  put(
    `${path}/zarr.json`,
    JSON.stringify({
      zarr_format: 3,
      node_type: "array",
      shape: [layers, SIDE, SIDE],
      data_type: "float32",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [layersInShard, SIDE, SIDE] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: 0,
      codecs: [
        {
          name: "sharding_indexed",
          configuration: {
            chunk_shape: [1, SIDE, SIDE],
            codecs: [bytesCodec, { name: "blosc", configuration: blosc }],
            index_codecs: [bytesCodec, { name: "crc32c" }],
            index_location: "end",
          },
        },
      ],
      attributes: {},
    }),
  );
  const keys: string[] = [];
  let storedBytes = 0;
  for (let shard = 0; shard < layers / layersInShard; shard++) {
    const inside = Array.from({ length: layersInShard }, (_, i) => chunks[i % chunks.length]!);
    const bytes = joinShard(inside);
    const key = `${path}/c/${shard}/0/0`;
    put(key, bytes);
    keys.push(key);
    storedBytes += bytes.length;
  }
  return { name, path, version: 3, storedBytes, keys };
}

/** Chunks, then offset and length of each, then the index's CRC-32C. */
export function joinShard(chunks: readonly Uint8Array[]): Uint8Array {
  const payload = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const out = new Uint8Array(payload + chunks.length * 16 + 4);
  const index = new DataView(out.buffer, payload);
  let at = 0;
  chunks.forEach((chunk, i) => {
    out.set(chunk, at);
    index.setBigUint64(16 * i, BigInt(at), true);
    index.setBigUint64(16 * i + 8, BigInt(chunk.length), true);
    at += chunk.length;
  });
  index.setUint32(16 * chunks.length, crc32c(out.subarray(payload, payload + chunks.length * 16)), true);
  return out;
}
