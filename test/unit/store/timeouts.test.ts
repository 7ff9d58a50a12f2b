/**
 * The clocks, row by row of the table of docs/design/object-storage.md §8: attempts, outcome, code and how long it took.
 *
 * @module
 */
import { describe, expect, it, vi } from "vitest";
import type { AbsolutePath } from "../../../src/core/plan.js";
import { HttpStore } from "../../../src/store/http.js";
import type { S3Store } from "../../../src/store/s3.js";
import { expectTook, failure, pause, quick, timed, useFaultyBucket } from "../../support/faulty-bucket.js";

const bucket = useFaultyBucket();
const { bytes, fail, requests } = bucket;
const twice = { ...quick.retries, attempts: 2 };
/** The longest wait between two attempts. */
const waitMs = quick.retries.maxDelayMs;

describe("§8 row: queue wait", () => {
  it("has no limit, and does not count as time of the read", async () => {
    fail({ kind: "delay", ms: 90 });
    const timeouts = { operationMs: 800, firstByteMs: 800 };
    const store = bucket.store({ maxRequestsPerOrigin: 1, timeouts });
    await bucket.store().get("/other");
    const reads = Array.from({ length: 10 }, () => store.get("/data"));
    const { ms } = await timed(() => Promise.all(reads));
    expectTook(ms, 10 * 90);
    expect(requests()).toBe(11);
  });
});

describe("§8 row: first byte", () => {
  it("expiry is retried, on another connection", async () => {
    fail({ kind: "stall" }, { count: 1 });
    const before = bucket.server.counters.connections;
    const { result, ms } = await timed(() => bucket.store({ timeouts: { firstByteMs: 200 } }).get("/data"));
    expect(result).toEqual(bytes);
    expect(requests()).toBe(2);
    expect(bucket.server.counters.connections - before).toBeGreaterThanOrEqual(1);
    expectTook(ms, 200, 200 + waitMs);
    await bucket.idle();
    expect(bucket.server.log[0]?.aborted).toBe(true);
  });

  it("silence ends as `timeout` after all attempts", async () => {
    fail({ kind: "stall" });
    const store = bucket.store({ timeouts: { firstByteMs: 40 }, retries: twice });
    const { result: error, ms } = await timed(() => failure(store.get("/data")));
    expect([error.code, error.detail.attempts]).toEqual(["timeout", 2]);
    expect(error.message).toContain("nothing came within 40 ms");
    expectTook(ms, 2 * 40, 2 * 40 + waitMs);
    await bucket.idle();
  });

  it("a listing may take three times as long", async () => {
    bucket.server.addFault({ fault: { kind: "delay", ms: 120 }, path: /^\/open\/$/ });
    const keys: AbsolutePath[] = [];
    // The default of 10 s becomes 30 s; here only that the shorter clock of reads does not end it.
    for await (const { key } of bucket.store({ timeouts: { firstByteMs: 40 } }).list("/")) keys.push(key);
    expect(keys).toContain("/data");
  });
});

describe("§8 row: stall", () => {
  it("is retried", async () => {
    fail({ kind: "stall", afterBytes: 50 }, { count: 1 });
    const { result, ms } = await timed(() => bucket.store({ timeouts: { stallMs: 60 } }).get("/data"));
    expect(result).toEqual(bytes);
    expect(requests()).toBe(2);
    expectTook(ms, 60, 60 + waitMs);
    await bucket.idle();
  });

  it("that stays is `timeout`, and says that the body stalled", async () => {
    fail({ kind: "stall", afterBytes: 50 });
    const error = await failure(bucket.store({ timeouts: { stallMs: 40 }, retries: twice }).get("/data"));
    expect([error.code, error.detail.attempts]).toEqual(["timeout", 2]);
    expect(error.message).toContain("stalled for 40 ms");
    await bucket.idle();
  });

  it("is none while bytes keep coming", async () => {
    fail({ kind: "drip", bytes: 1000, everyMs: 100 });
    expect(await bucket.store({ timeouts: { stallMs: 400 } }).get("/data")).toEqual(bytes);
    expect(requests()).toBe(1);
  });
});

