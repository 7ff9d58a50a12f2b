/**
 * Workers in a real browser: they start from this package's sources, and answer as this thread does.
 */
import { afterEach, describe, expect, inject, it } from "vitest";
import { isReaderError, open } from "../../src/index.js";
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
  return { bytes: new Uint8Array(table.data.buffer), shape: table.shape };
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
