/**
 * numcodecs' `delta`: the first value, then differences; decoding is a running sum in the type of the array, which wraps
 * around like numpy's.
 *
 * @module
 */
import { numbersOf } from "../bytes/ragged.js";
import { arrayOf, type DataType, itemBytes, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { JsonReader } from "../core/json.js";
import type { Kernels } from "../kernel/kernel.js";
import type { Placed } from "../kernel/memory.js";
import type { ResidentKernels } from "../kernel/resident.js";
import { sumDeltas } from "../kernel/twin/delta.js";
import { type CodecDefinition, defineCodec, invalidOption } from "./define.js";
import type { ArrayMeta, DecodedArray } from "./types.js";

interface DeltaOptions {
  readonly dtype: DataType;
  readonly astype: DataType;
}

/** Numpy's letters and sizes, of the types a difference can have. */
const numpyTypes = [
  ["i1", "int8"],
  ["i2", "int16"],
  ["i4", "int32"],
  ["i8", "int64"],
  ["u1", "uint8"],
  ["u2", "uint16"],
  ["u4", "uint32"],
  ["u8", "uint64"],
  ["f4", "float32"],
  ["f8", "float64"],
] as const satisfies readonly (readonly [string, DataType])[];

/** By numpy's type string without its byte order, as v2 writes it, and by name, as zarr-python writes it into v3. */
const typesByText: ReadonlyMap<string, DataType> = new Map<string, DataType>(
  numpyTypes.flatMap(([text, name]) => [[text, name] as const, [name, name] as const]),
);

export const delta: CodecDefinition = defineCodec<DeltaOptions>({
  name: "delta",
  kind: "array-to-array",
  parse(configuration) {
    const dtype = readType(configuration, "dtype");
    const astype = configuration.optional("astype", (self) => readType(self, "astype")) ?? dtype;
    if (isFloat(dtype) !== isFloat(astype)) {
      throw invalidOption("delta", "astype", `is ${astype}, which cannot hold differences of ${dtype}`);
    }
    return { dtype, astype };
  },
  check: encodedMeta,
  create: (options, kernels) => ({
    kind: "array-to-array",
    encodedMeta: (meta) => encodedMeta(options, meta),
    decode: (array) => sum(options, array, kernels),
  }),
});

/** The byte order in a numpy type string is the business of the codec that made numbers of the bytes. */
function readType(configuration: JsonReader, option: string): DataType {
  const text = configuration.string(option);
  const type = typesByText.get(text.replace(/^[<>|=]/, ""));
  if (type !== undefined) return type;
  throw new ReaderError("unsupported", `codec delta: ${option} "${text}" is not supported.`, {
    hint: "Integers and floats of 32 and 64 bits are.",
    detail: { codec: "delta" },
  });
}

function isFloat(dtype: DataType): boolean {
  return dtype.startsWith("float");
}

function encodedMeta({ dtype, astype }: DeltaOptions, meta: ArrayMeta): ArrayMeta {
  if (dtype !== meta.dtype) {
    throw invalidOption("delta", "dtype", `is ${dtype} where the array is ${meta.dtype}`);
  }
  return { ...meta, dtype: astype };
}

/** In the kernels' memory where the numbers lie there, else into an array of their own. */
function sum({ dtype, astype }: DeltaOptions, array: DecodedArray, { resident }: Kernels): DecodedArray {
  const values = numbersOf(array.values);
  const wide = resident?.memory.holds(values) ? widen(values, astype, dtype, resident) : undefined;
  if (wide === undefined) return { ...array, values: sumDeltas(values, arrayOf(dtype)) };
  resident?.sumDeltas(wide.values);
  return wide;
}

/** The differences in the type of their sums, in the kernels' memory; integers that are to become narrower are for plain code. */
function widen(
  values: TypedArray,
  from: DataType,
  to: DataType,
  resident: ResidentKernels,
): Placed | undefined {
  if (from === to) return { values };
  const size = itemBytes(to)!;
  const ownSize = values.BYTES_PER_ELEMENT;
  if (isFloat(to) || ownSize > size) return undefined;
  const region = { at: values.byteOffset, length: values.byteLength };
  const narrow = { size: ownSize as 1 | 2 | 4, isSigned: !from.startsWith("uint") };
  const wide = ownSize === size ? region : resident.widenIntegers(region, narrow, size as 2 | 4 | 8, 0n);
  return resident.memory.numbers(wide, arrayOf(to));
}
