/**
 * Codecs that store numbers in another type: `cast_value`
 * (<https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/cast_value>), numcodecs' `astype` and `quantize`; and
 * `bitround`, which leaves numbers of fewer significant bits and nothing to undo.
 *
 * @module
 */
import { numbersOf } from "../bytes/ragged.js";
import { type DataType, isDataType, type NumberType } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { JsonReader } from "../core/json.js";
import { type CastRule, castFill, castNumbers, isCastable } from "./cast-numbers.js";
import { type CodecDefinition, defineCodec, invalidOption } from "./define.js";
import { readNumpyType } from "./numpy-type.js";
import type { ArrayMeta } from "./types.js";

interface CastOptions {
  /** What is stored. */
  readonly stored: NumberType;
  /** What numcodecs was told that the array is; checked. */
  readonly dtype?: NumberType;
  readonly rule: CastRule;
  /** Numbers are rounded before they are cast. */
  readonly isRounding?: boolean;
}

function defineCast(name: string, parse: (configuration: JsonReader) => CastOptions): CodecDefinition {
  return defineCodec<CastOptions>({
    name,
    kind: "array-to-array",
    parse,
    check: (options, meta) => encodedMeta(name, options, meta),
    storedFill({ stored, isRounding }, fill, dtype) {
      // What numcodecs' quantize makes of fractions, zarr-python leaves as they are.
      if (isRounding && Number.isFinite(Number(fill[0])) && !Number.isInteger(Number(fill[0])))
        return undefined;
      const values = castFill(fill, dtype, stored);
      return values && { values, dtype: stored, isKept: true };
    },
    create: (options) => ({
      kind: "array-to-array",
      encodedMeta: (meta) => encodedMeta(name, options, meta),
      decode: (array, { dtype }) => {
        const { stored, rule } = options;
        if (stored === dtype) return array;
        return {
          ...array,
          values: castNumbers(name, numbersOf(array.values), stored, dtype as NumberType, rule),
        };
      },
    }),
  });
}

function encodedMeta(name: string, { stored, dtype }: CastOptions, meta: ArrayMeta): ArrayMeta {
  requireType(name, dtype, meta.dtype);
  if (stored !== meta.dtype && !isCastable(stored, meta.dtype)) {
    throw new ReaderError("unsupported", `codec ${name}: ${stored} cannot be made ${meta.dtype}.`, {
      detail: { codec: name },
    });
  }
  return { ...meta, dtype: stored };
}

/** @throws ReaderError `unsupported` where a codec was made for numbers of another type, which numpy would reinterpret */
export function requireType(name: string, told: NumberType | undefined, dtype: DataType): void {
  if (told === undefined || told === dtype) return;
  throw new ReaderError("unsupported", `codec ${name}: numbers of ${told} where the array is ${dtype}.`, {
    detail: { codec: name },
  });
}

export const astype: CodecDefinition = defineCast("astype", (configuration) => ({
  stored: readNumpyType(configuration, "astype", "encode_dtype"),
  dtype: readNumpyType(configuration, "astype", "decode_dtype"),
  rule: { rounding: "towards-zero", outOfRange: "wrap" },
}));

export const quantize: CodecDefinition = defineCast("quantize", (configuration) => {
  const dtype = readNumpyType(configuration, "quantize", "dtype");
  const stored =
    configuration.optional("astype", (self) => readNumpyType(self, "quantize", "astype")) ?? dtype;
  return { stored, dtype, rule: { rounding: "nearest-even", outOfRange: "wrap" }, isRounding: true };
});

const roundings = [
  "nearest-even",
  "towards-zero",
  "towards-positive",
  "towards-negative",
  "nearest-away",
] as const;
const outOfRanges = ["error", "clamp", "wrap"] as const;

export const castValue: CodecDefinition = defineCast("cast_value", (configuration) => {
  const unknown = Object.keys(configuration.value).find(
    (key) => !["data_type", "rounding", "out_of_range"].includes(key),
  );
  if (unknown !== undefined) {
    throw new ReaderError("unsupported", `codec cast_value: the option ${unknown} is not known.`, {
      detail: { codec: "cast_value" },
    });
  }
  const stored = configuration.string("data_type");
  if (!isDataType(stored) || !isCastable(stored, "float64")) {
    throw new ReaderError("unsupported", `codec cast_value: data_type "${stored}" is not supported.`, {
      detail: { codec: "cast_value" },
    });
  }
  const choose = <T extends string>(key: string, known: readonly T[]): T => {
    const text = configuration.optional(key, (self) => self.string(key));
    const found = text === undefined ? known[0] : known.find((one) => one === text);
    if (found === undefined)
      throw invalidOption("cast_value", key, `should be one of ${known.join(", ")}, found ${text}`);
    return found;
  };
  return {
    stored: stored as NumberType,
    rule: { rounding: choose("rounding", roundings), outOfRange: choose("out_of_range", outOfRanges) },
  };
});

export const bitround: CodecDefinition = defineCodec({
  name: "bitround",
  kind: "array-to-array",
  parse: (configuration) => configuration.number("keepbits"),
  storedFill: (keepBits, values, dtype) =>
    values.length === 1 && isRounded(Number(values[0]), keepBits, dtype)
      ? { values, dtype, isKept: true }
      : undefined,
  create: () => ({
    kind: "array-to-array",
    takesStrides: true,
    encodedMeta: (meta) => meta,
    decode: (array) => array,
  }),
});

/** Tells whether rounding leaves a number as it is: whatever a reader does with the fill value, it stays this one. */
function isRounded(value: number, keepBits: number, dtype: string): boolean {
  if (value === 0 || !Number.isFinite(value)) return true;
  if (!/^float(32|64)$/.test(dtype)) return false;
  return Number.isInteger(value / 2 ** (Math.floor(Math.log2(Math.abs(value))) - keepBits));
}
