/**
 * The row filter in plain code: the fallback without WASM, and what the kernel is tested against.
 *
 * @module
 */
import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";

/** Keeps row `r` when `min <= values[offset + r * stride] <= max`. */
export interface RowFilterCondition {
  readonly values: TypedArray;
  /** Values from one row to the next. */
  readonly stride: number;
  /** Index of the first row's value. */
  readonly offset: number;
  readonly min: number | bigint;
  readonly max: number | bigint;
}

/**
 * Numbers of the rows that meet every condition, ascending; all rows when there is none. NaN is never inside.
 * JavaScript compares a BigInt with a number by value, so bounds of either kind are exact for every type.
 *
 * @throws ReaderError `invalid-query` when a condition reaches outside its values
 */
export function selectRows(conditions: readonly RowFilterCondition[], rows: number): Uint32Array {
  checkConditions(conditions, rows);
  const all = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) all[row] = row;
  const count = keepRows(conditions, all);
  return count === rows ? all : all.slice(0, count);
}

/** Moves the rows that meet every condition to the front; returns how many they are. */
export function keepRows(conditions: readonly RowFilterCondition[], rows: Uint32Array): number {
  let count = rows.length;
  for (const { values, stride, offset, min, max } of conditions) {
    let next = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const value = values[offset + row * stride]!;
      if (value >= min && value <= max) rows[next++] = row;
    }
    count = next;
  }
  return count;
}

/** Refuses conditions that would read outside their values. */
export function checkConditions(conditions: readonly RowFilterCondition[], rows: number): void {
  for (const { values, stride, offset } of conditions) {
    const last = offset + (rows - 1) * stride;
    if (stride < 1 || offset < 0 || !Number.isInteger(stride) || !Number.isInteger(offset)) {
      throw new ReaderError("invalid-query", `a row filter has stride ${stride} and offset ${offset}.`);
    }
    if (rows > 0 && last >= values.length) {
      throw new ReaderError(
        "invalid-query",
        `a row filter over ${rows} rows reaches value ${last} of a column of ${values.length}.`,
      );
    }
  }
}
