/**
 * Full reads of a store over HTTP: ours, zarrita in its best configuration (merged ranges, `no-store`), and fetching alone.
 *
 * @module
 */
import { createPool } from "../../src/worker/pool.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { median, type Samples, speedup } from "../lib/measure.js";
import type { StoreFacts } from "../lib/stores.js";
import { checkGrid, fetchAll, readAndRelease, readWhole, zarritaWhole } from "../lib/whole-reads.js";
import { mergingStore } from "../lib/zarr-readers.js";
import { copyRow } from "./copy.js";
import { pageThreadRows } from "./page-thread.js";

const OURS = "cloudcrop";
/** The same values, read by zarrita as they are stored without shards: what the goal for merged reads is set against (wasm.md §3). */
const ONE_BY_ONE = "zarrita, 1 MiB objects";

/** The rows of the page's thread, as `--only` names them. */
const THREAD = "page's thread";

interface ReadSetup {
  /** Address of the bucket. */
  readonly base: string;
  readonly stores: readonly StoreFacts[];
  /** What serves them. */
  readonly server: string;
}

export async function runRead(host: Host): Promise<SuiteResult> {
  const { base, stores, server } = host.setup as unknown as ReadSetup;
  const { quick, only } = host.options;
  const grid = await host.load("climate-f32.raw");
  const pool = createPool();
  const oneWorker = createPool({ workers: 1 });
  const rows: Row[] = [];
  for (const store of stores) {
    if (only !== undefined && !store.name.includes(only)) continue;
    host.say(store.name);
    const url = `${base}/${store.path}`;
    const whole: Record<string, () => Promise<Float32Array>> = {
      [OURS]: () => readWhole(url, pool),
      "one worker": () => readWhole(url, oneWorker),
      zarrita: () => zarritaWhole(mergingStore(url), store.version),
    };
    if (store.name.startsWith("shards"))
      whole[ONE_BY_ONE] = () => zarritaWhole(mergingStore(`${base}/${stores[0]!.path}`), stores[0]!.version);
    for (const [name, read] of Object.entries(whole)) checkGrid(await read(), grid, name);
    const readers = {
      ...whole,
      released: () => readAndRelease(url, pool),
      "raw fetch": () => fetchAll(base, store.keys),
    };
    // Held against raw fetch, whose time varies by half from round to round.
    const usual = store === stores[0] ? 11 : 5;
    rows.push(await readRow(store, readers, quick ? 2 : usual));
  }
  if (only === undefined || THREAD.includes(only)) {
    host.say(THREAD);
    rows.push(...(await pageThreadRows({ host, base, store: stores[0]!, pool, oneWorker })));
  }
  if (only === undefined) rows.push(await copyRow(host));
  pool.dispose();
  oneWorker.dispose();
  const warnings = crossOriginIsolated ? [] : ["Not isolated: the clock is 100 µs coarse."];
  return { rows, warnings, facts: { "default workers": pool.size, server } };
}

async function readRow(
  store: StoreFacts,
  readers: Readonly<Record<string, () => Promise<unknown>>>,
  rounds: number,
): Promise<Row> {
  const samples: Samples = Object.fromEntries(Object.keys(readers).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, read] of Object.entries(readers)) {
      const start = performance.now();
      await read();
      samples[name]!.push(performance.now() - start);
    }
  }
  const rates = Object.fromEntries(
    Object.entries(samples).map(([name, list]) => [name, { median: median(list), best: Math.min(...list) }]),
  );
  const overFetch = 1 / speedup(samples, OURS, "raw fetch")!;
  return {
    name: store.name,
    unit: "ms",
    rates: { ...rates, "times raw fetch": { median: overFetch, best: overFetch } },
    ratios: Object.fromEntries(
      Object.keys(readers)
        .filter((name) => name !== OURS)
        .map((name) => [name, speedup(samples, OURS, name)!]),
    ),
    notes: { "stored MiB": (store.storedBytes / 2 ** 20).toFixed(1), objects: store.keys.length },
  };
}
