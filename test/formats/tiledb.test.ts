/**
 * Every TileDB fixture against what TileDB-Py answered: every query, in each state of an array.
 */
import { afterAll, describe, expect, it } from "vitest";
import { arrayOf, listedType, type TypedArray } from "../../src/core/dtype.js";
import { annotate, type Column, type GridTable, type PointTable } from "../../src/core/table.js";
import { open, slice } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import {
  canonicalOrder,
  type ExpectedTileDBCells,
  type ExpectedTileDBField,
  type ExpectedTileDBQuery,
  type Fixture,
  listFixtures,
  type TileDBAnswers,
  type TileDBGridAnswers,
  type TileDBPointAnswers,
  takeRows,
  type ValuesReference,
} from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

function expectField(fixture: Fixture, field: ExpectedTileDBField, column: Column, order: Uint32Array): void {
  if ("lengths" in field) {
    const items = Array.from(order, (row) => itemAt(column, row));
    const lengths = Int32Array.from(items, (item) => item?.length ?? -1);
    expect(fixture.difference(field.lengths, lengths)).toBeUndefined();
    const there = items.filter((item) => item !== undefined);
    const listed = listedType(field.dtype);
    if (listed !== undefined) expect(there.every((item) => item.constructor === arrayOf(listed))).toBe(true);
    expect(fixture.difference(field.items, Buffer.concat(there.map(bytesOf)))).toBeUndefined();
  } else if ("codes" in field) {
    const codes = new Map(field.categories.map((name, code) => [name, code]));
    const found = Int32Array.from(order, (row) => {
      const text = textAt(column, row);
      return text === undefined ? -1 : (codes.get(text) ?? -2);
    });
    expect(fixture.difference(field.codes, found)).toBeUndefined();
  } else {
    const width = column.width ?? 1;
    const validity = column.validity ?? new Uint8Array(order.length).fill(1);
    if (field.validity === undefined) expect(column.validity).toBeUndefined();
    else expect(fixture.difference(field.validity, takeRows(validity, order))).toBeUndefined();
    // What lies under a null is nobody's business.
    const values = takeRows(column as Int32Array, order, width);
    order.forEach((row, index) => {
      if (validity[row] === 0) values.fill(0, index * width, (index + 1) * width);
    });
    expect(fixture.difference(field.data, values)).toBeUndefined();
  }
}

/** Cells of a grid in C order, as if they were rows. */
function expectCells(fixture: Fixture, expected: ExpectedTileDBCells, grid: GridTable): void {
  const { data, shape, validity, categories } = grid;
  expect(shape).toEqual(expected.shape);
  const column = annotate(data as TypedArray, {
    ...(validity === undefined ? {} : { validity }),
    ...(categories === undefined ? {} : { categories }),
  });
  const order = Uint32Array.from({ length: data.length }, (_, cell) => cell);
  if ("codes" in expected || "lengths" in expected) expectField(fixture, expected, column, order);
  else expectField(fixture, { dtype: expected.dtype, data: expected, ...flagsOf(expected) }, column, order);
}

function flagsOf({ validity }: { validity?: ValuesReference }): { validity?: ValuesReference } {
  return validity === undefined ? {} : { validity };
}

function isNull(column: Column, row: number): boolean {
  return column.validity?.[row] === 0;
}

