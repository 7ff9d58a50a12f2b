/**
 * A directory store: metadata at its root, and a folder of array files for each array name.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { loadPart } from "../../core/load-part.js";
import { startPace } from "../../core/pace.js";
import type { Engine } from "../../engine/engine.js";
import type { LayeredEntry } from "./layers.js";
import type { StoreMetadata } from "./metadata.js";
import { readOnce } from "./read-once.js";
import type { AtlasStore } from "./schema.js";

/** A store whose metadata are read. */
export function createDirectoryStore(engine: Engine, metadata: StoreMetadata): AtlasStore {
  const { datasets, isOneFlush } = metadata;
  const layersOf = readOnce(async (name: string) => {
    const { readLayers } = await loadPart(import("./layers.js"));
    return readLayers(engine, name, engine.closed);
  });
  const statisticsOf = readOnce(async (name: string) => {
    const { readDirectoryStatistics } = await loadPart(import("./statistics-file.js"));
    return readDirectoryStatistics(engine, name);
  });
  return {
    version: `metadata ${metadata.version}`,
    datasets,
    async entries(array, names, { signal } = {}) {
      const layers = await raceAbort(layersOf(array), signal);
      const { findEntry } = await loadPart(import("./layers.js"));
      const pace = startPace();
      const entries: (LayeredEntry | undefined)[] = [];
      for (const name of names) {
        const wait = pace.step();
        if (wait !== undefined) await wait;
        entries.push(findEntry(layers, name));
      }
      return entries;
    },
    attributeFiles: "_global",
    async readAttributes(dataset, array, types) {
      const layers = await layersOf(array);
      const { resolveAttributes } = await loadPart(import("./attributes.js"));
      return resolveAttributes(layers, dataset, types, isOneFlush);
    },
    statistics: (array, { signal } = {}) => raceAbort(statisticsOf(array), signal),
  };
}
