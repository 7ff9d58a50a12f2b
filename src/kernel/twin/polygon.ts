/**
 * Points in a polygon with holes, in plain code and exactly: inside an odd number of rings, or on an edge of any, so that a
 * polygon is closed as a box is. Coordinates are doubles, taken at their value; edges are straight in them.
 *
 * @module
 */

import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { PolygonRings } from "../../core/plan.js";

export type { PolygonRings } from "../../core/plan.js";

/** One number of each row of a column. */
export interface RowValues {
  readonly values: TypedArray;
  /** Values from one row to the next. */
  readonly stride: number;
  /** Index of the first row's value. */
  readonly offset: number;
}

/** From x, from y, to x, to y. */
export type Edge = readonly [number, number, number, number];

/**
 * The rows among these whose point lies in the polygon, in their order. Points that are not finite never do.
 *
 * @throws ReaderError `invalid-query` when the rings are none, or when 64-bit integers are to be positions
 */
export function rowsInPolygon(
  rows: Uint32Array,
  x: RowValues,
  y: RowValues,
  rings: PolygonRings,
): Uint32Array {
  const edges = edgesOf(rings);
  checkPositions(x.values, y.values);
  return rows.filter((row) =>
    isInside(
      edges,
      x.values[x.offset + row * x.stride] as number,
      y.values[y.offset + row * y.stride] as number,
    ),
  );
}

/** Refuses numbers that doubles cannot hold. */
export function checkPositions(...columns: readonly TypedArray[]): void {
  if (columns.some((values) => values instanceof BigInt64Array || values instanceof BigUint64Array)) {
    throw new ReaderError("invalid-query", "a polygon cannot be compared with 64-bit integers.");
  }
}

/** The edges of all rings, each ring closed. */
export function edgesOf(rings: PolygonRings): Edge[] {
  const edges: Edge[] = [];
  for (const ring of rings) {
    if (ring.length < 3) {
      throw new ReaderError("invalid-query", `a polygon has a ring of ${ring.length} positions.`, {
        hint: "GeoJSON rings have four positions or more, the last of which is the first.",
      });
    }
    let [fromX, fromY] = checkedPosition(ring.at(-1)!);
    for (const position of ring) {
      const [toX, toY] = checkedPosition(position);
      edges.push([fromX, fromY, toX, toY]);
      fromX = toX;
      fromY = toY;
    }
  }
  if (edges.length === 0) throw new ReaderError("invalid-query", "a polygon has no ring.");
  return edges;
}

function checkedPosition([x, y]: readonly number[]): [number, number] {
  if (Number.isFinite(x) && Number.isFinite(y)) return [x!, y!];
  throw new ReaderError("invalid-query", `a polygon has the position [${x}, ${y}].`);
}

/** Tells whether a point lies inside an odd number of rings, or on an edge. */
export function isInside(edges: readonly Edge[], x: number, y: number): boolean {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
  let isIn = false;
  for (const edge of edges) {
    const [ax, ay, bx, by] = edge;
    if (ay === y) {
      // Edges that the point's level only touches: at a corner, or along the edge.
      if (ax === x || (by === y && x >= Math.min(ax, bx) && x <= Math.max(ax, bx))) return true;
    }
    if (ay > y === by > y) continue;
    const side = sideOf(edge, x, y);
    if (side === 0) return true;
    // The ray towards greater x crosses edges that go up on its left, or down on its right.
    if (side > 0 === by > ay) isIn = !isIn;
  }
  return isIn;
}

/** Positive where a point lies left of an edge, negative right of it, zero on its line: exactly. */
function sideOf([ax, ay, bx, by]: Edge, x: number, y: number): number {
  const left = (bx - ax) * (y - ay);
  const right = (by - ay) * (x - ax);
  // Beyond this (Shewchuk 1997, §4.2), rounding cannot have changed the sign; the second part is for products that underflow.
  const bound = 3.3306690738754716e-16 * (Math.abs(left) + Math.abs(right)) + 1e-290;
  if (Math.abs(left - right) > bound) return left - right;
  const [x0, y0, x1, y1, x2, y2] = [ax, ay, bx, by, x, y].map(toUnits) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const exact = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0);
  return exact > 0n ? 1 : exact < 0n ? -1 : 0;
}

/** A double as a multiple of 2^-1074, the least there is (IEEE 754 binary64). */
function toUnits(value: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0]!;
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | 0x10000000000000n) << (exponent - 1n);
  return bits >> 63n === 0n ? size : -size;
}
