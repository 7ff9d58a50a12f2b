/**
 * A query by labels on one array: a box on the coordinates of its dataset, intervals on its dimensions.
 *
 * @module
 */
import { bboxAxis, bboxDims, checkBbox } from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";
import type { GridQuery, Plan } from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import { axisOf } from "../../engine/labels/axis.js";
import { isLongitude } from "../../engine/labels/longitude.js";
import {
  boxHint,
  type Demand,
  noteOnEmpty,
  pickCells,
  strongestCandidate,
} from "../../engine/labels/pick-cells.js";
import type { PlanOptions } from "../../engine/planner.js";
import { type ArrayPlace, placeName, placeType } from "./array-place.js";
import type { Coordinate } from "./coordinates.js";
import type { LayeredEntry } from "./layers.js";
import type { GridUnpacking } from "./packing.js";
import { planArray } from "./plan-array.js";

/** What was read of an array to plan a query. */
export interface KnownArray {
  readonly layered: LayeredEntry;
  readonly coordinates: readonly Coordinate[];
  readonly unpack: GridUnpacking | undefined;
}

/**
 * Plans a query; its axes carry the labels that the dataset has.
 *
 * @throws ReaderError `invalid-query` for dimensions and boxes that the array does not have
 */
export async function planQuery(
  place: ArrayPlace,
  { layered, coordinates, unpack }: KnownArray,
  query: GridQuery,
  options: PlanOptions,
): Promise<Plan> {
  const name = placeName(place);
  const demands = demandsOf(query, coordinates, name);
  const picks = await Promise.all(
    coordinates.map((coordinate, axis) => pickCells(coordinate, demands[axis]!, coordinate.labels)),
  );
  const axes = coordinates.map((coordinate, axis) => axisOf(coordinate, coordinate.labels, picks[axis]!));
  const notes = coordinates.flatMap((coordinate, axis) =>
    picks[axis]!.runs.length === 0 ? [noteOnEmpty(coordinate, coordinate.labels)] : [],
  );
  const { dimensions } = layered.entry;
  const runs = picks.map((pick) => pick.runs);
  const plan = { name, dtype: placeType(place), dimensions, layered, runs, dropped: [], axes, notes, unpack };
  return planArray(plan, options);
}

/** The labels of every axis; indices where a dataset has none. */
export function axesOf(coordinates: readonly Coordinate[]): readonly Axis[] {
  return coordinates.map((coordinate) => {
    const all = { runs: [{ start: 0, count: coordinate.length, step: 1, offset: 0 }] };
    return axisOf(coordinate, coordinate.labels, all);
  });
}

/** What the query asks of each dimension. */
function demandsOf(
  { bbox, ranges = {} }: GridQuery,
  coordinates: readonly Coordinate[],
  name: string,
): readonly Demand[] {
  const demands: { box?: Demand["box"]; interval?: Demand["interval"] }[] = coordinates.map(() => ({}));
  for (const [key, interval] of Object.entries(ranges))
    demands[findAxis(key, coordinates, name)]!.interval = interval;
  if (bbox === undefined) return demands as readonly Demand[];
  const box = checkBbox(bbox, true);
  const labelled = coordinates.flatMap((coordinate, axis) =>
    coordinate.labels === undefined ? [] : [{ place: axis, ...coordinate }],
  );
  (["x", "y", "z"] as const).slice(0, bboxDims(box)).forEach((role, position) => {
    const axis = strongestCandidate(role, labelled, name);
    if (axis === undefined) {
      const known = coordinates.map((one) => one.name).join(", ") || "none";
      const message = `"${name}" has no ${role} coordinate for a bbox; its dimensions are ${known}.`;
      throw new ReaderError("invalid-query", message, { hint: boxHint });
    }
    const about = coordinates[axis]!;
    if (role === "x" && !isLongitude(about.name, about.attributes)) checkBbox(box);
    const [min, max] = bboxAxis(box, position);
    demands[axis]!.box = { min, max };
  });
  return demands as readonly Demand[];
}

function findAxis(key: string, coordinates: readonly Coordinate[], name: string): number {
  const found = coordinates.flatMap((coordinate, axis) => (coordinate.name === key ? [axis] : []));
  const [axis] = found;
  if (axis !== undefined && found.length === 1) return axis;
  throw new ReaderError(
    "invalid-query",
    axis === undefined
      ? `"${name}" has no dimension "${key}"; it has ${coordinates.map((one) => one.name).join(", ") || "none"}.`
      : `"${name}" has ${found.length} dimensions named "${key}"; use read() with one entry per axis.`,
  );
}
