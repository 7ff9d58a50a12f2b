/**
 * @module A long run of reads against a server that fails often: every byte that is returned is right, or the read fails by
 * name; nothing is left behind; memory is flat. What is read follows from the seed; what meets what depends on time as well.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isReaderError } from "../../src/core/error.js";
import type { RangeQuery } from "../../src/core/plan.js";
import { sliceRange } from "../../src/store/read-range.js";
import { S3Store, type S3StoreOptions } from "../../src/store/s3.js";
import type { ReadableStore, ReadOptions } from "../../src/store/types.js";
import { createStore } from "../../src/store/url.js";
import { sampleBytes } from "../contract/store.contract.js";
import { randomFor } from "../fuzz/mutate.js";
import { createS3Server, type Fault, type S3Server } from "../support/s3-server/server.js";
import type { Random } from "../unit/kernel/codec-cases.js";

export interface SoakOptions {
  readonly reads: number;
  readonly seed: number;
  /** Reads under way at a time. Default 48. */
  readonly concurrency?: number;
  /** Told how far it is, ten times. */
  readonly onProgress?: (done: number) => void;
}

export interface SoakReport {
  readonly reads: number;
  /** Returned what is stored. */
  readonly right: number;
  /** Left by their reader, with its reason. */
  readonly left: number;
  /** Failed by name: how many, by code. */
  readonly failed: Readonly<Record<string, number>>;
  /** What must not happen, in words. */
  readonly wrong: readonly string[];
  readonly requests: number;
  /** Requests that went wrong, by what was done to them. */
  readonly faults: Readonly<Record<string, number>>;
  /** Bytes in use after each tenth of the reads, garbage collected. */
  readonly memory: readonly number[];
  readonly seconds: number;
}

/** 5 % 503, 2 % cut bodies, 1 % resets, 1 % stalls. */
const faults: readonly (readonly [name: string, chance: number, fault: Fault])[] = [
  ["503", 0.03, { kind: "status", status: 503 }],
  ["503 SlowDown", 0.02, { kind: "status", status: 503, code: "SlowDown" }],
  ["cut", 0.01, { kind: "cut", afterBytes: 90 }],
  ["cut, chunked", 0.005, { kind: "cut", afterBytes: 700, chunked: true }],
  ["cut, reset", 0.005, { kind: "cut", afterBytes: 5000, how: "rst" }],
  ["reset", 0.01, { kind: "reset" }],
  ["stall", 0.005, { kind: "stall" }],
  ["stall in the body", 0.005, { kind: "stall", afterBytes: 50 }],
];

const sizes = [0, 1, 60, 400, 3000, 20_000, 64_000, 150_000, 400_000];
/** Longer bodies than the limit above which reads are resumed. */
const largeBytes = 8_700_000;
/** One of so many reads is of the large object, or is left by its reader. */
const oneLargeIn = 1000;
const oneLeftIn = 40;
/** What memory may grow by from the second fifth of the run to its end. */
const mayGrowBytes = 12 * 1024 * 1024;

const options = (server: S3Server): S3StoreOptions => ({
  endpoint: server.url,
  retries: { baseMs: 1, throttleBaseMs: 2, maxDelayMs: 20, maxRetryAfterMs: 20 },
  timeouts: { firstByteMs: 1000, stallMs: 500 },
});

/** Runs the reads, with shortened clocks, on this machine only. */
export async function soak({ reads, seed, concurrency = 48, onProgress }: SoakOptions): Promise<SoakReport> {
  const before = leftovers();
  const server = await createS3Server({ random: mulberry32(seed), maxLogEntries: 100 });
  const objects = fill(server, seed);
  const handles = faults.map(([, chance, fault]) => server.addFault({ fault, chance }));
  const stores = await openStores(server);
  const run = new SoakRun(objects, stores, seed);
  const memory: number[] = [];
  const start = performance.now();
  const tenth = Math.ceil(reads / 10);
  for (let done = 0; done < reads; done += tenth) {
    await run.read(done, Math.min(reads, done + tenth), concurrency);
    memory.push(usedBytes());
    onProgress?.(Math.min(reads, done + tenth));
  }
  const seconds = (performance.now() - start) / 1000;
  const busy = await settles(() => server.counters.concurrent === 0);
  if (!busy) {
    const open = server.log.filter(({ durationMs }) => durationMs === undefined);
    run.wrong.push(`${server.counters.concurrent} requests are still open: ${JSON.stringify(open)}`);
  }
  const { requests } = server.counters;
  await server.close();
  for (const kind of ["Timeout", "TCPSocketWrap"]) {
    const isGone = await settles(() => leftovers(kind) <= (before.get(kind) ?? 0));
    if (!isGone)
      run.wrong.push(`${leftovers(kind)} of ${kind} are left, ${before.get(kind) ?? 0} were there`);
  }
  const growth = memory.at(-1)! - Math.max(...memory.slice(1, 4));
  if (memory.length >= 10 && growth > mayGrowBytes) {
    run.wrong.push(`memory grew by ${(growth / 1024 / 1024).toFixed(1)} MiB: ${memory.join(" ")}`);
  }
  return {
    reads,
    right: run.right,
    left: run.left,
    failed: run.failed,
    wrong: run.wrong,
    requests,
    faults: Object.fromEntries(faults.map(([name], index) => [name, handles[index]!.hits])),
    memory,
    seconds,
  };
}

