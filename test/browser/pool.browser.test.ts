/**
 * Workers in a real browser: they start from this package's sources, and answer as this thread does.
 */
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { isReaderError, type OpenOptions, open } from "../../src/index.js";
import { createPool, type DecodePool } from "../../src/worker/pool.js";

const fixtures = new URL("demo/", inject("fixturesUrl"));
const diagnostics: string[] = [];
let pool: DecodePool | undefined;

function makePool(options: Parameters<typeof createPool>[0]): DecodePool {
  pool = createPool({ inlineBytes: 0, ...options, onDiagnostic: ({ code }) => diagnostics.push(code) });
  return pool;
}

afterEach(() => {
  pool?.dispose();
  diagnostics.length = 0;
});

async function readGrid(with_: DecodePool): Promise<{ bytes: Uint8Array; shape: readonly number[] }> {
  const data = await open(new URL("topobathy-v2.zarr", fixtures), { pool: with_ });
  const [grid] = [...data.sources.values()].filter((source) => source.info.shape?.length === 2);
  if (grid?.kind !== "grid") throw new Error("no grid");
  const table = await grid.query();
  return { bytes: new Uint8Array((table.data as Float32Array).buffer), shape: table.shape };
}

async function readPoints(with_: DecodePool): Promise<{ rows: number; sum: number }> {
  const source = await open(new URL("airports.zarrvectors", fixtures), { kind: "points", pool: with_ });
  const table = await source.query({ bbox: [-130, 20, -60, 50] });
  return {
    rows: table.length,
    sum: (table.positions as Float64Array).reduce((sum, value) => sum + value, 0),
  };
}

describe("a pool of workers", () => {
  it("starts, and returns what this thread returns", async () => {
    const inline = createPool({ workers: 0 });
    const workers = makePool({ workers: 2 });
    expect(await readGrid(workers)).toEqual(await readGrid(inline));
    expect(await readPoints(workers)).toEqual(await readPoints(inline));
    expect(diagnostics).toEqual([]);
  });

  it("decodes on this thread when its workers cannot start, and says so", async () => {
    const broken = makePool({
      workers: 2,
      createWorker: () => new Worker(new URL("/no/such/worker.js", location.href), { type: "module" }),
    });
    expect(await readGrid(broken)).toEqual(await readGrid(createPool({ workers: 0 })));
    expect(diagnostics).toEqual(["no-worker"]);
  });

  it("rejects what was under way when it is disposed", async () => {
    const workers = makePool({ workers: 1 });
    const reading = readGrid(workers).catch((thrown: unknown) => thrown);
    await new Promise((resolve) => setTimeout(resolve, 5));
    workers.dispose();
    expect(isReaderError(await reading, "config")).toBe(true);
  });
});

describe("workers that read", () => {
  const chunksSeenHere = (): string[] =>
    performance
      .getEntriesByType("resource")
      .map(({ name }) => name)
      .filter((name) =>
        /topobathy-v2\.zarr\/.*\/\d+\.\d+$|airports\.zarrvectors\/.*\/\d+(\.\d+)+$/.test(name),
      );

  beforeEach(() => performance.clearResourceTimings());

  async function readBoth(options: OpenOptions): Promise<unknown[]> {
    const data = await open(new URL("topobathy-v2.zarr", fixtures), options);
    const grids = [...data.sources.values()].filter((source) => source.kind === "grid");
    const tables = [];
    for (const grid of grids) tables.push((await grid.read()).data);
    const points = await open(new URL("airports.zarrvectors", fixtures), { ...options, kind: "points" });
    const { positions, fields, length } = await points.query();
    return [tables, positions, fields, length];
  }

  it("bring the same, and this page's thread fetches none of it", async () => {
    const here = await readBoth({ pool: createPool({ workers: 0 }) });
    expect(chunksSeenHere().length).toBeGreaterThan(10);
    performance.clearResourceTimings();
    const page = await readBoth({ pool: makePool({ workers: 2 }), fetchIn: "page" });
    expect(chunksSeenHere().length).toBeGreaterThan(10);
    pool?.dispose();
    performance.clearResourceTimings();
    const there = await readBoth({ pool: makePool({ workers: 2 }) });
    expect(chunksSeenHere()).toEqual([]);
    expect(there).toEqual(here);
    expect(page).toEqual(here);
    expect(diagnostics).toEqual([]);
  });

  it("end with what they were asked for when it is no longer wanted", async () => {
    const workers = makePool({ workers: 2 });
    const data = await open(new URL("topobathy-v2.zarr", fixtures), { pool: workers });
    const [grid] = [...data.sources.values()].filter((source) => source.info.shape?.length === 2);
    const controller = new AbortController();
    if (grid?.kind !== "grid") throw new Error("no grid");
    const asking = grid.query({}, { signal: controller.signal }).catch((thrown: unknown) => thrown);
    await new Promise((resolve) => setTimeout(resolve, 8));
    const abortedAt = performance.now();
    controller.abort("enough");
    expect(await asking).toBe("enough");
    expect(performance.now() - abortedAt).toBeLessThan(50);
    expect((await grid.query()).data.length).toBeGreaterThan(0);
  });

  it("are not missed when the page ends them behind the pool's back", async () => {
    const made: Worker[] = [];
    const workers = makePool({
      workers: 2,
      createWorker: () => {
        const worker = new Worker(new URL("../../src/worker/entry.ts", import.meta.url), { type: "module" });
        made.push(worker);
        return worker;
      },
    });
    const expected = await readGrid(createPool({ workers: 0 }));
    expect(await readGrid(workers)).toEqual(expected);
    for (const worker of made) {
      worker.terminate();
      worker.dispatchEvent(new ErrorEvent("error", { message: "ended" }));
    }
    expect(await readGrid(workers)).toEqual(expected);
  });
});
