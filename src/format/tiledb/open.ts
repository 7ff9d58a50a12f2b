/**
 * Opens a TileDB array: sparse ones as points.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import type { Dataset, PointSource, SourceInfo } from "../../core/source.js";
import { createDataset } from "../../engine/create-dataset.js";
import { createPointSource } from "../../engine/create-source.js";
import type { Engine, FormatContext } from "../../engine/engine.js";
import { readMetadata } from "./array-metadata.js";
import type { Box } from "./box.js";
import { type ArrayDirectory, readDirectory } from "./directory.js";
import type { Fragment } from "./fragment.js";
import { readConsolidatedFooters, readFragments, SchemaCache } from "./fragments.js";
import { planSparse } from "./plan-sparse.js";
import type { ArraySchema } from "./schema.js";
import { allFields, fieldInfo, spatialDimensions } from "./sparse-query.js";

/**
 * Opens the array a context is rooted at.
 *
 * Costs four listings, the schema, the newest metadata file, and one request each for what was consolidated. Footers of
 * fragments that were not are read by the first query.
 *
 * @throws ReaderError `unsupported` where the store cannot list, or for formats that are not known; `corrupt`
 */
export async function openTileDB(context: FormatContext): Promise<Dataset> {
  const { engine, url } = context;
  const directory = await readDirectory(engine, undefined, {});
  const schemas = new SchemaCache(directory, engine);
  const [schema, attributes, footers] = await Promise.all([
    schemas.latest({}),
    readMetadata(directory.metadata, (keys) => keys.has("crs"), engine, {}),
    readConsolidatedFooters(directory, engine, {}),
  ]);
  const fragments = once(() => readFragments(directory, schemas, footers, engine, {}));
  const isCheap = directory.fragments.every(({ name }) => footers.has(name));
  const parts = { url, format: "tiledb", formatVersion: String(schema.version), attributes };
  if (!schema.isSparse) {
    const failure = new ReaderError(
      "unsupported",
      `${url} is a dense array; of TileDB arrays, sparse ones can be read so far.`,
    );
    return createDataset({ ...parts, sources: new Map(), failures: new Map([["cells", failure]]) });
  }
  const info = sparseInfo(schema, attributes, isCheap ? await fragments() : undefined);
  return createDataset({
    ...parts,
    sources: new Map([["points", openSparse(info, schema, directory, fragments, engine)]]),
  });
}

function openSparse(
  info: SourceInfo,
  schema: ArraySchema,
  directory: ArrayDirectory,
  fragments: () => Promise<readonly Fragment[]>,
  engine: Engine,
): PointSource {
  if (directory.deletes.length > 0) {
    throw new ReaderError("unsupported", "The array has delete conditions, which cannot be applied yet.");
  }
  if (!schema.allowsDuplicates && directory.fragments.length > 1) {
    throw new ReaderError(
      "unsupported",
      "The array has several fragments and no duplicates, which cannot be told apart yet.",
    );
  }
  return createPointSource(
    {
      info,
      plan: async (query, options) => planSparse(schema, await fragments(), query, options),
    },
    engine,
  );
}

function sparseInfo(
  schema: ArraySchema,
  attributes: JsonObject,
  fragments: readonly Fragment[] | undefined,
): SourceInfo {
  const positions = spatialDimensions(schema);
  const { crs } = attributes;
  const bounds = fragments === undefined ? manifestBounds(attributes) : boundsOf(schema, fragments);
  const rows = fragments?.reduce((sum, { footer, schema: { capacity } }) => {
    return sum + Math.max(0, footer.tiles - 1) * capacity + (footer.cellsInLastTile || capacity);
  }, 0);
  return {
    name: "points",
    role: "data",
    dimensions: positions.map(({ name }) => name),
    ...(bounds === undefined ? {} : { bounds }),
    ...(typeof crs === "string" ? { crs } : {}),
    fields: allFields(schema)
      .filter((field) => !positions.includes(field as (typeof positions)[number]))
      .map(fieldInfo),
    levels: [{ level: 0, ...(rows === undefined ? {} : { rows }) }],
    dtype: positions[0]!.type.dtype,
    ...(rows === undefined ? {} : { rows }),
    attributes,
  };
}

/** The box around all fragments, in the spatial dimensions. */
function boundsOf(schema: ArraySchema, fragments: readonly Fragment[]): number[] | undefined {
  if (fragments.length === 0) return undefined;
  const axes = spatialDimensions(schema).map((dimension) => schema.dimensions.indexOf(dimension));
  const ends = (end: 0 | 1, choose: (...values: number[]) => number): number[] =>
    axes.map((axis) =>
      choose(...fragments.map(({ footer }) => Number((footer.nonEmptyDomain as Box)[axis]![end]))),
    );
  return [...ends(0, Math.min), ...ends(1, Math.max)];
}

/** alsdb keeps the box of every file it took in; it is there before any fragment is asked. */
function manifestBounds({ ingestion_manifest: text }: JsonObject): number[] | undefined {
  if (typeof text !== "string") return undefined;
  let files: unknown;
  try {
    files = JSON.parse(text);
  } catch {
    return undefined;
  }
  const boxes = isJsonObject(files)
    ? Object.values(files).map((file) => (isJsonObject(file) ? file.bbox : undefined))
    : [];
  const known = boxes.filter(
    (box): box is number[] => Array.isArray(box) && box.length === 4 && box.every(Number.isFinite),
  );
  if (known.length === 0) return undefined;
  return [0, 1, 2, 3].map((side) =>
    known.reduce((found, box) => (side < 2 ? Math.min : Math.max)(found, box[side]!), known[0]![side]!),
  );
}

/** Runs once, unless it fails. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((thrown: unknown) => {
      made = undefined;
      throw thrown;
    });
    return made;
  };
}
