/**
 * The space of a dense array: cells from the low end of each dimension's domain on, in tiles of its extents.
 *
 * @module
 */
import { bboxAxis, bboxDims, checkBbox, type NumberInterval, numberInterval } from "../../core/bbox.js";
import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { GridQuery } from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import type { Run } from "../../engine/selection.js";
import { type ArraySchema, type Dimension, variable } from "./schema.js";
import { timeInterval } from "./times.js";

/** More cells along one dimension are numbered by nobody: such a domain only says "unbounded". */
const maxCells = 2 ** 31;

/** One dimension as an axis of cells. */
export interface DenseAxis {
  readonly dimension: Dimension;
  /** Coordinate of the first cell. */
  readonly low: bigint;
  readonly cells: number;
  /** Cells of a tile along the axis. */
  readonly extent: number;
}

/**
 * The axes of an array.
 *
 * @param used the end of what was written along each dimension, where the domain is unbounded
 * @throws ReaderError `unsupported`
 */
export function denseAxes(
  { dimensions }: ArraySchema,
  used: readonly (bigint | undefined)[],
): readonly DenseAxis[] {
  return dimensions.map((dimension, index) => {
    const { name, domain, extent, valuesPerCell, type } = dimension;
    if (domain === undefined || valuesPerCell === variable || type.kind === "float") {
      throw new ReaderError("unsupported", `Dimension ${name} of a dense array is ${type.name}.`);
    }
    const [low, high] = [BigInt(domain[0]), BigInt(domain[1])];
    const all = high - low + 1n;
    const written = used[index];
    const cells = all <= maxCells ? Number(all) : written === undefined ? 0 : Number(written - low) + 1;
    if (high < low || cells > maxCells) {
      throw new ReaderError(
        "unsupported",
        `Dimension ${name} runs from ${low} to ${high}, which is too long for a grid.`,
      );
    }
    const tile = extent === undefined ? all : BigInt(extent);
    if (tile < 1n) throw new ReaderError("corrupt", `Dimension ${name} has tiles of ${tile} cells.`);
    return { dimension, low, cells, extent: Number(tile > all ? all : tile) };
  });
}

/** The labels of the cells that runs take. */
export function labelsOf({ dimension, low }: DenseAxis, runs: readonly Run[]): Axis {
  const { name, type } = dimension;
  const count = runs.reduce((sum, run) => sum + run.count, 0);
  const isWide = type.size === 8;
  const values: TypedArray = isWide ? new BigInt64Array(count) : new Int32Array(count);
  const isBeyond =
    !isWide && low + BigInt(maxCells) > 2n ** 31n && type.kind === "unsigned" && type.size === 4;
  const labels = isBeyond ? new Uint32Array(count) : values;
  for (const { start, count: cells, step, offset } of runs) {
    for (let cell = 0; cell < cells; cell++) {
      const label = low + BigInt(start + cell * step);
      labels[offset + cell] = isWide ? label : Number(label);
    }
  }
  return { name, values: labels, labelled: true, ...(type.unit === undefined ? {} : { unit: type.unit }) };
}

/**
 * The cells of a query along each axis, as runs; none along some axis where nothing is inside.
 *
 * @throws ReaderError `invalid-query`
 */
export function runsOf(axes: readonly DenseAxis[], { bbox, ranges }: GridQuery): (readonly Run[])[] {
  const intervals = new Map<DenseAxis, NumberInterval>();
  const narrow = (axis: DenseAxis, [min, max]: NumberInterval): void => {
    const [low, high] = intervals.get(axis) ?? [min, max];
    intervals.set(axis, [low > min ? low : min, high < max ? high : max]);
  };
  if (bbox !== undefined) {
    const dims = bboxDims(checkBbox(bbox));
    const spatial = spatialAxes(axes);
    if (dims > spatial.length) {
      throw new ReaderError("invalid-query", `bbox has ${dims} dimensions, the array ${spatial.length}.`);
    }
    for (let axis = 0; axis < dims; axis++) narrow(spatial[axis]!, bboxAxis(bbox, axis));
  }
  for (const [name, range] of Object.entries(ranges ?? {})) {
    const axis = axes.find(({ dimension }) => dimension.name === name);
    if (axis === undefined) {
      const names = axes.map(({ dimension }) => dimension.name).join(", ");
      throw new ReaderError("invalid-query", `ranges: there is no dimension "${name}". There is ${names}.`);
    }
    const { type } = axis.dimension;
    narrow(axis, type.kind === "datetime" ? timeInterval(name, range, type) : numberInterval(name, range));
  }
  return axes.map((axis) => runOf(axis, intervals.get(axis)));
}

function runOf({ low, cells }: DenseAxis, interval: NumberInterval | undefined): readonly Run[] {
  const first = interval === undefined ? 0 : Math.max(0, cellFrom(interval[0], low));
  const last = interval === undefined ? cells - 1 : Math.min(cells - 1, cellUpTo(interval[1], low));
  return last < first ? [] : [{ start: first, count: last - first + 1, step: 1, offset: 0 }];
}

/** First cell whose coordinate is not below a bound. */
function cellFrom(bound: number | bigint, low: bigint): number {
  return typeof bound === "bigint" ? Number(bound - low) : Math.ceil(bound - Number(low));
}

/** Last cell whose coordinate is not above a bound. */
function cellUpTo(bound: number | bigint, low: bigint): number {
  return typeof bound === "bigint" ? Number(bound - low) : Math.floor(bound - Number(low));
}

const names: readonly (readonly string[])[] = [
  ["x", "lon", "longitude", "easting", "col", "cols", "column"],
  ["y", "lat", "latitude", "northing", "row", "rows"],
  ["z", "height", "elevation", "depth", "band"],
];

/** The axes that a box is about, x first: by their names, else the last is x and the one before it y. */
function spatialAxes(axes: readonly DenseAxis[]): readonly DenseAxis[] {
  const named = names.flatMap((known) =>
    axes.filter(({ dimension }) => known.includes(dimension.name.toLowerCase())).slice(0, 1),
  );
  return named.length >= 2
    ? named
    : axes.filter(({ dimension }) => dimension.type.kind !== "datetime").toReversed();
}
