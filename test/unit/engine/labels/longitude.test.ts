import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLongitude, pickLongitudes } from "../../../../src/engine/labels/longitude.js";
import { indicesOfRuns } from "../../../../src/engine/selection.js";

function pick(labels: readonly number[], west: number, east: number): { indices: number[]; told: number[] } {
  const { runs, shifts } = pickLongitudes(Float64Array.from(labels), [{ min: west, max: east }]);
  const indices = indicesOfRuns(runs);
  return { indices, told: indices.map((index, at) => labels[index]! + (shifts?.[at] ?? 0)) };
}

const eastward = Array.from({ length: 36 }, (_, at) => at * 10);
const around = Array.from({ length: 36 }, (_, at) => at * 10 - 180);

describe("longitudes", () => {
  test("a box across the prime meridian of a grid from 0 to 360, told without a jump", () => {
    expect(pick(eastward, -20, 20).told).toEqual([-20, -10, 0, 10, 20]);
    expect(pick(eastward, -20, 20).indices).toEqual([34, 35, 0, 1, 2]);
  });

  test("a box across the antimeridian, in each of the ways to write it", () => {
    expect(pick(around, 160, -160).told).toEqual([160, 170, 180, 190, 200]);
    expect(pick(around, 160, 200).told).toEqual([160, 170, 180, 190, 200]);
    expect(pick(around, -200, -160).told).toEqual([-200, -190, -180, -170, -160]);
    expect(pick(around, 160, 200).indices).toEqual([34, 35, 0, 1, 2]);
  });

  test("labels that fall keep falling", () => {
    expect(pick([...around].reverse(), 160, -160).told).toEqual([200, 190, 180, 170, 160]);
  });

  test("the whole globe is each cell once, as it is stored where that is inside", () => {
    expect(pick(eastward, 0, 360)).toEqual({ indices: eastward.map((_, at) => at), told: eastward });
    expect(pick(eastward, -180, 180).told).toEqual(around.map((label) => label + 10));
    expect(pick(around, -720, 720).told).toEqual(around);
  });

  test("labels in no order keep theirs", () => {
    expect(pick([350, 0, 340, 10, 355, 20], -20, 10).indices).toEqual([0, 1, 2, 3, 4]);
  });

  test("equals the plain rule: some number of turns brings the label into the box", () => {
    const grids = fc.record({
      start: fc.integer({ min: -400, max: 400 }),
      step: fc.constantFrom(-7, -2.5, 1, 3.75, 10),
      count: fc.integer({ min: 0, max: 36 }),
    });
    const bound = fc.integer({ min: -1000, max: 1000 }).map((half) => half / 2);
    fc.assert(
      fc.property(grids, bound, bound, ({ start, step, count }, west, other) => {
        const labels = Array.from({ length: count }, (_, at) => start + at * step);
        const east = other < west ? other + 360 : other;
        const turns = Array.from({ length: 21 }, (_, at) => at - 10);
        const isIn = (label: number): boolean =>
          turns.some((turn) => label + turn * 360 >= west && label + turn * 360 <= east);
        const { indices, told } = pick(labels, west, other);
        expect([...indices].sort((a, b) => a - b)).toEqual(
          labels.flatMap((label, at) => (isIn(label) ? [at] : [])),
        );
        for (const [at, label] of told.entries()) {
          if (east >= west) expect(label >= west && label <= east).toBe(true);
          if (at > 0) expect(Math.sign(label - told[at - 1]!)).toBe(Math.sign(step));
        }
      }),
    );
  });

  test.each([
    ["lon", {}, true],
    ["lon", { units: "m" }, false],
    ["x", { units: "degrees_east" }, true],
    ["rlon", { standard_name: "grid_longitude", units: "degrees" }, false],
    ["x", { standard_name: "projection_x_coordinate" }, false],
    ["i", { standard_name: "longitude", units: "degrees" }, true],
  ])("%s %j: %s", (name, attributes, expected) => {
    expect(isLongitude(name, attributes)).toBe(expected);
  });
});
