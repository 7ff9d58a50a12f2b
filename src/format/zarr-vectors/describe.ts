/**
 * What metadata tells of a source: its dimensions, bounds, levels and fields.
 *
 * @module
 */
import type { FieldInfo, LevelInfo, SourceInfo, SourceKind } from "../../core/source.js";
import type { Levels } from "./levels.js";
import { choosePositions, fieldsOf } from "./row-query.js";

export interface Description {
  /** Without fields. */
  readonly info: Omit<SourceInfo, "fields">;
  readonly vertexFields: readonly FieldInfo[];
}

/** Reads what there is to tell; opens the finest level. Vertices that something connects have the attributes of fragments too. */
export async function describeKind(name: SourceKind, levels: Levels): Promise<Description> {
  const { root } = levels.container;
  const [all, finest] = await Promise.all([
    Promise.all(root.levels.map((level) => levels.metadata(level))),
    levels.open(root.levels[0]!),
  ]);
  const positionAxes = choosePositions(root.axes);
  const { bounds } = root;
  const fields = fieldsOf(finest.vertices.dtype, finest.attributes, root.axes, positionAxes);
  const info: Description["info"] = {
    name,
    role: "data",
    dimensions: positionAxes.map((axis) => root.axes[axis]!.name),
    units: positionAxes.map((axis) => root.axes[axis]!.unit),
    ...(bounds === undefined
      ? {}
      : { bounds: [bounds.min, bounds.max].flatMap((corner) => positionAxes.map((axis) => corner[axis]!)) }),
    ...(root.crs === undefined ? {} : { crs: root.crs }),
    levels: all.map((metadata): LevelInfo => {
      const isFinest = metadata.level === finest.metadata.level;
      const chunks = isFinest ? finest.vertices.known?.length : undefined;
      return {
        level: metadata.level,
        ...(metadata.vertexCount === undefined ? {} : { rows: metadata.vertexCount }),
        ...(chunks === undefined ? {} : { chunks }),
      };
    }),
    chunkShape: positionAxes.map((axis) => root.chunkShape[axis]!),
    dtype: finest.vertices.dtype,
    ...(finest.metadata.vertexCount === undefined ? {} : { rows: finest.metadata.vertexCount }),
    attributes: root.attributes,
  };
  const ofFragments = name === "points" ? [] : [...(await finest.fragmentAttributes()).values()];
  return { info, vertexFields: [...fields, ...ofFragments].map((field) => field.info) };
}
