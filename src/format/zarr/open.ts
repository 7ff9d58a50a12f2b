/**
 * Opens a Zarr store: every array below the root becomes a grid source.
 *
 * @module
 */

import type { Dataset } from "../../core/dataset.js";
import { isReaderError, ReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { GridSource } from "../../core/source.js";
import { createDataset } from "../../engine/create-dataset.js";
import { createGridSource } from "../../engine/create-source.js";
import type { Engine, FormatContext } from "../../engine/engine.js";
import { OpenBodies } from "../../engine/open-bodies.js";
import { Coordinates, coordinatePaths } from "./coordinates.js";
import { defineGrid, type GridLevel } from "./grid-source.js";
import { type Hierarchy, readHierarchy } from "./hierarchy.js";
import type { ArrayMetadata } from "./metadata.js";
import type { Pyramid } from "./multiscales.js";
import { placeArray, type StatedPlacement } from "./placement.js";
import { createStoredArray, type StoredArray } from "./plan.js";
import { describeGrid, type GridRole } from "./source-info.js";

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
  engine.openBodies ??= (options) => new OpenBodies(engine, options);
  const hierarchy = await readHierarchy(engine, root, engine.closed);
  const failures = new Map(hierarchy.failures);
  const arrays = new Map<string, StoredArray>();
  for (const [path, metadata] of hierarchy.arrays) {
    const name = path === "" ? nameOfRoot(url) : path;
    try {
      for (const [key, array] of storedArrays({ path, name, root }, metadata, engine)) arrays.set(key, array);
    } catch (error) {
      if (!isReaderError(error) || path === "") throw error;
      failures.set(path, error);
    }
  }
  reportFailures(failures, engine);
  for (const [path, { fields }] of hierarchy.arrays) {
    if (fields !== undefined && !failures.has(path)) failures.set(path, recordsError(path, fields));
  }
  const opened = { ...hierarchy, failures };
  const { pyramids, complete, roles } = await findLevels(opened, engine);
  for (const [path, metadata] of complete.arrays) {
    const array = arrays.get(path);
    if (array !== undefined) arrays.set(path, { ...array, metadata });
  }
  const coordinates = new Coordinates(complete, arrays, engine);
  const sources = new Map<string, GridSource>();
  const add = (levels: readonly GridLevel[], grid: GridRole): void => {
    const info = describeGrid(levels, grid);
    sources.set(grid.name, createGridSource(defineGrid(info, levels, { coordinates, engine }), engine));
  };
  const openLevel = (path: string, stated?: StatedPlacement): readonly GridLevel[] => {
    const array = arrays.get(path);
    return array === undefined ? [] : [{ array, placement: placeArray(path, complete, coordinates, stated) }];
  };
  const levelPaths = new Map(pyramids.flatMap(({ levels }) => levels.map((one) => [one.path, one.stated])));
  for (const array of arrays.values()) {
    const { path, name } = array;
    const role = roles.has(path) ? "coordinate" : levelPaths.has(path) ? "level" : "data";
    const placement = placeArray(path, complete, coordinates, levelPaths.get(path));
    add([{ array, placement }], { name, role });
  }
  for (const { path, role, attributes, levels } of pyramids) {
    const there = levels.filter((level) => arrays.has(level.path));
    const found = there.flatMap((level) => openLevel(level.path, level.stated));
    if (found.length === 0) continue;
    add(found, {
      name: path === "" ? nameOfRoot(url) : path,
      role,
      ...(attributes === undefined ? {} : { attributes }),
      levelNames: there.map((level) => level.name),
    });
  }
  return createDataset(
    {
      url,
      format: "zarr",
      formatVersion: String(hierarchy.zarrFormat),
      attributes: hierarchy.attributes,
      sources,
      failures,
    },
    engine,
  );
}

/** An array, or one for each field of its records, by a key that tells them apart. */
function storedArrays(
  place: { readonly path: string; readonly name: string; readonly root: AbsolutePath },
  metadata: ArrayMetadata,
  engine: Engine,
): (readonly [string, StoredArray])[] {
  const { path, name } = place;
  if (metadata.fields === undefined) return [[path, createStoredArray(place, metadata, engine)]];
  return metadata.fields.map((field) => {
    const own = { ...place, name: `${name}/${field.name}` };
    return [`${path}/${field.name}`, createStoredArray(own, field.array, engine)];
  });
}

function recordsError(path: string, fields: NonNullable<ArrayMetadata["fields"]>): ReaderError {
  const names = fields.map(({ name }) => `"${path}/${name}"`).join(", ");
  return new ReaderError("not-found", `"${path}" holds records; its fields are the sources ${names}.`);
}

interface Levels {
  readonly pyramids: readonly Pyramid[];
  /** The hierarchy with what groups say of their arrays. */
  readonly complete: Hierarchy;
  /** Paths of coordinates. */
  readonly roles: ReadonlySet<string>;
}

/** The grids of several levels; what finds them is loaded where there may be some. */
async function findLevels(hierarchy: Hierarchy, engine: Engine): Promise<Levels> {
  if (!mayHaveLevels(hierarchy)) {
    return { pyramids: [], complete: hierarchy, roles: coordinatePaths(hierarchy) };
  }
  const [{ findPyramids }, { completeResolutions }] = await Promise.all([
    import("./multiscales.js"),
    import("./als.js"),
  ]);
  const complete = completeResolutions(hierarchy);
  const roles = coordinatePaths(complete);
  const { pyramids, missing } = findPyramids(complete, (path) => !roles.has(path));
  if (missing.length > 0) {
    engine.report(
      "level-not-opened",
      `Levels that are not there, or do not fit the others: ${missing.slice(0, namesShown).join(", ")}.`,
    );
  }
  return { pyramids, complete, roles };
}

/** Whether the attributes of any group speak of levels. */
function mayHaveLevels({ groups }: Hierarchy): boolean {
  return [...groups.values()].some(({ attributes }) => {
    const { multiscales, ome, resolution } = attributes;
    return multiscales !== undefined || ome !== undefined || resolution !== undefined;
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
