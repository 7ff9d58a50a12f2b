/**
 * @module
 * Compares what was read with what is expected, to the bit.
 */
import type { TypedArray } from "../../src/core/dtype.js";
import type { Column } from "../../src/core/table.js";
import type { Comparison } from "./verdict.js";

/** Numbers in C order, two for each complex one, strings, or byte strings. A typed array of the type that was read is compared to the bit. */
export type Values = ArrayLike<number | bigint | boolean> | readonly string[] | readonly Uint8Array[];

/** Compares a column with what it should hold, rounded to single precision where the column is of that. */
export function compareValues(actual: Column, expected: Values): Comparison {
  if (actual.length !== expected.length) {
    return { difference: `${actual.length} values instead of ${expected.length}` };
  }
  let at: number;
  if (Array.isArray(actual)) {
    at = (actual as (string | TypedArray)[]).findIndex((value, index) => !isSameItem(value, expected[index]));
  } else if (actual.constructor === expected.constructor) {
    at = firstDifference(bytesOf(actual), bytesOf(expected as TypedArray), actual.BYTES_PER_ELEMENT);
  } else {
    const round = actual instanceof Float32Array ? Math.fround : Number;
    const numbers = Array.from<number | bigint>(actual);
    at = numbers.findIndex((value, index) => !isSame(value, expected[index] as number, round));
  }
  return at < 0 ? "equal" : { difference: `value ${at} is ${actual[at]} instead of ${expected[at]}` };
}

function isSameItem(actual: string | TypedArray, expected: unknown): boolean {
  if (typeof actual === "string") return actual === expected;
  return (
    expected instanceof Uint8Array && actual instanceof Uint8Array && Buffer.compare(actual, expected) === 0
  );
}

function isSame(
  actual: number | bigint,
  expected: number | bigint | boolean | string,
  round: (value: number) => number,
): boolean {
  if (typeof expected === "string") return false;
  if (typeof actual === "number") return Object.is(actual, round(Number(expected)));
  return typeof expected === "number" && !Number.isInteger(expected) ? false : actual === BigInt(expected);
}

/** Compares bytes. */
export function compareBytes(actual: Uint8Array, expected: Uint8Array): Comparison {
  if (actual.length !== expected.length) {
    return { difference: `${actual.length} bytes instead of ${expected.length}` };
  }
  const at = firstDifference(actual, expected, 1);
  return at < 0 ? "equal" : { difference: `byte ${at} is ${actual[at]} instead of ${expected[at]}` };
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function firstDifference(actual: Uint8Array, expected: Uint8Array, itemBytes: number): number {
  if (Buffer.compare(actual, expected) === 0) return -1;
  return Math.floor(actual.findIndex((byte, index) => byte !== expected[index]) / itemBytes);
}
