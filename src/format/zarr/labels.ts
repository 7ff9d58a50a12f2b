/**
 * Closed intervals on the labels of an axis: which indices lie inside, whatever the order of the labels.
 *
 * @module
 */
import type { Interval, IntervalEnd } from "../../core/bbox.js";
import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import { type Run, runsOfIndices } from "./selection.js";
import { parseQueryTime, parseTimeAxis, type TimeAxis } from "./time-axis.js";

/** Both ends belong to it; BigInt ends compare exactly with 64-bit labels. */
export interface Bounds {
  readonly min: number | bigint;
  readonly max: number | bigint;
}

/** Runs of the indices whose label meets all bounds; NaN meets none. */
export function runsWithin(labels: TypedArray, bounds: readonly Bounds[]): readonly Run[] {
  const inside: number[] = [];
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!;
    if (bounds.every(({ min, max }) => label >= min && label <= max)) inside.push(index);
  }
  return runsOfIndices(inside);
}

/** The run of the indices from `0` to `length - 1` that meet all bounds: for axes without labels. */
export function runsOfRange(length: number, bounds: readonly Bounds[]): readonly Run[] {
  let first = 0;
  let last = length - 1;
  for (const { min, max } of bounds) {
    first = Math.max(first, Math.ceil(Number(min)));
    last = Math.min(last, Math.floor(Number(max)));
  }
  return last < first ? [] : [{ start: first, count: last - first + 1, step: 1, offset: 0 }];
}

/**
 * Turns an interval of the query into bounds in the unit of the labels.
 *
 * @param attributes of the coordinate array, for dates; empty for an axis without one
 * @param mayWrap longitudes: a minimum beyond the maximum crosses the antimeridian
 * @throws ReaderError `invalid-query` when an end is no number or date, or the minimum exceeds the maximum;
 * `unsupported` when dates cannot be converted
 */
export function parseInterval(
  interval: Interval,
  name: string,
  attributes: JsonObject,
  labels: TypedArray | undefined,
  mayWrap = false,
): Bounds {
  if (!Array.isArray(interval) || interval.length !== 2) {
    throw new ReaderError("invalid-query", `ranges.${name} should be [min, max].`);
  }
  const [low, high] = interval as Interval;
  const isTime = [low, high].some((end) => typeof end === "string" || end instanceof Date);
  const time = isTime ? parseTimeAxis(attributes, name) : undefined;
  if (isTime && time === undefined) {
    throw new ReaderError(
      "invalid-query",
      `ranges.${name} holds ${JSON.stringify(low)} and ${JSON.stringify(high)}, but "${name}" is no time axis.`,
      {
        hint: "Give two numbers.",
      },
    );
  }
  const isExact = labels instanceof BigInt64Array || labels instanceof BigUint64Array;
  const min = lowerBound(low, name, time, isExact);
  const max = upperBound(high, name, time, isExact);
  if (min > max && !mayWrap && !isEmptyBetween(low, high, name, time)) {
    throw new ReaderError(
      "invalid-query",
      `ranges.${name}: the minimum ${String(low)} exceeds the maximum ${String(high)}.`,
    );
  }
  return { min, max };
}

/** Whether the bounds crossed only because no whole unit lies between two ordered dates. */
function isEmptyBetween(
  low: IntervalEnd,
  high: IntervalEnd,
  name: string,
  time: TimeAxis | undefined,
): boolean {
  if (time === undefined || isNumeric(low) || isNumeric(high)) return false;
  const { calendar } = time;
  return parseQueryTime(low, name, calendar).fromNs < parseQueryTime(high, name, calendar).beforeNs;
}

function isNumeric(end: IntervalEnd): end is number | bigint {
  return typeof end === "number" || typeof end === "bigint";
}

function lowerBound(
  end: IntervalEnd,
  name: string,
  time: TimeAxis | undefined,
  isExact: boolean,
): number | bigint {
  if (isNumeric(end)) return checkNumber(end, name);
  const ns = parseQueryTime(end, name, time!.calendar).fromNs - time!.epochNs;
  if (isExact) return -floorDivide(-ns, time!.unitNs);
  return Number(ns - slackNs) / Number(time!.unitNs);
}

function upperBound(
  end: IntervalEnd,
  name: string,
  time: TimeAxis | undefined,
  isExact: boolean,
): number | bigint {
  if (isNumeric(end)) return checkNumber(end, name);
  const { fromNs, beforeNs } = parseQueryTime(end, name, time!.calendar);
  if (isExact) return floorDivide(beforeNs - 1n - time!.epochNs, time!.unitNs);
  // A moment includes what rounds to it; the end of a day excludes what rounds to the next.
  const edgeNs = beforeNs === fromNs + 1n ? fromNs + slackNs : beforeNs - slackNs;
  return Number(edgeNs - time!.epochNs) / Number(time!.unitNs);
}

/** Labels in fractions of days or hours miss a moment by rounding; half a microsecond is far below any time step. */
const slackNs = 500n;

function checkNumber(end: number | bigint, name: string): number | bigint {
  if (typeof end === "bigint" || !Number.isNaN(end)) return end;
  throw new ReaderError("invalid-query", `ranges.${name} holds NaN; numbers are needed.`);
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}
