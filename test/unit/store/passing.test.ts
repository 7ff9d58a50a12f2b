/**
 * Queries that would fill the byte cache pass it by: what is there serves them, nothing of them is kept, here or by the browser.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import type { AbsolutePath } from "../../../src/core/plan.js";
import { open } from "../../../src/index.js";
import { HttpStore } from "../../../src/store/http.js";
import type { ReadableStore, ReadOptions } from "../../../src/store/types.js";
import { ByteCache, withByteCache } from "../../../src/store/with-byte-cache.js";

/** 8 × 512 bytes in eight chunks, each full of its number, and a note of the chunks that were asked for. */
class Chunks implements ReadableStore {
  asked: string[] = [];
  readonly options: ReadOptions[] = [];

  async get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    if (key === "/zarr.json") return new TextEncoder().encode(JSON.stringify(metadata));
    const found = /^\/c\/(\d)\/0$/.exec(key);
    if (found === null) return undefined;
    this.asked.push(found[1]!);
    this.options.push(options);
    return new Uint8Array(512).fill(Number(found[1]) + 1);
  }
}

const metadata = {
  zarr_format: 3,
  node_type: "array",
  shape: [8, 512],
  data_type: "uint8",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 512] } },
  chunk_key_encoding: { name: "default" },
  fill_value: 0,
  codecs: [{ name: "bytes" }],
};
const all = ["0", "1", "2", "3", "4", "5", "6", "7"];
const expected = Uint8Array.from({ length: 4096 }, (_, at) => Math.floor(at / 512) + 1);

describe("a query that takes more than half of the byte cache", () => {
  it("is read anew each time, but for what was kept before", async () => {
    const store = new Chunks();
    const cache = new ByteCache(8000);
    const grid = await open(store, { kind: "grid", pool: 0, cache });
    const before = cache.usedBytes;
    expect((await grid.query()).data).toEqual(expected);
    expect(store.asked.toSorted()).toEqual(all);
    expect(cache.usedBytes).toBe(before);

    store.asked = [];
    await grid.read([2, null]);
    await grid.read([2, null]);
    expect(store.asked).toEqual(["2"]);

    store.asked = [];
    expect((await grid.explain()).requests).toBe(7);
    expect((await grid.query()).data).toEqual(expected);
    expect(store.asked.toSorted()).toEqual(all.filter((name) => name !== "2"));
  });

  it("passes by as a stream too", async () => {
    const store = new Chunks();
    const cache = new ByteCache(8000);
    const grid = await open(store, { kind: "grid", pool: 0, cache });
    const before = cache.usedBytes;
    let rows = 0;
    for await (const part of grid.stream()) rows += part.shape[0]!;
    expect(rows).toBe(8);
    expect(cache.usedBytes).toBe(before);
  });
});

describe("a query that takes less", () => {
  it("is kept whole", async () => {
    const store = new Chunks();
    const grid = await open(store, { kind: "grid", pool: 0, cache: 8192 });
    await grid.query();
    expect((await grid.query()).data).toEqual(expected);
    expect(store.asked.toSorted()).toEqual(all);
  });
});

describe("reads that pass by", () => {
  it("say so to the store below, which is told of no others", async () => {
    const store = new Chunks();
    const cached = withByteCache(store, new ByteCache(8000));
    await cached.get("/c/0/0", { queryBytes: 4001 });
    await cached.get("/c/0/0", { queryBytes: 4000 });
    expect(store.options.map(({ isPassing }) => isPassing)).toEqual([true, undefined]);
    await cached.get("/c/0/0", { queryBytes: 4001 });
    expect(store.asked).toEqual(["0", "0"]);
  });

  it("remember what is absent, which takes no room", async () => {
    const asked: string[] = [];
    const cached = withByteCache({ get: async (key) => void asked.push(key) }, new ByteCache(8000));
    await cached.get("/none", { queryBytes: 8000 });
    await cached.get("/none", { queryBytes: 8000 });
    expect(asked).toEqual(["/none"]);
  });

  it("do not go through the browser's cache", async () => {
    const modes: unknown[] = [];
    const store = new HttpStore("http://127.0.0.1:9/data", {
      fetch: async (_, init) => {
        modes.push(init?.cache);
        return new Response(Uint8Array.of(1));
      },
    });
    await store.get("/c/0");
    await store.get("/c/0", { isPassing: true });
    expect(modes).toEqual(["default", "no-store"]);
  });
});
