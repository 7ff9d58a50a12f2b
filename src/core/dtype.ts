/**
 * Data types by name, what holds them, and their sizes.
 *
 * | type                                              | held in                                                      |
 * | ------------------------------------------------- | ------------------------------------------------------------ |
 * | integers and floats of 8 to 64 bits               | the typed array of that name; 64-bit integers in BigInt ones |
 * | `bool`                                            | `Uint8Array`, 0 or 1                                         |
 * | `int2`, `int4`, `uint2`, `uint4`                  | `Int8Array`, `Uint8Array`                                    |
 * | `float16`, `bfloat16`, `float8_e4m3`, `float8_e5m2` | `Float32Array`, exactly                                    |
 * | complex                                           | two floats an item (real, imaginary)                         |
 * | `r8`, `r16` … (raw bits)                          | `Uint8Array`, as many bytes an item                          |
 * | `string`, `bytes`                                 | `string[]`, `Uint8Array[]`: items of any length              |
 * | `list<int32>` …                                   | `Int32Array[]`: lists of numbers, of any length              |
 *
 * @module
 */
import { ReaderError } from "./error.js";

/** Types whose items are numbers. */
export type NumberType = keyof TypedArrayByType;
/** Opaque items of so many bits, a multiple of 8. */
export type RawType = `r${number}`;
/** Types whose items have no common length. */
export type RaggedType = "string" | "bytes" | ListType;
/** Lists of numbers of one type, each of its own length. */
export type ListType = `list<${NumberType}>`;

/** Types whose items all have one length. */
export type FixedType = NumberType | RawType;

export type DataType = FixedType | RaggedType;

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
  int2: Int8Array;
  int4: Int8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint2: Uint8Array;
  uint4: Uint8Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  float8_e4m3: Float32Array;
  float8_e5m2: Float32Array;
  bfloat16: Float32Array;
  float16: Float32Array;
  float32: Float32Array;
  float64: Float64Array;
  complex_float8_e4m3: Float32Array;
  complex_float8_e5m2: Float32Array;
  complex_bfloat16: Float32Array;
  complex_float16: Float32Array;
  complex64: Float32Array;
  complex128: Float64Array;
}

/** What holds items of a type that has a fixed size. */
export type TypedArrayOf<D extends DataType> = D extends NumberType
  ? TypedArrayByType[D]
  : D extends RawType
    ? Uint8Array
    : never;

/** What results hold items of a type in. */
export type DataOf<D extends DataType> = D extends "string"
  ? string[]
  : D extends "bytes"
    ? Uint8Array[]
    : D extends `list<${infer N extends NumberType}>`
      ? TypedArrayByType[N][]
      : TypedArrayOf<D>;

