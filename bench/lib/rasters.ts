/**
 * A raster of 4096 × 4096 cells as sharded Zarr stores, and windows of it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { encodings } from "./encode.js";
import { createRandom } from "./random.js";
import { joinShard } from "./stores.js";

export interface Raster {
  readonly side: number;
  readonly values: Float32Array;
}

type Put = (key: string, bytes: Uint8Array | string) => void;

/** A part of a raster: rows and columns from the first up to the one after the last. */
export interface Window {
  readonly y: readonly [number, number];
  readonly x: readonly [number, number];
  /** SHA-256 of its cells in C order. */
  readonly sha256: string;
}

/** Hills with noise, in steps of 12.5 cm as a laser scanner's: zstd packs a chunk to some 40 %. */
export function makeRaster(side: number): Raster {
  const random = createRandom(7);
  const values = new Float32Array(side * side);
  const slope = Array.from({ length: side }, (_, i) => 300 * Math.sin(i / 311) + 40 * Math.sin(i / 23));
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const height = 1200 + slope[y]! + slope[(x * 3) % side]! * 0.5 + random();
      values[y * side + x] = Math.round(height * 8) / 8;
    }
  }
  return { side, values };
}

export function windowOf({ side, values }: Raster, y: number, x: number, edge: number): Window {
  const cells = new Float32Array(edge * edge);
  for (let row = 0; row < edge; row++) {
    const from = (y + row) * side + x;
    cells.set(values.subarray(from, from + edge), row * edge);
  }
  const sha256 = createHash("sha256").update(new Uint8Array(cells.buffer)).digest("hex");
  return { y: [y, y + edge], x: [x, x + edge], sha256 };
}

/** Puts a raster as a Zarr v3 array of shards, its inner chunks packed by zstd. */
export async function putShards(
  { side, values }: Raster,
  shard: number,
  inner: number,
  path: string,
  put: Put,
): Promise<void> {
  const little = { name: "bytes", configuration: { endian: "little" } };
  put(
    `${path}/zarr.json`,
    JSON.stringify({
      zarr_format: 3,
      node_type: "array",
      shape: [side, side],
      data_type: "float32",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [shard, shard] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: 0,
      codecs: [
        {
          name: "sharding_indexed",
          configuration: {
            chunk_shape: [inner, inner],
            codecs: [little, { name: "zstd", configuration: { level: 3, checksum: false } }],
            index_codecs: [little, { name: "crc32c" }],
            index_location: "end",
          },
        },
      ],
      attributes: {},
      dimension_names: ["y", "x"],
    }),
  );
  const across = side / shard;
  const inside = shard / inner;
  for (let at = 0; at < across * across; at++) {
    const [row, column] = [Math.floor(at / across), at % across];
    const chunks: Uint8Array[] = [];
    for (let chunk = 0; chunk < inside * inside; chunk++) {
      const y = row * shard + Math.floor(chunk / inside) * inner;
      const x = column * shard + (chunk % inside) * inner;
      const cells = new Float32Array(inner * inner);
      for (let line = 0; line < inner; line++) {
        const from = (y + line) * side + x;
        cells.set(values.subarray(from, from + inner), line * inner);
      }
      chunks.push(await encodings["zstd-3"]!(new Uint8Array(cells.buffer), 4));
    }
    put(`${path}/c/${row}/${column}`, joinShard(chunks));
  }
}

/** Puts a raster as a Zarr v3 array with one object a chunk, packed by zstd. */
export async function putChunks(raster: Raster, chunk: number, path: string, put: Put): Promise<void> {
  put(`${path}/zarr.json`, JSON.stringify(arrayDocument(raster.side, chunk)));
  await encodeChunks(raster, chunk, (key, bytes) => put(`${path}/c/${key}`, bytes));
}

/** Puts so many layers, each of them the raster, as one Zarr v3 array. */
export async function putLayers(
  raster: Raster,
  layers: number,
  chunk: number,
  path: string,
  put: Put,
): Promise<void> {
  const document = arrayDocument(raster.side, chunk);
  const grid = { name: "regular", configuration: { chunk_shape: [1, chunk, chunk] } };
  const shape = [layers, raster.side, raster.side];
  const names = ["layer", "y", "x"];
  put(`${path}/zarr.json`, JSON.stringify({ ...document, shape, chunk_grid: grid, dimension_names: names }));
  await encodeChunks(raster, chunk, (key, bytes) => {
    for (let layer = 0; layer < layers; layer++) put(`${path}/c/${layer}/${key}`, bytes);
  });
}

async function encodeChunks({ side, values }: Raster, chunk: number, put: Put): Promise<void> {
  for (let at = 0; at < (side / chunk) ** 2; at++) {
    const [row, column] = [Math.floor(at / (side / chunk)), at % (side / chunk)];
    const cells = new Float32Array(chunk * chunk);
    for (let line = 0; line < chunk; line++) {
      const from = (row * chunk + line) * side + column * chunk;
      cells.set(values.subarray(from, from + chunk), line * chunk);
    }
    put(`${row}/${column}`, await encodings["zstd-3"]!(new Uint8Array(cells.buffer), 4));
  }
}

/** Metadata of a square array of float32 in zstd. */
export function arrayDocument(side: number, chunk: number): object {
  return {
    zarr_format: 3,
    node_type: "array",
    shape: [side, side],
    data_type: "float32",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [chunk, chunk] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: 0,
    codecs: [
      { name: "bytes", configuration: { endian: "little" } },
      { name: "zstd", configuration: { level: 3, checksum: false } },
    ],
    attributes: {},
    dimension_names: ["y", "x"],
  };
}
