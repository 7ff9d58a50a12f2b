/**
 * Longitudes repeat: 350 and -10 are one meridian. Boxes may be given in either habit, and may cross the antimeridian;
 * the result tells its longitudes in the habit of the box, without a jump.
 *
 * @module
 */
import type { TypedArray } from "../../core/dtype.js";
import type { JsonObject } from "../../core/json.js";
import { type AxisPick, runsOfIndices } from "../selection.js";
import type { Bounds } from "./bounds.js";

const turn = 360;

/** Whether labels are longitudes, and so repeat: by `standard_name`, else units, else a usual name without other units. */
export function isLongitude(name: string, { standard_name, units }: JsonObject): boolean {
  if (standard_name !== undefined && standard_name !== "longitude") return false;
  if (typeof units === "string" && /^degrees?_?(east|E)$/.test(units)) return true;
  const isDegrees = units === undefined || (typeof units === "string" && /^degrees?$/.test(units));
  return (
    isDegrees && (standard_name === "longitude" || ["lon", "longitude", "long"].includes(name.toLowerCase()))
  );
}

/** Bounds whose minimum exceeds their maximum cross the antimeridian; here they are told as one interval. */
export function unwrapBounds({ min, max }: Bounds): { readonly west: number; readonly east: number } {
  const [west, east] = [Number(min), Number(max)];
  return { west, east: east < west ? east + turn : east };
}

/** How many turns of 360° bring a longitude into an interval, the fewest; `undefined` when none does. */
function turnsInto(label: number, west: number, east: number): number | undefined {
  let least = Math.ceil((west - label) / turn);
  // The division rounds; the sum below is what counts.
  if (label + (least - 1) * turn >= west) least--;
  if (label + least * turn < west) least++;
  let most = Math.floor((east - label) / turn);
  if (label + (most + 1) * turn <= east) most++;
  if (label + most * turn > east) most--;
  return least <= most ? Math.min(most, Math.max(least, 0)) : undefined;
}

/**
 * The cells whose longitude lies in all bounds, each once.
 *
 * Where the labels go round the globe in one direction the cells are in the order of their longitudes as told in the
 * first bounds' habit, so that the axis of the result has no jump; else they keep the order of the array.
 */
export function pickLongitudes(labels: TypedArray, bounds: readonly Bounds[]): AxisPick {
  const intervals = bounds.map(unwrapBounds);
  const picked: { index: number; turns: number; value: number }[] = [];
  for (let index = 0; index < labels.length; index++) {
    const label = Number(labels[index]!);
    const turns = intervals.map(({ west, east }) => turnsInto(label, west, east));
    const [first] = turns;
    if (first === undefined || turns.includes(undefined)) continue;
    picked.push({ index, turns: first, value: label + first * turn });
  }
  const direction = directionOf(labels);
  if (direction !== 0) picked.sort((a, b) => direction * (a.value - b.value));
  const runs = runsOfIndices(picked.map(({ index }) => index));
  if (picked.every(({ turns }) => turns === 0)) return { runs };
  return { runs, shifts: Float64Array.from(picked, ({ turns }) => turns * turn) };
}

/** 1 when longitudes rise around the globe with at most one jump back, -1 when they fall, 0 otherwise. */
function directionOf(labels: TypedArray): -1 | 0 | 1 {
  let [rises, falls] = [0, 0];
  for (let index = 1; index < labels.length; index++) {
    if (labels[index]! > labels[index - 1]!) rises++;
    else if (labels[index]! < labels[index - 1]!) falls++;
  }
  if (Math.min(rises, falls) > 1) return 0;
  if (rises === falls) return labels.length > 1 && labels[0]! > labels[labels.length - 1]! ? -1 : 1;
  return rises > falls ? 1 : -1;
}

/** A longitude told within half a turn of an interval's middle; as it is where the interval is the whole globe. */
export function nearInterval(label: number, { west, east }: { west: number; east: number }): number {
  if (!(east - west < turn)) return label;
  return label + Math.round(((west + east) / 2 - label) / turn) * turn;
}
