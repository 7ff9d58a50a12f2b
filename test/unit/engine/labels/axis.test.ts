/**
 * The axes of results: labels or indices, and no more of them than memory holds.
 */
import { expect, it } from "vitest";
import { isReaderError } from "../../../../src/core/error.js";
import { axisOf } from "../../../../src/engine/labels/axis.js";

const everySecond = { runs: [{ start: 1, count: 2, step: 2, offset: 0 }] };
const level = { name: "level", length: 4, attributes: { units: "m" } };

it("indices where nothing labels the dimension", () => {
  expect(axisOf(level, undefined, everySecond)).toEqual({
    name: "level",
    values: Int32Array.of(1, 3),
    labelled: false,
  });
});

it("labels in their type, with their unit", () => {
  expect(axisOf(level, Float32Array.of(0, 10, 20, 30), everySecond)).toEqual({
    name: "level",
    values: Float32Array.of(10, 30),
    labelled: true,
    unit: "m",
  });
});

it("refuses as many indices as a damaged shape promises", () => {
  const length = 2 ** 45;
  const all = { runs: [{ start: 0, count: length, step: 1, offset: 0 }] };
  const refused = (): unknown => {
    try {
      return axisOf({ ...level, length }, undefined, all);
    } catch (thrown) {
      return thrown;
    }
  };
  expect(isReaderError(refused(), "limit-exceeded")).toBe(true);
});
