/**
 * Ranges of any store, of one without `getRange` too: then the object is read whole and cut.
 *
 * @module
 */
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import type { ReadableStore, ReadOptions } from "./types.js";

/** Part of an object; shorter only where the object ends, `undefined` when there is none. A view, where it was cut. */
export async function readRange(
  store: ReadableStore,
  key: AbsolutePath,
  range: RangeQuery,
  options: ReadOptions = {},
): Promise<Uint8Array | undefined> {
  if (store.getRange !== undefined) return store.getRange(key, range, options);
  const whole = await store.get(key, options);
  return whole === undefined ? undefined : sliceRange(whole, range);
}

/** The part of a whole object that a range asks for, as a view. */
export function sliceRange(whole: Uint8Array, range: RangeQuery): Uint8Array {
  return "suffixLength" in range
    ? whole.subarray(Math.max(0, whole.length - range.suffixLength))
    : whole.subarray(
        Math.min(range.offset, whole.length),
        Math.min(range.offset + range.length, whole.length),
      );
}

/** The same as a copy: a view would hold the whole object and could not be transferred. */
export function copyRange(whole: Uint8Array, range: RangeQuery): Uint8Array {
  return sliceRange(whole, range).slice();
}

/** A range as offset and length within an object. */
export function boundRange(range: RangeQuery, size: number): { offset: number; length: number } {
  const offset = "offset" in range ? Math.min(range.offset, size) : Math.max(0, size - range.suffixLength);
  const length = "offset" in range ? Math.min(range.length, size - offset) : size - offset;
  return { offset, length };
}
