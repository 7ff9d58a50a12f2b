/**
 * Every TileDB fixture against what TileDB-Py answered: every query, in each state of an array.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { GridTable } from "../../src/core/table.js";
import { open, slice } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { expectCells, expectRows } from "../support/expect-tiledb.js";
import {
  type Fixture,
  listFixtures,
  type TileDBAnswers,
  type TileDBGridAnswers,
  type TileDBPointAnswers,
} from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

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
