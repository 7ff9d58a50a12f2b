/**
 * Opens a Zarr store: every array below the root becomes a grid source.
 *
 * @module
 */
import type { TypedArray } from "../../core/dtype.js";
import { isReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Dataset, GridSource, Plan, QueryOptions, SourceInfo } from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import { createDataset } from "../../engine/create-dataset.js";
import { createGridSource, type GridDefinition } from "../../engine/create-source.js";
import type { Engine, FormatContext } from "../../engine/engine.js";
import { Coordinates, coordinatePaths, type Dimension } from "./coordinates.js";
import { demandsOf, noteOnEmpty, runsOfDemand } from "./grid-query.js";
import { type Hierarchy, readHierarchy } from "./hierarchy.js";
import { createStoredArray, planRuns, type StoredArray } from "./plan.js";
import { type Run, resolveSelection } from "./selection.js";
import { describeArray } from "./source-info.js";

/** Names listed in a report, so that it stays readable. */
const namesShown = 10;
/** A dataset begins at the root of its store. */
const root: AbsolutePath = "/";

/**
 * Opens the array or the group at a root.
 *
 * Arrays are named by their path below the root; a root that is an array is named by the last segment of the URL.
 * Coordinates are read on first use. An array that cannot be opened is left out of `sources`, reported, and throws its
 * error when asked for by name.
 *
 * @throws ReaderError `not-found`, `unsupported` when the children of a group cannot be found, or what is wrong with the root
 */
export async function openZarr(context: FormatContext): Promise<Dataset> {
  const { engine, url } = context;
  const hierarchy = await readHierarchy(engine, root, engine.closed);
  const failures = new Map(hierarchy.failures);
  const arrays = new Map<string, StoredArray>();
  for (const [path, metadata] of hierarchy.arrays) {
    const name = path === "" ? nameOfRoot(url) : path;
    try {
      arrays.set(path, createStoredArray({ path, name, root }, metadata, engine));
    } catch (error) {
      if (!isReaderError(error) || path === "") throw error;
      failures.set(path, error);
    }
  }
  reportFailures(failures, engine);
  const coordinates = new Coordinates({ ...hierarchy, failures }, arrays, engine);
  const roles = coordinatePaths(hierarchy);
  const sources = new Map<string, GridSource>();
  for (const [path, array] of arrays) {
    const dimensions = coordinates.dimensionsOf(path);
    const info = describeArray(array, dimensions, {
      role: roles.has(path) ? "coordinate" : "data",
      hierarchy,
    });
    sources.set(
      array.name,
      createGridSource(defineGrid(array, info, dimensions, coordinates, engine), engine),
    );
  }
  return createDataset({
    url,
    format: "zarr",
    formatVersion: String(hierarchy.zarrFormat),
    attributes: hierarchy.attributes,
    sources,
    failures,
  });
}

function nameOfRoot(url: string): string {
  const segments = url
    .split(/[?#]/)[0]!
    .split("/")
    .filter((segment) => segment !== "");
  return segments.at(-1) ?? "array";
}

function reportFailures(failures: Hierarchy["failures"], engine: Engine): void {
  const paths = [...failures.keys()].sort();
  if (paths.length === 0) return;
  const names = paths.slice(0, namesShown).map((path) => `"${path}"`);
  const more = paths.length > namesShown ? ` and ${paths.length - namesShown} more` : "";
  engine.report(
    "array-not-opened",
    `Not opened: ${names.join(", ")}${more}. ${failures.get(paths[0]!)?.message}`,
  );
}

function defineGrid(
  array: StoredArray,
  info: SourceInfo,
  dimensions: readonly Dimension[],
  coordinates: Coordinates,
  engine: Engine,
): GridDefinition {
  const names = dimensions.map((dimension) => dimension.name);
  /** Labels where a query does not depend on them: coordinates that cannot be used leave the indices. */
  const labelsOrIndices = async (
    dimension: Dimension,
    signal?: AbortSignal,
  ): Promise<TypedArray | undefined> => {
    if (dimension.failure === undefined) return coordinates.labels(dimension, signal);
    engine.report(
      "unlabelled-axis",
      `The axis "${dimension.name}" carries indices instead of labels. ${dimension.failure.message}`,
    );
    return undefined;
  };
  return {
    info,
    async plan(query, { signal }: QueryOptions = {}): Promise<Plan> {
      const demands = demandsOf(query, dimensions, array.name);
      const labels = await Promise.all(
        dimensions.map((dimension, axis) => {
          const { box, interval } = demands[axis]!;
          const isNeeded = box !== undefined || interval !== undefined;
          return isNeeded ? coordinates.labels(dimension, signal) : labelsOrIndices(dimension, signal);
        }),
      );
      const runs = dimensions.map((dimension, axis) => runsOfDemand(dimension, demands[axis]!, labels[axis]));
      const notes = dimensions.flatMap((dimension, axis) =>
        runs[axis]!.length === 0 ? [noteOnEmpty(dimension, labels[axis])] : [],
      );
      const axes = dimensions.map((dimension, axis) => axisOf(dimension, labels[axis], runs[axis]!));
      return planRuns(array, runs, { axes, notes, ...(signal === undefined ? {} : { signal }) });
    },
    async planSelection(selection, { signal }: QueryOptions = {}): Promise<Plan> {
      const { runs, dropped } = resolveSelection(selection, array.metadata.shape, names);
      const axes = await Promise.all(
        dimensions.map(async (dimension, axis) => {
          const labels = dropped.includes(axis) ? undefined : await labelsOrIndices(dimension, signal);
          return axisOf(dimension, labels, runs[axis]!);
        }),
      );
      return planRuns(array, runs, { axes, dropped, ...(signal === undefined ? {} : { signal }) });
    },
    axes: ({ signal } = {}) =>
      Promise.all(
        dimensions.map(async (dimension) => {
          const all = [{ start: 0, count: dimension.length, step: 1, offset: 0 }];
          return axisOf(dimension, await labelsOrIndices(dimension, signal), all);
        }),
      ),
  };
}

/** The labels that runs take from an axis, in a buffer of their own. */
function axisOf(dimension: Dimension, labels: TypedArray | undefined, runs: readonly Run[]): Axis {
  const count = runs.reduce((sum, run) => sum + run.count, 0);
  const isNarrow = dimension.length <= 2 ** 31;
  const values: TypedArray =
    labels === undefined
      ? isNarrow
        ? new Int32Array(count)
        : new Float64Array(count)
      : new (labels.constructor as new (length: number) => TypedArray)(count);
  for (const run of runs) {
    for (let at = 0; at < run.count; at++) {
      const index = run.start + at * run.step;
      values[run.offset + at] = labels === undefined ? index : labels[index]!;
    }
  }
  const { name, attributes } = dimension;
  const axis = { name, values, labelled: labels !== undefined };
  return labels !== undefined && typeof attributes.units === "string"
    ? { ...axis, unit: attributes.units }
    : axis;
}
