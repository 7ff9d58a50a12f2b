/**
 * `cloudcrop/atlas`: this format alone.
 *
 * @module
 */
import type { Dataset } from "../core/dataset.js";
import { openAtlas as openFormat } from "../format/atlas/open.js";
import type { ReadableStore } from "../store/types.js";
import { openStandalone, type StandaloneOptions } from "./standalone.js";

/** Opens the store of datasets that a store is rooted at, skipping detection. */
export function openAtlas(store: ReadableStore, options: StandaloneOptions = {}): Promise<Dataset> {
  return openStandalone(openFormat, store, options);
}
