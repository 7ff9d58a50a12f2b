/**
 * Closed intervals in the unit of the labels they are compared with.
 *
 * @module
 */
import type { IntervalEnd } from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";

/** Both ends belong to it; BigInt ends compare exactly with 64-bit labels. */
export interface Bounds {
  readonly min: number | bigint;
  readonly max: number | bigint;
}

/** Tells numbers from dates. */
export function isNumeric(end: IntervalEnd): end is number | bigint {
  return typeof end === "number" || typeof end === "bigint";
}

/** @throws ReaderError `invalid-query` when it is NaN */
export function checkNumber(end: number | bigint, name: string): number | bigint {
  if (typeof end === "bigint" || !Number.isNaN(end)) return end;
  throw new ReaderError("invalid-query", `ranges.${name} holds NaN; numbers are needed.`);
}
