/**
 * Workers that read: the same answers, the same requests, the same ends as reading on this thread
 * (docs/design/wasm.md §3).
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { isReaderError } from "../../../src/core/error.js";
import type { AnySource, GridSource } from "../../../src/core/source.js";
import type { GridTable, PointTable } from "../../../src/core/table.js";
import { type OpenOptions, open } from "../../../src/index.js";
import { bringHere, isHeld, releaseBytes } from "../../../src/net/lane.js";
import { defaultTimeouts } from "../../../src/net/timer.js";
import type { StorageOptions } from "../../../src/store/storage-options.js";
import { createStore } from "../../../src/store/url.js";
import { ByteCache } from "../../../src/store/with-byte-cache.js";
import { createPool, type DecodePool, type PoolOptions } from "../../../src/worker/pool.js";
import { type Fixture, listFixtures } from "../../support/fixtures.js";
import { callsOf, LoopbackWorker, loopbackWorkers, type SentCall } from "../../support/loopback-worker.js";
import { createS3Server, type Fault, type FaultRule, type S3Server } from "../../support/s3-server/server.js";

let server: S3Server;
const fixtures = (["zarr", "zarr-vectors", "demo"] as const).flatMap(
  (family) => listFixtures(family as "zarr") as Fixture[],
);

beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("open", { publicRead: true });
  server.createBucket("closed", {});
  for (const bucket of ["open", "closed"]) {
    for (const { family, name, path } of fixtures) server.mount(bucket, `${family}/${name}/`, path);
  }
});
const pools: DecodePool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
  server.reset();
});
afterAll(() => server.close());

interface Reading {
  readonly pool: DecodePool;
  readonly workers: LoopbackWorker[];
  readonly diagnostics: string[];
}

function reading(options: PoolOptions = {}): Reading {
  const { made, createWorker } = loopbackWorkers();
  const diagnostics: string[] = [];
  const pool = createPool({
    workers: 2,
    inlineBytes: 0,
    createWorker,
    onDiagnostic: ({ code }) => diagnostics.push(code),
    ...options,
  });
  pools.push(pool);
  return { pool, workers: made, diagnostics };
}

const performed = ({ workers }: Reading): number =>
  workers.reduce((sum, { sent }) => sum + sent.filter(({ name }) => name === "perform").length, 0);
const heldBodies = ({ workers }: Reading): number => workers.reduce((sum, { held }) => sum + held.size, 0);

/** What is no longer wanted is dropped within a moment, longer where the machine is busy. */
async function expectNothingHeld(one: Reading): Promise<void> {
  for (let waited = 0; waited < 100 && heldBodies(one) > 0; waited++) await pause(10);
  expect(heldBodies(one)).toBe(0);
}

const keys = (): StorageOptions => ({
  region: "eu-central-1",
  endpoint: server.url,
  allowHttp: true,
  credentials: {
    accessKeyId: server.account.accessKeyId,
    secretAccessKey: server.account.secretAccessKey,
  },
  auth: { mode: "query" },
});
const anonymous = (): StorageOptions => ({ endpoint: server.url });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Everything a dataset answers, as one comparable value; what is refused by its words. The indexes are read before, so
 * that the requests counted are those for chunks, which meet as they are planned.
 */
async function readAll(url: string, options: OpenOptions): Promise<Record<string, unknown>> {
  const dataset = await open(url, options);
  const answers: Record<string, unknown> = {};
  for (const source of dataset.sources.values()) await source.explain().catch(() => {});
  server.reset();
  for (const [name, source] of dataset.sources) answers[name] = await answerOf(source);
  return answers;
}

async function answerOf(source: AnySource): Promise<unknown> {
  try {
    if (source.kind === "grid") return plainGrid(await source.read());
    if (source.kind === "points") return plainPoints(await source.query());
    return await source.query();
  } catch (thrown) {
    if (isReaderError(thrown)) return thrown.message;
    throw thrown;
  }
}

const plainGrid = ({ data, shape, dtype }: GridTable): unknown => ({ data, shape, dtype });
const plainPoints = ({ positions, fields, length }: PointTable): unknown => ({ positions, fields, length });

