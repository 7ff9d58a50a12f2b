import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indicesOfRuns, runsOfIndices } from "../../../../src/engine/selection.js";
import { narrowPicks } from "../../../../src/format/zarr/auxiliary-query.js";
import type { Auxiliary } from "../../../../src/format/zarr/coordinates.js";
import { thrownBy } from "./support.js";

const auxiliary = (name: string, axes: Auxiliary["axes"], shape: readonly number[]): Auxiliary => ({
  name,
  axes,
  shape,
  attributes: {},
});

describe("coordinates along two dimensions", () => {
  const cases = fc
    .record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 6 }) })
    .chain(({ rows, columns }) =>
      fc.record({
        rows: fc.constant(rows),
        columns: fc.constant(columns),
        a: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: rows * columns, maxLength: rows * columns }),
        b: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: rows * columns, maxLength: rows * columns }),
        isTurned: fc.boolean(),
        keptRows: fc.subarray(Array.from({ length: rows }, (_, at) => at)),
        keptColumns: fc.shuffledSubarray(Array.from({ length: columns }, (_, at) => at)),
        low: fc.integer({ min: 0, max: 9 }),
        high: fc.integer({ min: 0, max: 9 }),
      }),
    );

  test("the window holds every cell inside, its edges touch one, and the mask is the rule", () => {
    fc.assert(
      fc.property(cases, ({ rows, columns, a, b, isTurned, keptRows, keptColumns, low, high }) => {
        const label = (list: readonly number[], row: number, column: number): number =>
          list[row * columns + column]!;
        const isInside = (row: number, column: number): boolean =>
          label(a, row, column) >= low && label(b, row, column) <= high;
        // The second coordinate may be stored with its axes the other way round.
        const turned = Float64Array.from(a, (_, at) => label(b, at % rows, Math.floor(at / rows)));
        const second = isTurned
          ? auxiliary("b", [2, 1], [columns, rows])
          : auxiliary("b", [1, 2], [rows, columns]);
        const { picks, mask, coordinates } = narrowPicks(
          [
            { runs: runsOfIndices([0]) },
            { runs: runsOfIndices(keptRows) },
            { runs: runsOfIndices(keptColumns) },
          ],
          [
            {
              auxiliary: auxiliary("a", [1, 2], [rows, columns]),
              labels: Int32Array.from(a),
              bounds: [{ min: low, max: Number.POSITIVE_INFINITY }],
            },
            {
              auxiliary: second,
              labels: isTurned ? turned : Float64Array.from(b),
              bounds: [{ min: Number.NEGATIVE_INFINITY, max: high }],
            },
          ],
        );
        const taken = picks.map((pick) => indicesOfRuns(pick.runs));
        const [, ys, xs] = taken as [number[], number[], number[]];
        const count = (list: readonly number[], others: readonly number[]): number =>
          list.flatMap((row) => others.filter((column) => isInside(row, column))).length;
        expect(count(ys, xs)).toBe(count(keptRows, keptColumns));
        expect([...mask!.values]).toEqual(
          ys.flatMap((row) => xs.map((column) => Number(isInside(row, column)))),
        );
        expect([...coordinates![1]!.values]).toEqual(
          ys.flatMap((row) => xs.map((column) => label(b, row, column))),
        );
        if (ys.length > 0) {
          for (const row of [ys[0]!, ys.at(-1)!])
            expect(xs.some((column) => isInside(row, column))).toBe(true);
          for (const column of [xs[0]!, xs.at(-1)!])
            expect(ys.some((row) => isInside(row, column))).toBe(true);
        }
        expect(keptRows.join()).toContain(ys.join());
        expect(keptColumns.join()).toContain(xs.join());
      }),
      { numRuns: 300 },
    );
  });

  test("along one dimension they choose cells, and there is no mask", () => {
    const { picks, mask } = narrowPicks(
      [{ runs: runsOfIndices([0, 1, 2, 3]), shifts: Float64Array.of(0, 0, 360, 360) }],
      [
        {
          auxiliary: auxiliary("height", [0], [4]),
          labels: Float64Array.of(5, 1, 7, 5),
          bounds: [{ min: 5, max: 6 }],
        },
      ],
    );
    expect(mask).toBeUndefined();
    expect(indicesOfRuns(picks[0]!.runs)).toEqual([0, 3]);
    expect([...picks[0]!.shifts!]).toEqual([0, 360]);
  });

  test("two different pairs of dimensions at once are refused by name", async () => {
    const all = [0, 1, 2].map(() => ({ runs: runsOfIndices([0]) }));
    const ask = (name: string, axes: Auxiliary["axes"]) => ({
      auxiliary: auxiliary(name, axes, [1, 1]),
      labels: Float64Array.of(1),
      bounds: [{ min: 0, max: 2 }],
    });
    const error = await thrownBy(() => narrowPicks(all, [ask("lon", [0, 1]), ask("lat", [1, 2])]));
    expect(error.code).toBe("unsupported");
    expect(error.message).toMatch(/"lon".*"lat"/);
  });
});
