/**
 * `cloudcrop/tiledb`: this format alone.
 *
 * @module
 */
import type { Dataset } from "../core/dataset.js";
import { openTileDB as openFormat } from "../format/tiledb/open.js";
import type { ReadableStore } from "../store/types.js";
import { openStandalone, type StandaloneOptions } from "./standalone.js";

/** Opens the array a store is rooted at, skipping detection. */
export function openTileDB(store: ReadableStore, options: StandaloneOptions = {}): Promise<Dataset> {
  return openStandalone(openFormat, store, options);
}
