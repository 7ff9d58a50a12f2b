/**
 * Dates on time axes: CF units such as "hours since 1800-01-01", what an ISO string or a `Date` is in them, and which
 * dates their numbers stand for. CF conventions 1.11 §4.4 "Time coordinate".
 *
 * @module
 */
import type { Interval, IntervalEnd } from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import { type Bounds, checkNumber, isNumeric } from "./bounds.js";
import { type Calendar, dateOfDay, dayOfDate, daysInMonth, findCalendar, isOfThisWorld } from "./calendar.js";

/** A time axis: nanoseconds per unit, and the moment of its zero in nanoseconds since 1970 in its calendar. */
export interface TimeAxis {
  readonly unitNs: bigint;
  readonly epochNs: bigint;
  readonly calendar: Calendar;
}

/** The time a query's end stands for: one moment, or the last one before `beforeNs`. */
export interface TimeSpan {
  readonly fromNs: bigint;
  /** Exclusive; equals `fromNs + 1n` for a moment. */
  readonly beforeNs: bigint;
}

const nsPerDay = 86_400_000_000_000n;
const nsPerMs = 1_000_000n;

const units: readonly (readonly [RegExp, bigint, Calendar?])[] = [
  [/^(nanoseconds?|nanosecs?|ns)$/, 1n],
  [/^(microseconds?|microsecs?|us|µs)$/, 1_000n],
  [/^(milliseconds?|millisecs?|msecs?|ms)$/, 1_000_000n],
  [/^(seconds?|secs?|s)$/, 1_000_000_000n],
  [/^(minutes?|mins?)$/, 60_000_000_000n],
  [/^(hours?|hrs?|h)$/, 3_600_000_000_000n],
  [/^(days?|d)$/, nsPerDay],
  // Of one length in these calendars only.
  [/^months?$/, 30n * nsPerDay, "360_day"],
  [/^common_years?$/, 365n * nsPerDay, "noleap"],
];

/**
 * Reads the units of a time coordinate.
 *
 * @returns `undefined` when the attributes describe no time axis
 * @throws ReaderError `unsupported` for a time axis whose calendar or unit cannot be converted exactly
 */
export function parseTimeAxis(attributes: JsonObject, name: string): TimeAxis | undefined {
  if (typeof attributes.units !== "string") return undefined;
  const match = /^\s*(\S+)\s+since\s+(.+?)\s*$/i.exec(attributes.units);
  if (match === null) return undefined;
  const calendarName = typeof attributes.calendar === "string" ? attributes.calendar : "standard";
  const calendar = findCalendar(calendarName);
  const unit = units.find(
    ([pattern, , only]) => pattern.test(match[1]!.toLowerCase()) && (only === undefined || only === calendar),
  );
  const epoch = calendar === undefined ? undefined : parseMoment(match[2]!, calendar);
  if (calendar === undefined || unit === undefined || epoch === undefined) {
    throw new ReaderError(
      "unsupported",
      `Dates on "${name}" cannot be converted: units "${attributes.units}", calendar "${calendarName}".`,
      { hint: "Give the interval as numbers in these units." },
    );
  }
  return { unitNs: unit[1], epochNs: epoch.fromNs, calendar };
}

/**
 * The time that a `Date` or an ISO 8601 string stands for; a year, month or day stands for all of it, as in xarray.
 *
 * Without an offset the time is UTC. A string names a date of the axis' calendar. A `Date` is an instant; in calendars
 * that are not of this world it stands for the date that it shows in UTC.
 *
 * @throws ReaderError `invalid-query` when it is neither, or no date of the calendar
 */
export function parseQueryTime(value: string | Date, name: string, calendar: Calendar): TimeSpan {
  const span = value instanceof Date ? spanOfDate(value, calendar) : parseMoment(value, calendar);
  if (span !== undefined) return span;
  const text = value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : String(value);
  throw new ReaderError(
    "invalid-query",
    `"${text}" on "${name}" is no ISO 8601 date of the calendar ${calendar}.`,
    { hint: 'Write it as "2021", "2021-06", "2021-06-30" or "2021-06-30T12:00:00Z".' },
  );
}

function spanOfDate(value: Date, calendar: Calendar): TimeSpan | undefined {
  const ms = value.getTime();
  if (Number.isNaN(ms)) return undefined;
  if (!isOfThisWorld(calendar)) return parseMoment(value.toISOString(), calendar);
  const fromNs = BigInt(ms) * nsPerMs;
  return { fromNs, beforeNs: fromNs + 1n };
}

const momentPattern =
  /^(\d{1,4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ]+(\d{1,2}):?(\d{2})?(?::(\d{1,2})(?:\.(\d*))?)?\s*(Z|UTC|[+-]\d{1,2}(?::?\d{2})?)?)?)?)?$/i;