function itemAt(column: Column, row: number): TypedArray | undefined {
  return isNull(column, row) ? undefined : (column[row] as unknown as TypedArray);
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function textAt(column: Column, row: number): string | undefined {
  if (isNull(column, row)) return undefined;
  const item = column[row] as unknown;
  if (item instanceof Uint8Array) return Buffer.from(item).toString();
  return typeof item === "number" ? column.categories?.[item] : String(item);
}

/** Rows of the table in the order of the answers. */
function orderOf(sortedBy: readonly string[], table: PointTable): Uint32Array {
  const keys = sortedBy.flatMap((name) => {
    const column = table.fields[name];
    return column === undefined ? [] : [column as unknown as ArrayLike<number>];
  });
  return canonicalOrder(table.positions as Float64Array, table.dims, keys);
}

function expectRows(
  fixture: Fixture,
  expected: ExpectedTileDBQuery,
  sortedBy: readonly string[],
  table: PointTable,
): void {
  expect(table.length).toBe(expected.rows);
  const order = orderOf(sortedBy, table);
  const positions = takeRows(table.positions as Float64Array, order, table.dims);
  expect(fixture.difference(expected.positions, positions)).toBeUndefined();
  expect(Object.keys(table.fields)).toEqual(Object.keys(expected.fields));
  for (const [name, field] of Object.entries(expected.fields)) {
    expectField(fixture, field, table.fields[name]!, order);
  }
}

const demo = listFixtures("demo").filter(({ answers }) => answers.format === "tiledb");
const fixtures = [...listFixtures("tiledb"), ...(demo as Fixture<TileDBAnswers>[])];

describe.each(fixtures.filter(({ answers }) => answers.kind === "points"))("tiledb/$name", (fixture) => {
  const answers = fixture.answers as TileDBPointAnswers;

  it.each(answers.queries.map((item) => [item.name, item] as const))("answers %s", async (_, expected) => {
    const source = await open(fixture.path, { kind: "points", pool });
    expectRows(fixture, expected, answers.sortedBy, await source.query(expected.query));
  });
});

describe.each(fixtures.filter(({ answers }) => answers.kind === "grid"))("tiledb/$name", (fixture) => {
  const { queries } = fixture.answers as TileDBGridAnswers;

  it.each(queries.map((item) => [item.name, item] as const))("answers %s", async (_, { query, arrays }) => {
    const dataset = await open(fixture.path, { pool });
    for (const [name, expected] of Object.entries(arrays)) {
      const grid = await dataset.grid(name === "" ? "values" : name).query(query);
      expectCells(fixture, expected, grid);
    }
  });

  it("streams what it answers", async () => {
    const dataset = await open(fixture.path, { pool });
    for (const [name] of dataset.sources) {
      const grid = dataset.grid(name);
      const { data, validity, shape, stride } = await grid.query();
      for await (const part of grid.stream()) {
        let checked = 0;
        walkCells(part.shape, (cell, at) => {
          const place = at.reduce(
            (sum, index, axis) => sum + (index + part.offset![axis]!) * stride[axis]!,
            0,
          );
          const isThere = validity?.[place] !== 0;
          expect(part.validity?.[cell] !== 0).toBe(isThere);
          if (isThere) expect(part.data[cell]).toEqual(data[place]);
          checked++;
        });
        expect(checked).toBe(part.data.length);
        expect(part.shape.length).toBe(shape.length);
      }
    }
  });

  it("reads by index, backwards and in steps", async () => {
    const dataset = await open(fixture.path, { pool });
    const grid = dataset.grid([...dataset.sources.keys()][0]);
    const whole = await grid.query();
    const every = grid.info.shape!.map(() => slice(undefined, undefined, -3));
    const stepped = await grid.read(grid.info.dimensions.at(-1) === "value" ? every.slice(0, -1) : every);
    expect(Array.from(stepped.data as Int32Array)).toEqual(pick(whole, stepped.shape));
  });
});

/** Calls back for each cell in C order, with its index along each axis. */
function walkCells(shape: readonly number[], visit: (cell: number, at: readonly number[]) => void): void {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const at = shape.map(() => 0);
  for (let cell = 0; cell < count; cell++) {
    visit(cell, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++at[axis]! < shape[axis]!) break;
      at[axis] = 0;
    }
  }
}

/** Every third cell from the end along each axis that the result has fewer cells of. */
function pick({ data, shape, stride }: GridTable, wanted: readonly number[]): number[] {
  const found: number[] = [];
  const walk = (axis: number, at: number): void => {
    if (axis === shape.length) {
      found.push((data as Int32Array)[at]!);
      return;
    }
    const isWhole = wanted[axis] === shape[axis];
    for (let i = 0; i < wanted[axis]!; i++) {
      walk(axis + 1, at + (isWhole ? i : shape[axis]! - 1 - 3 * i) * stride[axis]!);
    }
  };
  walk(0, 0);
  return found;
}
