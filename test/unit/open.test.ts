import { describe, expect, it } from "vitest";
import { isReaderError, open, slice } from "../../src/index.js";
import { NodeFsStore } from "../../src/store/node-fs.js";
import type { ReadableStore } from "../../src/store/types.js";
import { loadFixture } from "../support/fixtures.js";

const encoder = new TextEncoder();

function storeOf(objects: Record<string, string>, requests: string[] = []): ReadableStore {
  return {
    get: async (key) => {
      requests.push(key);
      const text = objects[key];
      return text === undefined ? undefined : encoder.encode(text);
    },
  };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "nothing failed",
    (thrown: unknown) => thrown,
  );
}

describe("open", () => {
  it("says what is missing when nothing known is there, after asking for each marker once", async () => {
    const requests: string[] = [];
    const failure = await failureOf(open(storeOf({}, requests), { pool: 0 }));
    expect(isReaderError(failure, "unknown-format")).toBe(true);
    expect(String(failure)).toContain("zarr.json");
    expect([...requests].sort()).toEqual([
      "/.zarray",
      "/.zgroup",
      "/.zmetadata",
      "/__array_schema.tdb",
      "/__tiledb_group.tdb",
      "/atlas.json",
      "/atlas.json.lz4",
      "/atlas.json.zst",
      "/atlas.msgpack",
      "/atlas.msgpack.lz4",
      "/atlas.msgpack.zst",
      "/data.atlas",
      "/zarr.json",
    ]);
  });

  it("takes a page of HTML under a marker's name for nothing known", async () => {
    const failure = await failureOf(
      open(storeOf({ "/zarr.json": "<!doctype html><p>Welcome" }), { pool: 0 }),
    );
    expect(isReaderError(failure, "unknown-format")).toBe(true);
  });

  it("refuses a format there is none of, and a scheme it cannot read", async () => {
    const format = "hdf5" as "zarr";
    expect(isReaderError(await failureOf(open(storeOf({}), { format, pool: 0 })), "unsupported")).toBe(true);
    expect(isReaderError(await failureOf(open("ftp://host/a.zarr")), "unsupported")).toBe(true);
  });

  it("returns the wanted kind itself, and lists what is there when it is missing", async () => {
    const points = loadFixture("zarr-vectors", "plain");
    const source = await open(points.path, { kind: "points", pool: 0 });
    expect(source.kind).toBe("points");
    const failure = await failureOf(open(points.path, { kind: "grid", pool: 0 }));
    expect(isReaderError(failure, "not-found")).toBe(true);
    expect(String(failure)).toContain('"points"');
  });

  it("opens a consolidated store with one request", async () => {
    const fixture = loadFixture("demo", "airports");
    const store = new NodeFsStore(fixture.path);
    const keys: string[] = [];
    const counting: ReadableStore = {
      get(key) {
        keys.push(key);
        return store.get(key);
      },
    };
    await open(counting, { pool: 0 });
    expect(keys).toEqual(["/zarr.json"]);
  });

  it("stops what runs when the dataset is closed", async () => {
    const fixture = loadFixture("zarr-vectors", "plain");
    const data = await open(fixture.path, { pool: 0 });
    const running = failureOf(data.points().query());
    data.close();
    expect(isReaderError(await running, "config")).toBe(true);
  });

  it("rejects with the reason of an aborted signal", async () => {
    const reason = new Error("changed my mind");
    const failure = await failureOf(open(storeOf({}), { signal: AbortSignal.abort(reason), pool: 0 }));
    expect(failure).toBe(reason);
  });
});

describe("prices and budgets", () => {
  const airports = loadFixture("demo", "airports");

  it("tells requests and bytes that the query then takes", async () => {
    const source = await open(airports.path, { kind: "points", pool: 0 });
    const query = { bbox: [-10, 40, 20, 60] };
    const price = await source.explain(query);
    let seen = { requests: 0, bytes: 0 };
    await source.query(query, { onProgress: (progress) => (seen = progress) });
    expect(price.chunks).toBeGreaterThan(0);
    expect({ requests: price.requests, bytes: price.bytes }).toEqual({
      requests: seen.requests,
      bytes: seen.bytes,
    });
  });

  it("refuses a query over its budget before reading, and picks the level that fits", async () => {
    const source = await open(airports.path, { kind: "points", pool: 0 });
    const whole = await source.explain();
    const budget = { bytes: Math.floor(whole.bytes / 4) };
    expect(isReaderError(await failureOf(source.query({ budget })), "limit-exceeded")).toBe(true);
    const coarse = await source.query({ budget, level: "auto" });
    expect(coarse.length).toBeGreaterThan(0);
    expect(coarse.length).toBeLessThan(28_403);
    expect(isReaderError(await failureOf(source.query({ level: "auto" })), "invalid-query")).toBe(true);
  });
});

describe("a query", () => {
  it("with a key its source does not know is refused, not answered without it", async () => {
    const source = await open(loadFixture("zarr-vectors", "plain").path, { kind: "points", pool: 0 });
    const query = { box: [0, 0, 1, 1] } as object;
    const failure = await failureOf(source.query(query));
    expect(isReaderError(failure, "invalid-query")).toBe(true);
    expect(String(failure)).toContain('"box"');
  });
});

describe("slice", () => {
  it("reads its ends as zarrita does", () => {
    expect(slice(5)).toEqual({ start: undefined, stop: 5, step: undefined });
    expect(slice(1, null)).toEqual({ start: 1, stop: undefined, step: undefined });
    expect(slice(null, -1, 2)).toEqual({ start: undefined, stop: -1, step: 2 });
  });
});
