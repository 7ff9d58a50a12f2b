/**
 * Grids with coordinates of every kind, and grids of several levels, against the answers of the packages that wrote them.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { GridQuery } from "../../src/core/source.js";
import type { GridTable } from "../../src/core/table.js";
import { axisDates } from "../../src/exports/zarr.js";
import { type GridSource, open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import {
  type ExpectedCoordinateQuery as Answer,
  type CoordinateAnswers,
  type Fixture,
  listFixtures,
} from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

async function expectAxes(
  fixture: Fixture<CoordinateAnswers>,
  answer: Answer,
  table: GridTable,
): Promise<void> {
  expect(table.axes.map((axis) => axis.name)).toEqual(answer.axes.map((axis) => axis.name));
  for (const [index, expected] of answer.axes.entries()) {
    const axis = table.axes[index]!;
    expect(axis.labelled, axis.name).toBe(expected.values !== undefined);
    if (expected.values === undefined) continue;
    expect(fixture.difference(expected.values, axis.values), axis.name).toBeUndefined();
    if (expected.unit !== undefined) expect(axis.unit).toBe(expected.unit);
    if (expected.calendar !== undefined) expect(axis.calendar).toBe(expected.calendar);
    if (expected.times === undefined) continue;
    expect(await axisDates(axis)).toEqual(expected.times);
  }
}

function expectPlanes(fixture: Fixture<CoordinateAnswers>, answer: Answer, table: GridTable): void {
  expect(table.mask === undefined).toBe(answer.mask === undefined);
  if (answer.mask === undefined) return;
  const { axes, values } = table.mask!;
  expect(axes.map((axis) => table.shape[axis])).toEqual(answer.mask.shape);
  expect(fixture.difference(answer.mask, values)).toBeUndefined();
  for (const [name, expected] of Object.entries(answer.coordinates ?? {})) {
    const coordinate = table.coordinates?.find((one) => one.name === name);
    expect(coordinate?.axes, name).toEqual(axes);
    expect(fixture.difference(expected, coordinate!.values), name).toBeUndefined();
  }
}

/** The parts of a stream put into one block; cells that no part covers are left out of the comparison. */
async function expectSameStream(source: GridSource, query: GridQuery, table: GridTable): Promise<void> {
  const at = (whole: readonly number[], indices: readonly number[]): number =>
    indices.reduce((flat, index, axis) => flat * whole[axis]! + index, 0);
  for await (const part of source.stream(query)) {
    const { offset = [] } = part;
    for (let flat = 0; flat < part.data.length; flat++) {
      const indices = part.shape.map((length, axis) => Math.floor(flat / part.stride[axis]!) % length);
      const places = indices.map((index, axis) => index + offset[axis]!);
      expect(part.data[flat]).toEqual(table.data[at(table.shape, places)]);
      if (part.mask === undefined) continue;
      const { axes, values } = part.mask;
      const [own, whole] = [indices, places].map((list) => axes.map((axis) => list[axis]!));
      const cell =
        values[
          at(
            axes.map((axis) => part.shape[axis]!),
            own!,
          )
        ];
      expect(cell).toBe(
        table.mask!.values[
          at(
            axes.map((axis) => table.shape[axis]!),
            whole!,
          )
        ],
      );
    }
  }
}

describe.each(listFixtures("grids").map((fixture) => [fixture.name, fixture] as const))(
  "%s",
  (_, fixture) => {
    const { answers } = fixture;

    it.each(Object.entries(answers.sources))("describes %s", async (name, expected) => {
      const { info } = (await open(fixture.path, { pool })).grid(name);
      const { levels, units, ...rest } = expected;
      expect(info).toMatchObject(rest);
      if (units !== undefined) expect(info.units?.map((unit) => unit ?? null)).toEqual(units);
      levels?.forEach((level, index) => {
        const { resolution, ...told } = level;
        expect(info.levels[index]).toMatchObject(told);
        if (resolution === undefined) return;
        expect(info.levels[index]!.resolution?.map((step) => step ?? null)).toEqual(resolution);
      });
      if (levels !== undefined) expect(info.levels).toHaveLength(levels.length);
    });

    it.each(answers.queries.map((answer) => [answer.name, answer] as const))("%s", async (_, answer) => {
      const source = (await open(fixture.path, { pool })).grid(answer.source);
      const query = answer.query as GridQuery;
      const table = await source.query(query);
      expect(table.shape).toEqual(answer.data.shape);
      expect(table.dtype).toBe(answer.data.dtype);
      expect(fixture.difference(answer.data, table.data as ArrayBufferView)).toBeUndefined();
      await expectAxes(fixture, answer, table);
      expectPlanes(fixture, answer, table);
      await expectSameStream(source, query, table);
    });
  },
);
