/**
 * Zip archives, written by zarr-python and zipfile: what is read, in how many requests, and what is refused.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isReaderError } from "../../../src/core/error.js";
import type { AbsolutePath, RangeQuery } from "../../../src/core/plan.js";
import type { Lane } from "../../../src/net/lane.js";
import { MemoryStore } from "../../../src/store/memory.js";
import type { HoldingStore, ReadableStore } from "../../../src/store/types.js";
import { ZipStore } from "../../../src/store/zip.js";

function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../fixtures/stores/${name}.zip`, import.meta.url)));
}

/** A store of one archive that tells what was asked of it. */
function watched(archive: Uint8Array): { store: ZipStore; asked: RangeQuery[] } {
  const asked: RangeQuery[] = [];
  const memory = new MemoryStore(new Map([["/a.zip", archive]]));
  const outer: ReadableStore = {
    get: (key, options) => memory.get(key, options),
    size: (key, options) => memory.size(key, options),
    getRange: (key, range, options) => {
      asked.push(range);
      return memory.getRange(key, range, options);
    },
  };
  return { store: new ZipStore(outer, "/a.zip"), asked };
}

async function keysOf(store: ZipStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("/")) keys.push(key);
  return keys.sort();
}

/** The archive with the bytes at each place where `before` stands replaced. */
function patched(
  archive: Uint8Array,
  before: readonly number[],
  change: (at: number, bytes: DataView) => void,
): Uint8Array {
  const copy = archive.slice();
  const view = new DataView(copy.buffer);
  for (let at = 0; at + before.length <= copy.length; at++) {
    if (before.every((byte, index) => copy[at + index] === byte)) change(at, view);
  }
  return copy;
}

const local = [0x50, 0x4b, 3, 4];
const central = [0x50, 0x4b, 1, 2];
const end = [0x50, 0x4b, 5, 6];

async function failureOf(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (thrown) {
    if (isReaderError(thrown)) return { code: thrown.code, message: thrown.message };
    throw thrown;
  }
  return { code: "none", message: "" };
}

describe("what a zip archive holds", () => {
  const names = ["stored-v3", "stored-v2", "deflated-v3", "folder", "zip64", "appended", "overwritten"];

  it.each(names)("%s: every member, whole and in parts, is the same", async (name) => {
    const { store } = watched(fixture(name));
    const keys = await keysOf(store);
    expect(keys.some((key) => /^\/(zarr\.json|\.zgroup)$/.test(key))).toBe(true);
    for (const key of keys as AbsolutePath[]) {
      const whole = await store.get(key);
      expect(await store.size(key)).toBe(whole!.length);
      const fresh = watched(fixture(name)).store;
      const middle = { offset: 3, length: 7 };
      expect(await fresh.getRange(key, middle)).toEqual(whole!.slice(3, 10));
      expect(await fresh.getRange(key, { suffixLength: 5 })).toEqual(whole!.slice(-5));
    }
  });

  it("is the same stored, deflated, in folders and behind a program", async () => {
    const stored = watched(fixture("stored-v3")).store;
    const keys = (await keysOf(stored)) as AbsolutePath[];
    for (const name of ["deflated-v3", "folder", "zip64", "appended"]) {
      const { store } = watched(fixture(name));
      expect(await keysOf(store), name).toEqual(keys);
      for (const key of keys.filter((each) => each.includes("/c"))) {
        expect(await store.get(key), `${name} ${key}`).toEqual(await stored.get(key));
      }
    }
  });

  it("is read below a folder of the user's choice", async () => {
    const outer = new MemoryStore(new Map([["/a.zip", fixture("folder")]]));
    const store = new ZipStore(outer, "/a.zip", { root: "/deep/er/" });
    expect(await store.get("/air.zarr/zarr.json")).toBeDefined();
    expect(await store.get("/zarr.json")).toBeUndefined();
  });
});

