/**
 * Full reads of stores of one object a chunk: every codec, three sizes of chunks, two of arrays. `read` holds fewer of them against the goals.
 *
 * @module
 */
import { createPool } from "../../src/worker/pool.js";
import { ours } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { median, type Samples, speedup } from "../lib/measure.js";
import type { StoreFacts } from "../lib/stores.js";
import { checkGrid, fetchAll, fizarritaWhole, readWhole, zarritaWhole } from "../lib/whole-reads.js";

interface FullReadSetup {
  readonly base: string;
  readonly stores: readonly StoreFacts[];
  /** What serves them. */
  readonly server: string;
}

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
    host.say(store.name);
    const url = `${base}/${store.path}`;
    const readers: Record<string, () => Promise<Float32Array | undefined>> = {
      [ours]: () => readWhole(url, pool),
      zarrita: () => zarritaWhole(url, store.version),
      fizarrita: () => fizarritaWhole(url, store.version, peerPool),
      "raw fetch": () => fetchAll(base, store.keys),
    };
    const samples: Samples = Object.fromEntries(Object.keys(readers).map((name) => [name, []]));
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const [name, read] of Object.entries(readers)) {
        const start = performance.now();
        const data = await read();
        samples[name]!.push(performance.now() - start);
        if (round === 0 && data !== undefined) checkGrid(data, grid, name);
      }
    }
    rows.push({
      name: store.name,
      unit: "ms",
      rates: Object.fromEntries(
        Object.entries(samples).map(([name, list]) => [
          name,
          { median: median(list), best: Math.min(...list) },
        ]),
      ),
      ratios: Object.fromEntries(
        Object.keys(samples)
          .filter((name) => name !== ours)
          .map((name) => [name, speedup(samples, ours, name)!]),
      ),
      notes: { "stored MiB": (store.storedBytes / 2 ** 20).toFixed(1), objects: store.keys.length },
    });
  }
  pool.dispose();
  peerPool.terminateWorkers();
  return { rows, warnings: [], facts: { "default workers": pool.size, server } };
}
