/**
 * Opens a TileDB array: sparse ones as points, dense ones as grids.
 *
 * @module
 */
import type { Dataset } from "../../core/source.js";
import { createDataset } from "../../engine/create-dataset.js";
import type { FormatContext } from "../../engine/engine.js";
import { readMetadata } from "./array-metadata.js";
import { openDense } from "./dense-source.js";
import { createTimeline, readSnapshot } from "./snapshot.js";
import { openSparse } from "./sparse-source.js";

/**
 * Opens the array a context is rooted at.
 *
 * Costs four listings, the schema, the newest metadata file, and one request each for what was consolidated. Footers of
 * fragments that were not are read by the first query.
 *
 * @throws ReaderError `unsupported` where the store cannot list, or for formats that are not known; `corrupt`
 */
export async function openTileDB({ engine, url }: FormatContext): Promise<Dataset> {
  const snapshot = await readSnapshot(engine, undefined);
  const { schema, directory } = snapshot;
  const attributes = await readMetadata(directory.metadata, (keys) => keys.has("crs"), engine, {});
  const parts = { url, format: "tiledb", formatVersion: String(schema.version), attributes };
  const at = createTimeline(snapshot, engine);
  if (!schema.isSparse) {
    return createDataset({ ...parts, ...(await openDense(snapshot, at, attributes, engine)) });
  }
  const points = await openSparse(snapshot, at, attributes, engine);
  return createDataset({ ...parts, sources: new Map([["points", points]]) });
}
