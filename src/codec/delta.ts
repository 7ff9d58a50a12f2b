/**
 * numcodecs' `delta`: the first value, then differences; decoding is a running sum in the type of the array, which wraps
 * around like numpy's.
 *
 * @module
 */
import { numbersOf } from "../bytes/ragged.js";
import { arrayOf, itemBytes, type NumberType, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { JsonReader } from "../core/json.js";
import type { Kernels } from "../kernel/kernel.js";
import type { Placed } from "../kernel/memory.js";
import type { ResidentKernels } from "../kernel/resident.js";
import { sumDeltas } from "../kernel/twin/delta.js";
import { castFill } from "./cast-numbers.js";
import { type CodecDefinition, defineCodec, invalidOption } from "./define.js";
import { readNumpyType } from "./numpy-type.js";
import type { ArrayMeta, DecodedArray } from "./types.js";

interface DeltaOptions {
  readonly dtype: NumberType;
  readonly astype: NumberType;
}

/** Types that a difference can have. */
const supported = /^(u?int(8|16|32|64)|float(32|64))$/;

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
  // zarr-python leaves the fill value as it is: a chunk that is not stored holds differences of that value.
  storedFill({ astype }, fill, dtype) {
    const values = castFill(fill, dtype, astype);
    return values && { values, dtype: astype, isKept: false };
  },
  create: (options, kernels) => ({
    kind: "array-to-array",
    encodedMeta: (meta) => encodedMeta(options, meta),
    decode: (array) => sum(options, array, kernels),
  }),
});

function readType(configuration: JsonReader, option: string): NumberType {
  const type = readNumpyType(configuration, "delta", option);
  if (supported.test(type)) return type;
  throw new ReaderError(
    "unsupported",
    `codec delta: ${option} "${configuration.string(option)}" is not supported.`,
    {
      hint: "Integers and floats of 32 and 64 bits are.",
      detail: { codec: "delta" },
    },
  );
}

function isFloat(dtype: NumberType): boolean {
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
  from: NumberType,
  to: NumberType,
  resident: ResidentKernels,
): Placed | undefined {
  if (from === to) return { values };
  const size = itemBytes(to);
  const ownSize = values.BYTES_PER_ELEMENT;
  if (isFloat(to) || ownSize > size) return undefined;
  const region = { at: values.byteOffset, length: values.byteLength };
  const narrow = { size: ownSize as 1 | 2 | 4, isSigned: !from.startsWith("uint") };
  const wide = ownSize === size ? region : resident.widenIntegers(region, narrow, size as 2 | 4 | 8, 0n);
  return resident.memory.numbers(wide, arrayOf(to));
}
