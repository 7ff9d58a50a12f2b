/**
 * The metadata of a directory store: which datasets there are, and the arrays of each. Versions 1 to 3, in six encodings.
 *
 * @module
 */

import type { AttributeValue } from "../../core/dataset.js";
import { ReaderError } from "../../core/error.js";
import { startPace } from "../../core/pace.js";
import type { AbsolutePath, CodecSpec } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { ReadOptions } from "../../store/types.js";
import { parseMsgpack } from "./msgpack.js";
import { parseOrderedJson } from "./ordered-json.js";
import type { ArraySchema, DatasetSchema } from "./schema.js";
import { badMetadata, TreeReader } from "./tree.js";

export interface StoreMetadata {
  readonly version: number;
  /** Datasets that are not deleted, in the order of the file. */
  readonly datasets: ReadonlyMap<string, DatasetSchema>;
  /** Nothing was written after the first flush, for all that the metadata tell. */
  readonly isOneFlush: boolean;
}

/** In the order in which the package looks for them. */
export const metadataKeys: readonly AbsolutePath[] = [
  "/atlas.json",
  "/atlas.json.zst",
  "/atlas.json.lz4",
  "/atlas.msgpack",
  "/atlas.msgpack.zst",
  "/atlas.msgpack.lz4",
];

/** Above what any package writes. */
const maxRank = 64;

/**
 * Reads the metadata under the first of the keys that is there; all are asked for at once.
 *
 * @throws ReaderError `unsupported`, `invalid-metadata`, `corrupt`
 */
export async function readMetadata(
  engine: Engine,
  keys: readonly AbsolutePath[],
): Promise<StoreMetadata | undefined> {
  const options: ReadOptions = { priority: "metadata", mayBeAbsent: true };
  const found = await Promise.all(keys.map((key) => engine.store.get(key, options)));
  const at = found.findIndex((bytes) => bytes !== undefined);
  return at < 0 ? undefined : decodeMetadata(found[at]!, keys[at]!, engine);
}

async function decodeMetadata(stored: Uint8Array, key: AbsolutePath, engine: Engine): Promise<StoreMetadata> {
  const where = key.slice(1);
  const compressor = key.endsWith(".zst") ? "zstd" : key.endsWith(".lz4") ? "lz4" : undefined;
  const codecs: CodecSpec[] = [{ name: "bytes" }];
  if (compressor !== undefined) codecs.push({ name: compressor });
  const bytes =
    compressor === undefined
      ? stored
      : ((await engine.decodeBlock({ name: where, bytes: stored, codecs, dtype: "uint8" }))
          .data as Uint8Array);
  const tree = key.includes(".msgpack") ? parseMsgpack(bytes, where) : await parseOrderedJson(bytes, where);
  return parseMetadata(new TreeReader(tree, where));
}

/** @throws ReaderError `unsupported` for versions that are not known, `invalid-metadata` */
export async function parseMetadata(root: TreeReader): Promise<StoreMetadata> {
  const version = root.has("version") ? root.at("version").size() : 0;
  if (version > 3) {
    throw new ReaderError(
      "unsupported",
      `${root.where} is of version ${version}; versions up to 3 of ATLAS metadata are known.`,
      { hint: "A newer version of this library may read it." },
    );
  }
  const listed = root.at("datasets").entries();
  if (version < 2 || !root.has("schemas")) {
    if (version >= 2 && listed.some(([, dataset]) => !dataset.isMap)) {
      throw badMetadata(root.where, "has no schemas");
    }
    const datasets = new Map<string, DatasetSchema>();
    const pace = startPace();
    for (const [name, dataset] of listed) {
      const wait = pace.step();
      if (wait !== undefined) await wait;
      datasets.set(checkName(name, dataset), readPlainDataset(dataset));
    }
    return { version, datasets, isOneFlush: false };
  }
  const schemas = root.at("schemas").items().map(readSchema);
  const deleted = new Set(root.has("deleted") ? root.at("deleted").sizes() : []);
  for (const ordinal of deleted) {
    if (ordinal >= listed.length)
      throw badMetadata(root.where, `marks dataset ${ordinal} of ${listed.length} deleted`);
  }
  const datasets = new Map<string, DatasetSchema>();
  listed.forEach(([name, schema], ordinal) => {
    const found = schemas[schema.size()];
    if (found === undefined)
      throw badMetadata(schema.where, `names schema ${schema.size()} of ${schemas.length}`);
    if (!deleted.has(ordinal)) datasets.set(checkName(name, schema), found);
  });
  // Each save adds one.
  const isOneFlush = root.has("meta_epoch") && root.at("meta_epoch").size() <= 1;
  return { version, datasets, isOneFlush };
}

/** Versions 2 and 3: names and types of attributes; their values lie in array files. */
function readSchema(schema: TreeReader): DatasetSchema {
  const typesOf = (attributes: TreeReader): ReadonlyMap<string, string> =>
    new Map(attributes.entries().map(([name, type]) => [name, type.at("type").text()] as const));
  return {
    arrays: readArrays(schema),
    attributeTypes: schema.has("global_attrs") ? typesOf(schema.at("global_attrs")) : new Map(),
    arrayAttributeTypes: new Map(
      (schema.has("array_attrs") ? schema.at("array_attrs").entries() : []).map(
        ([array, attributes]) => [array, typesOf(attributes)] as const,
      ),
    ),
  };
}

/** Up to version 1: the attributes themselves; those of arrays are called `array.name`. */
function readPlainDataset(dataset: TreeReader): DatasetSchema {
  const arrays = readArrays(dataset);
  const attributes = new Map<string, AttributeValue>();
  const arrayAttributes = new Map<string, Map<string, AttributeValue>>();
  for (const [name, { value, where }] of dataset.has("attributes")
    ? dataset.at("attributes").entries()
    : []) {
    if (typeof value === "object") throw badMetadata(where, "is a map or a list, which no attribute is");
    // Numbers that JSON cannot hold are written as null.
    const known = value ?? Number.NaN;
    const dot = name.indexOf(".");
    const array = name.slice(0, Math.max(0, dot));
    if (!arrays.has(array)) {
      attributes.set(name, known);
      continue;
    }
    const own = arrayAttributes.get(array) ?? new Map<string, AttributeValue>();
    arrayAttributes.set(array, own.set(name.slice(dot + 1), known));
  }
  return { arrays, attributes, arrayAttributes };
}

function readArrays(dataset: TreeReader): ReadonlyMap<string, ArraySchema> {
  return new Map(
    dataset
      .at("arrays")
      .entries()
      .map(([name, array]) => [checkName(name, array), readArray(array)] as const),
  );
}

function readArray(array: TreeReader): ArraySchema {
  const shape = array.at("shape").sizes();
  const chunkShape = array.at("chunk_shape").sizes();
  if (chunkShape.length !== shape.length || shape.length > maxRank) {
    throw badMetadata(array.where, `has a shape of ${shape.length} axes and chunks of ${chunkShape.length}`);
  }
  const dimensions = array.at("dimension_names").texts();
  const isCompressed = array.has("codec") && array.at("codec").value !== "Uncompressed";
  return {
    type: array.at("dtype").at("type").text(),
    isCompressed,
    layout: { shape, chunkShape, dimensions },
  };
}

/** Names become parts of keys: one that leads elsewhere is refused (storage layout, "Names"). */
function checkName(name: string, { where }: TreeReader): string {
  if (name !== "" && !name.includes("/") && !name.startsWith("_") && name !== "." && name !== "..")
    return name;
  throw badMetadata(where, `"${name}" cannot be the name of a dataset or an array`);
}
