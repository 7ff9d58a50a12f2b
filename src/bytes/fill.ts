/**
 * Arrays of one repeated item: what stands where nothing is stored.
 *
 * @module
 */
import { arrayOf, type DataType, lanesOf, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { widenFloat16 } from "./float16.js";

/** Most items a typed array can hold in today's engines. */
const maxItems = 2 ** 32 - 1;

/**
 * Makes an array of `items` times one item, given in native little-endian bytes.
 *
 * @throws ReaderError `limit-exceeded` when no typed array, or no memory, could hold it
 */
export function repeatItem(dtype: DataType, items: number, item: Uint8Array): TypedArray {
  const tooLarge = (cause?: unknown): ReaderError =>
    new ReaderError("limit-exceeded", `The result of ${items} ${dtype} does not fit in memory.`, {
      hint: "Ask for a smaller box.",
      cause,
    });
  if (items > maxItems) throw tooLarge();
  const length = items * lanesOf(dtype);
  try {
    const values = new (arrayOf(dtype))(length) as Float64Array;
    if (length === 0 || item.every((byte) => byte === 0)) return values;
    const buffer = item.slice().buffer;
    const one = (
      dtype === "float16" ? widenFloat16(new Uint16Array(buffer)) : new (arrayOf(dtype))(buffer)
    ) as Float64Array;
    if (one.length === 1) return values.fill(one[0]!);
    for (let at = 0; at < length; at += one.length) values.set(one, at);
    return values;
  } catch (cause) {
    throw tooLarge(cause);
  }
}
