/**
 * Rows settled in a worker, and on this thread in slices, against rows settled one by one with the simplest means.
 *
 * @module
 */
import { afterEach, expect, it } from "vitest";
import { type Settling, settlingFields } from "../../../src/core/settling.js";
import type { PointsTarget } from "../../../src/core/source.js";
import { collectRows, type IndexedRows } from "../../../src/engine/collect.js";
import { createPool, type DecodePool } from "../../../src/worker/pool.js";
import { type StartedPool, startedPool } from "../../support/loopback-worker.js";

const pools: DecodePool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
});

async function started(): Promise<StartedPool> {
  const one = await startedPool();
  pools.push(one.pool);
  return one;
}

const neverDeleted = 2n ** 64n - 1n;
const settling: Settling = {
  shown: 1,
  positions: ["x", "y"],
  distinctBy: ["x", "y"],
  deletions: [
    {
      time: 150,
      keeps: {
        kind: "any",
        tests: [
          { kind: "compare", field: "value", operator: ">=", value: 20 },
          { kind: "among", field: "value", values: [3, 4], isNegated: false },
        ],
      },
    },
    { time: 250, keeps: { kind: "not", test: { kind: "compare", field: "x", operator: "==", value: 7 } } },
  ],
  fragments: [100, 200, 300].map((start) => ({
    start,
    end: start,
    hasTimestamps: false,
    processed: start === 200 ? [1] : [],
  })),
  until: 400,
  intervals: [["value", [0, 900]]],
  limit: Number.POSITIVE_INFINITY,
};
const target: PointsTarget = {
  dims: 2,
  positionType: "float64",
  fields: [{ name: "value", dtype: "int32" }, ...Object.values(settlingFields)],
  settling,
};

interface Row {
  readonly x: number;
  readonly y: number;
  readonly value: number;
  readonly fragment: number;
  readonly deleted: bigint;
}

/** Rows of few places, so that most are written again. */
function makeRows(count: number, places: number): Row[] {
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  return Array.from({ length: count }, () => ({
    x: random(places) - 3,
    y: random(places) || -0,
    value: random(1000),
    fragment: random(3),
    deleted: random(20) === 0 ? 350n : neverDeleted,
  }));
}

function partsOf(rows: readonly Row[]): IndexedRows[] {
  return [0, 1, 2].map((fragment) => {
    const own = rows.filter((row) => row.fragment === fragment);
    const { written, fragment: number, deleted } = settlingFields;
    const columns = [
      { name: "value", values: Int32Array.from(own, ({ value }) => value) },
      { name: written.name, values: BigUint64Array.from(own, () => BigInt(100 * (fragment + 1))) },
      { name: number.name, values: Uint32Array.from(own, () => fragment) },
      { name: deleted.name, values: BigUint64Array.from(own, (row) => row.deleted) },
    ];
    return {
      index: fragment,
      rows: {
        kind: "rows",
        rows: own.length,
        positions: Float64Array.from(own.flatMap(({ x, y }) => [x, y])),
        fields: columns.map((column) => ({ ...column, width: 1 })),
      },
    };
  });
}

/** What is left, by the letter: the last row of each place, if it is not deleted and in the range. */
function settleSimply(rows: readonly Row[]): number[][] {
  const last = new Map<string, Row>();
  const inOrder = rows.toSorted((a, b) => a.fragment - b.fragment);
  for (const row of inOrder) last.set(`${row.x} ${row.y + 0}`, row);
  const winners = new Set(last.values());
  return inOrder
    .filter((row) => winners.has(row))
    .filter(({ deleted }) => deleted === neverDeleted)
    .filter(({ fragment, value }) => fragment > 0 || value >= 20 || value === 3 || value === 4)
    .filter(({ fragment, x }) => fragment > 0 || x !== 7)
    .filter(({ value }) => value <= 900)
    .map(({ x, y, value }) => [x, y, value]);
}

const collect = async (
  rows: readonly Row[],
  pool: DecodePool,
  own: Partial<Settling> = {},
): Promise<number[][]> => {
  const { positions, fields, length } = await collectRows(
    { ...target, settling: { ...settling, ...own } },
    partsOf(rows),
    undefined,
    pool,
  );
  expect(Object.keys(fields)).toEqual(["value"]);
  return Array.from({ length }, (_, row) => [
    positions[2 * row] as number,
    positions[2 * row + 1] as number,
    fields.value![row] as number,
  ]);
};

it("rows are settled in a worker as one by one", async () => {
  const { pool, worker } = await started();
  const rows = makeRows(5000, 40);
  const expected = settleSimply(rows);
  expect(expected.length).toBeGreaterThan(300);
  expect(await collect(rows, pool)).toEqual(expected);
  expect(worker.paths).toContain("joinRows");
});

it("and without one, with a limit after all else", async () => {
  const inline = createPool({ workers: 0 });
  const rows = makeRows(5000, 40);
  expect(await collect(rows, inline)).toEqual(settleSimply(rows));
  expect(await collect(rows, inline, { limit: 7 })).toEqual(settleSimply(rows).slice(0, 7));
});

it("what was written or deleted later does not count", async () => {
  const inline = createPool({ workers: 0 });
  const rows = makeRows(3000, 30);
  const earlier = rows
    .filter(({ fragment }) => fragment < 2)
    .map((row) => ({ ...row, deleted: neverDeleted }));
  expect(await collect(rows, inline, { until: 299 })).toEqual(settleSimply(earlier));
});

it("without a worker, this thread goes on with other work in between", async () => {
  const rows = makeRows(300_000, 2000);
  const parts = partsOf(rows);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await collectRows(target, parts, undefined, createPool({ workers: 0 }));
  clearInterval(timer);
  // Hashing so many rows takes a hundred milliseconds and more: some ten slices.
  expect(turns).toBeGreaterThan(4);
});