function fill(server: S3Server, seed: number): Map<string, Uint8Array> {
  server.createBucket("open", { publicRead: true, publicList: true });
  const objects = new Map<string, Uint8Array>();
  for (const [index, size] of [...sizes, ...sizes, ...sizes].entries()) {
    objects.set(`object ${index}`, sampleBytes(size + (size > 1 ? index : 0), seed + index));
  }
  objects.set("large", sampleBytes(largeBytes, seed));
  for (const [key, bytes] of objects) server.put("open", key, bytes);
  return objects;
}

/** Signed and bare, and through everything that `open` puts around a store. */
async function openStores(server: S3Server): Promise<ReadableStore[]> {
  const { accessKeyId, secretAccessKey } = server.account;
  const credentials = { accessKeyId, secretAccessKey };
  const signed = new S3Store("s3://open", { ...options(server), region: server.region, credentials });
  const { store: cached } = await createStore("s3://open", { ...options(server), cache: 1024 * 1024 });
  const { store: merged } = await createStore("s3://open", { ...options(server), cache: 0 });
  return [signed, cached, merged];
}

class SoakRun {
  right = 0;
  left = 0;
  readonly failed: Record<string, number> = {};
  readonly wrong: string[] = [];
  readonly #objects: ReadonlyMap<string, Uint8Array>;
  readonly #keys: readonly string[];
  readonly #stores: readonly ReadableStore[];
  readonly #seed: number;

  constructor(objects: ReadonlyMap<string, Uint8Array>, stores: readonly ReadableStore[], seed: number) {
    this.#objects = objects;
    this.#keys = [...objects.keys()].filter((key) => key !== "large");
    this.#stores = stores;
    this.#seed = seed;
  }

  /** Reads of these numbers, so many at a time. */
  async read(from: number, to: number, concurrency: number): Promise<void> {
    let next = from;
    const work = async (): Promise<void> => {
      while (next < to) await this.#readOne(next++);
    };
    await Promise.all(Array.from({ length: concurrency }, work));
  }

  async #readOne(index: number): Promise<void> {
    const random = randomFor(this.#seed, index + 1);
    const store = this.#stores[random.below(this.#stores.length)]!;
    const isLarge = random.below(oneLargeIn) === 0;
    const key = isLarge ? "large" : this.#keys[random.below(this.#keys.length)]!;
    const stored = random.below(20) === 0 && !isLarge ? undefined : this.#objects.get(key)!;
    const path = stored === undefined ? (`/not ${key}` as const) : (`/${key}` as const);
    const range = isLarge ? undefined : pickRange(random, stored?.length ?? 100);
    const leaves = random.below(oneLeftIn) === 0 ? new AbortController() : undefined;
    const reason = `read ${index} is left`;
    const timer = leaves && setTimeout(() => leaves.abort(reason), random.below(30));
    const readOptions: ReadOptions = leaves === undefined ? {} : { signal: leaves.signal };
    const name = `read ${index} of ${path} ${JSON.stringify(range ?? "whole")}`;
    try {
      const bytes =
        range === undefined
          ? await store.get(path, readOptions)
          : await store.getRange!(path, range, readOptions);
      const expected = stored === undefined || range === undefined ? stored : sliceRange(stored, range);
      if (isEqual(bytes, expected)) this.right++;
      else this.wrong.push(`${name} returned ${bytes?.length} other bytes, not ${expected?.length}`);
    } catch (thrown) {
      if (leaves?.signal.aborted && thrown === reason) this.left++;
      else if (isReaderError(thrown)) this.failed[thrown.code] = (this.failed[thrown.code] ?? 0) + 1;
      else this.wrong.push(`${name} threw ${String(thrown)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Numbers from 0 to 1 that neither repeat nor follow from their neighbours for as long as a run takes. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A part, an end, what lies beyond the end, or all. */
function pickRange(random: Random, size: number): RangeQuery | undefined {
  const kind = random.below(10);
  if (kind < 2) return undefined;
  if (kind === 2) return { suffixLength: 1 + random.below(size + 10) };
  const length = 1 + random.below(kind < 6 ? 500 : 40_000);
  return { offset: random.below(size + 20), length };
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

/** What keeps the process busy, by kind. */
function leftovers(): Map<string, number>;
function leftovers(kind: string): number;
function leftovers(kind?: string): Map<string, number> | number {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return kind === undefined ? counts : (counts.get(kind) ?? 0);
}

/** Whether it comes true within three seconds. */
async function settles(isTrue: () => boolean): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < 3000; waitedMs += 50) {
    if (isTrue()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return isTrue();
}

let collect: (() => void) | undefined;

function usedBytes(): number {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
