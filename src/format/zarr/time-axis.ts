/**
 * Dates on time axes: CF units such as "hours since 1800-01-01" and what an ISO string or a `Date` is in them.
 * CF conventions 1.11 §4.4 "Time coordinate".
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";

/** A time axis: nanoseconds per unit, and the moment of its zero in nanoseconds since 1970. */
export interface TimeAxis {
  readonly unitNs: bigint;
  readonly epochNs: bigint;
}

/** The time a query's end stands for: one moment, or the last one before `beforeNs`. */
export interface TimeSpan {
  readonly fromNs: bigint;
  /** Exclusive; equals `fromNs + 1n` for a moment. */
  readonly beforeNs: bigint;
}

const units: readonly (readonly [RegExp, bigint])[] = [
  [/^(nanoseconds?|nanosecs?|ns)$/, 1n],
  [/^(microseconds?|microsecs?|us|µs)$/, 1_000n],
  [/^(milliseconds?|millisecs?|msecs?|ms)$/, 1_000_000n],
  [/^(seconds?|secs?|s)$/, 1_000_000_000n],
  [/^(minutes?|mins?)$/, 60_000_000_000n],
  [/^(hours?|hrs?|h)$/, 3_600_000_000_000n],
  [/^(days?|d)$/, 86_400_000_000_000n],
];

const nsPerMs = 1_000_000n;
/** 1582-10-15T00:00Z, where the mixed calendar becomes Gregorian. */
const gregorianStartNs = BigInt(Date.UTC(1582, 9, 15)) * nsPerMs;

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
  const unitNs = units.find(([pattern]) => pattern.test(match[1]!.toLowerCase()))?.[1];
  const epoch = parseMoment(match[2]!);
  const calendar = typeof attributes.calendar === "string" ? attributes.calendar.toLowerCase() : "standard";
  const isProleptic = calendar === "proleptic_gregorian";
  const isMixed = calendar === "standard" || calendar === "gregorian";
  const isKnown = unitNs !== undefined && epoch !== undefined && (isProleptic || isMixed);
  if (!isKnown || (isMixed && epoch.fromNs < gregorianStartNs)) {
    throw new ReaderError(
      "unsupported",
      `Dates on "${name}" cannot be converted: units "${attributes.units}", calendar "${calendar}".`,
      { hint: "Give the interval as numbers in these units." },
    );
  }
  return { unitNs, epochNs: epoch.fromNs };
}

/**
 * The time that a `Date` or an ISO 8601 string stands for; a year, month or day stands for all of it, as in xarray.
 * Without an offset the time is UTC.
 *
 * @throws ReaderError `invalid-query` when it is neither
 */
export function parseQueryTime(value: string | Date, name: string): TimeSpan {
  if (value instanceof Date && !Number.isNaN(value.getTime())) {
    const fromNs = BigInt(value.getTime()) * nsPerMs;
    return { fromNs, beforeNs: fromNs + 1n };
  }
  const span = typeof value === "string" ? parseMoment(value) : undefined;
  if (span !== undefined) return span;
  throw new ReaderError("invalid-query", `"${String(value)}" on "${name}" is no ISO 8601 date.`, {
    hint: 'Write it as "2021", "2021-06", "2021-06-30" or "2021-06-30T12:00:00Z".',
  });
}

const momentPattern =
  /^(\d{1,4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ]+(\d{1,2}):?(\d{2})?(?::(\d{1,2})(?:\.(\d*))?)?\s*(Z|UTC|[+-]\d{1,2}(?::?\d{2})?)?)?)?)?$/i;

function parseMoment(text: string): TimeSpan | undefined {
  const match = momentPattern.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const [y, m, d] = [Number(year), Number(month ?? 1), Number(day ?? 1)];
  const [h, min, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  const isDate = m >= 1 && m <= 12 && d >= 1 && d <= daysIn(y, m) && h <= 24 && min < 60 && s < 60;
  if (!isDate) return undefined;
  const ns = BigInt((fraction ?? "").slice(0, 9).padEnd(9, "0"));
  const timeMs = ((h * 60 + min) * 60 + s) * 1000 - zoneMs(zone);
  const fromNs = (BigInt(dayMs(y, m, d)) + BigInt(timeMs)) * nsPerMs + ns;
  if (hour !== undefined) return { fromNs, beforeNs: fromNs + 1n };
  const next =
    day !== undefined ? dayMs(y, m, d + 1) : month !== undefined ? dayMs(y, m + 1, 1) : dayMs(y + 1, 1, 1);
  return { fromNs, beforeNs: BigInt(next) * nsPerMs };
}

/** `Date.UTC` takes years below 100 for 19xx; setting the full year does not. */
function dayMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function daysIn(year: number, month: number): number {
  return new Date(dayMs(year, month + 1, 0)).getUTCDate();
}

function zoneMs(zone: string | undefined): number {
  const match = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone ?? "");
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return (match[1] === "-" ? -1 : 1) * minutes * 60_000;
}
