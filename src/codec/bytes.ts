/**
 * `bytes`: numbers in C order, in little- or big-endian byte order;
 * Zarr v3 codec <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/bytes/index.html>.
 *
 * @module
 */
import { arrayOf, countItems, type DataType, itemBytes, laneBytes, type TypedArray } from "../core/dtype.js";
import { type CodecDefinition, corruptData, defineCodec, invalidOption } from "./define.js";
import type { ArrayMeta, DecodedArray } from "./types.js";

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
      requireEndian(endian, meta.dtype);
      return decodeBytes(encoded, meta, endian === "big");
    },
  }),
});

function requireEndian(endian: Endian | undefined, dtype: DataType): void {
  if (endian === undefined && laneBytes(dtype) > 1) {
    throw invalidOption("bytes", "endian", `is absent, but ${dtype} has a byte order`);
  }
}

/** Takes over `encoded` when it fills its buffer, else copies it: the result owns its buffer and is aligned. */
function decodeBytes(encoded: Uint8Array, meta: ArrayMeta, isBigEndian: boolean): DecodedArray {
  const { dtype, shape } = meta;
  const size = itemBytes(dtype);
  const needed = shape === undefined ? undefined : countItems(shape) * size;
  if (needed !== undefined && encoded.length !== needed) {
    throw corruptData("bytes", `${encoded.length} bytes where the array has ${needed}`);
  }
  if (encoded.length % size !== 0) {
    throw corruptData(
      "bytes",
      `${encoded.length} bytes are no whole number of ${dtype} items of ${size} bytes`,
    );
  }
  const owned = encoded.length === encoded.buffer.byteLength ? encoded : encoded.slice();
  const lane = laneBytes(dtype);
  if (isBigEndian) swapInPlace(owned, lane);
  const values = toNumbers(owned, dtype);
  return shape === undefined ? { values } : { values, shape };
}

function toNumbers(owned: Uint8Array, dtype: DataType): TypedArray {
  if (dtype === "float16") return widenHalves(new Uint16Array(owned.buffer));
  if (dtype === "bool") {
    for (let i = 0; i < owned.length; i++) if (owned[i]! > 1) owned[i] = 1;
    return owned;
  }
  return new (arrayOf(dtype))(owned.buffer);
}

function swapInPlace(owned: Uint8Array, lane: number): void {
  if (lane === 1) return;
  if (lane === 2) {
    const values = new Uint16Array(owned.buffer);
    for (let i = 0; i < values.length; i++) values[i] = (values[i]! << 8) | (values[i]! >>> 8);
    return;
  }
  const values = new Uint32Array(owned.buffer);
  for (let i = 0; i < values.length; i++) values[i] = swap32(values[i]!);
  if (lane === 4) return;
  for (let i = 0; i < values.length; i += 2) {
    const low = values[i]!;
    values[i] = values[i + 1]!;
    values[i + 1] = low;
  }
}

function swap32(value: number): number {
  const swappedPairs = ((value & 0x00ff00ff) << 8) | ((value >>> 8) & 0x00ff00ff);
  return (swappedPairs << 16) | (swappedPairs >>> 16);
}

/** IEEE 754 binary16 → binary32, exact. */
function widenHalves(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) values[i] = fraction === 0 ? sign * Infinity : Number.NaN;
    // Subnormals count in steps of 2^-24; else the hidden bit stands before 10 bits of fraction.
    else
      values[i] =
        exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return values;
}
