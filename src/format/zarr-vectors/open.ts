/**
 * Opens a Zarr-Vectors store: its root, its levels, and its points as a source.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type {
  Dataset,
  LevelInfo,
  PointQuery,
  PointSource,
  QueryOptions,
  SourceInfo,
} from "../../core/source.js";
import { createDataset } from "../../engine/create-dataset.js";
import { createPointSource } from "../../engine/create-source.js";
import type { FormatContext } from "../../engine/engine.js";
import { type Container, createContainer } from "./container.js";
import { readDocuments } from "./documents.js";
import { Levels } from "./levels.js";
import { parseRoot } from "./metadata.js";
import { planPoints } from "./plan-points.js";
import { choosePositions, fieldsOf } from "./row-query.js";

/**
 * Opens the store a context is rooted at.
 *
 * Costs one request where the root carries consolidated metadata, else one per level and array that is used.
 *
 * @throws ReaderError `unknown-format` when there is no root document, `unsupported` for other versions and layouts,
 *   `invalid-metadata` naming the document and the JSON path
 */
export async function openZarrVectors(context: FormatContext): Promise<Dataset> {
  const { engine, url } = context;
  const documents = await readDocuments(engine.store);
  if (documents === undefined) {
    throw new ReaderError("unknown-format", `${url} has no zarr.json.`, { detail: { url } });
  }
  const root = parseRoot(documents.root, "/zarr.json");
  const parts = {
    url,
    format: "zarr-vectors",
    formatVersion: root.version,
    attributes: root.attributes,
  };
  const others = root.geometryTypes.filter((type) => type !== "point_cloud");
  if (others.length > 0 && others.length === root.geometryTypes.length) {
    const failure = new ReaderError(
      "unsupported",
      `${url} holds ${others.join(", ")}; of Zarr-Vectors stores, point clouds can be read so far.`,
      { detail: { url } },
    );
    return createDataset({ ...parts, sources: new Map(), failures: new Map([[others[0]!, failure]]) });
  }
  const source = await openPoints(createContainer(root, documents, engine));
  return createDataset({ ...parts, sources: new Map([["points", source]]) });
}

async function openPoints(container: Container): Promise<PointSource> {
  const { root, engine } = container;
  const levels = new Levels(container);
  const [all, finest] = await Promise.all([
    Promise.all(root.levels.map((level) => levels.metadata(level))),
    levels.open(root.levels[0]!),
  ]);
  const positionAxes = choosePositions(root.axes);
  const { bounds } = root;
  const fields = fieldsOf(finest.vertices.dtype, finest.attributes, root.axes, positionAxes);
  const info: SourceInfo = {
    name: "points",
    role: "data",
    dimensions: positionAxes.map((axis) => root.axes[axis]!.name),
    units: positionAxes.map((axis) => root.axes[axis]!.unit),
    ...(bounds === undefined
      ? {}
      : { bounds: [bounds.min, bounds.max].flatMap((corner) => positionAxes.map((axis) => corner[axis]!)) }),
    ...(root.crs === undefined ? {} : { crs: root.crs }),
    fields: fields.map((field) => field.info),
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
  const plan = async (query: PointQuery, options: QueryOptions) =>
    planPoints(await levels.open(levels.check(query.level)), query, options);
  return createPointSource({ info, plan }, engine);
}
