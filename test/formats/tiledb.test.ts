/**
 * Every TileDB fixture against what TileDB-Py answered: every query, in each state of an array.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { Column, PointTable } from "../../src/core/table.js";
import { open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import {
  canonicalOrder,
  type ExpectedTileDBField,
  type ExpectedTileDBQuery,
  type Fixture,
  listFixtures,
  type TileDBAnswers,
  takeRows,
} from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

function expectField(fixture: Fixture, field: ExpectedTileDBField, column: Column, order: Uint32Array): void {
  const width = column.width ?? 1;
  if (!("data" in field)) throw new Error("text fields come later");
  const sorted = takeRows(column as Float64Array, order, width);
  expect(fixture.difference(field.data, sorted)).toBeUndefined();
}

/** Rows of the table in the order of the answers. */
function orderOf(answers: TileDBAnswers, table: PointTable): Uint32Array {
  const keys = answers.sortedBy.flatMap((name) => {
    const column = table.fields[name];
    return column === undefined ? [] : [column as unknown as ArrayLike<number>];
  });
  return canonicalOrder(table.positions as Float64Array, table.dims, keys);
}

function expectRows(fixture: Fixture<TileDBAnswers>, expected: ExpectedTileDBQuery, table: PointTable): void {
  expect(table.length).toBe(expected.rows);
  const order = orderOf(fixture.answers, table);
  const positions = takeRows(table.positions as Float64Array, order, table.dims);
  expect(fixture.difference(expected.positions, positions)).toBeUndefined();
  expect(Object.keys(table.fields)).toEqual(Object.keys(expected.fields));
  for (const [name, field] of Object.entries(expected.fields)) {
    expectField(fixture, field, table.fields[name]!, order);
  }
}

describe.each(listFixtures("tiledb"))("tiledb/$name", (fixture) => {
  const { answers } = fixture;

  it.each(answers.queries.map((item) => [item.name, item] as const))("answers %s", async (_, expected) => {
    const source = await open(fixture.path, { kind: "points", pool });
    expectRows(fixture, expected, await source.query(expected.query));
  });
});
