/**
 * The wrappers: what they merge, what they remember, what they count.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import type { AbsolutePath, RangeQuery } from "../../../src/core/plan.js";
import { MemoryStore } from "../../../src/store/memory.js";
import type { ReadableStore, ReadOptions } from "../../../src/store/types.js";
import { adoptStore } from "../../../src/store/url.js";
import { ByteCache, withByteCache } from "../../../src/store/with-byte-cache.js";
import { withCoalescing } from "../../../src/store/with-coalescing.js";
import { withStats } from "../../../src/store/with-stats.js";
import { wrapStore } from "../../../src/store/wrap.js";

const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256);
const limits = { maxGapBytes: 1000, maxMergedBytes: 20_000 };

/** A memory store that notes what it is asked, and can be made to fail. */
class Recorder implements ReadableStore {
  readonly asked: string[] = [];
  readonly handsOver = true;
  readonly #inner = new MemoryStore(new Map([["/data", bytes]]));
  failFor: ((range: RangeQuery) => boolean) | undefined;
  holdMs = 0;

  async get(key: AbsolutePath, options?: ReadOptions): Promise<Uint8Array | undefined> {
    this.asked.push(key);
    return (await this.#inner.get(key, options))?.slice();
  }

  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options?: ReadOptions,
  ): Promise<Uint8Array | undefined> {
    this.asked.push(
      "offset" in range ? `${key} ${range.offset}+${range.length}` : `${key} -${range.suffixLength}`,
    );
    if (this.holdMs > 0) await new Promise((resolve) => setTimeout(resolve, this.holdMs));
    options?.signal?.throwIfAborted();
    if (this.failFor?.(range)) throw new Error("broken");
    return (await this.#inner.getRange(key, range, options))?.slice();
  }
}

const read = (store: ReadableStore, offset: number, length: number, options?: ReadOptions) =>
  store.getRange!("/data", { offset, length }, options);

describe("withCoalescing", () => {
  it("merges near ranges of one turn, and only those", async () => {
    const recorder = new Recorder();
    const store = withCoalescing(recorder, limits);
    const parts = await Promise.all([
      read(store, 5000, 100),
      read(store, 0, 100),
      read(store, 900, 100),
      read(store, 950, 500),
      read(store, 60_000, 10),
    ]);
    expect(recorder.asked).toEqual(["/data 0+1450", "/data 5000+100", "/data 60000+10"]);
    expect(parts).toEqual([
      bytes.slice(5000, 5100),
      bytes.slice(0, 100),
      bytes.slice(900, 1000),
      bytes.slice(950, 1450),
      bytes.slice(60_000, 60_010),
    ]);
  });

  it("keeps priorities apart", async () => {
    const recorder = new Recorder();
    const store = withCoalescing(recorder, limits);
    await Promise.all([read(store, 0, 10), read(store, 10, 10, { priority: "prefetch" })]);
    expect(recorder.asked).toHaveLength(2);
  });

  it("merges nothing with a gap of -1, and touching ranges with 0", async () => {
    const apart = new Recorder();
    const never = withCoalescing(apart, { ...limits, maxGapBytes: -1 });
    await Promise.all([read(never, 0, 10), read(never, 10, 10)]);
    expect(apart.asked).toHaveLength(2);
    const touching = new Recorder();
    const zero = withCoalescing(touching, { ...limits, maxGapBytes: 0 });
    await Promise.all([read(zero, 0, 10), read(zero, 10, 10), read(zero, 21, 4)]);
    expect(touching.asked).toEqual(["/data 0+20", "/data 21+4"]);
  });

  it("splits what is too long for one request", async () => {
    const recorder = new Recorder();
    const store = withCoalescing(recorder, limits);
    expect(await read(store, 100, 50_000)).toEqual(bytes.slice(100, 50_100));
    expect(recorder.asked).toEqual(["/data 100+16667", "/data 16767+16667", "/data 33434+16666"]);
    expect(await read(store, 90_000, 50_000)).toEqual(bytes.slice(90_000));
  });

  it("lets one bad part spoil no other", async () => {
    const recorder = new Recorder();
    const bad = (range: RangeQuery): boolean => "offset" in range && range.offset + range.length > 500;
    recorder.failFor = bad;
    const store = withCoalescing(recorder, limits);
    const results = await Promise.allSettled([read(store, 0, 100), read(store, 450, 100)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("hands out buffers of their own", async () => {
    const store = withCoalescing(new Recorder(), limits);
    const [first, second] = await Promise.all([read(store, 0, 100), read(store, 0, 100)]);
    expect(store.handsOver).toBe(true);
    expect(first!.buffer).not.toBe(second!.buffer);
    expect(first!.buffer.byteLength).toBe(100);
  });
});

describe("withByteCache", () => {
  it("asks once: bytes, parts of a whole, and absence", async () => {
    const recorder = new Recorder();
    const store = withByteCache(recorder);
    await Promise.all([read(store, 0, 10), read(store, 0, 10)]);
    await read(store, 0, 10);
    await store.get("/data");
    expect(await read(store, 70, 5)).toEqual(bytes.slice(70, 75));
    expect(await store.get("/none")).toBeUndefined();
    expect(await store.get("/none")).toBeUndefined();
    expect(await store.getRange!("/none", { offset: 4, length: 4 })).toBeUndefined();
    expect(recorder.asked).toEqual(["/data 0+10", "/data", "/none"]);
    expect(store.handsOver).toBeUndefined();
  });

  it("what is absent only by a lenient reading is asked for again by the strict", async () => {
    const recorder = new Recorder();
    const store = withByteCache(recorder);
    const lenient = { mayBeAbsent: true };
    await store.get("/none", lenient);
    await store.get("/none", lenient);
    await read(store, 0, 10, lenient);
    await store.get("/none");
    await store.get("/none");
    expect(recorder.asked).toEqual(["/none", "/data 0+10", "/none"]);
  });

  it("two stores share a cache without seeing each other's bytes", async () => {
    const cache = new ByteCache();
    const one = adoptStore(new MemoryStore(new Map([["/data", Uint8Array.of(1, 2)]])), { cache });
    const two = adoptStore(new MemoryStore(new Map([["/data", Uint8Array.of(3, 4)]])), { cache });
    expect([...(await one.get("/data"))!]).toEqual([1, 2]);
    expect([...(await two.get("/data"))!]).toEqual([3, 4]);
    expect([...(await two.getRange!("/data", { offset: 1, length: 1 }))!]).toEqual([4]);
  });

  it("forgets every part of an object that changed, and no other", async () => {
    const recorder = new Recorder();
    const space = new ByteCache().openSpace();
    const store = withByteCache(recorder, space);
    await read(store, 0, 10);
    await read(store, 20, 10);
    await store.get("/none");
    space.drop("/data");
    await read(store, 20, 10);
    await store.get("/none");
    expect(recorder.asked).toEqual(["/data 0+10", "/data 20+10", "/none", "/data 20+10"]);
  });

  it("a store that throws at once rejects, each time anew", async () => {
    let calls = 0;
    const store = withByteCache({
      get: () => {
        calls++;
        throw new TypeError("at once");
      },
    });
    for (let index = 0; index < 2; index++) await expect(store.get("/data")).rejects.toThrow("at once");
    expect(calls).toBe(2);
  });

  it("does not remember failures", async () => {
    const recorder = new Recorder();
    recorder.failFor = () => true;
    const store = withByteCache(recorder);
    await expect(read(store, 0, 10)).rejects.toThrow("broken");
    recorder.failFor = undefined;
    expect(await read(store, 0, 10)).toEqual(bytes.slice(0, 10));
  });

  it("stays within its bytes, oldest out first", async () => {
    const recorder = new Recorder();
    const cache = new ByteCache(20_000);
    const store = withByteCache(recorder, cache);
    for (let index = 0; index < 10; index++) {
      await read(store, index * 4000, 4000);
      await read(store, 0, 4000);
    }
    expect(cache.usedBytes).toBeLessThanOrEqual(20_000);
    expect(recorder.asked).toHaveLength(10);
    await read(store, 4000, 4000);
    expect(recorder.asked).toHaveLength(11);
    await read(store, 50_000, 19_000);
    await read(store, 50_000, 19_000);
    expect(recorder.asked).toHaveLength(13);
    cache.clear();
    expect(cache.usedBytes).toBe(0);
  });

  it("a reader that comes after the last one left reads anew", async () => {
    const recorder = new Recorder();
    recorder.holdMs = 20;
    const store = withByteCache(recorder);
    const controller = new AbortController();
    const left = read(store, 0, 10, { signal: controller.signal });
    controller.abort("gone");
    await expect(left).rejects.toBe("gone");
    expect(await read(store, 0, 10)).toEqual(bytes.slice(0, 10));
  });
});

describe("priorities", () => {
  /** What a store is asked for, and how urgent it is at any moment. */
  function watch(): { store: ReadableStore; now: () => (string | undefined)[]; end: () => void } {
    const asked: ReadOptions["priority"][] = [];
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const getRange: ReadableStore["getRange"] = async (_key, range, options) => {
      asked.push(options?.priority);
      await ended;
      return "offset" in range ? bytes.slice(range.offset, range.offset + range.length) : undefined;
    };
    const now = () => asked.map((wish) => (typeof wish === "function" ? wish() : wish));
    return { store: withByteCache(withCoalescing({ get: async () => bytes, getRange }, limits)), now, end };
  }
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

  it("a reader who joins makes a shared read as urgent as itself, until it leaves", async () => {
    const { store, now, end } = watch();
    const first = read(store, 0, 10, { priority: "prefetch" });
    await turn();
    expect(now()).toEqual(["prefetch"]);
    const controller = new AbortController();
    const second = read(store, 0, 10, { priority: "visible", signal: controller.signal });
    expect(now()).toEqual(["visible"]);
    controller.abort("scrolled away");
    await expect(second).rejects.toBe("scrolled away");
    expect(now()).toEqual(["prefetch"]);
    end();
    expect(await first).toEqual(bytes.slice(0, 10));
  });

  it("a merged read is as urgent as its most urgent member", async () => {
    const { store, now, end } = watch();
    let wish: "prefetch" | "visible" = "prefetch";
    const parts = [
      read(store, 0, 10, { priority: "prefetch" }),
      read(store, 20, 10, { priority: () => wish }),
    ];
    await turn();
    expect(now()).toEqual(["prefetch"]);
    wish = "visible";
    expect(now()).toEqual(["visible"]);
    end();
    expect(await Promise.all(parts)).toEqual([bytes.slice(0, 10), bytes.slice(20, 30)]);
  });

  it("what is urgent by itself stays as it is", async () => {
    const { store, now, end } = watch();
    const parts = [read(store, 0, 10), read(store, 90_000, 10, { priority: "metadata" })];
    await turn();
    expect(now()).toEqual([undefined, "metadata"]);
    end();
    await Promise.all(parts);
  });
});

describe("adoptStore and statistics", () => {
  it("counts requests, bytes and hits, and tells the meter of the query that caused them", async () => {
    const store = adoptStore(new Recorder(), { coalescing: limits });
    const told = { requests: 0, bytes: 0 };
    const meter = {
      count(requests: number, count: number): void {
        told.requests += requests;
        told.bytes += count;
      },
    };
    await Promise.all([read(store, 0, 100, { meter }), read(store, 600, 100, { meter })]);
    await read(store, 0, 100, { meter });
    expect(told).toEqual({ requests: 1, bytes: 700 });
    expect(store.stats()).toEqual({
      reads: 3,
      cacheHits: 1,
      requests: 1,
      gets: 1,
      heads: 0,
      retries: 0,
      bytesAsked: 700,
      bytesReceived: 700,
      bytesUsed: 300,
    });
    expect(store.meters).toBe(true);
  });

  it("reads a store without ranges whole, once", async () => {
    const recorder = new Recorder();
    const store = adoptStore({ get: (key, options) => recorder.get(key, options) });
    await Promise.all([read(store, 0, 10), read(store, 500, 10)]);
    expect(await read(store, 99_990, 100)).toEqual(bytes.slice(99_990));
    expect(await store.getRange!("/data", { suffixLength: 4 })).toEqual(bytes.slice(-4));
    expect(recorder.asked).toEqual(["/data"]);
  });

  it("wrappers forward every capability, and invent none", () => {
    const bare = { get: async () => undefined };
    const wrapped = withStats(withByteCache(withCoalescing(bare)));
    expect("list" in wrapped || "describe" in wrapped || "size" in wrapped).toBe(false);
    const able = {
      ...bare,
      getRange: async () => undefined,
      size: async () => 1,
      list: async function* () {},
      describe: async () => ({}) as never,
      handsOver: true,
      meters: true,
    };
    const forwarded = wrapStore(able, { get: able.get });
    expect(Object.keys(forwarded).sort()).toEqual(Object.keys(able).sort());
  });
});
