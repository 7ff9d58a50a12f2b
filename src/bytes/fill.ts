/**
 * One item repeated: what stands where nothing is stored.
 *
 * @module
 */
import { arrayOf, type DataType, type FixedType, isRagged, lanesOf, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { toNumbers } from "./numbers.js";
import { repeatRagged, type Values } from "./ragged.js";

/** Most items a typed array can hold in today's engines. */
const maxItems = 2 ** 32 - 1;

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
  const tooLarge = (cause?: unknown): ReaderError =>
    new ReaderError("limit-exceeded", `The result of ${items} ${dtype} does not fit in memory.`, {
      hint: "Ask for a smaller box.",
      cause,
    });
  const length = items * lanesOf(dtype);
  if (length > maxItems) throw tooLarge();
  const make = arrayOf(dtype);
  try {
    const values = new make(length) as Float64Array;
    if (length === 0 || item.every((byte) => byte === 0)) return values;
    const one = toNumbers(item.slice(), dtype) as Float64Array;
    if (one.length === 1) return values.fill(one[0]!);
    for (let at = 0; at < length; at += one.length) values.set(one, at);
    return values;
  } catch (cause) {
    throw tooLarge(cause);
  }
}
