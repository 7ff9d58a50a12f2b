/**
 * Questions that cannot be meant, asked of every kind of source of every format: each is refused by its name and what it
 * should be, before anything is read; none is answered as if it had not been asked, and none ends in an error of JavaScript.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openZarr } from "../../src/exports/zarr.js";
import {
  type AnySource,
  type Dataset,
  diagnose,
  type GridSource,
  isReaderError,
  open,
  type PointSource,
} from "../../src/index.js";
import { NodeFsStore } from "../../src/store/node-fs.js";
import { ByteCache } from "../../src/store/with-byte-cache.js";
import { createPool } from "../../src/worker/pool.js";
import { type FixtureFamily, loadFixture } from "../support/fixtures.js";
import { kindsOfSources } from "../support/kinds-of-sources.js";

const pool = createPool({ workers: 0 });
const opened: Dataset[] = [];
afterAll(() => {
  for (const dataset of opened) dataset.close();
  pool.dispose();
});

async function openFixture(family: FixtureFamily, name: string): Promise<Dataset> {
  const dataset = await open(loadFixture(family, name).path, { pool });
  opened.push(dataset);
  return dataset;
}

/** What was refused, in words. */
async function refusal(ask: () => unknown): Promise<string> {
  try {
    await ask();
  } catch (thrown) {
    if (isReaderError(thrown)) return thrown.message;
    throw thrown;
  }
  throw new Error("it was answered");
}

/** Lists that JavaScript lets pass where TypeScript does not. */
const anything = (value: unknown): never => value as never;

const kinds: typeof kindsOfSources = [
  ...kindsOfSources,
  ["text of TileDB", "tiledb", "dense-cells-row", (dataset) => [...dataset.sources.values()][0]!],
];

describe.each(kinds)("%s", (_, family, name, choose) => {
  let source: AnySource;
  beforeAll(async () => {
    source = choose(await openFixture(family, name));
  });
  const ask = (query: unknown, options?: unknown): Promise<string> =>
    refusal(() => (source as GridSource).query(anything(query), anything(options)));

  it.each([
    [null, "should be an object, found null"],
    [5, "should be an object, found 5"],
    [[0, 0, 1, 1], "should be an object, found [0, 0, 1, 1]"],
    [{ bbx: [0, 0, 1, 1] }, 'has no "bbx"; it has bbox'],
    [{ bbox: null }, "bbox should be"],
    [{ bbox: "0,0,1,1" }, 'bbox should be a list of numbers, [minX, minY, maxX, maxY], found "0,0,1,1"'],
    [{ bbox: [0, 0, 1] }, "bbox has 3 numbers"],
    [{ bbox: [] }, "bbox has 0 numbers"],
    [{ bbox: [Number.NaN, 0, 1, 1] }, "bbox holds NaN and 1"],
    [{ bbox: [0, 1, 1, 0] }, "bbox minimum 1 exceeds its maximum 0 on axis 1"],
    [{ ranges: null }, "ranges should be"],
    [{ ranges: 5 }, "ranges should be"],
    [{ ranges: [0, 1] }, "ranges should be"],
    [{ ranges: { x: 5 } }, "ranges should be an object of [min, max] by name, found { x: 5 }"],
    [{ ranges: { x: [1, 2, 3] } }, "ranges should be"],
    [{ ranges: { x: [undefined, 1] } }, "ranges should be"],
    [{ ranges: { x: [{}, 1] } }, "ranges should be"],
    [{ ranges: { nothing: [0, 1] } }, '"nothing"'],
    [{ fields: "x" }, 'fields should be a list of names, found "x"'],
    [{ fields: ["nothing"] }, /"nothing"|nothing|one field, itself/],
    [{ fields: [5] }, "fields should be a list of names, found [5]"],
    [{ level: 99 }, "no level 99"],
    [{ level: -1 }, "no level -1"],
    [{ level: 0.5 }, "no level 0.5"],
    [{ level: Number.NaN }, "no level NaN"],
    [{ level: "0" }, 'level should be a number or "auto", found "0"'],
    [{ level: "auto" }, "needs a budget"],
    [{ budget: 0 }, "budget should be an object of bytes, requests and rows"],
    [{ budget: { byte: 1 } }, "found { byte: 1 }"],
    [{ budget: { bytes: Number.NaN } }, "found { bytes: NaN }"],
    [{ budget: { bytes: -1 } }, "found { bytes: -1 }"],
    [{ budget: { rows: 0 } }, "limit-exceeded"],
  ])("refuses the query %j", async (query, words) => {
    expect(await ask(query)).toMatch(words instanceof RegExp ? words : new RegExp(literally(words)));
  });

  it("refuses options that it has not, which a query has, or which are none", async () => {
    expect(await ask({}, null)).toContain("options argument of query should be an object, found null");
    expect(await ask({}, { sginal: 1 })).toContain('has no "sginal"; it has signal, onProgress, onTimeline');
    expect(await ask({}, { level: 1 })).toContain("level is a key of queries");
    expect(await ask({}, { signal: {} })).toContain("signal should be an AbortSignal");
    expect(await ask({}, { onProgress: 5 })).toContain("onProgress should be a function, found 5");
    expect(await ask({}, { onTimeline: 5 })).toContain("onTimeline should be a function, found 5");
    const { explain, stream } = source as GridSource;
    expect(await refusal(() => explain({}, anything({ rates: { usdPerGB: -1 } })))).toContain(
      "rates should be",
    );
    expect(await refusal(() => explain({}, anything({ rates: { usd: 1 } })))).toContain("rates should be");
    const first = (options: unknown): Promise<unknown> =>
      stream({}, anything(options))[Symbol.asyncIterator]().next();
    expect(await refusal(() => first({ into: new Uint8Array(1) }))).toContain('has no "into"');
  });

  it("rejects with the reason of a signal that was aborted before", async () => {
    const reason = new Error("not any more");
    const signal = AbortSignal.abort(reason);
    const { query, stream, explain, plan } = source as GridSource;
    await expect(query({}, { signal })).rejects.toBe(reason);
    await expect(explain({}, { signal })).rejects.toBe(reason);
    await expect(plan({}, { signal })).rejects.toBe(reason);
    await expect(stream({}, { signal })[Symbol.asyncIterator]().next()).rejects.toBe(reason);
  });
});