function parseMoment(text: string, calendar: Calendar): TimeSpan | undefined {
  const match = momentPattern.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const date = { year: Number(year), month: Number(month ?? 1), day: Number(day ?? 1) };
  const [h, min, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  // CF gives the year 0 of the calendars of the world no meaning but "a climatology".
  const hasYear = date.year > 0 || calendar === "proleptic_gregorian" || !isOfThisWorld(calendar);
  const first = hasYear ? dayOfDate(calendar, date) : undefined;
  if (first === undefined || h > 24 || min >= 60 || s >= 60) return undefined;
  const ns = BigInt((fraction ?? "").slice(0, 9).padEnd(9, "0"));
  const timeMs = ((h * 60 + min) * 60 + s) * 1000 - zoneMs(zone);
  const fromNs = BigInt(first) * nsPerDay + BigInt(timeMs) * nsPerMs + ns;
  if (hour !== undefined) return { fromNs, beforeNs: fromNs + 1n };
  const lastMonth = month === undefined ? 12 : date.month;
  const lastDay = day === undefined ? daysInMonth(calendar, date.year, lastMonth) : date.day;
  const last = dayOfDate(calendar, { year: date.year, month: lastMonth, day: lastDay })!;
  return { fromNs, beforeNs: BigInt(last + 1) * nsPerDay };
}

function zoneMs(zone: string | undefined): number {
  const match = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone ?? "");
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return (match[1] === "-" ? -1 : 1) * minutes * 60_000;
}

/**
 * Turns an interval with dates into bounds in the unit of the labels; an end may be a number still.
 *
 * @param isExact the labels are 64-bit integers, and so are the bounds
 * @returns `undefined` when the minimum exceeds the maximum
 * @throws ReaderError `invalid-query` when the axis is no time axis or an end is no date, `unsupported` when dates cannot
 * be converted
 */
export function parseDates(
  [low, high]: Interval,
  name: string,
  attributes: JsonObject,
  isExact: boolean,
): Bounds | undefined {
  const time = parseTimeAxis(attributes, name);
  if (time === undefined) {
    throw new ReaderError(
      "invalid-query",
      `ranges.${name} holds ${JSON.stringify(low)} and ${JSON.stringify(high)}, but "${name}" is no time axis.`,
      { hint: "Give two numbers." },
    );
  }
  const min = lowerBound(low, name, time, isExact);
  const max = upperBound(high, name, time, isExact);
  return min <= max || isEmptyBetween(low, high, name, time) ? { min, max } : undefined;
}

/** Whether the bounds crossed only because no whole unit lies between two ordered dates. */
function isEmptyBetween(low: IntervalEnd, high: IntervalEnd, name: string, { calendar }: TimeAxis): boolean {
  if (isNumeric(low) || isNumeric(high)) return false;
  return parseQueryTime(low, name, calendar).fromNs < parseQueryTime(high, name, calendar).beforeNs;
}

function lowerBound(end: IntervalEnd, name: string, time: TimeAxis, isExact: boolean): number | bigint {
  if (isNumeric(end)) return checkNumber(end, name);
  const ns = parseQueryTime(end, name, time.calendar).fromNs - time.epochNs;
  if (isExact) return -floorDivide(-ns, time.unitNs);
  return Number(ns - slackNs) / Number(time.unitNs);
}

function upperBound(end: IntervalEnd, name: string, time: TimeAxis, isExact: boolean): number | bigint {
  if (isNumeric(end)) return checkNumber(end, name);
  const { fromNs, beforeNs } = parseQueryTime(end, name, time.calendar);
  if (isExact) return floorDivide(beforeNs - 1n - time.epochNs, time.unitNs);
  // A moment includes what rounds to it; the end of a day excludes what rounds to the next.
  const edgeNs = beforeNs === fromNs + 1n ? fromNs + slackNs : beforeNs - slackNs;
  return Number(edgeNs - time.epochNs) / Number(time.unitNs);
}

/** Labels in fractions of days or hours miss a moment by rounding; half a microsecond is far below any time step. */
const slackNs = 500n;

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}

/**
 * ISO 8601 strings of the moments that labels stand for, in the axis' calendar and to the microsecond, as xarray tells
 * them; `undefined` for labels that are no number.
 */
export function formatTimes(labels: ArrayLike<number | bigint>, time: TimeAxis): (string | undefined)[] {
  return Array.from(labels, (label) => {
    if (typeof label === "number" && !Number.isFinite(label)) return undefined;
    return formatTime(time.epochNs + toNs(label, time.unitNs), time.calendar);
  });
}

function toNs(label: number | bigint, unitNs: bigint): bigint {
  if (typeof label === "bigint") return label * unitNs;
  const whole = Math.trunc(label);
  const fractionNs = (label - whole) * Number(unitNs);
  // Fractions of days carry rounding errors far below a microsecond of today's labels.
  return BigInt(whole) * unitNs + BigInt(Math.round(fractionNs / 1000)) * 1000n;
}

function formatTime(ns: bigint, calendar: Calendar): string {
  const ofDay = ((ns % nsPerDay) + nsPerDay) % nsPerDay;
  const { year, month, day } = dateOfDay(calendar, Number((ns - ofDay) / nsPerDay));
  const pad = (value: number | bigint, width: number): string => String(value).padStart(width, "0");
  const date = `${year < 0 ? "-" : ""}${pad(Math.abs(year), 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  const second = ofDay / 1_000_000_000n;
  const time = [second / 3600n, (second / 60n) % 60n, second % 60n].map((part) => pad(part, 2)).join(":");
  const fraction = pad(ofDay % 1_000_000_000n, 9).replace(/0+$/, "");
  return `${date}T${time}${fraction === "" ? "" : `.${fraction}`}`;
}
