/**
 * `bytes`: numbers in C order, in little- or big-endian byte order;
 * Zarr v3 codec <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/bytes/index.html>.
 *
 * @module
 */
import { widenFloat16 } from "../bytes/float16.js";
import { arrayOf, countItems, type DataType, itemBytes, laneBytes, type TypedArray } from "../core/dtype.js";
import type { Placed, Region } from "../kernel/memory.js";
import type { ResidentKernels } from "../kernel/resident.js";
import { clampBools, swapBytes } from "../kernel/twin/numbers.js";
import { type CodecDefinition, corruptData, defineCodec, invalidOption } from "./define.js";
import type { ArrayMeta } from "./types.js";

type Endian = "little" | "big";

export const bytes: CodecDefinition = defineCodec<Endian | undefined>({
  name: "bytes",
  kind: "array-to-bytes",
  parse(configuration) {
    const endian = configuration.optional("endian", (self) => self.string("endian"));
    if (endian !== undefined && endian !== "little" && endian !== "big") {
      throw invalidOption("bytes", "endian", `should be "little" or "big", found "${endian}"`);
    }
    return endian;
  },
  check(endian, meta) {
    requireEndian(endian, meta.dtype);
    return meta;
  },
  encodedLength: (decodedLength) => decodedLength,
  create: (endian) => ({
    kind: "array-to-bytes",
    decode(encoded, meta) {
      check(encoded.length, endian, meta);
      return { values: toNumbers(encoded, meta.dtype, endian === "big") };
    },
    enters: endian === "big",
    decodeResident(region, meta, kernels) {
      check(region.length, endian, meta);
      return placeNumbers(region, meta.dtype, endian === "big", kernels);
    },
  }),
});

function requireEndian(endian: Endian | undefined, dtype: DataType): void {
  if (endian === undefined && laneBytes(dtype) > 1) {
    throw invalidOption("bytes", "endian", `is absent, but ${dtype} has a byte order`);
  }
}

function check(length: number, endian: Endian | undefined, { dtype, shape }: ArrayMeta): void {
  requireEndian(endian, dtype);
  const size = itemBytes(dtype);
  const needed = shape === undefined ? undefined : countItems(shape) * size;
  if (needed !== undefined && length !== needed) {
    throw corruptData("bytes", `${length} bytes where the array has ${needed}`);
  }
  if (length % size !== 0) {
    throw corruptData("bytes", `${length} bytes are no whole number of ${dtype} items of ${size} bytes`);
  }
}

/** A view of `encoded` where it can be, else a copy: numbers are aligned, and what is changed is not the caller's. */
function toNumbers(encoded: Uint8Array, dtype: DataType, isBigEndian: boolean): TypedArray {
  const lane = laneBytes(dtype);
  const isChanged = (isBigEndian && lane > 1) || dtype === "bool";
  const bytes = isChanged || encoded.byteOffset % lane !== 0 ? encoded.slice() : encoded;
  if (isBigEndian) swapBytes(bytes, lane);
  if (dtype === "bool") clampBools(bytes);
  const { buffer, byteOffset } = bytes;
  if (dtype === "float16") return widenFloat16(new Uint16Array(buffer, byteOffset, bytes.length / 2));
  return new (arrayOf(dtype))(buffer, byteOffset, bytes.length / lane);
}

function placeNumbers(
  region: Region,
  dtype: DataType,
  isBigEndian: boolean,
  kernels: ResidentKernels,
): Placed {
  const lane = laneBytes(dtype);
  if (isBigEndian) kernels.swapBytes(region, lane);
  if (dtype === "bool") kernels.clampBools(region);
  if (dtype === "float16") return kernels.memory.numbers(kernels.widenHalves(region), Float32Array);
  return kernels.memory.numbers(kernels.memory.aligned(region, lane), arrayOf(dtype));
}
