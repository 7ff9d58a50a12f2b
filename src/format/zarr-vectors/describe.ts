/**
 * What metadata tells of a source: its dimensions, bounds, levels and fields.
 *
 * @module
 */
import { itemBytes } from "../../core/dtype.js";
import type { FieldInfo, LevelInfo, SourceInfo, SourceKind } from "../../core/source.js";
import type { Levels } from "./levels.js";
import type { LevelMetadata } from "./metadata.js";
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
  const described = await Promise.all(all.map((metadata) => describeLevel(metadata, levels)));
  const rows = described[0]?.rows;
  const info: Description["info"] = {
    name,
    role: "data",
    dimensions: positionAxes.map((axis) => root.axes[axis]!.name),
    units: positionAxes.map((axis) => root.axes[axis]!.unit),
    ...(bounds === undefined
      ? {}
      : { bounds: [bounds.min, bounds.max].flatMap((corner) => positionAxes.map((axis) => corner[axis]!)) }),
    ...(root.crs === undefined ? {} : { crs: root.crs }),
    levels: described,
    chunkShape: positionAxes.map((axis) => root.chunkShape[axis]!),
    dtype: finest.vertices.dtype,
    ...(rows === undefined ? {} : { rows }),
    attributes: root.attributes,
  };
  const ofFragments = name === "points" ? [] : [...(await finest.fragmentAttributes()).values()];
  return { info, vertexFields: [...fields, ...ofFragments].map((field) => field.info) };
}

/** What metadata tells of a level without another request: rows, chunks and bytes of its whole chain. */
async function describeLevel({ level }: LevelMetadata, levels: Levels): Promise<LevelInfo> {
  const { documents, openFamily, root } = levels.container;
  const sums = { rows: 0, chunks: 0, bytes: 0 };
  // A chain without an end is told of when it is asked for.
  const chain = await levels.chain(level).catch(() => [level]);
  for (const number of chain) {
    const metadata = await levels.metadata(number);
    const isAtHand = documents.knownChildren(`${number}/vertices`) !== undefined;
    const vertices =
      number === root.levels[0]
        ? (await levels.open(number)).vertices
        : isAtHand
          ? await openFamily(metadata, "vertices").catch(() => undefined)
          : undefined;
    const rows = metadata.vertexCount ?? Number.NaN;
    sums.rows += rows;
    sums.chunks += vertices?.known?.length ?? Number.NaN;
    const rowBytes = vertices && (itemBytes(vertices.dtype) ?? Number.NaN) * root.axes.length;
    sums.bytes += rows * (rowBytes ?? Number.NaN);
  }
  const told = Object.entries(sums).filter(([, value]) => !Number.isNaN(value));
  return { level, ...Object.fromEntries(told) };
}