describe("every fixture", () => {
  it.each(fixtures.map((fixture) => [`${fixture.family}/${fixture.name}`] as const))(
    "%s reads the same in workers, signed and not, as on this thread",
    async (path) => {
      const here = await readAll(`s3://open/${path}`, { ...anonymous(), pool: reading({ workers: 0 }).pool });
      const counted = server.counters.GET;
      const wanted = (entry: { method: string; path: string }): string => `${entry.method} ${entry.path}`;
      const asked = server.log.map(wanted).sort();
      server.reset();
      const workers = reading();
      const there = await readAll(`s3://open/${path}`, { ...anonymous(), pool: workers.pool });
      expect(there).toEqual(here);
      expect(server.counters.GET).toBe(counted);
      expect(server.log.map(wanted).sort()).toEqual(asked);
      const signed = reading();
      expect(await readAll(`s3://closed/${path}`, { ...keys(), pool: signed.pool })).toEqual(here);
      const fromPage = reading();
      const page = { ...anonymous(), pool: fromPage.pool, fetchIn: "page" as const };
      expect(await readAll(`s3://open/${path}`, page)).toEqual(here);
      expect(performed(fromPage)).toBe(0);
      expect(server.counters.OPTIONS).toBe(0);
    },
  );

  it("reads most of its bytes in workers", async () => {
    const some = reading();
    await readAll("s3://open/demo/topobathy-v2", { ...anonymous(), pool: some.pool });
    expect(performed(some)).toBeGreaterThan(3);
    expect(some.diagnostics).toEqual([]);
  });
});

describe("a large grid", () => {
  const side = 1100;
  const cells = 300;
  beforeAll(() => {
    const metadata = {
      zarr_format: 3,
      node_type: "array",
      shape: [side, side],
      data_type: "float32",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [cells, cells] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: 7,
      codecs: [
        { name: "bytes", configuration: { endian: "little" } },
        { name: "gzip", configuration: { level: 1 } },
      ],
      attributes: {},
    };
    server.put("open", "large/zarr.json", JSON.stringify(metadata));
    for (let index = 0; index < 16; index++) {
      if (index === 6) continue;
      const values = Float32Array.from({ length: cells * cells }, (_, cell) => cell * 16 + index);
      server.put("open", `large/c/${index >> 2}/${index & 3}`, gzipSync(values, { level: 1 }));
    }
  });
  const openLarge = (pool: DecodePool): Promise<GridSource> =>
    open("s3://open/large", { ...anonymous(), pool, kind: "grid", cache: 0 });

  it("is read, decoded and put together in workers, to the bit", async () => {
    const here = (await (await openLarge(reading({ workers: 0 }).pool)).query()).data as Float32Array;
    const workers = reading();
    const there = (await (await openLarge(workers.pool)).query()).data as Float32Array;
    expect(Buffer.compare(Buffer.from(there.buffer), Buffer.from(here.buffer))).toBe(0);
    expect(here[300 * side + 600]).toBe(7);
    expect(there.buffer).toBeInstanceOf(SharedArrayBuffer);
    const own = reading({ memory: "transferable" });
    const data = (await (await openLarge(own.pool)).query()).data as Float32Array;
    expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(here.buffer))).toBe(0);
    expect(own.workers.flatMap(({ paths }) => paths)).toContain("takeGrid");
  });

  it("is dropped with its query", async () => {
    const workers = reading();
    const grid = await openLarge(workers.pool);
    server.addFault({ fault: { kind: "stall" }, path: /large\/c\/3/ });
    const controller = new AbortController();
    const asking = grid.query({}, { signal: controller.signal }).catch((thrown: unknown) => thrown);
    const isPlacing = (): boolean =>
      workers.workers.some(({ sent }) =>
        sent.some(({ name, args }) => name === "perform" && args[4] !== undefined),
      );
    for (let waited = 0; waited < 200 && !isPlacing(); waited++) await pause(5);
    expect(isPlacing()).toBe(true);
    controller.abort("enough");
    expect(await asking).toBe("enough");
    await expectNothingHeld(workers);
    expect(workers.workers.flatMap(({ paths }) => paths)).not.toContain("takeGrid");
    const sentOf = (path: string): SentCall[] =>
      workers.workers.flatMap(({ sent }) => sent.filter(({ name }) => name === path));
    const id = sentOf("openGrid")[0]!.args[1] as number;
    // Told within 50 ms, where no other message goes.
    await vi.waitFor(() => expect(sentOf("drop").flatMap(({ args }) => args[0])).toContain(id));
  });
});

