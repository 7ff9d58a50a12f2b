/**
 * Closed intervals of numbers or BigInts, turned into bounds of a column's own type that keep exactly the same values.
 *
 * @module
 */

type Bound = number | bigint;

/** Lower and upper bound, both inside; undefined where no value can lie between. */
export type Bounds<B extends Bound> = readonly [B, B] | undefined;

/** Bounds for f64 values. */
export function boundsOfFloat64(min: Bound, max: Bound): Bounds<number> {
  const low = typeof min === "bigint" ? doubleAtLeast(min) : min;
  const high = typeof max === "bigint" ? -doubleAtLeast(-max) : max;
  return low <= high ? [low, high] : undefined;
}

/** Bounds for f32 values: the f64 bounds rounded inwards. */
export function boundsOfFloat32(min: Bound, max: Bound): Bounds<number> {
  const wide = boundsOfFloat64(min, max);
  if (wide === undefined) return undefined;
  const low = floatAtLeast(wide[0]);
  const high = -floatAtLeast(-wide[1]);
  return low <= high ? [low, high] : undefined;
}

/** Bounds for integers of a type's range. */
export function boundsOfIntegers(min: Bound, max: Bound, least: bigint, most: bigint): Bounds<bigint> {
  // In this order of comparison NaN falls through to "none".
  if (!(min <= max) || !(min <= most) || !(max >= least)) return undefined;
  const low = min <= least ? least : typeof min === "bigint" ? min : BigInt(Math.ceil(min));
  const high = max >= most ? most : typeof max === "bigint" ? max : BigInt(Math.floor(max));
  return low <= high ? [low, high] : undefined;
}

/** The least double that is not below `value`. */
function doubleAtLeast(value: bigint): number {
  const nearest = Number(value);
  // JavaScript compares BigInts with numbers by value.
  return nearest >= value ? nearest : nextUp(nearest, new BigInt64Array(1));
}

/** The least float that is not below `value`. */
function floatAtLeast(value: number): number {
  const nearest = Math.fround(value);
  if (nearest >= value) return nearest;
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = nearest;
  // Neighbouring floats have neighbouring bit patterns, away from zero upwards.
  if (nearest === 0) bits[0] = 1;
  else bits[0] = nearest > 0 ? bits[0]! + 1 : bits[0]! - 1;
  return float[0]!;
}

function nextUp(value: number, bits: BigInt64Array): number {
  const double = new Float64Array(bits.buffer);
  double[0] = value;
  bits[0] = value > 0 ? bits[0]! + 1n : bits[0]! - 1n;
  return double[0]!;
}
