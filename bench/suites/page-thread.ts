/**
 * What a long read does to the page's thread: frames, gaps, and what the system's scheduler tells of it. Beside it what the machine does to
 * that thread by itself: with workers that only fetch the same bytes, with workers that only compute, and with nothing.
 *
 * @module
 */
import type { DecodePool } from "../../src/worker/pool.js";
import { startBusyWorkers } from "../lib/busy-workers.js";
import { ask } from "../lib/contest.js";
import type { Host, Row } from "../lib/host.js";
import { median } from "../lib/measure.js";
import type { StoreFacts } from "../lib/stores.js";
import { readAndRelease, readWhole, zarritaWhole } from "../lib/whole-reads.js";
import { mergingStore } from "../lib/zarr-readers.js";
import { watchThread } from "./jank.js";

interface ThreadCase {
  readonly host: Host;
  readonly base: string;
  readonly store: StoreFacts;
  readonly pool: DecodePool;
  readonly oneWorker: DecodePool;
}

/** What a case did in its rounds. */
type Figures = Map<string, number[]>;

export async function pageThreadRows({ host, base, store, pool, oneWorker }: ThreadCase): Promise<Row[]> {
  const url = `${base}/${store.path}`;
  const urls = store.keys.map((key) => `${base}/${key}`);
  const busy = startBusyWorkers(pool.size);
  // What starts a worker, or compiles, is no part of a read.
  for (const warm of [pool, oneWorker]) await readWhole(url, warm);
  await busy.fetchAll(urls.slice(0, pool.size));
  const readMs: number[] = [];
  const cases: Readonly<Record<string, () => Promise<unknown>>> = {
    "page's thread": async () => {
      const start = performance.now();
      await readWhole(url, pool);
      readMs.push(performance.now() - start);
    },
    "released: page's thread": () => readAndRelease(url, pool),
    "one worker: page's thread": () => readWhole(url, oneWorker),
    "zarrita: page's thread": () => zarritaWhole(mergingStore(url), store.version),
    "fetched by workers, no more": () => busy.fetchAll(urls),
    "workers compute, nothing is read": () => busy.compute(median(readMs)),
    "idle page": () => new Promise((resolve) => setTimeout(resolve, median(readMs))),
  };
  const figures = new Map<string, Figures>(Object.keys(cases).map((name) => [name, new Map()]));
  for (let round = 0; round < (host.options.quick ? 2 : 7); round++) {
    for (const [name, work] of Object.entries(cases)) {
      const own = figures.get(name)!;
      for (const [figure, value] of Object.entries(await watch(host, work)))
        own.set(figure, [...(own.get(figure) ?? []), value]);
    }
  }
  busy.stop();
  return [...figures].map(([name, own]) => threadRow(name, own));
}

async function watch(host: Host, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await threadTimes(host);
  const stop = watchThread();
  await work();
  const { blockedShare, longestGapMs, framesPerSecond } = await stop();
  const after = await threadTimes(host);
  return {
    "blocked %": blockedShare * 100,
    "longest gap": longestGapMs,
    "frames/s": framesPerSecond,
    ...("ran" in before
      ? { "ran, ms": after.ran! - before.ran, "no core, ms": after.waited! - before.waited }
      : {}),
  };
}

/** Milliseconds that the scheduler let this thread run so far, and let it wait for a core; neither where the system does not tell. */
async function threadTimes(host: Host): Promise<{ ran: number; waited: number } | Record<string, never>> {
  return JSON.parse(await ask(host, { do: "thread" }));
}

/** Medians are held against the goals, also that of frames; the worst round is said beside them. */
function threadRow(name: string, own: Figures): Row {
  const rates = [...own].map(([figure, values]) => {
    const middle = median(values);
    return [figure, { median: middle, best: middle }] as const;
  });
  const sorted = (figure: string): number[] => own.get(figure)!.toSorted((a, b) => a - b);
  const notes = {
    "worst round: blocked %": sorted("blocked %").at(-1)!.toFixed(1),
    gap: sorted("longest gap").at(-1)!.toFixed(1),
    "frames/s": sorted("frames/s")[0]!.toFixed(1),
  };
  return { name, unit: "", rates: Object.fromEntries(rates), ratios: {}, notes };
}
