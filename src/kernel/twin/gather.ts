/**
 * Gathering rows by number.
 *
 * @module
 */
import type { TypedArray } from "../../core/dtype.js";

/**
 * The rows of these numbers, `width` values each, in a fresh array of the same type. The caller has checked that every
 * row lies in `values`.
 */
export function gather<T extends TypedArray>(values: T, width: number, rows: Uint32Array): T {
  const make = values.constructor as new (length: number) => T;
  const result = new make(rows.length * width);
  if (width === 1) {
    for (let i = 0; i < rows.length; i++) result[i] = values[rows[i]!]!;
    return result;
  }
  let to = 0;
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * width;
    for (let k = 0; k < width; k++) result[to++] = values[from + k]!;
  }
  return result;
}
