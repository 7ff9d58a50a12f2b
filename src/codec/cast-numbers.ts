/**
 * Numbers of one type made numbers of another, by value.
 *
 * @module
 */
import {
  arrayOf,
  type DataType,
  type FixedType,
  laneBytes,
  type NumberType,
  type TypedArray,
} from "../core/dtype.js";
import { corruptData } from "./define.js";

/** What happens to numbers that the other type cannot hold. */
export interface CastRule {
  /** Of what is no integer. */
  readonly rounding:
    | "nearest-even"
    | "towards-zero"
    | "towards-positive"
    | "towards-negative"
    | "nearest-away";
  readonly outOfRange: "error" | "clamp" | "wrap";
}

const castable = /^(bool|u?int(2|4|8|16|32|64)|float(32|64))$/;
/** Types that are not made of others, which would have to be rounded to them. */
const small = /^(float16|bfloat16|float8_e4m3|float8_e5m2)$/;

/** Tells whether numbers of one type can be made numbers of another. */
export function isCastable(from: DataType, to: DataType): boolean {
  return (castable.test(from) || small.test(from)) && castable.test(to);
}

/**
 * Casts numbers to another type.
 *
 * @throws ReaderError `corrupt` where a number cannot be held and the rule says so, or is NaN and the type has none
 */
export function castNumbers(
  codec: string,
  values: TypedArray,
  from: NumberType,
  to: NumberType,
  rule: CastRule,
): TypedArray {
  if (to === "float32" || to === "float64") return toFloats(codec, values, from, to, rule);
  const cast = new (arrayOf(to))(values.length) as BigInt64Array;
  const { min, max, modulus } = rangeOf(to);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (to === "bool") {
      (cast as unknown as Uint8Array)[index] = Number(value) === 0 ? 0 : 1;
      continue;
    }
    let whole: bigint;
    if (typeof value === "bigint") whole = value;
    else if (Number.isFinite(value)) whole = BigInt(round(value, rule.rounding));
    else if (!Number.isNaN(value) && rule.outOfRange === "clamp") whole = value > 0 ? max : min;
    else throw corruptData(codec, `${value} is no ${to}`);
    if (whole < min || whole > max) {
      if (rule.outOfRange === "error") throw corruptData(codec, `${whole} is no ${to}`);
      if (rule.outOfRange === "clamp") whole = whole < min ? min : max;
      else whole = ((((whole - min) % modulus) + modulus) % modulus) + min;
    }
    cast[index] = (laneBytes(to) === 8 ? whole : Number(whole)) as bigint;
  }
  return cast;
}

/** One item made one of another type, by any rule the same; undefined where the way back does not lead to its very bits. */
export function castFill(fill: TypedArray, from: FixedType, to: NumberType): TypedArray | undefined {
  if (from === to) return fill;
  if (!castable.test(from) || !castable.test(to)) return undefined;
  const rule = { rounding: "nearest-even", outOfRange: "error" } as const;
  try {
    const cast = castNumbers("", fill, from as NumberType, to, rule);
    return isSameItem(castNumbers("", cast, to, from as NumberType, rule), fill) ? cast : undefined;
  } catch {
    return undefined; // out of range
  }
}

/** Tells whether two items are the same; of floats, NaN is, and zeros of different signs are not. */
export function isSameItem(a: TypedArray, b: TypedArray): boolean {
  return Object.is(a[0], b[0]);
}

function toFloats(
  codec: string,
  values: TypedArray,
  from: NumberType,
  to: "float32" | "float64",
  rule: CastRule,
): TypedArray {
  const largest = to === "float32" ? 3.4028234663852886e38 : Number.MAX_VALUE;
  const cast = new (arrayOf(to))(values.length) as Float64Array;
  for (let index = 0; index < values.length; index++) {
    let value = Number(values[index]!);
    if (
      from === "float64" &&
      to === "float32" &&
      Number.isFinite(value) &&
      !Number.isFinite(Math.fround(value))
    ) {
      if (rule.outOfRange === "error") throw corruptData(codec, `${value} is no ${to}`);
      if (rule.outOfRange === "clamp") value = value < 0 ? -largest : largest;
    }
    cast[index] = value;
  }
  return cast;
}

function rangeOf(dtype: NumberType): { min: bigint; max: bigint; modulus: bigint } {
  const bits = BigInt(/\d+$/.exec(dtype)?.[0] ?? 1);
  const modulus = 1n << bits;
  const min = dtype.startsWith("int") ? -modulus / 2n : 0n;
  return { min, max: min + modulus - 1n, modulus };
}

function round(value: number, rounding: CastRule["rounding"]): number {
  if (rounding === "towards-zero") return Math.trunc(value);
  if (rounding === "towards-positive") return Math.ceil(value);
  if (rounding === "towards-negative") return Math.floor(value);
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest > 0.5 ? floor + 1 : floor;
  if (rounding === "nearest-away") return value < 0 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