const literally = (words: string): string => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

describe.each(kinds.filter(([name]) => /points/.test(name)))("%s", (_, family, name, choose) => {
  it.each([[-1], [1.5], [Number.NaN], ["3"]])("refuses limit %s", async (limit) => {
    const { query } = choose(await openFixture(family, name)) as GridSource;
    expect(await refusal(() => query(anything({ limit })))).toContain(
      "limit should be a whole number from 0 on",
    );
  });
});

it("lines in a way there is none of, and times that are text", async () => {
  const lines = (await openFixture("zarr-vectors-shapes", "streamlines-attributes")).polylines();
  expect(await refusal(() => lines.query(anything({ lines: "clipp" })))).toContain(
    'lines should be "whole", "clip" or "chunks", found "clipp"',
  );
  expect(await refusal(() => lines.query({ fields: ["nothing"] }))).toContain("side, tract");
  const points = (await openFixture("tiledb", "als-fragments")).points();
  expect(await refusal(() => points.query(anything({ timestamp: "2020" })))).toContain(
    'timestamp should be a Date or milliseconds since 1970, found "2020"',
  );
});

describe.each(kinds.filter(([name]) => /grid|text/.test(name)))(
  "%s, read by index",
  (_, family, name, choose) => {
    let grid: GridSource;
    let others: null[];
    beforeAll(async () => {
      grid = choose(await openFixture(family, name)) as GridSource;
      others = grid.info.dimensions
        .filter((dimension) => dimension !== "value")
        .slice(1)
        .map(() => null);
    });
    const read = (entry: unknown, options?: unknown): Promise<string> =>
      refusal(() => grid.read(anything([entry, ...others]), anything(options)));

    it.each(["0", true, 0n, {}, [0, 1]])("refuses the entry %s", async (entry) => {
      expect(await read(entry)).toContain("Give one entry per axis: null, an index, or a slice.");
    });

    it("refuses indices outside, odd slices and what is no selection", async () => {
      for (const index of [99_999, -99_999, 1.5, Number.NaN])
        expect(await read(index)).toContain("is outside");
      expect(await read({ start: 0, stop: 5, step: 0 })).toContain("step 0");
      expect(await read({ start: "a", stop: 5, step: 1 })).toContain("integers are needed");
      expect(await refusal(() => grid.read(anything(5)))).toContain(
        "The selection should be a list, found 5",
      );
      expect(await refusal(() => grid.read(anything("abc")))).toContain(
        "The selection should be a list, found abc",
      );
      expect(await refusal(() => grid.read(new Array(9).fill(0)))).toContain("The selection has 9 entries");
    });

    it("refuses options that would change the answer", async () => {
      expect(await read(null, { level: 99 })).toContain("no level 99");
      expect(await read(null, { level: "0" })).toContain("level should be");
      expect(await read(null, { budget: { bytes: 1 } })).toContain("budget is a key of queries");
      expect(await read(null, { timestamp: 5 })).toContain("timestamp is a key of queries");
      const table = { kind: "grid", data: new Uint8Array(8) };
      for (const into of [5, [], {}, "x", { byteLength: 8 }, new Blob(["12345678"]), table])
        expect(await read(null, { into })).toContain("into should be an array");
      const gone = new ArrayBuffer(8);
      structuredClone(gone, { transfer: [gone] });
      expect(await read(null, { into: gone })).toMatch(/was transferred|items have no common length/);
      expect(await refusal(() => grid.axes(anything(null)))).toContain("options argument of axes");
      for (const table of [undefined, 5, {}, { kind: "grid" }, { kind: "points", positions: [] }]) {
        expect(await refusal(() => grid.release(anything(table)))).toContain("release() takes a table");
      }
    });
  },
);

