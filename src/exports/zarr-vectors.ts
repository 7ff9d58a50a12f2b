/**
 * `cloudcrop/zarr-vectors`: this format alone.
 *
 * @module
 */
import type { Dataset } from "../core/dataset.js";
import { openZarrVectors as openFormat } from "../format/zarr-vectors/open.js";
import type { ReadableStore } from "../store/types.js";
import { openStandalone, type StandaloneOptions } from "./standalone.js";

/** Opens the dataset a store is rooted at, skipping detection. */
export function openZarrVectors(store: ReadableStore, options: StandaloneOptions = {}): Promise<Dataset> {
  return openStandalone(openFormat, store, options);
}
