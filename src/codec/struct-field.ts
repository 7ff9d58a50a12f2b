/**
 * `struct-field`: one field of records that lie side by side. This name is the library's own: the format puts it in front of the
 * codecs of an array of records, once for each field.
 *
 * @module
 */
import { toNumbers } from "../bytes/numbers.js";
import { numbersOf } from "../bytes/ragged.js";
import { type FixedType, isDataType, isRagged, itemBytes, laneBytes, rawType } from "../core/dtype.js";
import { clampBools, swapBytes } from "../kernel/twin/numbers.js";
import { type CodecDefinition, defineCodec, invalidOption } from "./define.js";
import type { ArrayMeta } from "./types.js";

interface FieldOptions {
  readonly recordBytes: number;
  /** Where the field begins in a record. */
  readonly offset: number;
  readonly dtype: FixedType;
  readonly endian: "little" | "big" | undefined;
}

export const structField: CodecDefinition = defineCodec<FieldOptions>({
  name: "struct-field",
  kind: "array-to-array",
  parse(configuration) {
    const dtype = configuration.string("dtype");
    const endian = configuration.optional("endian", (self) => self.string("endian"));
    if (!isDataType(dtype) || isRagged(dtype)) throw invalidOption("struct-field", "dtype", `is ${dtype}`);
    if (endian !== "little" && endian !== "big" && laneBytes(dtype) > 1) {
      throw invalidOption("bytes", "endian", `is absent, but ${dtype} has a byte order`);
    }
    const options = {
      recordBytes: configuration.number("recordBytes"),
      offset: configuration.number("offset"),
      dtype,
      endian: endian as FieldOptions["endian"],
    };
    if (options.offset + itemBytes(dtype) > options.recordBytes) {
      throw invalidOption("struct-field", "offset", `${options.offset} is outside the record`);
    }
    return options;
  },
  check: encodedMeta,
  create: (options) => ({
    kind: "array-to-array",
    encodedMeta: (meta) => encodedMeta(options, meta),
    decode: (array) => ({ ...array, values: takeField(options, numbersOf(array.values) as Uint8Array) }),
  }),
});

function encodedMeta({ recordBytes, dtype }: FieldOptions, meta: ArrayMeta): ArrayMeta {
  if (meta.dtype === dtype) return { ...meta, dtype: rawType(recordBytes) };
  throw invalidOption("struct-field", "dtype", `is ${dtype} where ${meta.dtype} is wanted`);
}

function takeField(options: FieldOptions, records: Uint8Array): ReturnType<typeof toNumbers> {
  const { recordBytes, offset, dtype, endian } = options;
  const size = itemBytes(dtype);
  const items = records.length / recordBytes;
  const bytes = new Uint8Array(items * size);
  for (let item = 0, from = offset; item < items; item++, from += recordBytes) {
    for (let byte = 0; byte < size; byte++) bytes[item * size + byte] = records[from + byte]!;
  }
  if (endian === "big") swapBytes(bytes, laneBytes(dtype));
  if (dtype === "bool") clampBools(bytes);
  return toNumbers(bytes, dtype);
}
