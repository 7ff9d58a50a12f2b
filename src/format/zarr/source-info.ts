/**
 * What a source says about itself before anything is read.
 *
 * @module
 */
import type { SourceInfo } from "../../core/source.js";
import { crsOf, referredNames, textAttribute } from "./cf.js";
import { type Dimension, parentOf } from "./coordinates.js";
import type { Hierarchy } from "./hierarchy.js";
import type { StoredArray } from "./plan.js";

/** Describes an array by its metadata and that of its coordinates. */
export function describeArray(
  array: StoredArray,
  dimensions: readonly Dimension[],
  context: { readonly role: "data" | "coordinate"; readonly hierarchy: Hierarchy },
): SourceInfo {
  const { metadata, layout, name } = array;
  const { attributes, dtype, shape } = metadata;
  const unit = textAttribute(attributes, "units");
  const description = textAttribute(attributes, "long_name", "description", "standard_name");
  const crs = findCrs(array, context.hierarchy);
  return {
    name,
    role: context.role,
    ...(crs === undefined ? {} : { crs }),
    dimensions: dimensions.map((dimension) => dimension.name),
    units: dimensions.map((dimension) => textAttribute(dimension.attributes, "units")),
    fields: [
      {
        name,
        dtype,
        width: 1,
        ...(unit === undefined ? {} : { unit }),
        ...(description === undefined ? {} : { description }),
      },
    ],
    levels: [{ level: 0, chunks: countChunks(shape, layout.chunkShape) }],
    shape,
    chunkShape: layout.chunkShape,
    dtype,
    attributes,
  };
}

function countChunks(shape: readonly number[], chunkShape: readonly number[]): number {
  return shape.reduce((count, length, axis) => count * Math.ceil(length / chunkShape[axis]!), 1);
}

/** The reference system of the array's grid mapping variable. */
function findCrs(array: StoredArray, hierarchy: Hierarchy): string | undefined {
  const { grid_mapping } = array.metadata.attributes;
  if (grid_mapping === undefined) return undefined;
  const group = parentOf(array.path);
  for (const name of referredNames({ grid_mapping })) {
    const mapping = hierarchy.arrays.get(group === "" ? name : `${group}/${name}`);
    const crs = mapping === undefined ? undefined : crsOf(mapping.attributes);
    if (crs !== undefined) return crs;
  }
  return undefined;
}
