/**
 * Steps through an axis, as in numpy and zarrita.
 *
 * @module
 */
import type { Slice } from "./source.js";

/**
 * A half-open step through an axis: `slice(stop)`, `slice(start, stop)`, `slice(start, stop, step)`.
 * `null` and `undefined` leave an end open; negative ends count from the end; a negative step goes backwards.
 */
export function slice(stop: number | null | undefined): Slice;
export function slice(
  start: number | null | undefined,
  stop: number | null | undefined,
  step?: number | null,
): Slice;
export function slice(...ends: (number | null | undefined)[]): Slice {
  const [start, stop, step] = ends.length === 1 ? [undefined, ends[0], undefined] : ends;
  return { start: start ?? undefined, stop: stop ?? undefined, step: step ?? undefined };
}
