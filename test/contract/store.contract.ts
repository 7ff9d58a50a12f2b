/**
 * What every store must do, whatever it reads from. Each implementation is filled with the same objects and asked the
 * same questions.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AbsolutePath } from "../../src/core/plan.js";
import { readRange } from "../../src/store/read-range.js";
import { canList, type ReadableStore } from "../../src/store/types.js";
import { sampleObjects } from "../support/sample-objects.js";

export { sampleBytes, sampleObjects } from "../support/sample-objects.js";

export interface StoreUnderTest {
  readonly store: ReadableStore;
  readonly close?: () => Promise<void> | void;
}

export interface ContractLimits {
  /** Keys this kind of store cannot hold: a file system has no `trail/`. */
  readonly without?: readonly string[];
  /** What it reads from shows no list, though another of its kind may. */
  readonly listsNothing?: true;
}

/** Runs the suite over one implementation; `fill` makes a store that holds exactly `objects`. */
export function storeContract(
  name: string,
  fill: (objects: ReadonlyMap<string, Uint8Array>) => Promise<StoreUnderTest>,
  limits: ContractLimits = {},
): void {
  describe(`store contract: ${name}`, () => {
    const objects = sampleObjects();
    for (const key of limits.without ?? []) objects.delete(key);
    const data = objects.get("data/1")!;
    let made: StoreUnderTest;
    let store: ReadableStore;

    beforeAll(async () => {
      made = await fill(objects);
      ({ store } = made);
    }, 60_000);
    afterAll(() => made?.close?.());

    it.each([...objects.keys()])("get returns the whole object: %s", async (key) => {
      const bytes = await store.get(`/${key}`);
      expect(bytes).toEqual(objects.get(key));
    });

    it.each([...objects.keys()].filter((key) => objects.get(key)!.length > 40))(
      "getRange reads a part: %s",
      async (key) => {
        const bytes = await readRange(store, `/${key}`, { offset: 3, length: 30 });
        expect(bytes).toEqual(objects.get(key)!.slice(3, 33));
      },
    );

    it("answers undefined for what is not there", async () => {
      expect(await store.get("/nothing/here")).toBeUndefined();
      expect(await readRange(store, "/nothing/here", { offset: 0, length: 10 })).toBeUndefined();
      expect(await readRange(store, "/nothing/here", { suffixLength: 10 })).toBeUndefined();
      if (store.size !== undefined) expect(await store.size("/nothing/here")).toBeUndefined();
    });

    it("reads the last bytes", async () => {
      expect(await readRange(store, "/data/1", { suffixLength: 16 })).toEqual(data.slice(-16));
      expect(await readRange(store, "/data/1", { suffixLength: 50_000 })).toEqual(data);
    });

    it("cuts ranges at the object's end", async () => {
      expect(await readRange(store, "/data/1", { offset: 19_990, length: 100 })).toEqual(data.slice(19_990));
      expect(await readRange(store, "/data/one", { offset: 0, length: 1 })).toEqual(objects.get("data/one"));
    });

    it("reads nothing past the end and nothing for length 0", async () => {
      expect(await readRange(store, "/data/1", { offset: 20_000, length: 5 })).toEqual(new Uint8Array(0));
      expect(await readRange(store, "/data/1", { offset: 500_000, length: 5 })).toEqual(new Uint8Array(0));
      expect(await readRange(store, "/data/1", { offset: 10, length: 0 })).toEqual(new Uint8Array(0));
      expect(await readRange(store, "/empty", { offset: 0, length: 5 })).toEqual(new Uint8Array(0));
    });

    it("reads many ranges of one object at once", async () => {
      const ranges = Array.from({ length: 40 }, (_, index) => ({ offset: index * 500, length: 140 }));
      const read = await Promise.all(ranges.map((range) => readRange(store, "/data/1", range)));
      read.forEach((bytes, index) => {
        expect(bytes).toEqual(data.slice(index * 500, index * 500 + 140));
      });
    });

    it("hands over buffers that nobody else holds, where it says so", async () => {
      if (store.handsOver !== true) return;
      const range = { offset: 0, length: 8 };
      const [first, second] = await Promise.all([
        readRange(store, "/data/1", range),
        readRange(store, "/data/1", { offset: 4, length: 8 }),
      ]);
      structuredClone(first, { transfer: [first!.buffer as ArrayBuffer] });
      expect(second).toEqual(data.slice(4, 12));
      expect(await readRange(store, "/data/1", range)).toEqual(data.slice(0, 8));
    });

    it("tells sizes, where it can", async () => {
      if (store.size === undefined) return;
      expect(await store.size("/data/1")).toBe(20_000);
      expect(await store.size("/empty")).toBe(0);
    });

    it("rejects with the signal's reason when it is aborted already", async () => {
      const reason = { why: "the user left" };
      const signal = AbortSignal.abort(reason);
      await expect(store.get("/data/1", { signal })).rejects.toBe(reason);
      await expect(readRange(store, "/data/1", { offset: 1, length: 5 }, { signal })).rejects.toBe(reason);
    });

    it("lists what lies below a prefix, where it can", async () => {
      if (!canList(store)) return;
      if (limits.listsNothing) {
        const listing = (async () => {
          for await (const { key } of store.list("/")) return key;
        })();
        await expect(listing).rejects.toHaveProperty("code", "unsupported");
        return;
      }
      const listed: { key: AbsolutePath; size?: number }[] = [];
      for await (const item of store.list("/data/")) listed.push(item);
      const sizes: Readonly<Record<string, number>> = { "/data/1": 20_000, "/data/one": 1 };
      expect(listed.map(({ key }) => key).sort()).toEqual(Object.keys(sizes));
      for (const { key, size = sizes[key] } of listed) expect(size).toBe(sizes[key]);
      const all: string[] = [];
      for await (const { key } of store.list("/")) all.push(key.slice(1));
      expect(all.sort()).toEqual([...objects.keys()].sort());
    });
  });
}
