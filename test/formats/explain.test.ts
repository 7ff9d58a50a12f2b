/**
 * What `explain` tells before a query, against what the server counts while it runs: every fixture store, several sources and
 * queries of each, every one on a cold cache.
 */
import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnySource, Explain, GridSource, PolylineQuery, Query } from "../../src/core/source.js";
import { isReaderError, open } from "../../src/index.js";
import { type FixtureFamily, listFixtures } from "../support/fixtures.js";
import { createS3Server, type LogEntry, type S3Server } from "../support/s3-server/server.js";

const families: readonly FixtureFamily[] = [
  "zarr",
  "grids",
  "stores",
  "zarr-vectors",
  "zarr-vectors-shapes",
  "tiledb",
  "atlas",
  "demo",
];
const root = fileURLToPath(new URL("../fixtures/", import.meta.url));
/** Of one store; some hold an array of every type there is. */
const sourcesPerStore = 4;

let server: S3Server;
beforeAll(async () => {
  server = await createS3Server({ maxLogEntries: 1_000_000 });
  server.createBucket("fixtures", { publicRead: true, publicList: true });
  server.mount("fixtures", "", root);
});
afterAll(() => server.close());

type AnyQuery = Query & Pick<PolylineQuery, "lines" | "limit">;

interface Spent {
  readonly requests: number;
  readonly bytes: number;
}

/** One source of a store opened anew, its price, and what the server saw of explaining and of querying. */
interface Trial {
  readonly price: Explain;
  readonly explained: readonly LogEntry[];
  readonly queried: readonly LogEntry[];
  readonly spent: Spent;
  /** What the query told of itself at last. */
  readonly told: Spent;
}

function openFixture(path: string): ReturnType<typeof open> {
  const place = { endpoint: server.url, region: "us-east-1", credentials: "anonymous" } as const;
  return open(`s3://fixtures/${path.slice(root.length)}`, { ...place, pool: 0 });
}

async function explainAndQuery(path: string, name: string, query: AnyQuery): Promise<Trial> {
  const dataset = await openFixture(path);
  const source = dataset.source(name);
  const atStart = server.log.length;
  const price = await source.explain(query as never);
  const explained = server.log.length;
  let told: Spent = { requests: 0, bytes: 0 };
  const onProgress = (progress: Spent): void => {
    told = { requests: progress.requests, bytes: progress.bytes };
  };
  await source.query(query as never, { onProgress });
  const queried = server.log.slice(explained);
  dataset.close();
  const bytes = queried.reduce((sum, { status = 0, bytes: sent }) => sum + (status < 300 ? sent : 0), 0);
  return {
    price,
    explained: server.log.slice(atStart, explained),
    queried,
    spent: { requests: queried.length, bytes },
    told,
  };
}

/** A part of each interval, which begins inside and ends inside. */
function partOf(bounds: readonly number[]): number[] {
  const dims = bounds.length / 2;
  const at = (share: number): number[] =>
    Array.from({ length: dims }, (_, axis) => {
      const [low, high] = [bounds[axis]!, bounds[axis + dims]!];
      return low + share * (high - low);
    });
  return [...at(0.25), ...at(0.6)];
}

async function gridQueries(source: GridSource): Promise<Record<string, AnyQuery>> {
  const ranges: Record<string, [number, number]> = {};
  for (const { name, values } of await source.axes()) {
    const numbers = Array.from(values as ArrayLike<number>, Number).filter(Number.isFinite);
    if (numbers.length < 4) continue;
    numbers.sort((a, b) => a - b);
    ranges[name] = [numbers[numbers.length >> 2]!, numbers[(numbers.length * 5) >> 3]!];
  }
  return Object.keys(ranges).length === 0 ? {} : { ranges: { ranges } };
}

function rowQueries({ kind, info }: AnySource): Record<string, AnyQuery> {
  const [field] = [...info.fields, ...(info.vertexFields ?? [])];
  const box = info.bounds && { bbox: partOf(info.bounds) as never };
  return {
    positions: { fields: [] },
    ...(field === undefined ? {} : { "one field": { fields: [field.name] } }),
    ...(box === undefined ? {} : { box }),
    ...(kind === "polylines"
      ? { clipped: { ...box, lines: "clip" }, chunks: { ...box, lines: "chunks" } }
      : {}),
    ...(kind === "points" ? { limited: { limit: 1 } } : {}),
  };
}

