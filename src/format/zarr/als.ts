/**
 * ALSZarrStore, the gridded products of `alsdb`: one group per resolution, each with `x`, `y`, `time` and variables that
 * name no dimensions. Source of the rules: `alsdb/storage/zarr_store.py` of simonbesnard1/alsdb.
 *
 * @module
 */
import type { JsonObject } from "../../core/json.js";
import { joinPath, parentOf } from "./coordinates.js";
import type { Hierarchy } from "./hierarchy.js";
import type { ArrayMetadata } from "./metadata.js";

interface Resolution {
  readonly resolution: number;
  readonly x_origin: number;
  readonly y_origin: number;
  readonly nx: number;
  readonly ny: number;
}

const keys = [
  "resolution",
  "x_origin",
  "y_origin",
  "nx",
  "ny",
] as const satisfies readonly (keyof Resolution)[];

/** Whether a group's attributes are those of one resolution. */
export function isResolutionGroup(attributes: JsonObject): attributes is JsonObject & Resolution {
  return keys.every((key) => typeof attributes[key] === "number");
}

/** The transform of a resolution, in the words of the convention `spatial:`; `y_origin` is the northern edge. */
export function transformOf({ resolution, x_origin, y_origin }: Resolution): JsonObject {
  return {
    "spatial:dimensions": ["y", "x"],
    "spatial:transform": [resolution, 0, x_origin, 0, -resolution, y_origin],
  };
}

/**
 * Gives the variables of such groups their dimensions, and those with fewer steps than `time` its length: the years that
 * were never written are missing, not an error.
 */
export function completeResolutions(hierarchy: Hierarchy): Hierarchy {
  const arrays = new Map(hierarchy.arrays);
  for (const [path, array] of hierarchy.arrays) {
    const group = parentOf(path);
    const attributes = hierarchy.groups.get(group)?.attributes ?? {};
    if (!isResolutionGroup(attributes) || array.dimensionNames.some((name) => name !== undefined)) continue;
    const name = path.slice(group === "" ? 0 : group.length + 1);
    const time = hierarchy.arrays.get(joinPath(group, "time"));
    const isCoordinate = array.shape.length === 1 && ["x", "y", "time"].includes(name);
    const complete = isCoordinate
      ? { ...array, dimensionNames: [name] }
      : completeVariable(array, attributes, time?.shape[0]);
    if (complete !== undefined) arrays.set(path, complete);
  }
  return { ...hierarchy, arrays };
}

function completeVariable(
  array: ArrayMetadata,
  { nx, ny }: Resolution,
  times: number | undefined,
): ArrayMetadata | undefined {
  const { shape } = array;
  const rank = shape.length;
  if ((rank !== 2 && rank !== 3) || shape[rank - 2] !== ny || shape[rank - 1] !== nx) return undefined;
  const dimensionNames = ["time", "y", "x"].slice(-rank);
  const isShort = rank === 3 && times !== undefined && times > shape[0]!;
  // Chunks of one year: what lies beyond the stored years is in no chunk.
  if (!isShort || array.chunkShape[0] !== 1) return { ...array, dimensionNames };
  return { ...array, dimensionNames, shape: [times, ny, nx], storedShape: shape };
}