describe("§8 row: attempt total", () => {
  const slow = { totalBaseMs: 60, minBytesPerSecond: 50_000, stallMs: 1000 };

  it("a body that drips for longer than its length allows is asked for again", async () => {
    fail({ kind: "drip", bytes: 100, everyMs: 20 }, { count: 1 });
    const { result, ms } = await timed(() => bucket.store({ timeouts: slow }).get("/data"));
    expect(result).toEqual(bytes);
    expect(requests()).toBe(2);
    // 60 ms and 5000 bytes at 50 kB/s.
    expectTook(ms, 60 + 100, 60 + 100 + waitMs);
  });

  it("then ends as `timeout`", async () => {
    fail({ kind: "drip", bytes: 100, everyMs: 20 });
    const error = await failure(bucket.store({ timeouts: slow, retries: twice }).get("/data"));
    expect([error.code, error.detail.attempts]).toEqual(["timeout", 2]);
    expect(error.message).toContain("longer than 160 ms");
  });

  it("counts the bytes asked for where the length of the body is not told", async () => {
    fail({ kind: "drip", bytes: 10, everyMs: 20 });
    fail({ kind: "cut", afterBytes: 10_000, chunked: true });
    const store = bucket.store({ timeouts: slow, retries: twice });
    const error = await failure(store.getRange("/data", { offset: 0, length: 1000 }));
    expect([error.code, error.detail.attempts]).toEqual(["timeout", 2]);
    expect(error.message).toContain("longer than 80 ms");
  });
});

describe("§8 row: whole operation", () => {
  it("cuts an attempt that is under way, as `timeout`, and is not retried", async () => {
    fail({ kind: "stall" });
    const store = bucket.store({ timeouts: { operationMs: 120 } });
    const { result: error, ms } = await timed(() => failure(store.get("/data")));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["timeout", 1, 1]);
    expect(error.message).toContain("time for the whole read");
    expectTook(ms, 120);
    await bucket.idle();
  });

  it("spans the attempts", async () => {
    fail({ kind: "stall" });
    const store = bucket.store({ timeouts: { operationMs: 600, firstByteMs: 250 } });
    const { result: error, ms } = await timed(() => failure(store.get("/data")));
    expect(error.code).toBe("timeout");
    // Three where the machine has nothing else to do.
    expect(error.detail.attempts).toBeGreaterThanOrEqual(2);
    expect(error.detail.attempts).toBeLessThanOrEqual(3);
    expectTook(ms, 600);
  });

  it("a wait that would go beyond it is not begun: the last real error is told", async () => {
    fail({ kind: "status", status: 503, retryAfter: 5 });
    const store = bucket.store({ timeouts: { operationMs: 3000 }, retries: { maxRetryAfterMs: 30_000 } });
    const { result: error, ms } = await timed(() => failure(store.get("/data")));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["throttled", 1, 1]);
    // The server asked for 5 s, and 3 s are left.
    expectTook(ms, 0);
  });

  it("a clock of infinite length is none", async () => {
    const never = Number.POSITIVE_INFINITY;
    const timeouts = { firstByteMs: never, stallMs: never, totalBaseMs: never, operationMs: never };
    expect(await bucket.store({ timeouts }).get("/data")).toEqual(bytes);
  });
});

