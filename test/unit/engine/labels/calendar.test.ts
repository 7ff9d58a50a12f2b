import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Calendar, dateOfDay, dayOfDate, findCalendar } from "../../../../src/engine/labels/calendar.js";

const calendars = ["standard", "proleptic_gregorian", "julian", "noleap", "all_leap", "360_day"] as const;

describe("calendars", () => {
  test.each(calendars)("%s: days are one after another, and each has one date", (calendar) => {
    fc.assert(
      fc.property(fc.integer({ min: -900_000, max: 900_000 }), (day) => {
        const date = dateOfDay(calendar, day);
        expect(dayOfDate(calendar, date)).toBe(day);
        const next = dateOfDay(calendar, day + 1);
        const isNextDay = next.year === date.year && next.month === date.month && next.day === date.day + 1;
        const isReform = calendar === "standard" && date.year === 1582 && date.day === 4 && next.day === 15;
        expect(isNextDay || isReform || next.day === 1).toBe(true);
      }),
    );
  });

  test("the proleptic Gregorian one is that of Date", () => {
    fc.assert(
      fc.property(fc.integer({ min: -700_000, max: 2_000_000 }), (day) => {
        const { year, month, day: ofMonth } = dateOfDay("proleptic_gregorian", day);
        const date = new Date(day * 86_400_000);
        expect([year, month, ofMonth]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ]);
      }),
    );
  });

  test.each<[Calendar, number, number, number, number | undefined]>([
    ["standard", 1582, 10, 4, -141_428],
    ["standard", 1582, 10, 15, -141_427],
    ["standard", 1582, 10, 10, undefined],
    ["standard", 1500, 2, 29, -171_596],
    ["standard", 1900, 2, 29, undefined],
    ["julian", 1900, 2, 29, -25_496],
    ["noleap", 2000, 2, 29, undefined],
    ["all_leap", 2001, 2, 29, 31 * 366 + 59],
    ["360_day", 2001, 2, 30, 31 * 360 + 59],
    ["360_day", 2001, 2, 31, undefined],
    ["noleap", 2001, 13, 1, undefined],
  ])("%s %i-%i-%i", (calendar, year, month, day, days) => {
    expect(dayOfDate(calendar, { year, month, day })).toBe(days);
  });

  test("names of CF, whatever their case", () => {
    expect(["Gregorian", "365_DAY", "366_day", "none"].map(findCalendar)).toEqual([
      "standard",
      "noleap",
      "all_leap",
      undefined,
    ]);
  });
});
