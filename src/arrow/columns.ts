/**
 * Columns of results as Apache Arrow's: the same buffers where the layouts agree, validity as bits, categories as dictionaries.
 * Layout: https://arrow.apache.org/docs/format/Columnar.html.
 *
 * @module
 */
import {
  Binary,
  Bool,
  type Data,
  type DataType,
  Dictionary,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  makeData,
  makeVector,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from "apache-arrow";
import type { TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { Column } from "../core/table.js";

const utf8 = new TextEncoder();
/** Offsets of 32 bits with a sign. */
const maxOffset = 2 ** 31 - 1;

/** One column: its field and its rows. */
export interface ArrowColumn {
  readonly field: Field;
  readonly data: Data;
}

/** What is known of a column beside what it carries. */
export interface ColumnFacts {
  readonly rows: number;
  /** `bool` is held as bytes; so are raw items (`r24`: three each). */
  readonly dtype?: string | undefined;
  readonly unit?: string | undefined;
}

/**
 * A column of a table.
 *
 * @throws ReaderError `corrupt` for codes without a category, `limit-exceeded` for text and lists beyond 2^31 bytes or numbers
 */
export function toColumn(name: string, column: Column, facts: ColumnFacts): ArrowColumn {
  const { validity, unit = facts.unit } = column;
  const data = toData(name, column, facts, bitsOf(validity, facts.rows));
  const metadata = unit === undefined ? undefined : new Map([["unit", unit]]);
  return { field: new Field(name, data.type, validity !== undefined, metadata), data };
}

/** Rows as bits, the first the lowest; none when every row has a value. */
interface Bits {
  readonly nullBitmap?: Uint8Array;
  readonly nullCount: number;
}

function bitsOf(flags: Uint8Array | undefined, rows: number): Bits {
  if (flags === undefined) return { nullCount: 0 };
  const nullBitmap = packBits(flags, rows);
  let nullCount = 0;
  for (let row = 0; row < rows; row++) if (flags[row] === 0) nullCount++;
  return { nullBitmap, nullCount };
}

function packBits(flags: Uint8Array, rows: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(rows / 8));
  for (let row = 0; row < rows; row++) if (flags[row] !== 0) bits[row >> 3]! |= 1 << (row & 7);
  return bits;
}

function toData(name: string, column: Column, facts: ColumnFacts, bits: Bits): Data {
  const { rows, dtype } = facts;
  const { categories, width = rows === 0 ? 1 : column.length / rows } = column;
  if (Array.isArray(column)) {
    const isLists = dtype?.startsWith("list<") || column.some(isNumberList);
    return isLists ? numberLists(name, column as TypedArray[], bits) : itemData(name, column, bits);
  }
  if (categories !== undefined) return categoryData(name, column, categories, column.validity, bits);
  if (dtype?.startsWith("r") && column instanceof Uint8Array) {
    const type = new FixedSizeBinary(Math.max(1, width));
    return makeData({ type, length: rows, ...bits, data: column });
  }
  const own = width === 1 ? bits : { nullCount: 0 };
  const one =
    dtype === "bool" && column instanceof Uint8Array
      ? makeData({ type: new Bool(), length: column.length, ...own, data: packBits(column, column.length) })
      : numberData(column, own);
  if (width === 1) return one;
  const type = new FixedSizeList(width, new Field("item", one.type, false));
  return makeData({ type, length: rows, ...bits, child: one });
}

/** Numbers over the very buffer they are in. */
export function numberData(values: TypedArray, bits: Bits = { nullCount: 0 }): Data {
  const type = numberType(values);
  return makeData({ type: type as Int32, length: values.length, ...bits, data: values as Int32Array });
}

function numberType(values: TypedArray): DataType {
  if (values instanceof Float64Array) return new Float64();
  if (values instanceof Float32Array) return new Float32();
  if (values instanceof Int8Array) return new Int8();
  if (values instanceof Int16Array) return new Int16();
  if (values instanceof Int32Array) return new Int32();
  if (values instanceof Uint8Array) return new Uint8();
  if (values instanceof Uint16Array) return new Uint16();
  if (values instanceof Uint32Array) return new Uint32();
  return values instanceof BigInt64Array ? new Int64() : new Uint64();
}

/** Byte strings are `Uint8Array`s; what else lies in an array of arrays is a list of numbers. */
function isNumberList(item: Column[number]): boolean {
  return ArrayBuffer.isView(item) && !(item instanceof Uint8Array);
}

function numberLists(name: string, lists: readonly TypedArray[], bits: Bits): Data {
  const valueOffsets = offsetsOf(name, lists);
  const child = numberData(joinArrays(lists, valueOffsets));
  const type = new List(new Field("item", child.type, false));
  return makeData({ type, length: lists.length, ...bits, valueOffsets, child });
}

/** Text or byte strings, one after another. */
function itemData(name: string, items: readonly string[] | readonly TypedArray[], bits: Bits): Data {
  const isText = items.every((item) => typeof item === "string");
  const parts = isText ? items.map((item) => utf8.encode(item as string)) : (items as readonly Uint8Array[]);
  const valueOffsets = offsetsOf(name, parts);
  const data = joinArrays(parts, valueOffsets) as Uint8Array;
  const rest = { length: items.length, ...bits, valueOffsets, data };
  return isText ? makeData({ type: new Utf8(), ...rest }) : makeData({ type: new Binary(), ...rest });
}

/** Where each of these arrays begins in all of them, and where the last one ends. */
function offsetsOf(name: string, arrays: readonly TypedArray[]): Int32Array {
  const offsets = new Int32Array(arrays.length + 1);
  let total = 0;
  for (const [index, array] of arrays.entries()) {
    total += array.length;
    if (total > maxOffset) {
      throw new ReaderError(
        "limit-exceeded",
        `Column "${name}" has more bytes of text, or numbers in lists, than the 2^31 that Arrow's offsets reach.`,
      );
    }
    offsets[index + 1] = total;
  }
  return offsets;
}

function joinArrays(arrays: readonly TypedArray[], offsets: Int32Array): TypedArray {
  const make = (arrays[0]?.constructor ?? Uint8Array) as Float64ArrayConstructor;
  const joined = new make(offsets.at(-1)!);
  for (const [index, array] of (arrays as readonly Float64Array[]).entries())
    joined.set(array, offsets[index]);
  return joined;
}

function categoryData(
  name: string,
  codes: TypedArray,
  categories: readonly string[],
  validity: Uint8Array | undefined,
  bits: Bits,
): Data {
  const indices = Int32Array.from(codes as Int32Array, Number);
  for (const [row, code] of indices.entries()) {
    if (validity?.[row] === 0) indices[row] = 0;
    else if (code < 0 || code >= categories.length) {
      throw new ReaderError(
        "corrupt",
        `Row ${row} of "${name}" has the code ${code}; there are ${categories.length} categories.`,
      );
    }
  }
  const dictionary = makeVector(itemData(name, categories, { nullCount: 0 })) as never;
  const type = new Dictionary(new Utf8(), new Int32());
  return makeData({ type, length: codes.length, ...bits, data: indices, dictionary });
}
