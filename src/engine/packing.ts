/**
 * What the attributes of an array say about its stored numbers: missing values, scale, offset. The types are those that
 * xarray chooses (its `CFMaskCoder` and `CFScaleOffsetCoder`); `valid_range` is NetCDF's.
 * CF conventions 1.11, §2.5.1 "Missing data" and §8.1 "Packed data" (https://cfconventions.org).
 *
 * @module
 */
import { repeatNumbers } from "../bytes/fill.js";
import { unpackValues } from "../bytes/unpack.js";
import { type DataType, isDataType, itemBytes, type NumberType, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { JsonObject, JsonValue } from "../core/json.js";
import type { Unpacking } from "../core/plan.js";

/** An array as its attributes describe it. */
export interface Described {
  /** Integers beyond 2^53 as text. */
  readonly attributes: JsonObject;
  readonly dtype: DataType;
  /** Of types that have one: dates, durations. */
  readonly unit?: string | undefined;
  /** One more item that stands for "none", in native little-endian bytes: where formats keep what others say in `_FillValue`. */
  readonly mark?: Uint8Array | undefined;
}

/**
 * Reads how the values of an array are unpacked.
 *
 * Missing are the values of `_FillValue` and `missing_value`, and the mark; and what lies outside `valid_range`, or beyond
 * `valid_min` and `valid_max`.
 *
 * @param name of the array, for messages
 * @returns `undefined` when the stored values mean themselves, as booleans, complex numbers, dates and texts always do
 * @throws ReaderError `invalid-metadata` when an attribute is no number
 */
export function unpackingOf(
  { attributes, dtype, unit, mark }: Described,
  name: string,
): Unpacking | undefined {
  // Dates of a type of their own have a value for "none" already, and count too exactly for a double.
  if (!isPackable(dtype) || unit !== undefined) return undefined;
  const stored = storedType(dtype, attributes._Unsigned);
  const read = (key: string): (number | bigint)[] =>
    valuesOf(attributes[key], dtype, stored) ?? refuse(name, key, attributes[key]);
  const missing = [...read("_FillValue"), ...read("missing_value")];
  if (mark !== undefined) missing.push(repeatNumbers(stored, 1, mark)[0]!);
  const [low, high] = read("valid_range");
  const [min = low] = read("valid_min");
  const [max = high] = read("valid_max");
  const scale = factor(attributes.scale_factor) ?? refuse(name, "scale_factor", attributes.scale_factor);
  const offset = factor(attributes.add_offset) ?? refuse(name, "add_offset", attributes.add_offset);
  const isPacked = scale.length + offset.length > 0;
  const marks = [...new Set(missing)].filter((value) => !Number.isNaN(value));
  const hasGaps = marks.length > 0 || min !== undefined || max !== undefined;
  if (!isPacked && !hasGaps && stored === dtype) return undefined;
  return {
    stored,
    dtype: isPacked ? "float64" : hasGaps ? floatFor(stored) : stored,
    missing: marks,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(scale[0] === undefined ? {} : { scale: scale[0] }),
    ...(offset[0] === undefined ? {} : { offset: offset[0] }),
  };
}

/** Labels of a coordinate: its values, unpacked where attributes say that they are packed; gaps are NaN. */
export function unpackLabels(
  values: TypedArray,
  { attributes: all, dtype, unit }: Omit<Described, "mark">,
  name: string,
): TypedArray {
  // A valid range, and v2's fill value of 0, are about data: a label that is there is a label.
  const { valid_range: _, valid_min: __, valid_max: ___, ...attributes } = all;
  const rule = unpackingOf({ attributes, dtype, unit }, name);
  if (rule === undefined) return values;
  const isPlain = rule.scale === undefined && rule.offset === undefined && rule.stored === dtype;
  const isGapless = !rule.missing.some((mark) => (values as unknown as unknown[]).includes(mark));
  return isPlain && isGapless ? values : unpackValues(values, rule);
}

/** Booleans, complex numbers, texts and the small types of no other reader stand for themselves. */
function isPackable(dtype: DataType): dtype is NumberType {
  return /^(u?int(8|16|32|64)|float(16|32|64))$/.test(dtype);
}

/** `_Unsigned` tells the sign of integers that a format without the type had to store as the other one. */
function storedType(dtype: NumberType, unsigned: JsonValue | undefined): NumberType {
  const other =
    unsigned === "true"
      ? dtype.replace(/^int/, "uint")
      : unsigned === "false"
        ? dtype.replace(/^uint/, "int")
        : dtype;
  return isDataType(other) ? (other as NumberType) : dtype;
}

/** xarray's choice: floats stay, integers of 16 bits fit `float32`. */
function floatFor(dtype: NumberType): NumberType {
  if (dtype.startsWith("float")) return dtype;
  return itemBytes(dtype) <= 2 ? "float32" : "float64";
}

/** The values of an attribute as the array stores them; none when it is absent, `undefined` when it holds no numbers. */
function valuesOf(
  value: JsonValue | undefined,
  dtype: NumberType,
  stored: NumberType,
): (number | bigint)[] | undefined {
  if (value === undefined || value === null) return [];
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [value];
  const values = items.map((item) => numberOf(item, dtype));
  if (values.some((one) => one === undefined)) return undefined;
  return (values as (number | bigint)[]).flatMap((one) => asStored(one, dtype, stored));
}

/** A number of JSON, or a text: an integer beyond 2^53, a name of no finite number, or xarray's base64 of a double. */
function numberOf(item: JsonValue, dtype: NumberType): number | bigint | undefined {
  if (typeof item === "number") return item;
  if (typeof item !== "string") return undefined;
  if (/^-?\d+$/.test(item)) return BigInt(item);
  if (/^(NaN|-?Infinity)$/i.test(item)) return Number(item.replace(/nan/i, "NaN"));
  if (!dtype.startsWith("float") || !/^[A-Za-z0-9+/]{11}=$/.test(item)) return undefined;
  const bytes = Uint8Array.from(atob(item), (character) => character.charCodeAt(0));
  return new DataView(bytes.buffer).getFloat64(0, true);
}

/** Compared is what is stored, so the mark must be of its type: rounded to `float32`, or of the other sign. */
function asStored(value: number | bigint, dtype: NumberType, stored: NumberType): (number | bigint)[] {
  if (stored.startsWith("float")) {
    return [stored === "float64" ? Number(value) : Math.fround(Number(value))];
  }
  // An integer is never NaN nor a fraction; such a mark marks nothing.
  if (typeof value === "number" && !Number.isInteger(value)) return Number.isFinite(value) ? [value] : [];
  const bits = 8 * itemBytes(stored);
  const wrap = stored === dtype ? BigInt : stored.startsWith("u") ? asUnsigned(bits) : asSigned(bits);
  const wrapped = wrap(value);
  return [bits === 64 ? wrapped : Number(wrapped)];
}

const asUnsigned = (bits: number) => (value: number | bigint) => BigInt.asUintN(bits, BigInt(value));
const asSigned = (bits: number) => (value: number | bigint) => BigInt.asIntN(bits, BigInt(value));

/** A scale or an offset; some writers put it into a list of one. */
function factor(value: JsonValue | undefined): number[] | undefined {
  if (value === undefined || value === null) return [];
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof one === "number" ? [one] : undefined;
}

function refuse(name: string, key: string, value: JsonValue | undefined): never {
  throw new ReaderError(
    "invalid-metadata",
    `"${name}" cannot be decoded: its attribute ${key} is ${String(JSON.stringify(value)).slice(0, 80)}, which is no number.`,
    { hint: 'Leave out decode: "cf" for the values as they are stored.' },
  );
}
