/**
 * Whole arrays over HTTP: ours, zarrita, fizarrita, and fetching alone. Opened anew for each read, so that no cache answers; pools stay, as
 * they would in a page.
 *
 * @module
 */
import type { WorkerPool } from "@fideus-labs/worker-pool";
import * as zarrita from "zarrita";
import { type OpenOptions, open } from "../../src/index.js";
import type { DecodePool } from "../../src/worker/pool.js";
import { mergingStore } from "./zarr-readers.js";

export async function readWhole(
  url: string,
  pool: DecodePool,
  options: OpenOptions = {},
): Promise<Float32Array> {
  const source = await open(url, { ...options, kind: "grid", pool });
  const { data } = await source.query();
  return data as Float32Array;
}

/** As a viewer that draws and gives back: no memory that is fresh. */
export async function readAndRelease(url: string, pool: DecodePool): Promise<void> {
  const source = await open(url, { kind: "grid", pool });
  source.release(await source.query());
}

export async function zarritaWhole(store: zarrita.AsyncReadable, version: 2 | 3): Promise<Float32Array> {
  const { data } = await zarrita.get(await openArray(store, version));
  return data as Float32Array;
}

/** zarrita with chunks decoded by workers, into memory that they share. */
export async function fizarritaWhole(url: string, version: 2 | 3, pool: WorkerPool): Promise<Float32Array> {
  const { getWorker } = await import("@fideus-labs/fizarrita");
  const array = await openArray(mergingStore(url), version);
  const { data } = await getWorker(array, null, { pool, useSharedArrayBuffer: crossOriginIsolated });
  return data as Float32Array;
}

function openArray(store: zarrita.AsyncReadable, version: 2 | 3) {
  return (version === 2 ? zarrita.open.v2 : zarrita.open.v3)(store, { kind: "array" });
}

/** @returns how many bytes came */
export async function fetchAll(base: string, keys: readonly string[]): Promise<number> {
  const bodies = await Promise.all(
    keys.map(async (key) => {
      const response = await fetch(`${base}/${key}`, { cache: "no-store" });
      return response.arrayBuffer();
    }),
  );
  return bodies.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

export function checkGrid(got: Float32Array, grid: Uint8Array, name: string): void {
  const wanted = new Float32Array(grid.buffer, grid.byteOffset, grid.length / 4);
  if (got.length % wanted.length !== 0 || got.length === 0)
    throw new Error(`${name} read ${got.length} numbers`);
  for (let i = 0; i < got.length; i++) {
    if (got[i] !== wanted[i % wanted.length]) throw new Error(`${name} is wrong at number ${i}`);
  }
}
