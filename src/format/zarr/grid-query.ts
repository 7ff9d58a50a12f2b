/**
 * A query on a grid as runs of cells: a box on the spatial axes, intervals on any dimension.
 *
 * @module
 */
import { bboxAxis, bboxDims, checkBbox, type Interval } from "../../core/bbox.js";
import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { GridQuery } from "../../core/source.js";
import { type SpatialAxis, spatialRole } from "./cf.js";
import type { Dimension } from "./coordinates.js";
import { type Bounds, parseInterval, runsOfRange, runsWithin } from "./labels.js";
import type { Run } from "./selection.js";

/** What a query asks of each dimension, before labels are read. */
export interface DimensionDemand {
  /** From the box, in the unit of the labels. */
  readonly box?: Bounds;
  readonly interval?: Interval;
}

/**
 * Checks a query against the dimensions of an array and sorts its demands by dimension.
 *
 * @param name of the array, the only field there is
 * @throws ReaderError `invalid-query` for what the array does not have
 */
export function demandsOf(
  query: GridQuery,
  dimensions: readonly Dimension[],
  name: string,
): DimensionDemand[] {
  checkFields(query, name);
  if (query.level !== undefined && query.level !== 0) {
    throw new ReaderError("invalid-query", `"${name}" has no level ${query.level}; it has level 0 only.`);
  }
  const demands: { box?: Bounds; interval?: Interval }[] = dimensions.map(() => ({}));
  for (const [key, interval] of Object.entries(query.ranges ?? {})) {
    demands[findDimension(key, dimensions, name)]!.interval = interval;
  }
  if (query.bbox === undefined) return demands;
  const bbox = checkBbox(query.bbox);
  (["x", "y", "z"] as const).slice(0, bboxDims(bbox)).forEach((axis, position) => {
    const [min, max] = bboxAxis(bbox, position);
    demands[findSpatial(axis, dimensions, name)]!.box = { min, max };
  });
  return demands;
}

/**
 * The cells of one dimension that meet its demands.
 *
 * @param labels absent: the dimension has none and its indices count
 */
export function runsOfDemand(
  dimension: Dimension,
  demand: DimensionDemand,
  labels: TypedArray | undefined,
): readonly Run[] {
  const bounds: Bounds[] = [];
  if (demand.box !== undefined) bounds.push(demand.box);
  if (demand.interval !== undefined) {
    bounds.push(parseInterval(demand.interval, dimension.name, dimension.attributes, labels));
  }
  const isLabelled = labels !== undefined && bounds.length > 0;
  return isLabelled ? runsWithin(labels, bounds) : runsOfRange(dimension.length, bounds);
}

/** A note when labels and demand do not meet at all: most often another range of longitudes, or another CRS. */
export function noteOnEmpty(dimension: Dimension, labels: TypedArray | undefined): string {
  if (labels === undefined || labels.length === 0) {
    return `Nothing of "${dimension.name}" is inside; it has ${dimension.length} cells.`;
  }
  let [min, max] = [labels[0]!, labels[0]!];
  for (const label of labels) {
    if (label < min) min = label;
    if (label > max) max = label;
  }
  return `No label of "${dimension.name}" is inside; they run from ${min} to ${max}.`;
}

function checkFields(query: GridQuery, name: string): void {
  const other = query.fields?.find((field) => field !== name);
  if (other !== undefined) {
    throw new ReaderError("invalid-query", `There is no field "${other}"; an array has one, "${name}".`);
  }
}

function findDimension(key: string, dimensions: readonly Dimension[], name: string): number {
  const found = dimensions.flatMap((dimension, axis) => (dimension.name === key ? [axis] : []));
  if (found.length === 1) return found[0]!;
  const names = dimensions.map((dimension) => dimension.name).join(", ") || "none";
  throw new ReaderError(
    "invalid-query",
    found.length === 0
      ? `"${name}" has no dimension "${key}"; it has ${names}.`
      : `"${name}" has ${found.length} dimensions named "${key}"; use read() with one entry per axis.`,
  );
}

/** The dimension that a spatial axis of the box is about. */
function findSpatial(axis: SpatialAxis, dimensions: readonly Dimension[], name: string): number {
  const candidates = dimensions.flatMap((dimension, index) => {
    if (dimension.coordinate === undefined && dimension.failure === undefined) return [];
    const role = spatialRole(dimension.name, dimension.attributes);
    return role?.axis === axis ? [{ index, strength: role.strength }] : [];
  });
  const strongest = Math.max(...candidates.map((candidate) => candidate.strength));
  const [found, second] = candidates.filter((candidate) => candidate.strength === strongest);
  if (found !== undefined && second === undefined) return found.index;
  const names = dimensions.map(
    (dimension) => `"${dimension.name}"${dimension.coordinate === undefined ? " (no coordinates)" : ""}`,
  );
  const what =
    found === undefined
      ? `"${name}" has no ${axis} coordinate for a bbox`
      : `Several dimensions of "${name}" could be the ${axis} axis of a bbox`;
  throw new ReaderError("invalid-query", `${what}; its dimensions are ${names.join(", ") || "none"}.`, {
    hint: "Use ranges: { dimension: [min, max] }, or read() with indices.",
  });
}