const demo = "s3://open/demo/topobathy-v2";

async function demoGrid(options: OpenOptions): Promise<GridSource> {
  const dataset = await open(demo, options);
  const grids = [...dataset.sources.values()].filter((source) => source.info.shape?.length === 2);
  return grids[0] as GridSource;
}

describe("the price", () => {
  it("is what was told before", async () => {
    const grid = await demoGrid({ ...anonymous(), pool: reading().pool });
    const told = await grid.explain();
    server.reset();
    let requests = 0;
    let bytes = 0;
    await grid.query(
      {},
      {
        onProgress: (progress) => {
          requests = progress.requests;
          bytes = progress.bytes;
        },
      },
    );
    expect(requests).toBe(server.counters.GET);
    expect(requests).toBe(told.requests);
    expect(bytes).toBeGreaterThan(0);
  });
});

describe("faults", () => {
  const chunk = /topobathy-v2\/.*\/\d+(\.|\/)\d+$/;
  const retries = { baseMs: 5, throttleBaseMs: 5, maxRetryAfterMs: 20 };
  const timeouts = { firstByteMs: 300, stallMs: 300 };
  const rules: [string, Omit<FaultRule, "path">][] = [
    [
      "503 with Retry-After",
      { fault: { kind: "status", status: 503, code: "SlowDown", retryAfter: 1 }, count: 2 },
    ],
    ["a cut body", { fault: { kind: "cut", afterBytes: 5 }, count: 2 }],
    ["a reset", { fault: { kind: "reset" }, count: 1 }],
    ["a stalled body", { fault: { kind: "stall", afterBytes: 5 }, count: 1 }],
    ["no first byte", { fault: { kind: "stall" }, count: 1 }],
    ["200 for 206", { fault: { kind: "ignore-range" } }],
    ["a refusal", { fault: { kind: "status", status: 403, code: "InvalidAccessKeyId" } }],
    ["an error that stays", { fault: { kind: "status", status: 500, code: "InternalError" } }],
  ];
  it.each(rules)("%s ends as on this thread", async (_, rule) => {
    const outcome = async (pool: DecodePool): Promise<unknown> => {
      server.reset();
      server.addFault({ ...rule, path: chunk } as FaultRule);
      const grid = await demoGrid({ ...anonymous(), pool, retries, timeouts, coalescing: false });
      return answerOf(grid).then((answer) => (typeof answer === "string" ? withoutTimes(answer) : answer));
    };
    const here = await outcome(reading({ workers: 0 }).pool);
    const workers = reading();
    expect(await outcome(workers.pool)).toEqual(here);
    expect(performed(workers)).toBeGreaterThan(0);
  });

  it("an object that changes in between is refused", async () => {
    const bytes = new Uint8Array(5000).fill(7);
    server.put("open", "changing", bytes);
    const { pool } = reading();
    const { store } = await createStore("s3://open", { ...anonymous(), cache: 0 });
    const [lane] = pool.lanes!(1, 1e6);
    const range = { offset: 0, length: 100 };
    await store.getRange!("/changing", range);
    server.addFault({ fault: { kind: "etag-flip" } });
    await expect(store.hold!("/changing", range, lane!)).rejects.toMatchObject({ code: "changed" });
  });
});

/** Whichever chunk fails first, and when. */
const withoutTimes = (text: string): string =>
  text.replace(/[\d.]+ s\b/g, "n s").replace(/request \w+|\/topo\/[\d.]+/g, "…");