it("many datasets at once, names that are none, and a whole store", async () => {
  const data = await openFixture("demo", "ocean-profiles");
  const across = (options: unknown): Promise<string> =>
    refusal(() => data.acrossDatasets("temperature", anything(options)));
  expect(await across(null)).toContain("options argument of acrossDatasets should be an object");
  expect(await across({ dataset: ["x"] })).toContain('has no "dataset"; it has signal');
  expect(await across({ datasets: "x" })).toContain('datasets should be a list of names, found "x"');
  expect(await across({ stacked: "yes" })).toContain("stacked should be true or false");
  expect(await across({ selection: 5 })).toContain("The selection should be a list");
  expect(await across({ concurrency: 0 })).toContain("concurrency should be a whole number");
  for (const name of [5, {}, ""]) {
    expect(await refusal(() => data.source(anything(name)))).toContain("has no source named");
  }
  expect(await refusal(() => data.estimate(anything({ rate: {} })))).toContain('has no "rate"');
});

describe("open", () => {
  const { path } = loadFixture("zarr", "made-time-lat-lon-v3");

  it.each([
    [null, "The options of open should be an object, found null"],
    [{ kind: "pointz" }, 'There is no kind "pointz"'],
    [{ format: "zar" }, 'Format "zar" is not one of'],
    [{ cache: -1 }, "The option cache should be a number of bytes"],
    [{ cache: Number.NaN }, "The option cache"],
    [{ cache: "100MB" }, "The option cache"],
    [{ cache: { bytes: Number.NaN } }, "The option cache"],
    [{ pool: -1 }, "The option pool should be a pool, a number of workers, or 0 for none, found -1"],
    [{ pool: 1.5 }, "The option pool"],
    [{ pool: {} }, "The option pool"],
    [{ memory: "sharde" }, 'The option memory should be "shared" or "transferable", found sharde'],
    [{ fetchIn: "pgae" }, 'The option fetchIn should be "worker" or "page"'],
    [{ addressing: "virtal" }, 'The option addressing should be "path" or "virtual"'],
    [{ gcsApi: "JSON" }, 'The option gcsApi should be "xml" or "json"'],
    [{ untrusted: "yes" }, "The option untrusted should be true or false, found yes"],
    [{ listing: 5 }, "The option listing"],
    [{ signal: 5 }, "The option signal should be an AbortSignal"],
    [{ headers: { Authorization: "Bearer …" } }, "The option headers should be"],
    [{ headers: new Headers({ Authorization: "Bearer a" }) }, "The option headers should be"],
    [{ onDiagnostic: 5 }, "The option onDiagnostic should be a function"],
    [{ fetch: 5 }, "The option fetch should be a function"],
  ])("refuses the options %j", async (options, words) => {
    expect(await refusal(() => open(path, anything(options)))).toContain(words);
  });

  it.each([undefined, null, 5, {}, true, Symbol.iterator])("refuses the location %s", async (location) => {
    const words = "config: open() takes an address, a store, a file or a folder";
    expect(await refusal(() => open(anything(location)))).toContain(words);
    const { ok, checks } = await diagnose(anything(location));
    expect({ ok, message: checks.find(({ id }) => id === "address")?.message }).toEqual({
      ok: false,
      message: expect.stringContaining("takes an address, a store, a file or a folder"),
    });
  });

  it("tells names that it does not know, once", async () => {
    const told: string[] = [];
    const unknown: object = { regoin: "eu-central-1", use_ssl: true };
    const data = await open(path, {
      pool,
      ...unknown,
      onDiagnostic: ({ code, message }) => told.push(`${code}: ${message}`),
    });
    data.close();
    expect(told).toEqual(["unknown-option: Not known here: regoin, use_ssl."]);
  });

  it("tells how opening gets on", async () => {
    const told: (readonly [number, number])[] = [];
    const data = await open(path, {
      pool,
      onProgress: ({ requests, bytes }) => told.push([requests, bytes]),
    });
    const opening = told.length;
    expect(opening).toBeGreaterThan(0);
    expect(told.at(-1)![1]).toBeGreaterThan(100);
    expect(told).toEqual([...told].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    await data.grid("air").query();
    expect(told).toHaveLength(opening);
    data.close();
  });
});

it.each(kinds)("%s of a dataset that was closed is not asked any more", async (_, family, name, choose) => {
  const dataset = await open(loadFixture(family, name).path, { pool });
  const source = choose(dataset) as GridSource;
  await source.query();
  dataset.close();
  dataset.close();
  const words = "config: The dataset was closed; open it again to read on.";
  expect(await refusal(() => source.query())).toBe(words);
  expect(await refusal(() => source.explain())).toBe(words);
  expect(await refusal(() => source.plan())).toBe(words);
  expect(await refusal(() => source.stream()[Symbol.asyncIterator]().next())).toBe(words);
  expect(await refusal(() => dataset.estimate())).toBe(words);
  expect(await refusal(() => dataset.acrossDatasets("temperature"))).toBe(words);
  const { members } = dataset;
  if (members !== undefined) {
    expect(await refusal(() => members.attributes(members.names[0]!))).toBe(words);
    expect(await refusal(() => members.statistics(members.names[0]!, "temperature"))).toBe(words);
  }
  const { coverage } = source as unknown as Partial<PointSource>;
  if (coverage !== undefined) expect(await refusal(() => coverage())).toBe(words);
  if (source.kind !== "grid") return;
  expect(await refusal(() => source.read())).toBe(words);
  expect(await refusal(() => source.axes())).toBe(words);
});

it("a dataset that was opened without detection is closed in the same words", async () => {
  const dataset = await openZarr(new NodeFsStore(loadFixture("zarr", "made-time-lat-lon-v3").path), { pool });
  const grid = dataset.grid("air");
  dataset.close();
  expect(await refusal(() => grid.query())).toBe("config: The dataset was closed; open it again to read on.");
});

it("closing a dataset frees what a cache keeps of it, and of no other", async () => {
  const cache = new ByteCache();
  const { path } = loadFixture("zarr", "made-time-lat-lon-v3");
  const [first, second] = [await open(path, { pool, cache }), await open(path, { pool, cache })];
  await first.grid("air").query();
  const alone = cache.usedBytes;
  await second.grid("air").query();
  expect(cache.usedBytes).toBeGreaterThan(alone);
  second.close();
  expect(cache.usedBytes).toBeLessThanOrEqual(alone);
  expect(cache.usedBytes).toBeGreaterThan(1000);
  expect((await first.grid("air").explain()).requests).toBe(0);
  first.close();
  expect(cache.usedBytes).toBe(0);
});
