/**
 * `bytes`: numbers in C order, in little- or big-endian byte order;
 * Zarr v3 codec <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/bytes/index.html>.
 *
 * @module
 */
import { keepLowBits, smallFloatOf, smallIntegerBits } from "../bytes/narrow.js";
import { toNumbers } from "../bytes/numbers.js";
import {
  arrayOf,
  countItems,
  type FixedType,
  isRagged,
  itemBytes,
  laneBytes,
  type TypedArray,
} from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
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
    requireEndian(endian, numberType(meta));
    return meta;
  },
  encodedLength: (decodedLength) => decodedLength,
  create: (endian) => ({
    kind: "array-to-bytes",
    isPlain: true,
    decode(encoded, meta) {
      const dtype = check(encoded.length, endian, meta);
      return { values: decodeNumbers(encoded, dtype, endian === "big") };
    },
    enters: endian === "big",
    decodeResident(region, meta, kernels) {
      const dtype = check(region.length, endian, meta);
      return placeNumbers(region, dtype, endian === "big", kernels);
    },
  }),
});

function numberType({ dtype }: ArrayMeta): FixedType {
  if (!isRagged(dtype)) return dtype;
  throw new ReaderError("invalid-metadata", `codec bytes: items of ${dtype} have no common length.`, {
    hint: "Such arrays are stored with vlen-utf8 or vlen-bytes.",
    detail: { codec: "bytes" },
  });
}

function requireEndian(endian: Endian | undefined, dtype: FixedType): void {
  if (endian === undefined && laneBytes(dtype) > 1) {
    throw invalidOption("bytes", "endian", `is absent, but ${dtype} has a byte order`);
  }
}

function check(length: number, endian: Endian | undefined, meta: ArrayMeta): FixedType {
  const dtype = numberType(meta);
  const { shape } = meta;
  requireEndian(endian, dtype);
  const size = itemBytes(dtype);
  const needed = shape === undefined ? undefined : countItems(shape) * size;
  if (needed !== undefined && length !== needed) {
    throw corruptData("bytes", `${length} bytes where the array has ${needed}`);
  }
  if (length % size !== 0) {
    throw corruptData("bytes", `${length} bytes are no whole number of ${dtype} items of ${size} bytes`);
  }
  return dtype;
}

/** A view of `encoded` where it can be, else a copy: numbers are aligned, and what is changed is not the caller's. */
function decodeNumbers(encoded: Uint8Array, dtype: FixedType, isBigEndian: boolean): TypedArray {
  const lane = laneBytes(dtype);
  const isChanged = (isBigEndian && lane > 1) || dtype === "bool" || smallIntegerBits(dtype) !== undefined;
  const bytes = isChanged || encoded.byteOffset % lane !== 0 ? encoded.slice() : encoded;
  if (isBigEndian) swapBytes(bytes, lane);
  if (dtype === "bool") clampBools(bytes);
  return toNumbers(bytes, dtype);
}

function placeNumbers(
  region: Region,
  dtype: FixedType,
  isBigEndian: boolean,
  kernels: ResidentKernels,
): Placed {
  const lane = laneBytes(dtype);
  if (isBigEndian) kernels.swapBytes(region, lane);
  if (dtype === "bool") kernels.clampBools(region);
  if (dtype === "float16") return kernels.memory.numbers(kernels.widenHalves(region), Float32Array);
  const aligned = kernels.memory.aligned(region, lane);
  if (smallFloatOf(dtype) !== undefined) return { values: toNumbers(kernels.memory.view(aligned), dtype) };
  const bits = smallIntegerBits(dtype);
  if (bits !== undefined) keepLowBits(kernels.memory.view(aligned), bits, dtype.startsWith("int"));
  return kernels.memory.numbers(aligned, arrayOf(dtype));
}