describe("§8 row: hedge", () => {
  const hedgeMs = 120;
  const hedged = (): S3Store => bucket.store({ timeouts: { hedgeMs } });

  /** Enough requests for one more to be within 5 %. */
  async function earn(store: S3Store, reads = 20): Promise<void> {
    for (let index = 0; index < reads; index++) await store.getRange("/other", { offset: 0, length: 10 });
    bucket.server.reset();
  }

  it("sends a second request when the first is silent, and takes whichever answers", async () => {
    const store = hedged();
    await earn(store);
    fail({ kind: "stall" }, { count: 1 });
    const { result, ms } = await timed(() => store.getRange("/data", { offset: 0, length: 100 }));
    expect(result).toEqual(bytes.slice(0, 100));
    expect(requests()).toBe(2);
    expectTook(ms, hedgeMs);
    await bucket.idle();
  });

  it("the first may still win, and the second is ended", async () => {
    const store = hedged();
    await earn(store);
    fail({ kind: "delay", ms: 2 * hedgeMs }, { count: 1 });
    fail({ kind: "stall" }, { skip: 1, count: 1 });
    expect(await store.getRange("/data", { offset: 0, length: 100 })).toEqual(bytes.slice(0, 100));
    expect(requests()).toBe(2);
    await bucket.idle();
  });

  it("one that breaks leaves the read to the other", async () => {
    const store = hedged();
    await earn(store);
    fail({ kind: "delay", ms: 2 * hedgeMs }, { count: 1 });
    fail({ kind: "reset" }, { count: 1 });
    fail({ kind: "delay", ms: 2 * hedgeMs }, { skip: 1, count: 1 });
    expect(await store.getRange("/data", { offset: 0, length: 100 })).toEqual(bytes.slice(0, 100));
    await bucket.idle();
  });

  it("both silent is one failed attempt", async () => {
    const store = bucket.store({ timeouts: { hedgeMs, firstByteMs: 4 * hedgeMs }, retries: { attempts: 1 } });
    await earn(store);
    fail({ kind: "stall" });
    const error = await failure(store.getRange("/data", { offset: 0, length: 100 }));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["timeout", 1, 2]);
    await bucket.idle();
  });

  it("an abort ends both", async () => {
    const store = hedged();
    await earn(store);
    fail({ kind: "stall" });
    const controller = new AbortController();
    const reading = store.getRange("/data", { offset: 0, length: 100 }, { signal: controller.signal });
    const left = expect(reading).rejects.toBe("left");
    await vi.waitFor(() => expect(requests()).toBe(2));
    controller.abort("left");
    await left;
    await bucket.idle();
  });

  it.each([
    ["is off by default", () => bucket.store(), 20, 100],
    ["is not for more than 5 % of the requests", hedged, 10, 100],
    ["is not for large bodies", hedged, 20, 600 * 1024],
  ])("%s", async (_name, make, earned, length) => {
    const store = make();
    await earn(store, earned);
    fail({ kind: "delay", ms: 2 * hedgeMs }, { count: 1 });
    expect(await store.getRange("/data", { offset: 0, length })).toHaveLength(Math.min(length, 5000));
    expect(requests()).toBe(1);
  });
});

describe("§8: timers", () => {
  it("none is left when a read is over, however it ended", async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    await pause(20);
    const before = timers();
    await bucket.store().get("/data");
    fail({ kind: "status", status: 500 });
    await failure(bucket.store().get("/data"));
    bucket.server.clearFaults();
    fail({ kind: "cut", afterBytes: 10 });
    await failure(bucket.store().get("/data"));
    const store = bucket.store({ maxRequestsPerSecond: 1 });
    const controller = new AbortController();
    const queued = [1, 2, 3].map(() => store.get("/other", { signal: controller.signal }).catch(() => {}));
    await pause(30);
    controller.abort();
    await Promise.all(queued);
    await bucket.idle();
    await pause(60);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it("our own clocks are never taken for the caller's abort", async () => {
    fail({ kind: "stall" });
    const { signal } = new AbortController();
    const store = new HttpStore(`${bucket.server.url}/open/a`, {
      timeouts: { firstByteMs: 30 },
      retries: twice,
    });
    expect((await failure(store.get("/data", { signal }))).code).toBe("timeout");
  });
});
