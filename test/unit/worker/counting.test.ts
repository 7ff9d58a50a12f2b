/**
 * The bytes a query reports are the bytes the server sent for it, whoever read them and however they came.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Progress, ReadMeter } from "../../../src/core/progress.js";
import { open, type PointSource } from "../../../src/index.js";
import { createStore } from "../../../src/store/url.js";
import { createPool, type DecodePool } from "../../../src/worker/pool.js";
import { listFixtures } from "../../support/fixtures.js";
import { startedPool } from "../../support/loopback-worker.js";
import { createS3Server, type FaultRule, type S3Server } from "../../support/s3-server/server.js";

let server: S3Server;
const pools: DecodePool[] = [];
const largeBytes = 9 * 1024 * 1024;

beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("open", { publicRead: true });
  const forest = listFixtures("demo").find(({ name }) => name === "forest");
  server.mount("open", "forest/", forest!.path);
  server.put("open", "large", new Uint8Array(largeBytes).fill(5));
});
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
  server.reset();
});
afterAll(() => server.close());

const retries = { baseMs: 1, throttleBaseMs: 1, maxDelayMs: 5 };

/** Tells a store's reads to whoever asks how many bytes there were. */
function createMeter(): ReadMeter & { bytes: number } {
  return {
    bytes: 0,
    count(_requests, bytes) {
      this.bytes += bytes;
    },
  };
}

/** Bytes of data that were sent; the words of refusals are none. */
const served = (): number =>
  server.log.reduce((sum, { status, bytes }) => sum + (status !== undefined && status < 300 ? bytes : 0), 0);

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; waited < 500 && !isSo(); waited++) await new Promise((done) => setTimeout(done, 10));
}

interface Readers {
  readonly pool: DecodePool;
  /** Calls of a function of the workers. */
  calls(name: string): number;
}

const readers: [string, () => Promise<Readers>][] = [
  [
    "this thread",
    async () => {
      const pool = createPool({ workers: 0 });
      pools.push(pool);
      return { pool, calls: () => 0 };
    },
  ],
  [
    "workers",
    async () => {
      const { pool, workers } = await startedPool({ workers: 2 });
      pools.push(pool);
      const calls = (name: string): number =>
        workers.flatMap(({ paths }) => paths).filter((path) => path === name).length;
      return { pool, calls };
    },
  ],
];

describe.each(readers)("read by %s", (who, start) => {
  const rules: [string, Omit<FaultRule, "path"> | undefined][] = [
    ["all at once", undefined],
    ["part by part", { fault: { kind: "drip", bytes: 4096, everyMs: 1 } }],
    ["after a body that was cut", { fault: { kind: "cut", afterBytes: 3000 }, count: 2 }],
    ["after a refusal", { fault: { kind: "status", status: 503, code: "SlowDown" }, count: 1 }],
  ];
  it.each(rules)("a query counts what comes %s", async (how, rule) => {
    const { pool, calls } = await start();
    const options = { endpoint: server.url, pool, cache: 0, retries, kind: "points" } as const;
    const forest: PointSource = await open("s3://open/forest", options);
    const { bytes, requests } = await forest.explain();
    if (rule !== undefined)
      server.addFault({ ...rule, path: /forest\/__fragments\/.*\/[ad]\d+\.tdb$/ } as FaultRule);
    const told: Progress[] = [];
    const before = { bytes: served(), requests: server.counters.GET };
    await forest.query({}, { onProgress: (progress) => told.push(progress) });
    const last = told.at(-1)!;
    expect(last.bytes).toBe(served() - before.bytes);
    expect(last.requests).toBe(server.counters.GET - before.requests);
    if (rule === undefined) expect(last).toMatchObject({ bytes, requests });
    expect(last.bytes).toBeGreaterThanOrEqual(bytes);
    expect(calls("stop")).toBe(0);
    if (who === "workers" && how === "part by part") expect(calls("arrived")).toBeGreaterThan(requests);
  });

  it("a large body that breaks off is counted once, though it is read on from there", async () => {
    const { pool } = await start();
    const meter = createMeter();
    const { store } = await createStore("s3://open", {
      endpoint: server.url,
      cache: 0,
      retries,
    });
    server.addFault({ fault: { kind: "cut", afterBytes: 3_000_000 }, count: 1 });
    const [lane] = pool.lanes?.(1, 1e9) ?? [];
    const read =
      lane === undefined ? store.get("/large", { meter }) : store.hold!("/large", undefined, lane, { meter });
    expect((await read)?.length).toBe(largeBytes);
    expect(server.counters.GET).toBe(2);
    expect(meter.bytes).toBe(served());
    expect(meter.bytes).toBe(largeBytes);
    expect(store.stats().bytesReceived).toBe(largeBytes);
  });

  it("what came before an abort is counted, and told nobody who has left", async () => {
    const { pool } = await start();
    const controller = new AbortController();
    const meter = createMeter();
    const { store } = await createStore("s3://open", { endpoint: server.url, cache: 0, retries });
    server.addFault({ fault: { kind: "stall", afterBytes: 70_000 } });
    const range = { offset: 0, length: 200_000 };
    const [lane] = pool.lanes?.(1, 1e9) ?? [];
    const options = { meter, signal: controller.signal };
    const read =
      lane === undefined
        ? store.getRange!("/large", range, options)
        : store.hold!("/large", range, lane, options);
    const outcome = read.catch((thrown: unknown) => thrown);
    await until(() => server.counters.bytesOut === 70_000);
    await new Promise((done) => setTimeout(done, 50));
    controller.abort("enough");
    expect(await outcome).toBe("enough");
    await until(() => meter.bytes === 70_000);
    expect(meter.bytes).toBe(70_000);
  });
});