async function queriesOf(source: AnySource): Promise<Record<string, AnyQuery>> {
  const levels = source.info.levels.slice(1).map(({ level }) => [`level ${level}`, { level }] as const);
  const own = source.kind === "grid" ? await gridQueries(source) : rowQueries(source);
  return { whole: {}, ...own, ...Object.fromEntries(levels) };
}

/** First and last byte of what a request asked for, of whole objects endlessly many. */
function bytesOf({ key, range }: LogEntry): readonly [number, number] {
  const [, suffix] = /^bytes=-(\d+)$/.exec(range ?? "") ?? [];
  if (suffix !== undefined) {
    const { size } = statSync(join(root, key));
    return [Math.max(0, size - Number(suffix)), size - 1];
  }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  return first === undefined ? [0, Number.POSITIVE_INFINITY] : [Number(first), Number(last)];
}

/** Requests for bytes that an earlier one had brought. */
function readTwice({ explained, queried }: Trial): string[] {
  const gets = explained.filter(({ method, status = 0 }) => method === "GET" && status < 300);
  return queried
    .filter((later) =>
      gets.some((earlier) => {
        const [[a, b], [c, d]] = [bytesOf(earlier), bytesOf(later)];
        return earlier.key === later.key && earlier.query === later.query && a <= d && c <= b;
      }),
    )
    .map(({ key, range }) => `${key} ${range ?? ""}`);
}

function checkPrice({ price, spent }: Trial, where: string): void {
  const { requests, bytes, accuracy } = price;
  if (accuracy === "at-most") {
    expect(requests, where).toBeGreaterThanOrEqual(spent.requests);
    expect(bytes, where).toBeGreaterThanOrEqual(spent.bytes);
    return;
  }
  // This server lists, so every size can be known.
  expect({ accuracy, requests, bytes }, where).toEqual({ accuracy: "exact", ...spent });
}

describe.each(families)("%s", (family) => {
  it.each(listFixtures(family).map(({ path }) => [basename(path), path] as const))(
    "%s",
    async (_, path) => {
      const dataset = await openFixture(path);
      const every = Math.ceil(dataset.sources.size / sourcesPerStore);
      const some = [...dataset.sources].filter((__, index) => index % every === 0);
      for (const [name, source] of some) {
        for (const [asked, query] of Object.entries(await queriesOf(source))) {
          const where = `${name}, ${asked}`;
          let trial: Trial;
          try {
            trial = await explainAndQuery(path, name, query);
          } catch (thrown) {
            if (isReaderError(thrown, "unsupported")) continue;
            throw thrown;
          }
          checkPrice(trial, where);
          // What a limit cuts short was asked for, and came in part or not at all.
          if (query.limit === undefined) expect(trial.told, `${where}, progress`).toEqual(trial.spent);
          expect(readTwice(trial), where).toEqual([]);
        }
      }
      dataset.close();
    },
    120_000,
  );
});