describe("an abort", () => {
  it.each<[string, Fault]>([
    ["before the headers", { kind: "stall" }],
    ["in the body", { kind: "stall", afterBytes: 10 }],
  ])("%s settles at once and frees the sockets", async (_, fault) => {
    const workers = reading();
    const grid = await demoGrid({ ...anonymous(), pool: workers.pool, cache: 0 });
    await grid.axes();
    server.addFault({ fault });
    const controller = new AbortController();
    const reason = { why: "enough" };
    const asking = grid.query({}, { signal: controller.signal }).catch((thrown: unknown) => thrown);
    await pause(150);
    expect(server.counters.concurrent).toBeGreaterThan(0);
    const abortedAt = performance.now();
    controller.abort(reason);
    expect(await asking).toBe(reason);
    expect(performance.now() - abortedAt).toBeLessThan(50);
    for (let waited = 0; waited < 50 && server.counters.concurrent > 0; waited++) await pause(10);
    expect(server.counters.concurrent).toBe(0);
    await expectNothingHeld(workers);
  });
});

const column = {
  name: "a",
  bytes: new Uint8Array(16),
  codecs: [{ name: "bytes", configuration: { endian: "little" } }],
  dtype: "int32" as const,
  shape: [4],
};

describe("a worker that dies", () => {
  it("while it reads: others read what it did not", async () => {
    const expected = await answerOf(await demoGrid({ ...anonymous(), pool: reading({ workers: 0 }).pool }));
    const workers = reading();
    const grid = await demoGrid({ ...anonymous(), pool: workers.pool, retries: { baseMs: 5 } });
    server.addFault({ fault: { kind: "delay", ms: 200 }, count: 2 });
    const answering = answerOf(grid);
    for (let waited = 0; waited < 100 && performed(workers) === 0; waited++) await pause(5);
    expect(performed(workers)).toBeGreaterThan(0);
    for (const worker of workers.workers) worker.crash();
    expect(await answering).toEqual(expected);
  });

  it("with bytes it held: they are read again", async () => {
    const expected = await answerOf(await demoGrid({ ...anonymous(), pool: reading({ workers: 0 }).pool }));
    const workers = reading();
    const grid = await demoGrid({ ...anonymous(), pool: workers.pool });
    expect(await answerOf(grid)).toEqual(expected);
    const before = server.counters.GET;
    expect(await answerOf(grid)).toEqual(expected);
    expect(server.counters.GET).toBe(before);
    for (const worker of workers.workers) worker.crash();
    expect(await answerOf(grid)).toEqual(expected);
    expect(server.counters.GET).toBeGreaterThan(before);
  });

  it("when it is told to decode what it holds: the parts are read again", async () => {
    const expected = await answerOf(await demoGrid({ ...anonymous(), pool: reading({ workers: 0 }).pool }));
    const { pool } = reading({
      createWorker: () => {
        const worker = new LoopbackWorker();
        const post = worker.postMessage.bind(worker);
        worker.postMessage = (message, transfer) => {
          if (callsOf(message).some(({ name }) => name === "run")) worker.crash();
          else post(message, transfer);
        };
        return worker as unknown as Worker;
      },
    });
    const grid = await demoGrid({ ...anonymous(), pool, cache: 0 });
    server.reset();
    // Later tasks are decoded by workers too, and their bytes cannot be had again.
    const answer = await answerOf(grid);
    expect(server.log.length).toBeGreaterThan((await grid.explain()).requests);
    if (typeof answer === "string") expect(answer).toContain("the worker stopped while decoding");
    else expect(answer).toEqual(expected);
  });

  it("without a word: its silence is noticed", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const workers = reading({ workers: 1 });
      const [lane] = workers.pool.lanes!(1, 1);
      const task = { kind: "block" as const, label: "c/0", column, crop: [{ start: 0, count: 4, step: 1 }] };
      await workers.pool.run(task);
      workers.workers[0]!.terminate();
      let failure: unknown;
      void workers.pool.run(task).catch((thrown: unknown) => {
        failure = thrown;
      });
      await vi.advanceTimersByTimeAsync(20_000);
      expect(failure).toBeUndefined();
      await vi.advanceTimersByTimeAsync(20_000);
      expect(isReaderError(failure, "codec-failed")).toBe(true);
      expect(lane!.alive).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it("before it starts, without a word: after a minute this thread does its work", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const stopped: unknown[] = [];
      const { diagnostics, pool } = reading({
        workers: 1,
        createWorker: () => {
          const worker = new LoopbackWorker();
          worker.postMessage = () => {};
          worker.terminate = () => stopped.push(worker);
          return worker as unknown as Worker;
        },
      });
      const [lane] = pool.lanes!(1, 1e6);
      const read = { method: "GET", url: server.url, headers: {}, cache: "default" } as never;
      const performing = lane!.perform(read, { timeouts: defaultTimeouts });
      const task = { kind: "block" as const, label: "c/0", column, crop: [{ start: 0, count: 4, step: 1 }] };
      const running = pool.run(task);
      await vi.advanceTimersByTimeAsync(50_000);
      expect(stopped).toHaveLength(0);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(stopped).toHaveLength(1);
      // Nothing was performed, so that the read is this thread's too.
      expect(await performing).toBeUndefined();
      expect((await running).kind).toBe("block");
      expect(diagnostics).toEqual(["no-worker"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("before it starts: this thread reads", async () => {
    const expected = await answerOf(await demoGrid({ ...anonymous(), pool: reading({ workers: 0 }).pool }));
    const counted = server.counters.GET;
    server.reset();
    const { diagnostics, pool } = reading({
      createWorker: () => {
        const worker = new LoopbackWorker();
        worker.postMessage = () => {
          setTimeout(() => worker.crash("no such file"), 0);
        };
        return worker as unknown as Worker;
      },
    });
    expect(await answerOf(await demoGrid({ ...anonymous(), pool }))).toEqual(expected);
    expect(server.counters.GET).toBe(counted);
    expect(diagnostics).toEqual(["no-worker"]);
  });
});

describe("workers that may not fetch", () => {
  it("leave it to this thread, which says so", async () => {
    const expected = await answerOf(await demoGrid({ ...anonymous(), pool: reading({ workers: 0 }).pool }));
    const failure = { class: "network", reason: "the connection failed", beforeHeaders: true } as const;
    const made: LoopbackWorker[] = [];
    const { pool } = reading({
      createWorker: () => {
        const worker = new LoopbackWorker();
        worker.held.perform = async () => ({ kind: "failure", failure, cameBytes: 0 });
        made.push(worker);
        return worker as unknown as Worker;
      },
    });
    const told: string[] = [];
    const onDiagnostic = ({ code }: { code: string }): void => void told.push(code);
    const options = { ...anonymous(), pool, onDiagnostic, retries: { baseMs: 5 }, cache: 0 };
    const grid = await demoGrid(options);
    expect(await answerOf(grid)).toEqual(expected);
    expect(told).toContain("fetch-on-page");
    const tries = made.flatMap(({ paths }) => paths).filter((path) => path === "perform").length;
    expect(tries).toBeGreaterThan(0);
    expect(await answerOf(grid)).toEqual(expected);
    expect(made.flatMap(({ paths }) => paths).filter((path) => path === "perform")).toHaveLength(tries);
  });
});

describe("workers that cannot load the code for requests", () => {
  it("leave it to this thread", async () => {
    const expected = await answerOf(await demoGrid({ ...anonymous(), pool: reading({ workers: 0 }).pool }));
    let asked = 0;
    const one = reading({
      createWorker: () => {
        const worker = new LoopbackWorker();
        worker.held.perform = async () => {
          asked++;
          return undefined;
        };
        return worker as unknown as Worker;
      },
    });
    expect(await answerOf(await demoGrid({ ...anonymous(), pool: one.pool }))).toEqual(expected);
    expect(asked).toBeGreaterThan(0);
  });
});

describe("memory", () => {
  it("nothing stays in a worker without a cache", async () => {
    const workers = reading();
    const grid = await demoGrid({ ...anonymous(), pool: workers.pool, cache: 0 });
    await answerOf(grid);
    expect(performed(workers)).toBeGreaterThan(0);
    await expectNothingHeld(workers);
  });

  it("nor of merged reads, which a read on this thread in the same turn does not join", async () => {
    const bytes = Uint8Array.from({ length: 4000 }, (_, index) => index % 251);
    server.put("open", "merged", bytes);
    const workers = reading();
    const { store } = await createStore("s3://open", { ...anonymous(), cache: 0 });
    const [lane] = workers.pool.lanes!(1, 1e6);
    const [first, second, here] = await Promise.all([
      store.hold!("/merged", { offset: 100, length: 50 }, lane!),
      store.hold!("/merged", { offset: 300, length: 50 }, lane!),
      store.getRange!("/merged", { offset: 200, length: 50 }),
    ]);
    expect(here).toEqual(bytes.slice(200, 250));
    expect(server.counters.GET).toBe(2);
    if (!isHeld(first) || !isHeld(second)) throw new Error("nothing is held");
    expect(heldBodies(workers)).toBe(1);
    expect(await lane!.take(second.cut(10, 100))).toEqual(bytes.slice(310, 350));
    releaseBytes(first);
    expect(await bringHere(second.cut(5, 10).cut(2, 3))).toEqual(bytes.slice(307, 310));
    await expectNothingHeld(workers);
  });

  it("a large body that broke off is completed there, and its halves are dropped", async () => {
    const bytes = Uint8Array.from({ length: 9 * 1024 * 1024 }, (_, index) => (index * 31) & 255);
    server.put("open", "broken", bytes);
    server.addFault({ fault: { kind: "cut", afterBytes: 3_000_000 }, path: /broken/, count: 1 });
    const workers = reading();
    const { store } = await createStore("s3://open", { ...anonymous(), cache: 0 });
    const [lane] = workers.pool.lanes!(1, 1e6);
    const whole = await store.hold!("/broken", undefined, lane!);
    expect(isHeld(whole)).toBe(true);
    expect(server.log.map(({ range }) => range)).toEqual([undefined, "bytes=3000000-9437183"]);
    expect(Buffer.compare(await bringHere(whole!), bytes)).toBe(0);
    await expectNothingHeld(workers);
  });

  it("a range too long for one request is one body", async () => {
    const bytes = Uint8Array.from({ length: 4000 }, (_, index) => index % 251);
    server.put("open", "long", bytes);
    const workers = reading();
    const coalescing = { maxMergedBytes: 1000 };
    const { store } = await createStore("s3://open", { ...anonymous(), cache: 0, coalescing });
    const [lane] = workers.pool.lanes!(1, 1e6);
    const long = await store.hold!("/long", { offset: 10, length: 3000 }, lane!);
    expect(server.counters.GET).toBe(3);
    expect(isHeld(long)).toBe(true);
    expect(await bringHere(long!)).toEqual(bytes.slice(10, 3010));
    await expectNothingHeld(workers);
  });

  it("a cache keeps bodies within its bytes, hits cost no request, and clearing it frees the workers", async () => {
    const cache = new ByteCache(1_000_000);
    const workers = reading();
    const grid = await demoGrid({ ...anonymous(), pool: workers.pool, cache });
    await answerOf(grid);
    expect(cache.usedBytes).toBeLessThanOrEqual(1_000_000);
    expect(heldBodies(workers)).toBeGreaterThan(0);
    const before = server.counters.GET;
    await answerOf(grid);
    expect(server.counters.GET).toBe(before);
    cache.clear();
    await expectNothingHeld(workers);
  });
});

describe("parts of a merged read", () => {
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251);
  const early = { offset: 1000, length: 100_000 };
  const late = { offset: 700_000, length: 900_000 };
  const coalescing = { maxGapBytes: 4_000_000 };
  const chunkOf = ({ offset, length }: typeof early): Uint8Array => bytes.slice(offset, offset + length);

  async function startMerged(fault: Fault, options: StorageOptions = {}) {
    server.put("open", "parts", bytes);
    const workers = reading({ workers: 1 });
    const { store } = await createStore("s3://open", { ...anonymous(), coalescing, cache: 0, ...options });
    const [lane] = workers.pool.lanes!(1, 1e6);
    server.addFault({ fault, path: /parts/, count: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const first = store.hold!("/parts", early, lane!, { signal });
    const second = store.hold!("/parts", late, lane!, { signal });
    second.catch(() => {});
    return { workers, store, lane: lane!, controller, first, second };
  }

  it("are there as their last byte arrives, while the rest still comes", async () => {
    const timeouts = { stallMs: 60_000 };
    const { workers, lane, controller, first, second } = await startMerged(
      { kind: "stall", afterBytes: 800_000 },
      { timeouts },
    );
    const there = await first;
    expect(await Promise.race([second, pause(50)])).toBeUndefined();
    expect(server.counters.GET).toBe(1);
    if (!isHeld(there)) throw new Error("nothing is held");
    expect(Buffer.compare(await lane.take(there), chunkOf(early))).toBe(0);
    const column = {
      name: "a",
      bytes: there,
      codecs: [{ name: "bytes" }],
      dtype: "uint8" as const,
      shape: [100_000],
    };
    const crop = [{ start: 5, count: 3, step: 1 }];
    expect(await workers.pool.run({ kind: "block", label: "c", column, crop })).toMatchObject({
      data: chunkOf(early).slice(5, 8),
    });
    // The request ends with the last who wants of it; what was handed out stays until it is released.
    controller.abort("enough");
    await expect(second).rejects.toBe("enough");
    for (let waited = 0; waited < 50 && server.counters.concurrent > 0; waited++) await pause(10);
    expect(server.counters.concurrent).toBe(0);
    expect(Buffer.compare(await lane.take(there), chunkOf(early))).toBe(0);
    releaseBytes(there);
    await expectNothingHeld(workers);
  });

  it.each<[string, Fault]>([
    ["breaks off", { kind: "cut", afterBytes: 800_000 }],
    ["stalls", { kind: "stall", afterBytes: 800_000 }],
  ])("are the same when the body %s and is read again", async (_, fault) => {
    const { workers, lane, first, second } = await startMerged(fault, {
      retries: { baseMs: 5 },
      timeouts: { stallMs: 300 },
    });
    for (const [held, range] of [
      [await first, early],
      [await second, late],
    ] as const) {
      if (!isHeld(held)) throw new Error("nothing is held");
      expect(Buffer.compare(await lane.take(held), chunkOf(range))).toBe(0);
      releaseBytes(held);
    }
    expect(server.counters.GET).toBeGreaterThan(1);
    await expectNothingHeld(workers);
  });

  it("of another version are not handed out", async () => {
    const { workers, store, lane, first, second } = await startMerged({ kind: "delay", ms: 0 });
    for (const held of [await first, await second]) releaseBytes(held);
    server.addFault({ fault: { kind: "etag-flip" }, path: /parts/ });
    const again = [early, late].map((range) => store.hold!("/parts", range, lane));
    for (const one of await Promise.allSettled(again)) {
      expect(one).toMatchObject({ status: "rejected", reason: { code: "changed" } });
    }
    await expectNothingHeld(workers);
  });

  it("stay in the cache when the rest is given up", async () => {
    const { workers, store, lane, controller, first, second } = await startMerged(
      { kind: "stall", afterBytes: 800_000 },
      { cache: 100_000_000, timeouts: { stallMs: 60_000 } },
    );
    releaseBytes(await first);
    controller.abort("enough");
    await expect(second).rejects.toBe("enough");
    const gets = server.counters.GET;
    const there = await store.hold!("/parts", early, lane);
    expect(server.counters.GET).toBe(gets);
    if (!isHeld(there)) throw new Error("nothing is held");
    expect(Buffer.compare(await lane.take(there), chunkOf(early))).toBe(0);
    releaseBytes(there);
    for (let waited = 0; waited < 100 && heldBodies(workers) > 1; waited++) await pause(10);
    expect(heldBodies(workers)).toBe(1);
  });
});

describe("what crosses", () => {
  it("never holds a secret", async () => {
    const workers = reading();
    await readAll("s3://closed/demo/topobathy-v2", { ...keys(), pool: workers.pool });
    const crossed = JSON.stringify(workers.workers.map(({ sent }) => sent));
    expect(crossed).toContain("X-Amz-Signature");
    expect(crossed).not.toContain(server.account.secretAccessKey);
    expect(crossed).not.toContain(encodeURIComponent(server.account.secretAccessKey));
  });

  it("is no read with headers of the user's, and none of a store with a fetch of the user's", async () => {
    const url = `${server.url}/open/demo/topobathy-v2`;
    const headers = reading();
    await readAll(url, { pool: headers.pool, headers: { accept: "application/x-secret" } });
    expect(performed(headers)).toBe(0);
    const own = reading();
    await readAll(url, { pool: own.pool, fetch: (...args) => fetch(...args) });
    expect(performed(own)).toBe(0);
  });
});
