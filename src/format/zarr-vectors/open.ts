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
import type { Engine, FormatContext } from "../../engine/engine.js";
import { parseCellArray } from "./cells.js";
import { type Documents, readDocuments } from "./documents.js";
import { readAttributes } from "./fields.js";
import { type LevelMetadata, parseLevel, parseRoot, type RootMetadata } from "./metadata.js";
import { planPoints } from "./plan-points.js";
import { choosePositions, fieldsOf, type PointLevel } from "./point-query.js";

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
  const source = await openPoints(root, documents, engine);
  return createDataset({ ...parts, sources: new Map([["points", source]]) });
}

async function openPoints(root: RootMetadata, documents: Documents, engine: Engine): Promise<PointSource> {
  const levels = new LevelCache(root, documents, engine);
  const [base, ...coarser] = await Promise.all(root.levels.map((level) => levels.metadata(level)));
  const finest = await levels.points(root.levels[0]!);
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
    levels: [base!, ...coarser].map((metadata): LevelInfo => {
      const isFinest = metadata.level === finest.metadata.level;
      const chunks = isFinest ? finest.vertices.present?.length : undefined;
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
    planPoints(await levels.points(levels.check(query.level)), root.axes, query, options);
  return createPointSource({ info, plan }, engine);
}

/** Levels, read when first asked for. */
class LevelCache {
  readonly #root: RootMetadata;
  readonly #documents: Documents;
  readonly #engine: Engine;
  readonly #metadata = new Map<number, Promise<LevelMetadata>>();
  readonly #points = new Map<number, Promise<PointLevel>>();

  constructor(root: RootMetadata, documents: Documents, engine: Engine) {
    this.#root = root;
    this.#documents = documents;
    this.#engine = engine;
  }

  /** @throws ReaderError `invalid-query` listing the levels there are */
  check(level: PointQuery["level"]): number {
    const { levels } = this.#root;
    const wanted = level ?? levels[0]!;
    if (typeof wanted === "number" && levels.includes(wanted)) return wanted;
    throw new ReaderError(
      "invalid-query",
      `There is no level ${String(wanted)}; there is ${levels.join(", ")}.`,
    );
  }

  metadata(level: number): Promise<LevelMetadata> {
    return remember(this.#metadata, level, async () => {
      const document = await this.#documents.read(String(level));
      return parseLevel(level, document, this.#root, `/${level}/zarr.json`);
    });
  }

  points(level: number): Promise<PointLevel> {
    return remember(this.#points, level, async () => {
      const path = `${level}/vertices`;
      const [metadata, document, attributes] = await Promise.all([
        this.metadata(level),
        this.#documents.read(path),
        readAttributes(level, this.#root, this.#documents, this.#engine),
      ]);
      if (document === undefined) {
        throw new ReaderError(
          "invalid-metadata",
          `/${path}/zarr.json is missing, so level ${level} has no vertices.`,
        );
      }
      const vertices = parseCellArray(path, document, this.#engine);
      if (vertices.attributes.encoding !== undefined && vertices.attributes.encoding !== "raw") {
        throw new ReaderError(
          "unsupported",
          `/${path}: vertices are encoded as "${String(vertices.attributes.encoding)}"; only raw ones can be read.`,
        );
      }
      return { metadata, vertices, attributes };
    });
  }
}

/** Keeps a promise per key, unless it fails. */
function remember<T>(kept: Map<number, Promise<T>>, key: number, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  return made;
}
