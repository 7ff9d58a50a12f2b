/** An array of three thousand fragments: what it asks for, what it keeps, and that the thread goes on. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, it } from "vitest";
import { open } from "../../../../src/index.js";
import { createPool } from "../../../../src/worker/pool.js";
import { CountingStore } from "../../../support/counting-store.js";
import { untar } from "../../../support/untar.js";

type Box = [west: number, south: number, east: number, north: number];

interface Answers {
  readonly fragments: number;
  readonly queries: Readonly<Record<string, { readonly bbox: Box; readonly rows: number[][] }>>;
}

const folder = new URL("../../../fixtures/tiledb-many/", import.meta.url);
const { fragments, queries } = JSON.parse(readFileSync(new URL("answers.json", folder), "utf8")) as Answers;
const files = untar(new URL("array.tar.gz", folder));
const states = {
  raw: (key: string) => !/^\/__fragment_meta\/|\.con$/.test(key),
  consolidated: (key: string) => !key.endsWith(".wrt"),
};

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

function storeOf(state: keyof typeof states): CountingStore {
  return new CountingStore(new Map([...files].filter(([key]) => states[state](key))));
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function memoryUsed(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Each fragment has three points in a square of its own, sixty in a row. */
function touchedBy([west, south, east, north]: Box): number {
  let touched = 0;
  for (let index = 0; index < fragments; index++) {
    const [x, y] = [(index % 60) * 1000, Math.floor(index / 60) * 1000];
    if (x + 10 <= east && x + 600.25 >= west && y + 20 <= north && y + 750.5 >= south) touched++;
  }
  return touched;
}

const openPoints = (store: CountingStore) =>
  open(store, { format: "tiledb", kind: "points", pool, cache: 0 });
const fragmentsOf = ({ asked }: CountingStore): Set<string> =>
  new Set(asked.filter((line) => /\/[ad]\d+\.tdb$/.test(line)).map((line) => line.split("/")[2]!));

describe.each(["raw", "consolidated"] as const)("three thousand fragments, %s", (state) => {
  it("answer as the library does, and read those only that a box touches", async () => {
    const store = storeOf(state);
    const points = await openPoints(store);
    expect(store.asked.length).toBeLessThanOrEqual(state === "raw" ? 6 : 7);
    for (const { bbox, rows } of Object.values(queries)) {
      store.asked.length = 0;
      const { positions, fields, length } = await points.query({ bbox });
      const found = Array.from({ length }, (_, row) => [
        positions[2 * row],
        positions[2 * row + 1],
        fields.Z![row],
      ]);
      expect(found.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(rows);
      expect(fragmentsOf(store).size).toBe(touchedBy(bbox));
    }
  });

  it("cost what their price says", async () => {
    const sums: number[] = [];
    for (const { bbox } of Object.values(queries)) {
      const store = storeOf(state);
      const points = await openPoints(store);
      const { requests, bytes, accuracy } = await points.explain({ bbox });
      store.asked.length = 0;
      let told = { requests: 0, bytes: 0 };
      const onProgress = (progress: typeof told): void => {
        told = { requests: progress.requests, bytes: progress.bytes };
      };
      await points.query({ bbox }, { onProgress });
      expect({ accuracy, requests, bytes }).toEqual({ accuracy: "exact", ...told });
      expect(store.asked).toHaveLength(requests);
      sums.push(requests);
    }
    expect(Math.max(...sums)).toBeGreaterThan(1);
  });

  it("cost their size and their end where nothing was consolidated, and nothing where it was, once", async () => {
    const store = storeOf(state);
    const points = await openPoints(store);
    store.asked.length = 0;
    const nothing = { bbox: queries.nothing!.bbox };
    expect((await points.query(nothing)).length).toBe(0);
    expect(store.asked).toHaveLength(state === "raw" ? 2 * fragments : 0);
    store.asked.length = 0;
    expect((await points.query(nothing)).length).toBe(0);
    expect(store.asked).toEqual([]);
  });

  it("are kept in some kilobytes each", async () => {
    const store = storeOf(state);
    const warm = await openPoints(store);
    await warm.query({ bbox: queries.nothing!.bbox });
    const before = memoryUsed();
    const points = await openPoints(store);
    await points.query({ bbox: queries.nothing!.bbox });
    store.asked.length = 0;
    const grown = memoryUsed() - before;
    expect(points.info.fields).toHaveLength(1);
    expect(grown / fragments).toBeLessThan(10_000);
  });

  it("let the thread go on while they are looked through", async () => {
    const store = storeOf(state);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const points = await openPoints(store);
    await points.explain({ bbox: queries.nothing!.bbox });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});
