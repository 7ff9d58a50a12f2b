/**
 * What a source says about itself before anything is read.
 *
 * @module
 */
import type { JsonObject } from "../../core/json.js";
import type { LevelInfo, SourceInfo } from "../../core/source.js";
import { type AxisChunks, chunkAt } from "../../engine/chunk-grid.js";
import { textAttribute } from "./cf.js";
import type { GridLevel } from "./grid-source.js";

/** What a grid is besides its levels. */
export interface GridRole {
  readonly name: string;
  readonly role: SourceInfo["role"];
  /** Those of the group that lists the levels; absent: those of the finest. */
  readonly attributes?: JsonObject;
  /** Names of the levels in the store. */
  readonly levelNames?: readonly string[];
}

/** Describes a grid by the metadata of its levels, the finest first, and of their coordinates. */
export function describeGrid(levels: readonly GridLevel[], { name, role, ...more }: GridRole): SourceInfo {
  const { array, placement } = levels[0]!;
  const { layout } = array;
  const { attributes, dtype } = array.metadata;
  const { dimensions, crs, bounds } = placement;
  const unit = textAttribute(attributes, "units") ?? array.metadata.unit;
  const description = textAttribute(attributes, "long_name", "description", "standard_name");
  return {
    name,
    role,
    ...(crs === undefined ? {} : { crs }),
    ...(bounds === undefined ? {} : { bounds }),
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
    levels: levels.map((level, index) => describeLevel(level, index, more.levelNames?.[index])),
    shape: dimensions.map((dimension) => dimension.length),
    chunkShape: layout.chunkShape,
    dtype,
    attributes: more.attributes ?? attributes,
  };
}

function describeLevel({ array, placement }: GridLevel, level: number, name: string | undefined): LevelInfo {
  const { chunkGrid } = array.layout;
  const shape = placement.dimensions.map((dimension) => dimension.length);
  const { resolution } = placement;
  return {
    level,
    ...(name === undefined ? {} : { name }),
    shape,
    ...(resolution === undefined ? {} : { resolution }),
    chunks: shape.reduce((count, length, axis) => count * countChunks(chunkGrid[axis]!, length), 1),
  };
}

function countChunks(chunks: AxisChunks, cells: number): number {
  return cells === 0 ? 0 : chunkAt(chunks, cells - 1).chunk + 1;
}
