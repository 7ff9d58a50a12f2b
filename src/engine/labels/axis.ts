/**
 * What the axis of a result tells: the labels of its cells, or their indices.
 *
 * @module
 */
import { createItems } from "../../bytes/fill.js";
import type { TypedArray } from "../../core/dtype.js";
import type { JsonObject } from "../../core/json.js";
import type { Axis } from "../../core/table.js";
import { type AxisPick, countRuns } from "../selection.js";

/** A dimension, and what is said of the coordinate that labels it. */
export interface LabelledDimension {
  readonly name: string;
  readonly length: number;
  readonly attributes: JsonObject;
}

/**
 * The labels that a pick takes from an axis, in a buffer of their own.
 *
 * @throws ReaderError `limit-exceeded` for more indices than memory holds
 */
export function axisOf(
  dimension: LabelledDimension,
  labels: TypedArray | undefined,
  { runs, shifts }: AxisPick,
): Axis {
  const count = countRuns(runs);
  const isNarrow = dimension.length <= 2 ** 31;
  const make =
    shifts === undefined ? (labels?.constructor as new (length: number) => TypedArray) : Float64Array;
  const values =
    labels === undefined ? createItems(isNarrow ? "int32" : "float64", [count]) : new make(count);
  for (const run of runs) {
    for (let at = 0; at < run.count; at++) {
      const index = run.start + at * run.step;
      const label = labels === undefined ? index : labels[index]!;
      const place = run.offset + at;
      values[place] = shifts === undefined ? label : Number(label) + shifts[place]!;
    }
  }
  const { name, attributes } = dimension;
  const axis = { name, values, labelled: labels !== undefined };
  if (labels === undefined) return axis;
  const { units, calendar } = attributes;
  return {
    ...axis,
    ...(typeof units === "string" ? { unit: units } : {}),
    ...(typeof calendar === "string" ? { calendar } : {}),
  };
}
