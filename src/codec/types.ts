/**
 * The three kinds of codec, decode only. Names and order are those of Zarr v3.
 *
 * A codec that the kernels can run has a second form, `decodeResident`, for bytes that lie in the kernels' memory; a chain
 * of such codecs copies nothing between its steps. Every codec has the first form, which works anywhere.
 *
 * @module
 */
import type { Values } from "../bytes/ragged.js";
import type { DataType } from "../core/dtype.js";
import type { JsonObject } from "../core/json.js";
import type { Kernels } from "../kernel/kernel.js";
import type { Region } from "../kernel/memory.js";
import type { ResidentKernels } from "../kernel/resident.js";

/** What a codec may need to know of the array it serves. */
export interface ArrayMeta {
  readonly dtype: DataType;
  /** Shape that this codec's output has to have; absent for ragged rows. */
  readonly shape?: readonly number[];
}

/**
 * Numbers, or items of any length, in C order of `shape`, or at strides. Between codecs they may be a view of the encoded bytes, which nobody writes to, or of the
 * kernels' memory: read them at once, do not keep them.
 */
export interface DecodedArray {
  readonly values: Values;
  /** Absent for ragged rows. */
  readonly shape?: readonly number[];
  /** Items to step over along each axis of `shape`; absent: C order. */
  readonly stride?: readonly number[];
}

/** What the forms of a codec that takes bytes have in common. */
interface TakesBytes {
  /** The kernels gain so much that bytes are brought into their memory for it; else the resident form only serves those that are there. */
  readonly enters?: boolean;
}

export interface BytesCodec extends TakesBytes {
  readonly kind: "bytes-to-bytes";
  /**
   * `decodedLength` is exact where the array's size tells it, else absent; then no more than `mostBytes` may come of it, where that is
   * known. May return a view of `bytes`.
   */
  decode(bytes: Uint8Array, decodedLength?: number, mostBytes?: number): Uint8Array;
  /** The same in the kernels' memory. May return a part of `region`, which it owns. */
  decodeResident?(
    region: Region,
    decodedLength: number | undefined,
    kernels: ResidentKernels,
    mostBytes?: number,
  ): Region;
  /** Encoded length for a decoded one, where it does not depend on the data (checksums). */
  encodedLength?(decodedLength: number): number;
}

export interface ArrayBytesCodec extends TakesBytes {
  readonly kind: "array-to-bytes";
  /** Numbers are stored side by side as they are, so that their bytes are known by the array's size. */
  readonly isPlain?: boolean;
  /** Most bytes that the array takes when encoded, where that is not told by its size. */
  mostBytes?(meta: ArrayMeta): number | undefined;
  /** May return a view of `bytes`. */
  decode(bytes: Uint8Array, meta: ArrayMeta): DecodedArray;
  /** The same in the kernels' memory. */
  decodeResident?(region: Region, meta: ArrayMeta, kernels: ResidentKernels): DecodedArray;
}

export interface ArrayCodec {
  readonly kind: "array-to-array";
  /** Meta of the array before this codec, from the one after decoding: what the next codec inwards must produce. */
  encodedMeta(meta: ArrayMeta): ArrayMeta;
  /** It reads arrays at strides; others are given them in C order. */
  readonly takesStrides?: boolean;
  /** May return `array` itself; numbers in the kernels' memory belong to the chain and may be changed in place. */
  decode(array: DecodedArray, meta: ArrayMeta): DecodedArray;
}

export type Codec = BytesCodec | ArrayBytesCodec | ArrayCodec;

/** Makes a codec from its configuration; kernels are loaded before, so that decoding is synchronous. */
export type CodecFactory = (configuration: JsonObject, kernels: Kernels) => Codec;
