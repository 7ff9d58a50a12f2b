/**
 * A query on a grid, sorted by what it is about: a box on the spatial coordinates, intervals on dimensions and other
 * coordinates.
 *
 * @module
 */
import { bboxAxis, bboxDims, checkBbox, type Interval } from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";
import type { GridQuery } from "../../core/source.js";
import type { Bounds } from "../../engine/labels/bounds.js";
import { isLongitude } from "../../engine/labels/longitude.js";
import { boxHint, type Demand, strongestCandidate } from "../../engine/labels/pick-cells.js";
import type { SpatialAxis } from "../../engine/labels/spatial-role.js";
import type { Auxiliary, Dimension } from "./coordinates.js";
import type { Placement } from "./placement.js";

export interface Demands {
  /** One per dimension. */
  readonly dimensions: readonly Demand[];
  readonly auxiliaries: ReadonlyMap<Auxiliary, Demand>;
}

/**
 * Checks a query against an array and sorts its demands by dimension and coordinate.
 *
 * @param name of the array, the only field there is
 * @throws ReaderError `invalid-query` for what the array does not have
 */
export function demandsOf(query: GridQuery, placement: Placement, name: string): Demands {
  checkFields(query, name);
  const dimensions: { box?: Bounds; interval?: Interval }[] = placement.dimensions.map(() => ({}));
  const auxiliaries = new Map<Auxiliary, { box?: Bounds; interval?: Interval }>();
  const demandOn = (place: number | Auxiliary): { box?: Bounds; interval?: Interval } => {
    if (typeof place === "number") return dimensions[place]!;
    const demand = auxiliaries.get(place) ?? {};
    auxiliaries.set(place, demand);
    return demand;
  };
  for (const [key, interval] of Object.entries(query.ranges ?? {})) {
    demandOn(findCoordinate(key, placement, name)).interval = interval;
  }
  if (query.bbox === undefined) return { dimensions, auxiliaries };
  const bbox = checkBbox(query.bbox, true);
  (["x", "y", "z"] as const).slice(0, bboxDims(bbox)).forEach((axis, position) => {
    const [min, max] = bboxAxis(bbox, position);
    const place = findSpatial(axis, placement, name);
    const about = typeof place === "number" ? placement.dimensions[place]! : place;
    if (axis === "x" && !isLongitude(about.name, about.attributes)) checkBbox(bbox);
    demandOn(place).box = { min, max };
  });
  return { dimensions, auxiliaries };
}

function checkFields(query: GridQuery, name: string): void {
  const { fields = [name] } = query;
  if (fields.length === 1 && fields[0] === name) return;
  throw new ReaderError(
    "invalid-query",
    `"${name}" has one field, itself; fields holds ${fields.join(", ") || "none"}.`,
  );
}

/** The dimension, or else the coordinate, of a name. */
function findCoordinate(
  key: string,
  { dimensions, auxiliaries }: Placement,
  name: string,
): number | Auxiliary {
  const found = dimensions.flatMap((dimension, axis) => (dimension.name === key ? [axis] : []));
  const [axis] = found;
  if (axis !== undefined && found.length === 1) return axis;
  const auxiliary = auxiliaries.find((coordinate) => coordinate.name === key);
  if (axis === undefined && auxiliary !== undefined) return auxiliary;
  const names = dimensions.map((dimension) => dimension.name).join(", ") || "none";
  const others = auxiliaries.map((coordinate) => coordinate.name).join(", ");
  throw new ReaderError(
    "invalid-query",
    found.length === 0
      ? `"${name}" has no dimension "${key}"; it has ${names}${others === "" ? "" : `, and the coordinates ${others}`}.`
      : `"${name}" has ${found.length} dimensions named "${key}"; use read() with one entry per axis.`,
  );
}

/** The dimension that a spatial axis of the box is about, or else the coordinate along others. */
function findSpatial(axis: SpatialAxis, placement: Placement, name: string): number | Auxiliary {
  const { dimensions, auxiliaries } = placement;
  const labelled = dimensions.flatMap((dimension, index) => {
    const { coordinate, regular, failure } = dimension;
    const hasLabels = coordinate !== undefined || regular !== undefined || failure !== undefined;
    return hasLabels ? [{ place: index, ...dimension }] : [];
  });
  const others = auxiliaries.map((auxiliary) => ({ place: auxiliary, ...auxiliary }));
  for (const candidates of [labelled, others]) {
    const place = strongestCandidate<number | Auxiliary>(axis, candidates, name);
    if (place !== undefined) return place;
  }
  throw new ReaderError(
    "invalid-query",
    `"${name}" has no ${axis} coordinate for a bbox; its dimensions are ${listDimensions(dimensions)}.`,
    { hint: boxHint },
  );
}

function listDimensions(dimensions: readonly Dimension[]): string {
  const names = dimensions.map(({ name, coordinate, regular }) => {
    return `"${name}"${coordinate === undefined && regular === undefined ? " (no coordinates)" : ""}`;
  });
  return names.join(", ") || "none";
}