describe("where a server lists nothing and whole objects are many", () => {
  it("a sample tells their bytes", async () => {
    // Chunks of 1 to 3 kB: four hundred of them, of which a quarter are not there.
    const sizeOf = (chunk: number): number => 1000 + ((chunk * 7919) % 2000);
    const metadata = {
      zarr_format: 2,
      shape: [400_000],
      chunks: [1000],
      dtype: "<f8",
      compressor: { id: "zlib", level: 1 },
      fill_value: 0,
      order: "C",
      filters: null,
    };
    server.createBucket("bare", { publicRead: true });
    server.put("bare", "many/.zarray", JSON.stringify(metadata));
    let stored = 0;
    for (let chunk = 0; chunk < 400; chunk++) {
      if (chunk % 5 === 3) continue;
      stored += sizeOf(chunk);
      server.put("bare", `many/${chunk}`, new Uint8Array(sizeOf(chunk)));
    }
    const grid = await open(`${server.url}/bare/many`, { kind: "grid", pool: 0 });
    const before = server.log.length;
    const price = await grid.explain();
    const asked = server.log.slice(before).filter(({ key }) => /\d$/.test(key));
    expect(price).toMatchObject({ accuracy: "estimated", requests: 400 });
    expect(Math.abs(price.bytes - stored)).toBeLessThanOrEqual(0.1 * stored);
    expect(price.notes.join()).toMatch(/sizes of 96 of 400/);
    expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(["HEAD"]));
    const after = server.log.length;
    expect(await grid.explain()).toEqual(price);
    expect(server.log.length).toBe(after);
  });

  it("rates of the user's", async () => {
    const grid = await open(`${server.url}/bare/many`, { kind: "grid", pool: 0 });
    const rates = { usdPerMillionGets: 1e6, usdPerGB: 0 };
    expect((await grid.explain({}, { rates })).usd).toBe(400);
  });
});

describe("budgets", () => {
  it.each([
    ["zarr, sharded", "zarr/topobathy-v3-sharded.zarr", "grid"],
    ["zarr, whole chunks", "zarr/topobathy-v2-consolidated-blosc.zarr", "grid"],
    ["points", "zarr-vectors/airports-west.zarrvectors", "points"],
    ["polylines", "zarr-vectors-shapes/streamlines.zarrvectors", "polylines"],
    ["graph", "zarr-vectors-shapes/graph.zarrvectors", "graph"],
    ["mesh", "zarr-vectors-shapes/mesh.zarrvectors", "mesh"],
    ["tiledb, sparse", "tiledb/als-raw.tdb", "points"],
    ["tiledb, dense", "tiledb/dense-cube.tdb", "grid"],
    ["atlas, directory", "atlas/atlas14-zstd-msgpack.atlas", "grid"],
    ["atlas, container", "atlas/atlas172-zstd.atlas", "grid"],
    ["archive", "stores/stored-v3.zip", "grid"],
  ] as const)("%s: kept within, or refused before anything is read", async (_, path, kind) => {
    const dataset = await openFixture(root + path);
    const wanted = [...dataset.sources].filter(([, one]) => one.kind === kind && one.info.role === "data");
    const prices = await Promise.all(wanted.map(([, one]) => one.explain()));
    const index = prices.findIndex(({ requests }) => requests > 0);
    const [name] = wanted[index]!;
    const { requests, bytes } = prices[index]!;
    await explainAndQuery(root + path, name, { budget: { requests, bytes } });
    const fresh = (await openFixture(root + path)).source(name);
    await fresh.explain();
    const before = server.log.length;
    for (const budget of [{ requests: requests - 1 }, { bytes: bytes - 1 }]) {
      await expect(fresh.query({ budget } as never)).rejects.toMatchObject({ code: "limit-exceeded" });
    }
    expect(server.log.slice(before).filter(({ method }) => method === "GET")).toEqual([]);
  });

  it.each([
    ["grid", "grids/ndpyramid.zarr"],
    ["points", "zarr-vectors/pyramid.zarrvectors"],
    ["polylines", "zarr-vectors-shapes/streamlines-pyramid.zarrvectors"],
    ["graph", "demo/neurons.zarrvectors"],
    ["mesh", "zarr-vectors-shapes/mesh-pyramid.zarrvectors"],
  ] as const)("%s: the finest level that fits", async (kind, path) => {
    const { sources } = await openFixture(root + path);
    const source = [...sources.values()].find((one) => one.kind === kind && one.info.levels.length > 1)!;
    const [finest, coarser] = source.info.levels;
    const fine = await source.explain({ level: finest!.level });
    const coarse = await source.explain({ level: coarser!.level });
    expect(fine.notes.join()).toContain(`Level ${coarser!.level} would cost about 1/`);
    expect(coarse.bytes).toBeLessThan(fine.bytes);
    const query = { level: "auto", budget: { bytes: coarse.bytes } } as const;
    expect((await source.explain(query)).level).toBe(coarser!.level);
    expect(await source.query(query)).toEqual(await source.query({ level: coarser!.level }));
  });
});
