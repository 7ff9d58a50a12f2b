/**
 * Opens a Zarr store: every array below the root becomes a grid source.
 *
 * @module
 */
import { isReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Dataset, GridSource } from "../../core/source.js";
import { createDataset } from "../../engine/create-dataset.js";
import { createGridSource } from "../../engine/create-source.js";
import type { Engine, FormatContext } from "../../engine/engine.js";
import { Coordinates, coordinatePaths } from "./coordinates.js";
import { defineGrid } from "./grid-source.js";
import { type Hierarchy, readHierarchy } from "./hierarchy.js";
import { placeArray } from "./placement.js";
import { createStoredArray, type StoredArray } from "./plan.js";
import { describeGrid } from "./source-info.js";

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
  const opened = { ...hierarchy, failures };
  const coordinates = new Coordinates(opened, arrays, engine);
  const roles = coordinatePaths(hierarchy);
  const sources = new Map<string, GridSource>();
  for (const [path, array] of arrays) {
    const level = { array, placement: placeArray(path, opened, coordinates) };
    const info = describeGrid([level], { name: array.name, role: roles.has(path) ? "coordinate" : "data" });
    sources.set(array.name, createGridSource(defineGrid(info, [level], { coordinates, engine }), engine));
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
