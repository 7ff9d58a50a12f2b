/**
 * Opens what TileDB stores at a place: sparse arrays as points, dense ones as grids, groups as all that is in them.
 *
 * @module
 */

import type { Dataset } from "../../core/dataset.js";
import { loadPart } from "../../core/load-part.js";
import { createDataset, type DatasetParts } from "../../engine/create-dataset.js";
import type { FormatContext } from "../../engine/engine.js";
import { readMetadata } from "./array-metadata.js";
import { latestSchema, readDirectory } from "./directory.js";
import { createTimeline, readSnapshot } from "./snapshot.js";
import { openSparse } from "./sparse-source.js";

/**
 * Opens the array or the group a context is rooted at.
 *
 * An array costs four listings, the schema, the newest metadata file, and one request each for what was consolidated. Footers of
 * fragments that were not are read by the first query. A group costs one listing more, its files, and its members.
 *
 * @throws ReaderError `unsupported` where the store cannot list, or for formats that are not known; `unknown-format`; `corrupt`
 */
export async function openTileDB(context: FormatContext): Promise<Dataset> {
  return createDataset(await readParts(context), context.engine);
}

/** @param depth groups around this place */
export async function readParts(context: FormatContext, depth = 0): Promise<DatasetParts> {
  const { engine, url } = context;
  const directory = await readDirectory(engine, undefined, {});
  if (latestSchema(directory) === undefined) {
    const { readGroup } = await loadPart(import("./group.js"));
    return readGroup(context, directory, (member) => readParts(member, depth + 1), depth);
  }
  const snapshot = await readSnapshot(engine, directory, undefined);
  const { schema } = snapshot;
  const attributes = await readMetadata(directory.metadata, (keys) => keys.has("crs"), engine, {});
  const parts = { url, format: "tiledb", formatVersion: String(schema.version), attributes };
  const at = createTimeline(snapshot, engine);
  if (!schema.isSparse) {
    const { openDense } = await loadPart(import("./dense-source.js"));
    return { ...parts, ...(await openDense(snapshot, at, attributes, engine)) };
  }
  const points = await openSparse(snapshot, at, attributes, engine);
  return { ...parts, sources: new Map([["points", points]]) };
}
