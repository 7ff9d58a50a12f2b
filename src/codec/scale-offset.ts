/**
 * Packed numbers: Zarr v3's `scale_offset`
 * (<https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/scale_offset>), which works in the type of the array, and
 * numcodecs' `fixedscaleoffset`, which works in the type that numpy chooses. Both give back `stored / scale + offset`.
 *
 * @module
 */
import { numbersOf } from "../bytes/ragged.js";
import { arrayOf, type NumberType, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { JsonReader, JsonValue } from "../core/json.js";
import { requireType } from "./cast.js";
import { castNumbers, isSameItem } from "./cast-numbers.js";
import { type CodecDefinition, corruptData, defineCodec, invalidOption } from "./define.js";
import { readNumpyType } from "./numpy-type.js";
import type { ArrayMeta } from "./types.js";

interface FixedScaleOffset {
  readonly scale: number;
  readonly offset: number;
  readonly dtype: NumberType;
  readonly stored: NumberType;
}

const workable = /^(u?int(8|16|32|64)|float(32|64))$/;

function requireWorkable(name: string, dtype: string): void {
  if (workable.test(dtype)) return;
  throw new ReaderError("unsupported", `codec ${name}: numbers of ${dtype} are not supported.`, {
    hint: "Integers and floats of 32 and 64 bits are.",
    detail: { codec: name },
  });
}

export const fixedScaleOffset: CodecDefinition = defineCodec<FixedScaleOffset>({
  name: "fixedscaleoffset",
  kind: "array-to-array",
  parse(configuration) {
    const dtype = readNumpyType(configuration, "fixedscaleoffset", "dtype");
    const stored = configuration.optional("astype", (self) =>
      readNumpyType(self, "fixedscaleoffset", "astype"),
    );
    return {
      scale: configuration.number("scale"),
      offset: configuration.number("offset"),
      dtype,
      stored: stored ?? dtype,
    };
  },
  check: fixedMeta,
  // Some writers pack the fill value too, others do not: it is certain where that is the same.
  storedFill({ offset, stored }, fill) {
    if (Number(fill[0]) !== 0 || offset !== 0) return undefined;
    return { values: new (arrayOf(stored))(1), dtype: stored, isKept: !Object.is(fill[0], -0) };
  },
  create: (options) => ({
    kind: "array-to-array",
    encodedMeta: (meta) => fixedMeta(options, meta),
    decode: (array) => ({ ...array, values: decodeFixed(options, numbersOf(array.values)) }),
  }),
});

function fixedMeta({ dtype, stored }: FixedScaleOffset, meta: ArrayMeta): ArrayMeta {
  requireType("fixedscaleoffset", dtype, meta.dtype);
  requireWorkable("fixedscaleoffset", dtype);
  requireWorkable("fixedscaleoffset", stored);
  return { ...meta, dtype: stored };
}

/** Numpy divides integers as doubles, and floats in their own precision. */
function decodeFixed({ scale, offset, dtype, stored }: FixedScaleOffset, values: TypedArray): TypedArray {
  const isSingle = stored === "float32";
  const to = isSingle ? Math.fround : (value: number): number => value;
  const [divisor, shift] = [to(scale), to(offset)];
  const made = isSingle ? new Float32Array(values.length) : new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    made[index] = to(to(Number(values[index]!) / divisor) + shift);
  }
  const from = isSingle ? "float32" : "float64";
  const rule = { rounding: "towards-zero", outOfRange: "wrap" } as const;
  return from === dtype ? made : castNumbers("fixedscaleoffset", made, from, dtype, rule);
}

interface ScaleOffset {
  readonly scale: JsonValue | undefined;
  readonly offset: JsonValue | undefined;
}

export const scaleOffset: CodecDefinition = defineCodec<ScaleOffset>({
  name: "scale_offset",
  kind: "array-to-array",
  parse: (configuration: JsonReader) => ({
    scale: configuration.raw("scale"),
    offset: configuration.raw("offset"),
  }),
  check(options, meta) {
    requireWorkable("scale_offset", meta.dtype);
    scalar(options.scale ?? 1, "scale", meta.dtype);
    scalar(options.offset ?? 0, "offset", meta.dtype);
    return meta;
  },
  storedFill({ scale = 1, offset = 0 }, fill, dtype) {
    const [factor, shift] = [scalar(scale, "scale", dtype), scalar(offset, "offset", dtype)];
    const values = packOne(fill, factor, shift);
    if (values === undefined) return undefined;
    return { values, dtype, isKept: isSameItem(unpack(values, factor, shift, dtype), fill) };
  },
  create: ({ scale = 1, offset = 0 }) => ({
    kind: "array-to-array",
    encodedMeta: (meta) => meta,
    decode(array, { dtype }) {
      const values = numbersOf(array.values);
      const [divisor, shift] = [scalar(scale, "scale", dtype), scalar(offset, "offset", dtype)];
      return { ...array, values: unpack(values, divisor, shift, dtype) };
    },
  }),
});

/** A number of the array's type: integers as such, so that 64 bits are kept. */
function scalar(value: JsonValue, option: string, dtype: string): number | bigint {
  if (dtype.startsWith("float") && typeof value === "number") return value;
  if (!dtype.startsWith("float") && typeof value === "number" && Number.isSafeInteger(value))
    return BigInt(value);
  throw invalidOption("scale_offset", option, `is ${JSON.stringify(value)}, which is no ${dtype}`);
}

function unpack(
  values: TypedArray,
  scale: number | bigint,
  offset: number | bigint,
  dtype: string,
): TypedArray {
  return typeof scale === "bigint"
    ? unpackIntegers(values, scale, offset as bigint, dtype as NumberType)
    : unpackFloats(values, scale, offset as number);
}

/** Packs one item, in the arithmetic of its type; undefined where that cannot hold the result. */
function packOne(fill: TypedArray, scale: number | bigint, offset: number | bigint): TypedArray | undefined {
  const packed = fill.slice() as BigInt64Array;
  if (typeof scale === "bigint") {
    const whole = (BigInt(fill[0]!) - (offset as bigint)) * scale;
    packed[0] = (typeof fill[0] === "bigint" ? whole : Number(whole)) as bigint;
    return BigInt(packed[0]!) === whole ? packed : undefined;
  }
  const to = fill instanceof Float32Array ? Math.fround : (value: number): number => value;
  packed[0] = (to((fill[0] as number) - to(offset as number)) * to(scale)) as unknown as bigint;
  return packed;
}

function unpackFloats(values: TypedArray, scale: number, offset: number): TypedArray {
  const isSingle = values instanceof Float32Array;
  const to = isSingle ? Math.fround : (value: number): number => value;
  const [divisor, shift] = [to(scale), to(offset)];
  const decoded = isSingle ? new Float32Array(values.length) : new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    decoded[index] = to(to((values[index] as number) / divisor) + shift);
  }
  return decoded;
}

function unpackIntegers(values: TypedArray, scale: bigint, offset: bigint, dtype: NumberType): TypedArray {
  const decoded = new (arrayOf(dtype))(values.length) as BigInt64Array;
  const isLong = decoded.BYTES_PER_ELEMENT === 8;
  for (let index = 0; index < values.length; index++) {
    const value = BigInt(values[index]!);
    if (scale === 0n || value % scale !== 0n) {
      throw corruptData("scale_offset", `${value} / ${scale} is no integer`);
    }
    const whole = value / scale + offset;
    decoded[index] = (isLong ? whole : Number(whole)) as bigint;
    if (BigInt(decoded[index]!) !== whole) throw corruptData("scale_offset", `${whole} is no ${dtype}`);
  }
  return decoded;
}
