/**
 * `cloudcrop/zarr`: this format alone, and the dates of its time axes.
 *
 * @module
 */
import type { Dataset } from "../core/dataset.js";
import type { Axis } from "../core/table.js";
import { openZarr as openFormat } from "../format/zarr/open.js";
import type { ReadableStore } from "../store/types.js";
import { openStandalone, type StandaloneOptions } from "./standalone.js";

/** Opens the dataset a store is rooted at, skipping detection. */
export function openZarr(store: ReadableStore, options: StandaloneOptions = {}): Promise<Dataset> {
  return openStandalone(openFormat, store, options);
}

/**
 * The dates that the labels of a time axis stand for, as ISO 8601 strings in the calendar of the axis; `undefined` for
 * labels that are no number.
 *
 * @returns `undefined` when the axis' unit is none of time since a date
 * @throws ReaderError `unsupported` when the unit or the calendar cannot be converted exactly
 * @example
 * const table = await grid.query({ ranges: { time: ["2000-02-30", "2000-03-01"] } }); // a calendar of 360 days
 * await axisDates(table.axes[0]); // ["2000-02-30T00:00:00", "2000-03-01T00:00:00"]
 */
export async function axisDates(axis: Axis): Promise<(string | undefined)[] | undefined> {
  const { formatTimes, parseTimeAxis } = await import("../engine/labels/time-axis.js");
  const { name, unit, calendar, values } = axis;
  const time = parseTimeAxis({ units: unit, calendar }, name);
  return time === undefined ? undefined : formatTimes(values, time);
}
