/**
 * Closed intervals on the labels of an axis: which indices lie inside, whatever the order of the labels.
 *
 * @module
 */
import type { Interval } from "../../core/bbox.js";
import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import { type Run, runsOfIndices } from "../selection.js";
import { type Bounds, checkNumber, isNumeric } from "./bounds.js";

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
export async function parseInterval(
  interval: Interval,
  name: string,
  attributes: JsonObject,
  labels: TypedArray | undefined,
  mayWrap = false,
): Promise<Bounds> {
  const [low, high] = interval;
  if (isNumeric(low) && isNumeric(high)) {
    const [min, max] = [checkNumber(low, name), checkNumber(high, name)];
    if (min <= max || mayWrap) return { min, max };
    throw exceeds(interval, name);
  }
  const { parseDates } = await import("./time-axis.js");
  const isExact = labels instanceof BigInt64Array || labels instanceof BigUint64Array;
  const bounds = parseDates(interval, name, attributes, isExact);
  if (bounds === undefined) throw exceeds(interval, name);
  return bounds;
}

function exceeds([low, high]: Interval, name: string): ReaderError {
  return new ReaderError(
    "invalid-query",
    `ranges.${name}: the minimum ${String(low)} exceeds the maximum ${String(high)}.`,
  );
}
