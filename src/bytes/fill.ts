/**
 * Arrays for results, and arrays of one repeated item: what stands where nothing is stored.
 *
 * @module
 */
import {
  arrayOf,
  countItems,
  type DataType,
  type FixedType,
  isRagged,
  lanesOf,
  type TypedArray,
} from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { toNumbers } from "./numbers.js";
import { repeatRagged, type Values } from "./ragged.js";

/** Most items a typed array can hold in today's engines. */
const maxItems = 2 ** 32 - 1;

/** Memory from a place in a buffer on. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
}

/**
 * An array for the items of a shape, all of it zero where no memory is given.
 *
 * @throws ReaderError `limit-exceeded` when no typed array, or no memory, could hold it
 */
export function createItems(dtype: FixedType, shape: readonly number[], memory?: Memory): TypedArray {
  const items = countItems(shape);
  const length = items * lanesOf(dtype);
  const make = arrayOf(dtype);
  if (length > maxItems) throw tooLarge(items, dtype);
  try {
    return memory === undefined ? new make(length) : new make(memory.buffer, memory.byteOffset, length);
  } catch (cause) {
    throw tooLarge(items, dtype, cause);
  }
}

/** One item, given in native little-endian bytes, as the numbers that an array holds. */
export function numbersOfItem(dtype: FixedType, item: Uint8Array): TypedArray {
  return toNumbers(item.slice(), dtype);
}

/**
 * Makes `items` times one item, given in native little-endian bytes; text as UTF-8.
 *
 * @throws ReaderError `limit-exceeded` when no typed array, or no memory, could hold it
 */
export function repeatItem(dtype: DataType, items: number, item: Uint8Array): Values {
  return isRagged(dtype) ? repeatRagged(item, items) : repeatNumbers(dtype, items, item);
}

/**
 * As `repeatItem`, for types that typed arrays hold.
 *
 * @throws ReaderError `limit-exceeded`
 */
export function repeatNumbers(dtype: FixedType, items: number, item: Uint8Array): TypedArray {
  const values = createItems(dtype, [items]) as Float64Array;
  if (item.every((byte) => byte === 0)) return values;
  const one = numbersOfItem(dtype, item) as Float64Array;
  if (one.length === 1) return values.fill(one[0]!);
  for (let at = 0; at < values.length; at += one.length) values.set(one, at);
  return values;
}

export function tooLarge(items: number, dtype: FixedType, cause?: unknown): ReaderError {
  return new ReaderError("limit-exceeded", `The result of ${items} ${dtype} does not fit in memory.`, {
    hint: "Ask for a smaller box.",
    cause,
  });
}
