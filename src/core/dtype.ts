/**
 * Data types by name, the typed arrays that hold them, and their sizes.
 *
 * `bool` is held in a `Uint8Array` (0 or 1), `float16` is widened to a `Float32Array` (exact), complex numbers are
 * pairs of floats (real, imaginary), 64-bit integers are BigInt arrays.
 *
 * @module
 */

export type DataType =
  | "bool"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float16"
  | "float32"
  | "float64"
  | "complex64"
  | "complex128";

export type TypedArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

interface TypedArrayByType {
  bool: Uint8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  float16: Float32Array;
  float32: Float32Array;
  float64: Float64Array;
  complex64: Float32Array;
  complex128: Float64Array;
}

export type TypedArrayOf<D extends DataType> = TypedArrayByType[D];

export interface TypedArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
}

interface TypeInfo {
  /** Bytes of one stored item. */
  readonly itemBytes: number;
  /** Numbers an item is made of: 2 for complex types. */
  readonly lanes: number;
  readonly array: TypedArrayConstructor;
}

const info: Readonly<Record<DataType, TypeInfo>> = {
  bool: { itemBytes: 1, lanes: 1, array: Uint8Array },
  int8: { itemBytes: 1, lanes: 1, array: Int8Array },
  int16: { itemBytes: 2, lanes: 1, array: Int16Array },
  int32: { itemBytes: 4, lanes: 1, array: Int32Array },
  int64: { itemBytes: 8, lanes: 1, array: BigInt64Array },
  uint8: { itemBytes: 1, lanes: 1, array: Uint8Array },
  uint16: { itemBytes: 2, lanes: 1, array: Uint16Array },
  uint32: { itemBytes: 4, lanes: 1, array: Uint32Array },
  uint64: { itemBytes: 8, lanes: 1, array: BigUint64Array },
  float16: { itemBytes: 2, lanes: 1, array: Float32Array },
  float32: { itemBytes: 4, lanes: 1, array: Float32Array },
  float64: { itemBytes: 8, lanes: 1, array: Float64Array },
  complex64: { itemBytes: 8, lanes: 2, array: Float32Array },
  complex128: { itemBytes: 16, lanes: 2, array: Float64Array },
};

/** Tells whether a name is a data type of this library. */
export function isDataType(name: string): name is DataType {
  return Object.hasOwn(info, name);
}

/** Bytes of one stored item, 8 for `complex64`. */
export function itemBytes(dtype: DataType): number {
  return info[dtype].itemBytes;
}

/** Numbers per item: 2 for complex types, else 1. */
export function lanesOf(dtype: DataType): number {
  return info[dtype].lanes;
}

/** The typed array that holds results of a type; for `float16` the widened one. */
export function arrayOf(dtype: DataType): TypedArrayConstructor {
  return info[dtype].array;
}

/** Bytes of one number as stored: what is swapped for big-endian data. */
export function laneBytes(dtype: DataType): number {
  return info[dtype].itemBytes / info[dtype].lanes;
}

/** Product of a shape; 1 for a scalar. */
export function countItems(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
