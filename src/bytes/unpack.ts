/**
 * Stored numbers into the ones they stand for: missing values become NaN, packed ones are scaled and shifted.
 * CF conventions 1.11, §2.5.1 "Missing data" and §8.1 "Packed data" (https://cfconventions.org).
 *
 * @module
 */
import { arrayOf, type TypedArray, type TypedArrayConstructor } from "../core/dtype.js";
import type { Unpacking } from "../core/plan.js";

/**
 * Unpacks values; the arithmetic is that of doubles.
 *
 * @returns a new array, or a view of `values` where only their sign is read anew
 */
export function unpackValues(values: TypedArray, rule: Unpacking): TypedArray {
  const stored = viewAs(values, arrayOf(rule.stored));
  if (rule.dtype === rule.stored && !changes(rule)) return stored;
  const out = new (arrayOf(rule.dtype))(stored.length) as Float64Array;
  const isMissing = missingTest(rule);
  // Minus zero is what leaves every number as it is, -0 too.
  const { scale = 1, offset = -0 } = rule;
  for (let at = 0; at < out.length; at++) {
    const value = stored[at]!;
    out[at] = isMissing(value) ? Number.NaN : Number(value) * scale + offset;
  }
  return out;
}

function changes({ missing, min, max, scale, offset }: Unpacking): boolean {
  return missing.length > 0 || [min, max, scale, offset].some((part) => part !== undefined);
}

function viewAs(values: TypedArray, array: TypedArrayConstructor): TypedArray {
  if (values.constructor === array) return values;
  return new array(values.buffer, values.byteOffset, values.length);
}

type Test = (value: number | bigint) => boolean;

/** Comparisons of the common cases are kept apart, so that each loop stays as simple as it can be. */
function missingTest({ missing, min, max }: Unpacking): Test {
  const [only] = missing;
  const isMarked: Test =
    missing.length === 0
      ? () => false
      : missing.length === 1
        ? (value) => value === only
        : (value) => missing.includes(value);
  if (min === undefined && max === undefined) return isMarked;
  const [low, high] = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY];
  return (value) => isMarked(value) || value < low || value > high;
}
