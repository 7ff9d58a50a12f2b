/**
 * `cloudcrop/zarr`: this format alone.
 *
 * @module
 */
import type { Dataset } from "../core/source.js";
import { openZarr as openFormat } from "../format/zarr/open.js";
import type { ReadableStore } from "../store/types.js";
import { openStandalone, type StandaloneOptions } from "./standalone.js";

/** Opens the dataset a store is rooted at, skipping detection. */
export function openZarr(store: ReadableStore, options: StandaloneOptions = {}): Promise<Dataset> {
  return openStandalone(openFormat, store, options);
}
