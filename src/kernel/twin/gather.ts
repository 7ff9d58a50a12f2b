/**
 * Gathering rows by number: whole rows, or single components put beside each other.
 *
 * @module
 */
import type { TypedArray } from "../../core/dtype.js";

/** One component of the rows of a column, which have `width` values each. */
export interface RowComponent {
  readonly values: TypedArray;
  readonly width: number;
  readonly component: number;
}

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

/**
 * These components of each row, interleaved in a fresh array of their common type; of the first rows, when `rows` is a
 * count. The caller has checked that every row lies in every column.
 */
export function interleave(components: readonly RowComponent[], rows: Uint32Array | number): TypedArray {
  const count = typeof rows === "number" ? rows : rows.length;
  const make = components[0]!.values.constructor as new (length: number) => TypedArray;
  const result = new make(count * components.length);
  components.forEach(({ values, width, component }, first) => {
    for (let i = 0, to = first; i < count; i++, to += components.length) {
      const row = typeof rows === "number" ? i : rows[i]!;
      result[to] = values[row * width + component]!;
    }
  });
  return result;
}
