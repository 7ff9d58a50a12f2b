/**
 * Rows joined in a worker against rows joined here.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import type { TypedArray } from "../../../src/core/dtype.js";
import { isReaderError } from "../../../src/core/error.js";
import type { PointsTarget } from "../../../src/core/source.js";
import type { PointTable } from "../../../src/core/table.js";
import { collectRows, type IndexedRows } from "../../../src/engine/collect.js";
import { createPool, type DecodePool } from "../../../src/worker/pool.js";
import type { RowsResult } from "../../../src/worker/protocol.js";
import { type StartedPool, startedPool } from "../../support/loopback-worker.js";

const target: PointsTarget = {
  dims: 2,
  positionType: "float64",
  fields: [
    { name: "id", dtype: "int64", unit: "1" },
    { name: "class", dtype: "uint8", width: 3, categories: ["a", "b"] },
    { name: "seldom", dtype: "float32" },
  ],
};

const pools: DecodePool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
});

async function started(): Promise<StartedPool> {
  const one = await startedPool();
  pools.push(one.pool);
  return one;
}

/** Rows that tell where they come from; every third part has no value of one field. */
function rowsOf(index: number, rows: number): RowsResult {
  const seldom =
    index % 3 === 0
      ? { values: new Float32Array(rows * 2), validity: new Uint8Array(rows) }
      : { values: new Float32Array(rows * 2).fill(index) };
  return {
    kind: "rows",
    rows,
    positions: Float64Array.from({ length: rows * 2 }, (_, i) => index * 1e6 + i),
    fields: [
      {
        name: "id",
        values: BigInt64Array.from({ length: rows }, (_, i) => BigInt(index * rows + i)),
        width: 1,
      },
      { name: "class", values: new Uint8Array(rows * 3).fill(index), width: 3 },
      { name: "seldom", width: 2, ...seldom },
    ],
  };
}

/** Out of order, as they land. */
const parts = (count: number, rows: number): IndexedRows[] =>
  Array.from({ length: count }, (_, i) => (i * 7) % count).map((index) => ({
    index,
    rows: rowsOf(index, rows),
  }));

/** A digest of each column of a table, as large arrays are slow to compare. */
const digests = ({ positions, fields }: PointTable): string[] =>
  [
    positions,
    ...Object.values(fields).flatMap((field) => [field as TypedArray, field.validity ?? []].flat()),
  ].map((array) =>
    createHash("sha256")
      .update(array as TypedArray)
      .digest("hex"),
  );

it("many rows are the same from a worker, and were given away", async () => {
  const { pool, worker } = await started();
  const given = parts(11, 20_000);
  const there = await collectRows(target, given, undefined, pool);
  const here = await collectRows(target, parts(11, 20_000), undefined, createPool({ workers: 0 }));
  expect(digests(there)).toEqual(digests(here));
  expect(Object.keys(there.fields)).toEqual(["id", "class", "seldom"]);
  expect(there.fields.class).toMatchObject({ width: 3, categories: ["a", "b"] });
  expect(there.length).toBe(220_000);
  expect(there.positions[2 * 20_000]).toBe(1e6);
  expect([...there.fields.seldom!.validity!.subarray(19_999, 20_001)]).toEqual([0, 1]);
  expect(given[0]!.rows.positions.length).toBe(0);
  expect(worker.paths).toContain("joinRows");
});

it("a limit cuts the last parts", async () => {
  const { pool } = await started();
  const limited = await collectRows(target, parts(11, 20_000), 20_010, pool);
  expect(limited.length).toBe(20_010);
  expect(limited.positions.at(-1)).toBe(1e6 + 19);
  expect(limited.fields.class!.length).toBe(3 * 20_010);
});

it("few rows, and a single part, stay here", async () => {
  const { pool, worker } = await started();
  const before = worker.sent.length;
  expect((await collectRows(target, parts(11, 100), undefined, pool)).length).toBe(1100);
  const single = parts(1, 200_000);
  expect((await collectRows(target, single, undefined, pool)).positions).toBe(single[0]!.rows.positions);
  expect(worker.sent).toHaveLength(before);
});

it("parts that do not fit together are refused as they are here", async () => {
  const { pool } = await started();
  const odd = parts(11, 20_000);
  const { rows } = odd[4]!;
  const fields = rows.fields.map((field) => (field.name === "class" ? { ...field, width: 4 } : field));
  const broken = odd.with(4, { ...odd[4]!, rows: { ...rows, fields } });
  await expect(collectRows(target, broken, undefined, pool)).rejects.toMatchObject({
    code: "corrupt",
    message: expect.stringContaining("Field class has 4 numbers per row"),
  });
});

it("a worker that dies with them ends the query with a typed error", async () => {
  const { pool, worker } = await started();
  const post = worker.postMessage.bind(worker);
  worker.postMessage = (message, transfer) => {
    post(message, transfer);
    worker.crash();
  };
  const joining = collectRows(target, parts(11, 20_000), undefined, pool).catch((thrown: unknown) => thrown);
  expect(isReaderError(await joining, "codec-failed")).toBe(true);
});