export interface TypedArrayConstructor {
  readonly name: string;
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

const numbers: Readonly<Record<NumberType, TypeInfo>> = {
  bool: { itemBytes: 1, lanes: 1, array: Uint8Array },
  int2: { itemBytes: 1, lanes: 1, array: Int8Array },
  int4: { itemBytes: 1, lanes: 1, array: Int8Array },
  int8: { itemBytes: 1, lanes: 1, array: Int8Array },
  int16: { itemBytes: 2, lanes: 1, array: Int16Array },
  int32: { itemBytes: 4, lanes: 1, array: Int32Array },
  int64: { itemBytes: 8, lanes: 1, array: BigInt64Array },
  uint2: { itemBytes: 1, lanes: 1, array: Uint8Array },
  uint4: { itemBytes: 1, lanes: 1, array: Uint8Array },
  uint8: { itemBytes: 1, lanes: 1, array: Uint8Array },
  uint16: { itemBytes: 2, lanes: 1, array: Uint16Array },
  uint32: { itemBytes: 4, lanes: 1, array: Uint32Array },
  uint64: { itemBytes: 8, lanes: 1, array: BigUint64Array },
  float8_e4m3: { itemBytes: 1, lanes: 1, array: Float32Array },
  float8_e5m2: { itemBytes: 1, lanes: 1, array: Float32Array },
  bfloat16: { itemBytes: 2, lanes: 1, array: Float32Array },
  float16: { itemBytes: 2, lanes: 1, array: Float32Array },
  float32: { itemBytes: 4, lanes: 1, array: Float32Array },
  float64: { itemBytes: 8, lanes: 1, array: Float64Array },
  complex_float8_e4m3: { itemBytes: 2, lanes: 2, array: Float32Array },
  complex_float8_e5m2: { itemBytes: 2, lanes: 2, array: Float32Array },
  complex_bfloat16: { itemBytes: 4, lanes: 2, array: Float32Array },
  complex_float16: { itemBytes: 4, lanes: 2, array: Float32Array },
  complex64: { itemBytes: 8, lanes: 2, array: Float32Array },
  complex128: { itemBytes: 16, lanes: 2, array: Float64Array },
};

/** A record of numpy may be large; beyond this a size in metadata is a mistake or an attack. */
const maxRawBytes = 2 ** 24;

/** Tells whether a name is a data type that metadata may name: all but lists, which formats make of their own. */
export function isDataType(name: string): name is DataType {
  return (
    Object.hasOwn(numbers, name) || name === "string" || name === "bytes" || rawBytes(name) !== undefined
  );
}

/** Tells types whose items have no common length. */
export function isRagged(name: string): name is RaggedType {
  return name === "string" || name === "bytes" || listedType(name) !== undefined;
}

/** The type of the numbers in lists; `undefined` for what are no lists. */
export function listedType(name: string): NumberType | undefined {
  const listed = /^list<(.+)>$/.exec(name)?.[1];
  return listed !== undefined && Object.hasOwn(numbers, listed) ? (listed as NumberType) : undefined;
}

/** Tells types of opaque bytes. */
export function isRaw(name: string): name is RawType {
  return rawBytes(name) !== undefined;
}

/** The type of opaque items of so many bytes. */
export function rawType(bytes: number): RawType {
  return `r${8 * bytes}`;
}

function rawBytes(name: string): number | undefined {
  const bits = /^r([1-9]\d{0,8})$/.exec(name)?.[1];
  const bytes = bits === undefined ? 0 : Number(bits) / 8;
  return Number.isInteger(bytes) && bytes > 0 && bytes <= maxRawBytes ? bytes : undefined;
}

function infoOf(dtype: DataType): TypeInfo {
  if (Object.hasOwn(numbers, dtype)) return numbers[dtype as NumberType];
  const bytes = rawBytes(dtype);
  if (bytes !== undefined) return { itemBytes: bytes, lanes: bytes, array: Uint8Array };
  throw new ReaderError("unsupported", `Items of ${dtype} have no common length, and this needs numbers.`);
}

/** Bytes of one stored item, 8 for `complex64`. */
export function itemBytes(dtype: FixedType): number;
/** Bytes of one stored item; `undefined` where items have no common length. */
export function itemBytes(dtype: DataType): number | undefined;
export function itemBytes(dtype: DataType): number | undefined {
  return isRagged(dtype) ? undefined : infoOf(dtype).itemBytes;
}

/** Numbers per item: 2 for complex types, the bytes of raw ones, else 1. */
export function lanesOf(dtype: DataType): number {
  return isRagged(dtype) ? 1 : infoOf(dtype).lanes;
}

/**
 * The typed array that holds results of a type; for `float16` the widened one.
 *
 * @throws ReaderError `unsupported` for items without a common length
 */
export function arrayOf(dtype: DataType): TypedArrayConstructor {
  return infoOf(dtype).array;
}

/** Bytes of one number as stored: what is swapped for big-endian data. */
export function laneBytes(dtype: FixedType): number {
  const { itemBytes, lanes } = infoOf(dtype);
  return itemBytes / lanes;
}

/** Product of a shape; 1 for a scalar. */
export function countItems(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes of the array that holds items of a shape. */
export function heldBytes(dtype: DataType, shape: readonly number[]): number {
  return countItems(shape) * lanesOf(dtype) * arrayOf(dtype).BYTES_PER_ELEMENT;
}
