/**
 * Times as TileDB counts them: units since 1970, or since midnight.
 *
 * @module
 */
import type { TileDBType } from "../../codec/tiledb/datatypes.js";
import type { Interval, IntervalEnd, NumberInterval } from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";

/** Counts of a unit in a millisecond, or milliseconds in a unit. */
const perMillisecond: Readonly<Record<string, bigint>> = {
  us: 10n ** 3n,
  ns: 10n ** 6n,
  ps: 10n ** 9n,
  fs: 10n ** 12n,
  as: 10n ** 15n,
};
const milliseconds: Readonly<Record<string, bigint>> = {
  ms: 1n,
  seconds: 1000n,
  minutes: 60_000n,
  hours: 3_600_000n,
  days: 86_400_000n,
  weeks: 604_800_000n,
};

/**
 * A range on a time as counts of its unit. A date is a moment: of units longer than it, those that begin within the range count.
 *
 * @throws ReaderError `invalid-query` when an end is no date or the ends are out of order
 */
export function timeInterval(
  name: string,
  [first, last]: Interval,
  { unit = "ms" }: TileDBType,
): NumberInterval {
  const interval = [countOf(name, first, unit, true), countOf(name, last, unit, false)] as const;
  if (interval[0] <= interval[1] || typeof first !== typeof last) return interval;
  throw new ReaderError("invalid-query", `ranges.${name}: ${String(first)} is later than ${String(last)}.`);
}

function countOf(name: string, end: IntervalEnd, unit: string, isStart: boolean): bigint {
  if (typeof end === "bigint") return end;
  if (typeof end === "number" && Number.isFinite(end))
    return BigInt(isStart ? Math.ceil(end) : Math.floor(end));
  const date = end instanceof Date ? end : new Date(end);
  if (Number.isNaN(date.getTime())) {
    throw new ReaderError(
      "invalid-query",
      `ranges.${name}: "${String(end)}" is no date; give an ISO date, a Date or a count of ${unit}.`,
    );
  }
  const time = BigInt(date.getTime());
  const fine = perMillisecond[unit];
  if (fine !== undefined) return time * fine;
  if (unit === "years" || unit === "months") return calendarCount(date, unit, isStart);
  return divide(time, milliseconds[unit]!, isStart);
}

function divide(time: bigint, size: bigint, roundUp: boolean): bigint {
  const floor = time / size - (time % size < 0n ? 1n : 0n);
  return roundUp && floor * size < time ? floor + 1n : floor;
}

function calendarCount(date: Date, unit: "years" | "months", roundUp: boolean): bigint {
  const years = date.getUTCFullYear() - 1970;
  const whole = unit === "years" ? years : years * 12 + date.getUTCMonth();
  const begins =
    unit === "years"
      ? Date.UTC(1970 + whole, 0)
      : Date.UTC(1970 + Math.floor(whole / 12), ((whole % 12) + 12) % 12);
  return BigInt(roundUp && begins < date.getTime() ? whole + 1 : whole);
}
