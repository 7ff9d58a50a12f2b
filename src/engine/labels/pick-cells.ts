/**
 * Which cells of a dimension a query takes by their labels, and which coordinate an axis of a box is about.
 *
 * @module
 */
import type { Interval } from "../../core/bbox.js";
import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import type { AxisPick } from "../selection.js";
import type { LabelledDimension } from "./axis.js";
import type { Bounds } from "./bounds.js";
import { parseInterval, runsOfRange, runsWithin } from "./intervals.js";
import { isLongitude, pickLongitudes } from "./longitude.js";
import { type SpatialAxis, spatialRole } from "./spatial-role.js";

/** What a query asks of one coordinate, before labels are read. */
export interface Demand {
  /** From the box, in the unit of the labels. */
  readonly box?: Bounds;
  readonly interval?: Interval;
}

/** What demands a coordinate's labels must meet, in their own unit. */
export async function boundsOf(
  demand: Demand,
  about: { readonly name: string; readonly attributes: JsonObject },
  labels: TypedArray | undefined,
): Promise<Bounds[]> {
  const { name, attributes } = about;
  const bounds = demand.box === undefined ? [] : [demand.box];
  if (demand.interval === undefined) return bounds;
  const mayWrap = labels !== undefined && isLongitude(name, attributes);
  return [...bounds, await parseInterval(demand.interval, name, attributes, labels, mayWrap)];
}

/**
 * The cells of one dimension that meet its demands.
 *
 * @param labels absent: the dimension has none and its indices count
 */
export async function pickCells(
  dimension: LabelledDimension,
  demand: Demand,
  labels: TypedArray | undefined,
): Promise<AxisPick> {
  const bounds = await boundsOf(demand, dimension, labels);
  if (labels === undefined || bounds.length === 0) return { runs: runsOfRange(dimension.length, bounds) };
  if (isLongitude(dimension.name, dimension.attributes)) return pickLongitudes(labels, bounds);
  return { runs: runsWithin(labels, bounds) };
}

/** A note when labels and demand do not meet at all: most often another CRS. */
export function noteOnEmpty(dimension: LabelledDimension, labels: TypedArray | undefined): string {
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

/** What to do where a box does not fit. */
export const boxHint = "Use ranges: { dimension: [min, max] }, or read() with indices.";

/** What may be an axis of a box. */
export interface AxisCandidate<P> {
  readonly place: P;
  readonly name: string;
  readonly attributes: JsonObject;
}

/** The candidate with the strongest claim to a spatial axis. @throws ReaderError `invalid-query` when two have it */
export function strongestCandidate<P>(
  axis: SpatialAxis,
  candidates: readonly AxisCandidate<P>[],
  name: string,
): P | undefined {
  const claims = candidates.flatMap((candidate) => {
    const role = spatialRole(candidate.name, candidate.attributes);
    return role?.axis === axis ? [{ candidate, strength: role.strength }] : [];
  });
  const most = Math.max(...claims.map((claim) => claim.strength));
  const [found, ...more] = claims.filter((claim) => claim.strength === most);
  if (more.length === 0) return found?.candidate.place;
  const names = [found!, ...more].map((claim) => `"${claim.candidate.name}"`).join(", ");
  throw new ReaderError(
    "invalid-query",
    `Several dimensions of "${name}" could be the ${axis} axis of a bbox: ${names}.`,
    { hint: boxHint },
  );
}
