/**
 * The three kinds of codec, decode only. Names and order are those of Zarr v3.
 *
 * @module
 */
import type { DataType, TypedArray } from "../core/dtype.js";
import type { JsonObject } from "../core/json.js";
import type { Kernels } from "../kernel/kernel.js";

/** What a codec may need to know of the array it serves. */
export interface ArrayMeta {
  readonly dtype: DataType;
  /** Shape that this codec's output has to have; absent for ragged rows. */
  readonly shape?: readonly number[];
}

/** Numbers in C order of `shape`; the caller owns the buffer. */
export interface DecodedArray {
  readonly values: TypedArray;
  /** Absent for ragged rows. */
  readonly shape?: readonly number[];
}

export interface BytesCodec {
  readonly kind: "bytes-to-bytes";
  /** `decodedLength` is exact where the array's size tells it, else absent. */
  decode(bytes: Uint8Array, decodedLength?: number): Uint8Array;
  /** Encoded length for a decoded one, where it does not depend on the data (checksums). */
  encodedLength?(decodedLength: number): number;
}

export interface ArrayBytesCodec {
  readonly kind: "array-to-bytes";
  decode(bytes: Uint8Array, meta: ArrayMeta): DecodedArray;
}

export interface ArrayCodec {
  readonly kind: "array-to-array";
  /** Meta of the array before this codec, from the one after decoding: what the next codec inwards must produce. */
  encodedMeta(meta: ArrayMeta): ArrayMeta;
  decode(array: DecodedArray, meta: ArrayMeta): DecodedArray;
}

export type Codec = BytesCodec | ArrayBytesCodec | ArrayCodec;

/** Makes a codec from its configuration; kernels are loaded before, so that decoding is synchronous. */
export type CodecFactory = (configuration: JsonObject, kernels: Kernels) => Codec;
