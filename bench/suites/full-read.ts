/**
 * Full reads of stores of one object a chunk: every codec, three sizes of chunks, two of arrays. `read` holds fewer of them against the goals.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { createPool } from "../../src/worker/pool.js";
import { summed } from "../lib/checksum.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import type { StoreFacts } from "../lib/stores.js";
import { checkGrid, fetchAll, fizarritaWhole, readWhole, zarritaWhole } from "../lib/whole-reads.js";
import { mergingStore, pastBrowserCache } from "../lib/zarr-readers.js";

interface FullReadSetup {
  readonly base: string;
  readonly stores: readonly StoreFacts[];
  /** What serves them. */
  readonly server: string;
}

const RIGHT = "the grid";

export async function runFullRead(host: Host): Promise<SuiteResult> {
  const { base, stores, server } = host.setup as unknown as FullReadSetup;
  const { quick, only } = host.options;
  const { WorkerPool } = await import("@fideus-labs/worker-pool");
  const grid = await host.load("climate-f32.raw");
  const pool = createPool();
  const peerPool = new WorkerPool(navigator.hardwareConcurrency);
  const rows: Row[] = [];
  for (const store of stores) {
    if (only !== undefined && !store.name.includes(only)) continue;
    const url = `${base}/${store.path}`;
    const grids: Record<string, () => Promise<Float32Array>> = {
      [ours]: () => readWhole(url, pool),
      // A grid of more than half of the byte cache does so by itself.
      [`${ours}, no-store`]: () => readWhole(url, pool, pastBrowserCache),
      zarrita: () => zarritaWhole(new zarrita.FetchStore(url), store.version),
      "zarrita, no-store": () => zarritaWhole(mergingStore(url), store.version),
      fizarrita: () => fizarritaWhole(url, store.version, peerPool),
    };
    const readers: Record<string, Reader> = {
      ...Object.fromEntries(
        Object.entries(grids).map(([name, read]) => [name, summed(read, (got) => isGrid(got, grid, store))]),
      ),
      "raw fetch": summed(
        () => fetchAll(base, store.keys),
        (bytes) => (bytes === store.storedBytes ? RIGHT : `${bytes} bytes`),
      ),
    };
    const row = await contest(host, { name: store.name, readers, rounds: quick ? 1 : 3, expected: RIGHT });
    const stored = { "stored MiB": (store.storedBytes / 2 ** 20).toFixed(1), objects: store.keys.length };
    rows.push({ ...row, notes: { ...row.notes, ...stored } });
  }
  pool.dispose();
  peerPool.terminateWorkers();
  return { rows, warnings: [], facts: { "default workers": pool.size, server } };
}

function isGrid(got: Float32Array, grid: Uint8Array, { name }: StoreFacts): string {
  checkGrid(got, grid, name);
  return RIGHT;
}
