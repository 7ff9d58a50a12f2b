import { describe, expect, test } from "vitest";
import type { TypedArray } from "../../../../src/core/dtype.js";
import type { JsonObject } from "../../../../src/core/json.js";
import { parseInterval, runsOfRange, runsWithin } from "../../../../src/engine/labels/intervals.js";
import { spatialRole } from "../../../../src/engine/labels/spatial-role.js";
import { parseTimeAxis } from "../../../../src/engine/labels/time-axis.js";
import { unpackLabels } from "../../../../src/engine/packing.js";
import type { Run } from "../../../../src/engine/selection.js";

const expand = (runs: readonly Run[]): number[] =>
  runs.flatMap((run) => Array.from({ length: run.count }, (_, at) => run.start + at * run.step));

describe("closed intervals on labels", () => {
  const inside = (labels: number[], min: number, max: number): number[] =>
    expand(runsWithin(Float64Array.from(labels), [{ min, max }]));

  test("ascending, descending, with both ends inside", () => {
    expect(inside([0, 1, 2, 3], 1, 2)).toEqual([1, 2]);
    expect(inside([3, 2, 1, 0], 1, 2)).toEqual([1, 2]);
    expect(inside([0, 1, 2, 3], 1.1, 1.9)).toEqual([]);
    expect(inside([0, 1, 2, 3], -9, 99)).toEqual([0, 1, 2, 3]);
  });

  test("not monotonic: every hit, in the order of the array, and NaN never", () => {
    expect(inside([350, 10, Number.NaN, 20, 355, 5], 5, 20)).toEqual([1, 3, 5]);
    expect(inside([1, 1, 9, 1], 1, 1)).toEqual([0, 1, 3]);
  });

  test("several bounds: all must hold", () => {
    const runs = runsWithin(Float64Array.of(0, 1, 2, 3, 4), [
      { min: 1, max: 9 },
      { min: -1, max: 3 },
    ]);
    expect(expand(runs)).toEqual([1, 2, 3]);
  });

  test("64-bit labels compare exactly with numbers and BigInts", () => {
    const labels = BigInt64Array.of(2n ** 53n, 2n ** 53n + 1n, 2n ** 53n + 2n);
    expect(expand(runsWithin(labels, [{ min: 2n ** 53n + 1n, max: 2n ** 53n + 1n }]))).toEqual([1]);
    expect(expand(runsWithin(labels, [{ min: 2 ** 53, max: 2 ** 53 }]))).toEqual([0]);
  });

  test("a float32 label is compared as it is, not as the number it came from", () => {
    const labels = Float32Array.of(0.1);
    expect(runsWithin(labels, [{ min: 0, max: 0.1 }])).toEqual([]);
    expect(expand(runsWithin(labels, [{ min: 0.1, max: 1 }]))).toEqual([0]);
  });

  test("indices where there are no labels", () => {
    expect(expand(runsOfRange(5, [{ min: 1.5, max: 3 }]))).toEqual([2, 3]);
    expect(expand(runsOfRange(5, [{ min: -9, max: 0 }]))).toEqual([0]);
    expect(expand(runsOfRange(5, []))).toEqual([0, 1, 2, 3, 4]);
    expect(runsOfRange(5, [{ min: 5, max: 9 }])).toEqual([]);
    expect(runsOfRange(0, [])).toEqual([]);
  });
});

