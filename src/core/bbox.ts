/**
 * Boxes in GeoJSON order `[min…, max…]` and closed intervals.
 * The rule of the house: both ends belong to a box (docs/design/architecture.md §4).
 *
 * @module
 */
import { ReaderError } from "./error.js";

/** `[minX, minY, maxX, maxY]` or `[minX, minY, minZ, maxX, maxY, maxZ]`, closed, in the dataset's own CRS. */
export type Bbox = readonly number[];

/** Both ends belong to it. Dates are for time axes, as ISO strings or `Date`. */
export type Interval = readonly [IntervalEnd, IntervalEnd];
export type IntervalEnd = number | bigint | string | Date;

/** Number of dimensions of a box, 2 or 3 as a rule. */
export function bboxDims(bbox: Bbox): number {
  return bbox.length / 2;
}

/**
 * Checks a box of the user's.
 *
 * @param mayWrap the first axis holds longitudes: a minimum beyond the maximum crosses the antimeridian, as in GeoJSON
 * @throws ReaderError `invalid-query` when the length is not 4 or 6, a number is NaN, or a minimum exceeds its maximum
 */
export function checkBbox(bbox: Bbox, mayWrap = false): Bbox {
  const dims = bboxDims(bbox);
  if (dims !== 2 && dims !== 3) {
    throw new ReaderError(
      "invalid-query",
      `bbox has ${bbox.length} numbers; give 4 [minX, minY, maxX, maxY] or 6 [minX, minY, minZ, maxX, maxY, maxZ].`,
    );
  }
  for (let axis = 0; axis < dims; axis++) {
    const min = bbox[axis]!;
    const max = bbox[axis + dims]!;
    if (typeof min !== "number" || typeof max !== "number" || Number.isNaN(min) || Number.isNaN(max)) {
      throw new ReaderError(
        "invalid-query",
        `bbox holds ${String(min)} and ${String(max)}; numbers are needed.`,
      );
    }
    if (min > max && !(mayWrap && axis === 0)) {
      throw new ReaderError(
        "invalid-query",
        `bbox minimum ${min} exceeds its maximum ${max} on axis ${axis}.`,
      );
    }
  }
  return bbox;
}

/** The closed interval of one axis of a box. */
export function bboxAxis(bbox: Bbox, axis: number): readonly [number, number] {
  return [bbox[axis]!, bbox[axis + bboxDims(bbox)]!];
}

/** Tells whether two closed boxes share a point; compares the axes both have. */
export function overlaps(a: Bbox, b: Bbox): boolean {
  const dims = Math.min(bboxDims(a), bboxDims(b));
  for (let axis = 0; axis < dims; axis++) {
    const [aMin, aMax] = bboxAxis(a, axis);
    const [bMin, bMax] = bboxAxis(b, axis);
    if (aMax < bMin || bMax < aMin) return false;
  }
  return true;
}
