/**
 * Queries on coordinates that are no dimension's own: along one dimension they choose its cells; along two, as in
 * curvilinear and rotated grids, the answer is the smallest window that holds every cell inside, and a mask.
 *
 * @module
 */
import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { GridCoordinate, GridMask } from "../../core/table.js";
import type { Bounds } from "../../engine/labels/bounds.js";
import { isLongitude, nearInterval, unwrapBounds } from "../../engine/labels/longitude.js";
import { type AxisPick, indicesOfRuns, keepCells } from "../../engine/selection.js";
import type { Auxiliary } from "./coordinates.js";

/** A coordinate that a query is about, its labels in C order of its own axes, and what they must meet. */
export interface AuxiliaryDemand {
  readonly auxiliary: Auxiliary;
  readonly labels: TypedArray;
  readonly bounds: readonly Bounds[];
}

export interface NarrowedPicks {
  /** One per dimension of the array. */
  readonly picks: readonly AxisPick[];
  readonly mask?: GridMask;
  readonly coordinates?: readonly GridCoordinate[];
}

/**
 * Keeps, of the cells that each dimension's own demands leave, those that meet the demands on other coordinates.
 *
 * @throws ReaderError `unsupported` when coordinates along different pairs of dimensions are asked at once
 */
export function narrowPicks(picks: readonly AxisPick[], demands: readonly AuxiliaryDemand[]): NarrowedPicks {
  const narrowed = [...picks];
  for (const { auxiliary, labels, bounds } of demands) {
    if (auxiliary.axes.length === 2) continue;
    const { isInside } = testOf(auxiliary, bounds);
    const [axis] = auxiliary.axes;
    narrowed[axis] = keepCells(narrowed[axis]!, (_, index) => isInside(labels[index]!));
  }
  const planes = demands.flatMap((demand) => {
    const { axes } = demand.auxiliary;
    return axes.length === 2 ? [{ ...demand, axes: [Math.min(...axes), Math.max(...axes)] as const }] : [];
  });
  const [first] = planes;
  if (first === undefined) return { picks: narrowed };
  const other = planes.find(({ axes }) => axes[0] !== first.axes[0] || axes[1] !== first.axes[1]);
  if (other !== undefined) {
    throw new ReaderError(
      "unsupported",
      `The coordinates "${first.auxiliary.name}" and "${other.auxiliary.name}" lie along different dimensions; ask one of them at a time.`,
    );
  }
  return cutWindow(narrowed, planes, first.axes);
}

interface Plane extends AuxiliaryDemand {
  readonly axes: readonly [number, number];
}

function cutWindow(
  picks: readonly AxisPick[],
  planes: readonly Plane[],
  axes: readonly [number, number],
): NarrowedPicks {
  const [rows, columns] = axes.map((axis) => indicesOfRuns(picks[axis]!.runs)) as [number[], number[]];
  const inside = new Uint8Array(rows.length * columns.length).fill(1);
  const tests = planes.map((plane) => ({ ...plane, ...testOf(plane.auxiliary, plane.bounds) }));
  for (const { auxiliary, labels, isInside } of tests) {
    const at = addressOf(auxiliary);
    rows.forEach((row, r) => {
      columns.forEach((column, c) => {
        const cell = r * columns.length + c;
        if (inside[cell] === 1 && !isInside(labels[at(row, column)]!)) inside[cell] = 0;
      });
    });
  }
  const { top, bottom, left, right } = frameOf(inside, columns.length);
  const height = bottom - top;
  const width = right - left;
  const cut = [...picks];
  cut[axes[0]] = keepCells(picks[axes[0]]!, (position) => position >= top && position < bottom);
  cut[axes[1]] = keepCells(picks[axes[1]]!, (position) => position >= left && position < right);
  const cells = <T extends TypedArray>(out: T, value: (r: number, c: number) => number | bigint): T => {
    for (let at = 0; at < out.length; at++) {
      out[at] = value(top + Math.floor(at / width), left + (at % width)) as never;
    }
    return out;
  };
  return {
    picks: cut,
    mask: {
      axes,
      values: cells(new Uint8Array(height * width), (r, c) => inside[r * columns.length + c]!),
    },
    coordinates: tests.map(({ auxiliary, labels, told }) => {
      const at = addressOf(auxiliary);
      const make = (told === undefined ? labels.constructor : Float64Array) as new (
        length: number,
      ) => TypedArray;
      const values = cells(new make(height * width), (r, c) => {
        const label = labels[at(rows[r]!, columns[c]!)]!;
        return told === undefined ? label : told(Number(label));
      });
      const { units } = auxiliary.attributes;
      return { name: auxiliary.name, axes, values, ...(typeof units === "string" ? { unit: units } : {}) };
    }),
  };
}

/** Whether a label lies in all bounds, and how longitudes are told: in the habit of the first. */
function testOf(
  { name, attributes }: Auxiliary,
  bounds: readonly Bounds[],
): {
  readonly isInside: (label: number | bigint) => boolean;
  readonly told?: (label: number) => number;
} {
  if (!isLongitude(name, attributes)) {
    return { isInside: (label) => bounds.every(({ min, max }) => label >= min && label <= max) };
  }
  const intervals = bounds.map(unwrapBounds);
  const isIn = (label: number, interval: { west: number; east: number }): boolean => {
    const near = nearInterval(label, interval);
    return (near >= interval.west && near <= interval.east) || interval.east - interval.west >= 360;
  };
  return {
    isInside: (label) =>
      !Number.isNaN(Number(label)) && intervals.every((interval) => isIn(Number(label), interval)),
    told: (label) => nearInterval(label, intervals[0]!),
  };
}

/** Where the label of a pair of indices of the array stands in a coordinate's own order. */
function addressOf({ axes, shape }: Auxiliary): (row: number, column: number) => number {
  const [first = 0, second = 0] = axes;
  const width = shape[1]!;
  return first < second ? (row, column) => row * width + column : (row, column) => column * width + row;
}

/** Half-open rows and columns around everything that is inside; empty when nothing is. */
function frameOf(
  inside: Uint8Array,
  width: number,
): { top: number; bottom: number; left: number; right: number } {
  let [top, bottom, left, right] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 0];
  for (let at = 0; at < inside.length; at++) {
    if (inside[at] === 0) continue;
    const [row, column] = [Math.floor(at / width), at % width];
    top = Math.min(top, row);
    bottom = row + 1;
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
  }
  return bottom === 0 ? { top: 0, bottom: 0, left: 0, right: 0 } : { top, bottom, left, right };
}
