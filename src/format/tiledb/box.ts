/**
 * Boxes over the dimensions of an array: non-empty domains and bounding rectangles of tiles, in the form they are stored
 * (format_spec/fragment.md, "MBR").
 *
 * @module
 */
import type { ByteCursor } from "../../bytes/cursor.js";
import { type Dimension, type DimensionValue, readValue, variable } from "./schema.js";

/** Closed interval per dimension. */
export type Box = readonly (readonly [DimensionValue, DimensionValue])[];

/** Intervals asked for, per dimension; `undefined` where everything will do. */
export type WantedBox = readonly (readonly [DimensionValue, DimensionValue] | undefined)[];

/** Reads a box: minimum and maximum of each dimension. */
export function readBox(cursor: ByteCursor, dimensions: readonly Dimension[]): Box {
  return dimensions.map(({ type, valuesPerCell }) => {
    if (valuesPerCell !== variable) return [readValue(cursor, type), readValue(cursor, type)];
    const total = cursor.size();
    const first = cursor.size();
    if (first > total) throw cursor.corrupt("has a box whose minimum is longer than both bounds");
    return [latin1(cursor.bytes(first)), latin1(cursor.bytes(total - first))];
  });
}

/** Bytes as text of the same order: text dimensions are ASCII, and compare byte by byte. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Tells whether two boxes share a point. */
export function overlaps(box: Box, wanted: WantedBox): boolean {
  return box.every(([min, max], axis) => {
    const interval = wanted[axis];
    return interval === undefined || (max >= interval[0] && min <= interval[1]);
  });
}

/** Tells whether an interval lies wholly in another. */
export function isWithin(
  [min, max]: readonly [DimensionValue, DimensionValue],
  [first, last]: readonly [DimensionValue, DimensionValue],
): boolean {
  return min >= first && max <= last;
}
