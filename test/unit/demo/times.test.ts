/**
 * Times of the demo's table as dates.
 */
import { expect, it } from "vitest";
import { dateReader, dateWriter } from "../../../demo/times.js";

it.each([
  ["nanoseconds since 1970-01-01T00:00:00Z", 1_393_675_200_000_000_000n, "2014-03-01T12:00:00Z"],
  ["nanoseconds since 1970-01-01T00:00:00Z", -1n, "1969-12-31T23:59:59.999999999Z"],
  ["nanoseconds since 1970-01-01T00:00:00Z", -(2n ** 63n), ""],
  ["days since 1950-01-01", 23_435.5, "2014-03-01T12:00:00Z"],
  ["hours since 1800-01-01 00:00:0.0", 24, "1800-01-02T00:00:00Z"],
  ["seconds since 1970-1-1 6:00:00 UTC", 0.25, "1970-01-01T06:00:00.25Z"],
  ["day since 2000-01-01", Number.NaN, ""],
  // Before the calendar began, and beyond what a date can be: as it is stored.
  ["days since 1600-01-01", -10_000, "-10000"],
  ["days since 2000-01-01", 1e9, "1000000000"],
])("%s: %s is %s", (unit, value, text) => {
  expect(dateWriter(unit)!(value)).toBe(text);
});

it.each([
  [undefined],
  ["degrees_east"],
  ["months since 2000-01-01"],
  ["days since 0001-01-01"],
  ["days since the flood"],
  ["days since 2000-02-31"],
  ["seconds since 1970-01-01 00:00:00 +02:00"],
])("%s tells of no date", (unit) => {
  expect(dateWriter(unit)).toBeUndefined();
});

it.each([
  ["nanoseconds since 1970-01-01T00:00:00Z", "2014-03-01T12:00:00Z", 1.3936752e18],
  ["days since 1950-01-01", "2014-03-01 12:00", 23_435.5],
  ["days since 1950-01-01", "1950-01-02", 1],
  ["seconds since 1970-1-1 6:00:00 UTC", "1970-01-01T06:00:00.25", 0.25],
  ["days since 1950-01-01", "soon", Number.NaN],
  ["days since 1950-01-01", "12", Number.NaN],
  ["days since 1950-01-01", "2014-02-31", Number.NaN],
])("%s: %s is read as %s", (unit, text, value) => {
  expect(dateReader(unit)!(text)).toBe(value);
});

it("days of other calendars are left as they are", () => {
  expect(dateWriter("days since 2000-01-01", "noleap")).toBeUndefined();
});