describe("intervals of a query", () => {
  const days = { units: "days since 2020-01-01", calendar: "standard" };
  const ints = BigInt64Array.of(0n, 31n, 59n, 60n);
  const hits = async (
    interval: readonly [never, never],
    attributes: object,
    labels: BigInt64Array | Float64Array,
  ) => expand(runsWithin(labels, [await parseInterval(interval, "time", attributes as never, labels)]));

  test("a date stands for its whole day, a month for all of it, both ends inside", async () => {
    expect(await hits(["2020-02-01", "2020-02-29"] as never, days, ints)).toEqual([1, 2]);
    expect(await hits(["2020-02", "2020-02"] as never, days, ints)).toEqual([1, 2]);
    expect(await hits(["2020", "2020"] as never, days, ints)).toEqual([0, 1, 2, 3]);
    const hours = { units: "hours since 2020-01-01 00:00:00" };
    const sixHourly = Float64Array.of(0, 6, 12, 18, 24);
    expect(await hits(["2020-01-01", "2020-01-01"] as never, hours, sixHourly)).toEqual([0, 1, 2, 3]);
    expect(await hits(["2020-01-01T06:00", "2020-01-01T12:00Z"] as never, hours, sixHourly)).toEqual([1, 2]);
    expect(
      await hits(["2020-01-01T08:00+02:00", "2020-01-01T08:00+02:00"] as never, hours, sixHourly),
    ).toEqual([1]);
  });

  test("Date is a moment", async () => {
    const feb1 = new Date("2020-02-01T00:00:00Z");
    expect(await hits([feb1, feb1] as never, days, ints)).toEqual([1]);
    const noon = new Date("2020-02-01T12:00:00Z");
    expect(await hits([noon, noon] as never, days, ints)).toEqual([]);
  });

  test("labels in fractions of a day hit the moment they stand for", async () => {
    const tenMinutes = Float64Array.from({ length: 145 }, (_, index) => (index * 10) / (24 * 60));
    for (const index of [1, 7, 29, 143]) {
      const at = new Date(Date.UTC(2020, 0, 1) + index * 600_000);
      expect(await hits([at, at] as never, days, tenMinutes)).toEqual([index]);
    }
    expect(await hits(["2020-01-01", "2020-01-01"] as never, days, tenMinutes)).toHaveLength(144);
  });

  test("nanoseconds beyond 2^53 are exact", async () => {
    const ns = 1_600_000_000_123_456_789n;
    const labels = BigInt64Array.of(ns - 1n, ns, ns + 1n);
    const attributes = { units: "nanoseconds since 1970-01-01" };
    expect(
      await hits(
        ["2020-09-13T12:26:40.123456789", "2020-09-13T12:26:40.123456789"] as never,
        attributes,
        labels,
      ),
    ).toEqual([1]);
  });

  test.each([
    [["2020-01-01", "2020-02-01"], {}, "invalid-query"],
    [["soon", "later"], days, "invalid-query"],
    [["2020-02-30", "2020-03-01"], days, "invalid-query"],
    [["2020-03-01", "2020-02-01"], days, "invalid-query"],
    [[2, 1], days, "invalid-query"],
    [[Number.NaN, 1], days, "invalid-query"],
    [["2020", "2021"], { units: "days since 2000-01-01", calendar: "lunar" }, "unsupported"],
    [["2020-02-29", "2021"], { units: "days since 2000-01-01", calendar: "noleap" }, "invalid-query"],
    [["2020", "2021"], { units: "months since 2000-01-01" }, "unsupported"],
    [["2020", "2021"], { units: "days since 0000-01-01" }, "unsupported"],
    [["1582-10-05", "2021"], days, "invalid-query"],
  ])("refuses %j on %j", async (interval, attributes, code) => {
    const parsing = parseInterval(interval as never, "time", attributes as never, undefined);
    await expect(parsing).rejects.toThrow(new RegExp(`^${code}: `));
  });

  test("reference dates in the forms that are in use", () => {
    const epoch = (units: string): number =>
      Number(parseTimeAxis({ units, calendar: "proleptic_gregorian" }, "t")!.epochNs / 1_000_000n);
    expect(epoch("hours since 1800-01-01 00:00:0.0")).toBe(Date.UTC(1800, 0, 1));
    expect(epoch("days since 1-1-1 00:00:00")).toBe(new Date("0001-01-01T00:00:00Z").getTime());
    expect(epoch("seconds since 1970-01-01T00:00:00Z")).toBe(0);
    expect(epoch("minutes since 2000-01-01 12:00:00 UTC")).toBe(Date.UTC(2000, 0, 1, 12));
    expect(epoch("seconds since 1992-10-08 15:15:42.5 -6:00")).toBe(Date.UTC(1992, 9, 8, 21, 15, 42, 500));
    expect(parseTimeAxis({ units: "degrees_north" }, "lat")).toBeUndefined();
  });
});

describe("spatial roles", () => {
  test.each([
    ["lon", {}, "x"],
    ["Latitude", {}, "y"],
    ["depth", {}, "z"],
    ["time", {}, undefined],
    ["i", { standard_name: "projection_x_coordinate" }, "x"],
    ["j", { axis: "Y" }, "y"],
    ["k", { units: "degrees_east" }, "x"],
    ["n", { units: "degree_N" }, "y"],
    ["sigma", { positive: "down" }, "z"],
    ["x", { axis: "T" }, undefined],
    ["x", { units: "degrees_north" }, "y"],
  ])("%s %j is %s", (name, attributes, axis) => {
    expect(spatialRole(name, attributes)?.axis).toBe(axis);
  });

  test("packed labels are unpacked", () => {
    const unpack = (values: Int16Array, attributes: JsonObject): TypedArray =>
      unpackLabels(values, { attributes, dtype: "int16" }, "lat");
    expect([...unpack(Int16Array.of(10, -20), { scale_factor: 0.5, add_offset: 100 })]).toEqual([105, 90]);
    const plain = Int16Array.of(1, 0);
    expect(unpack(plain, { valid_min: 1 })).toBe(plain);
    expect(unpack(plain, { _FillValue: -9 })).toBe(plain);
    expect([...unpack(plain, { _FillValue: 0 })]).toEqual([1, Number.NaN]);
  });
});
