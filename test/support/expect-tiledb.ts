/**
 * Compares results with what TileDB-Py answered, to the bit.
 *
 * @module
 */
import { expect } from "vitest";
import { arrayOf, listedType, type TypedArray } from "../../src/core/dtype.js";
import { annotate, type Column, type GridTable, type PointTable } from "../../src/core/table.js";
import {
  canonicalOrder,
  type ExpectedTileDBCells,
  type ExpectedTileDBField,
  type ExpectedTileDBQuery,
  type Fixture,
  takeRows,
  type ValuesReference,
} from "./fixtures.js";

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
export function expectCells(fixture: Fixture, expected: ExpectedTileDBCells, grid: GridTable): void {
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

/** Rows in the order of the answers, field by field. */
export function expectRows(
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
