/**
 * Packed and incomplete data of ATLAS stores against what xarray decodes of what the packages read.
 */
import { afterAll, describe, expect, it } from "vitest";
import { isReaderError } from "../../src/core/error.js";
import type { GridTable } from "../../src/core/table.js";
import { open, slice } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { listFixtures } from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const fixtures = listFixtures("atlas-packed");
const written = fixtures.filter(({ name }) => name.endsWith("-packed"));
const mixed = fixtures.find(({ name }) => name === "atlas14-mixed")!;

/** The cells of a box of a table of two axes. */
function cut({ data, stride }: GridTable, rows: readonly number[], columns: readonly number[]): unknown[] {
  const values = data as Float64Array;
  return rows.flatMap((row) => columns.map((column) => values[row * stride[0]! + column * stride[1]!]));
}

describe.each(written)("$name", (fixture) => {
  it.each(Object.keys(fixture.answers.datasets))("%s", async (name) => {
    const dataset = await open(fixture.path, { pool });
    for (const [array, { stored, decoded }] of Object.entries(fixture.answers.datasets[name]!)) {
      const grid = dataset.grid(`${name}/${array}`);
      const [raw, table] = [await grid.query(), await grid.query({ decode: "cf" })];
      expect(fixture.difference(stored, raw.data as Int32Array), `${array} as stored`).toBeUndefined();
      expect(table.dtype, array).toBe(decoded.dtype);
      expect(fixture.difference(decoded, table.data as Float64Array), array).toBeUndefined();
      if (decoded.shape.length < 2) continue;
      const part = await grid.read([slice(5, 0, -2), slice(1, 6)], { decode: "cf" });
      expect(part.dtype, array).toBe(decoded.dtype);
      expect([...(part.data as Float64Array)], array).toEqual(cut(table, [5, 3, 1], [1, 2, 3, 4, 5]));
    }
  });
});

it.each(written)("$name: a box lies on coordinates as they are unpacked", async (fixture) => {
  const grid = (await open(fixture.path, { pool })).grid("made/scale");
  const { axes } = await grid.query({ bbox: [11, 10, 13, 20] });
  expect(axes.map(({ values }) => [...values])).toEqual([
    [20, 15, 10],
    [11, 12, 13],
  ]);
  // The fill value of a coordinate may be a label.
  expect([...(await grid.axes())[1]!.values]).toEqual([10, 11, 12, 13, 14, 15, 16]);
});

it("refuses what files do not tell, by its name, and decodes the rest", async () => {
  const dataset = await open(mixed.path, { pool });
  const answers: string[] = [];
  for (const [name, { v }] of Object.entries(mixed.answers.datasets)) {
    const grid = dataset.grid(`${name}/v`);
    expect(mixed.difference(v!.stored, (await grid.query()).data as Int16Array)).toBeUndefined();
    const answer = await grid.query({ decode: "cf" }).catch((thrown: unknown) => thrown);
    if (isReaderError(answer, "unsupported")) answers.push(answer.message);
    else expect(mixed.difference(v!.decoded, (answer as GridTable).data as Float64Array)).toBeUndefined();
  }
  expect(answers).toContainEqual(expect.stringContaining("a/v cannot be decoded"));
  expect(answers.every((message) => message.includes("scale_factor"))).toBe(true);
});

it("refuses another way to decode", async () => {
  const grid = (await open(mixed.path, { pool })).grid("a/v");
  const queries = [grid.query({ decode: "netcdf" as "cf" }), grid.read([0], { decode: true as never })];
  for (const query of queries) {
    const thrown = await query.catch((error: unknown) => error);
    expect(isReaderError(thrown, "invalid-query") && thrown.message).toContain('"cf"');
  }
});
