/**
 * What boxes leave open of an array: where a grid has to be filled because no chunk covers it.
 *
 * @module
 */
import { countItems } from "../core/dtype.js";
import type { Box } from "./block.js";

/**
 * The cells of a shape that lie in none of these boxes, as boxes.
 *
 * @param boxes inside the shape; no two of them overlap
 */
export function uncoveredBoxes(shape: readonly number[], boxes: readonly Box[]): Box[] {
  const covered = boxes.reduce((sum, box) => sum + countItems(box.shape), 0);
  if (covered >= countItems(shape)) return [];
  // The edges of all boxes divide the array into fields, each of which is in a box or outside of all.
  const cuts = shape.map((size, axis) => {
    const edges = boxes.flatMap((box) => [box.offset[axis]!, box.offset[axis]! + box.shape[axis]!]);
    return [...new Set([0, size, ...edges])].sort((a, b) => a - b);
  });
  const places = cuts.map((edges) => new Map(edges.map((edge, place) => [edge, place])));
  const fields = cuts.map((edges) => edges.length - 1);
  const taken = new Uint8Array(countItems(fields));
  for (const { offset, shape: size } of boxes) {
    const from = offset.map((edge, axis) => places[axis]!.get(edge)!);
    const to = offset.map((edge, axis) => places[axis]!.get(edge + size[axis]!)!);
    walkRuns(fields, from, to, (first, end) => taken.fill(1, first, end));
  }
  const open: Box[] = [];
  const zeros = fields.map(() => 0);
  walkRuns(fields, zeros, fields, (first, end, at) => {
    for (let field = first; field < end; field++) {
      if (taken[field]) continue;
      const start = field;
      while (field < end && !taken[field]) field++;
      open.push(boxOf(cuts, at, start - first, field - first));
    }
  });
  return open;
}

/** Runs along the last axis of the fields from `from` up to `to`. */
function walkRuns(
  shape: readonly number[],
  from: readonly number[],
  to: readonly number[],
  visit: (first: number, end: number, at: readonly number[]) => void,
): void {
  const last = shape.length - 1;
  const at = [...from];
  const walk = (axis: number, base: number): void => {
    if (axis >= last) {
      // A scalar is one field.
      const [start, end] = last < 0 ? [0, 1] : [from[last]!, to[last]!];
      visit(base + start, base + end, at);
      return;
    }
    for (let place = from[axis]!; place < to[axis]!; place++) {
      at[axis] = place;
      walk(axis + 1, (base + place) * shape[axis + 1]!);
    }
  };
  walk(0, 0);
}

/** The fields `start` up to `end` along the last axis, at a place along the others. */
function boxOf(cuts: readonly (readonly number[])[], at: readonly number[], start: number, end: number): Box {
  const last = cuts.length - 1;
  const from = cuts.map((edges, axis) => edges[axis === last ? start : at[axis]!]!);
  const to = cuts.map((edges, axis) => edges[axis === last ? end : at[axis]! + 1]!);
  return { offset: from, shape: to.map((edge, axis) => edge - from[axis]!) };
}