describe("how a zip archive is read", () => {
  it("takes one request for the directory, one a member, and one more for the first part of a member", async () => {
    const { store, asked } = watched(fixture("stored-v3"));
    await Promise.all([store.get("/zarr.json"), store.get("/lat/zarr.json"), store.get("/nothing")]);
    expect(asked.length).toBe(1 + 2);
    await Promise.all([store.getRange("/sharded/c/0/0", { offset: 5, length: 10 })]);
    expect(asked.length).toBe(5);
    await store.getRange("/sharded/c/0/0", { offset: 50, length: 10 });
    expect(asked.length).toBe(6);
    expect(asked.at(-1)).toMatchObject({ length: 10 });
  });

  it("leaves parts of stored members in the lane that asked, and brings the rest", async () => {
    const memory = new MemoryStore(new Map([["/a.zip", fixture("stored-v3")]]));
    const lane = {} as Lane;
    const held: unknown[] = [];
    const outer: HoldingStore = {
      get: (key) => memory.get(key),
      size: (key) => memory.size(key),
      getRange: (key, range) => memory.getRange(key, range),
      hold: async (key, range, to) => {
        held.push(to);
        return memory.getRange(key, range!);
      },
    };
    const store = new ZipStore(outer, "/a.zip");
    const key = "/sharded/c/0/0";
    const whole = await store.get(key);
    expect(await store.hold(key, { offset: 9, length: 20 }, lane)).toEqual(whole!.slice(9, 29));
    expect(await store.hold(key, { suffixLength: 20 }, lane)).toEqual(whole!.slice(-20));
    expect(held).toEqual([lane, lane]);
    expect(await store.hold(key, undefined, lane)).toEqual(whole);
    expect(await store.hold(key, { offset: 0, length: 1e6 }, lane)).toEqual(whole);
    expect(await store.hold("/nothing", { offset: 0, length: 1 }, lane)).toBeUndefined();
    expect(held.length).toBe(2);
  });

  it("inflates a member once for all its ranges", async () => {
    const { store, asked } = watched(fixture("deflated-v3"));
    const ranges = [0, 10, 20, 30].map((offset) => store.getRange("/sharded/c/0/0", { offset, length: 10 }));
    await Promise.all(ranges);
    expect(asked.length).toBe(2);
  });

  it("reads a directory that is longer than the tail", async () => {
    // The comment pushes the directory out of the first read.
    const archive = fixture("stored-v3");
    const long = new Uint8Array(archive.length + 65_535);
    long.set(archive);
    new DataView(long.buffer).setUint16(archive.length - 2, 65_535, true);
    const { store } = watched(long);
    expect(await keysOf(store)).toEqual(await keysOf(watched(archive).store));
  });

  it("is read behind whatever it was appended to, with or without zip64", async () => {
    for (const name of ["stored-v3", "zip64"]) {
      const archive = fixture(name);
      const behind = new Uint8Array(1000 + archive.length);
      behind.set(archive, 1000);
      const [moved, plain] = [watched(behind).store, watched(archive).store];
      expect(await moved.get("/plain/c/0/0"), name).toEqual(await plain.get("/plain/c/0/0"));
    }
  });

  it("finds the end record although its comment holds the signature", async () => {
    const archive = fixture("stored-v3");
    const comment = new TextEncoder().encode("PK\x05\x06 is no end record, although it looks like one");
    const longer = new Uint8Array([...archive, ...comment]);
    new DataView(longer.buffer).setUint16(archive.length - 2, comment.length, true);
    expect(await watched(longer).store.get("/zarr.json")).toBeDefined();
  });

  it("reads the directory once, though one of its readers leaves", async () => {
    const { store, asked } = watched(fixture("stored-v3"));
    const leaving = new AbortController();
    const left = store.size("/zarr.json", { signal: leaving.signal }).catch((thrown: unknown) => thrown);
    const stays = store.size("/zarr.json");
    leaving.abort("left");
    expect(await left).toBe("left");
    expect(await stays).toBeGreaterThan(10);
    await store.size("/lat/zarr.json");
    expect(asked.length).toBe(1);
  });

  it("tries the directory again after a failure", async () => {
    const memory = new MemoryStore(new Map([["/a.zip", fixture("stored-v3")]]));
    let failures = 1;
    const outer: ReadableStore = {
      get: (key) => memory.get(key),
      size: (key) => memory.size(key),
      getRange: async (key, range) => {
        if (failures-- > 0) throw new Error("once");
        return memory.getRange(key, range);
      },
    };
    const store = new ZipStore(outer, "/a.zip");
    await expect(store.get("/zarr.json")).rejects.toThrow("once");
    expect(await store.get("/zarr.json")).toBeDefined();
  });
});

