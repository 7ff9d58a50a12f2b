/**
 * Boxes in GeoJSON order `[min…, max…]` and closed intervals.
 * The rule of the house: both ends belong to a box (docs/design/architecture.md §4).
 *
 * @module
 */
import { ReaderError } from "./error.js";
import type { PolygonRings } from "./plan.js";

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

/** A closed interval of numbers. */
export type NumberInterval = readonly [number | bigint, number | bigint];

/**
 * A range of the user's as numbers.
 *
 * @throws ReaderError `invalid-query` unless both ends are numbers in order
 */
export function numberInterval(name: string, range: Interval): NumberInterval {
  const [min, max] = range;
  const isNumber = (end: unknown): end is number | bigint =>
    typeof end === "bigint" || (typeof end === "number" && !Number.isNaN(end));
  if (isNumber(min) && isNumber(max) && min <= max) return [min, max];
  throw new ReaderError(
    "invalid-query",
    `ranges.${name} should be [min, max] with two numbers in order, found [${String(min)}, ${String(max)}].`,
  );
}

/**
 * The box around a polygon.
 *
 * @throws ReaderError `invalid-query` unless every ring has four positions of finite numbers or more, the last as the first
 */
export function polygonBox(rings: PolygonRings): Bbox {
  const isPosition = (position: readonly number[]): boolean =>
    Array.isArray(position) && position.length >= 2 && position.slice(0, 2).every(Number.isFinite);
  const isRing = (ring: readonly (readonly number[])[]): boolean =>
    Array.isArray(ring) &&
    ring.length >= 4 &&
    ring.every(isPosition) &&
    ring[0]![0] === ring.at(-1)![0] &&
    ring[0]![1] === ring.at(-1)![1];
  if (!Array.isArray(rings) || rings.length === 0 || !rings.every(isRing)) {
    throw new ReaderError(
      "invalid-query",
      "polygon should be the coordinates of a GeoJSON Polygon: rings of four or more [x, y], the last equal to the first.",
    );
  }
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of rings.flat() as readonly (readonly [number, number])[]) {
    box[0] = Math.min(box[0]!, x);
    box[1] = Math.min(box[1]!, y);
    box[2] = Math.max(box[2]!, x);
    box[3] = Math.max(box[3]!, y);
  }
  return box;
}