describe("what is refused", () => {
  it("an encrypted member, by its name", async () => {
    const archive = patched(fixture("stored-v3"), central, (at, view) => view.setUint16(at + 8, 1, true));
    const { code, message } = await failureOf(watched(archive).store.get("/zarr.json"));
    expect(code).toBe("unsupported");
    expect(message).toContain('"zarr.json" in /a.zip is encrypted');
  });

  it("another method than deflate, by its name", async () => {
    const archive = patched(fixture("stored-v3"), central, (at, view) => view.setUint16(at + 10, 93, true));
    expect((await failureOf(watched(archive).store.get("/zarr.json"))).message).toContain("zstd");
  });

  it("a file of a split archive", async () => {
    const archive = patched(fixture("stored-v3"), end, (at, view) => view.setUint16(at + 4, 2, true));
    const { code, message } = await failureOf(watched(archive).store.get("/zarr.json"));
    expect(code).toBe("unsupported");
    expect(message).toContain("split");
  });

  it("a damaged member, by its checksum", async () => {
    for (const name of ["stored-v3", "deflated-v3"]) {
      const archive = fixture(name);
      const { store, asked } = watched(archive);
      await store.get("/lat/c/0");
      const { offset } = asked.at(-1) as { offset: number };
      // Behind the header, whose name is 7 long.
      const damaged = archive.slice();
      damaged[offset + 30 + 7 + 12]! ^= 0x10;
      expect((await failureOf(watched(damaged).store.get("/lat/c/0"))).code, name).toBe("corrupt");
    }
  });

  it("a local header that is not there", async () => {
    const archive = patched(fixture("stored-v3"), local, (at, view) => view.setUint8(at, 0));
    expect((await failureOf(watched(archive).store.get("/zarr.json"))).code).toBe("corrupt");
    expect(
      (await failureOf(watched(archive).store.getRange("/zarr.json", { offset: 1, length: 2 }))).code,
    ).toBe("corrupt");
  });

  it("a member that the directory calls by another one's name", async () => {
    const name = [...new TextEncoder().encode("plain/c/0/0")];
    const directoryAt = Buffer.from(fixture("stored-v3")).indexOf(Buffer.from(central));
    const renamed = patched(fixture("stored-v3"), name, (at, view) => {
      if (at > directoryAt) view.setUint8(at + 10, 0x37);
    });
    expect((await failureOf(watched(renamed).store.get("/plain/c/0/7"))).code).toBe("corrupt");
    expect(
      (await failureOf(watched(renamed).store.getRange("/plain/c/0/7", { offset: 1, length: 4 }))).code,
    ).toBe("corrupt");
  });

  it("sizes that no data could have", async () => {
    const archive = patched(fixture("deflated-v3"), central, (at, view) =>
      view.setUint32(at + 24, 0x7fff_0000, true),
    );
    const { code, message } = await failureOf(watched(archive).store.get("/zarr.json"));
    expect(code).toBe("corrupt");
    // Found out before so much is allocated.
    expect(message).toContain("cannot have 2147418112 bytes");
  });

  it("what is no archive, is cut off, or is not there", async () => {
    expect((await failureOf(watched(new Uint8Array(1000)).store.get("/a"))).code).toBe("corrupt");
    const archive = fixture("stored-v3");
    expect((await failureOf(watched(archive.slice(0, -30)).store.get("/a"))).code).toBe("corrupt");
    const nowhere = new ZipStore(new MemoryStore(), "/a.zip");
    expect((await failureOf(nowhere.get("/a"))).code).toBe("not-found");
  });

  it("damage anywhere, in words or not at all: never another value", { timeout: 120_000 }, async () => {
    const archive = fixture("deflated-v3");
    const { store } = watched(archive);
    const keys = (await keysOf(store)) as AbsolutePath[];
    const truth = new Map(await Promise.all(keys.map(async (key) => [key, await store.get(key)] as const)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom(...keys),
        async (changes, key) => {
          const copy = archive.slice();
          for (const [at, flip] of changes) copy[at]! ^= flip;
          try {
            const bytes = await watched(copy).store.get(key);
            // A damaged name makes a member absent, which no reader of an archive can tell from a missing one.
            if (bytes !== undefined) expect(bytes).toEqual(truth.get(key));
          } catch (thrown) {
            if (!isReaderError(thrown)) throw thrown;
          }
        },
      ),
      { numRuns: 1500 },
    );
  });
});
