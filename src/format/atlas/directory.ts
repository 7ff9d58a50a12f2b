/**
 * A directory store: metadata at its root, and a folder of array files for each array name.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { loadPart } from "../../core/load-part.js";
import type { Engine } from "../../engine/engine.js";
import type { StoreMetadata } from "./metadata.js";
import { readOnce } from "./read-once.js";
import type { AtlasStore } from "./schema.js";

/** Array files that hold the attributes of datasets: one entry for each, without values. */
const attributeFiles = "_global";

/** A store whose metadata are read. */
export function createDirectoryStore(engine: Engine, metadata: StoreMetadata): AtlasStore {
  const { datasets, isOneFlush } = metadata;
  const layersOf = readOnce(async (name: string) => {
    const { readLayers } = await loadPart(import("./layers.js"));
    return readLayers(engine, name, engine.closed);
  });
  const statisticsOf = readOnce(async (name: string) => {
    const { readStatisticsFile } = await loadPart(import("./statistics-file.js"));
    return readStatisticsFile(engine, name);
  });
  return {
    version: `metadata ${metadata.version}`,
    datasets,
    async entries(array, names, { signal } = {}) {
      const layers = await raceAbort(layersOf(array), signal);
      const { findEntry } = await loadPart(import("./layers.js"));
      return names.map((name) => findEntry(layers, name));
    },
    async attributes(dataset, array, { signal } = {}) {
      const schema = datasets.get(dataset);
      const values = array === undefined ? schema?.attributes : schema?.arrayAttributes?.get(array);
      if (values !== undefined) return { values, unresolved: [] };
      const types = array === undefined ? schema?.attributeTypes : schema?.arrayAttributeTypes?.get(array);
      if (types === undefined || types.size === 0) return { values: new Map(), unresolved: [] };
      const layers = await raceAbort(layersOf(array ?? attributeFiles), signal);
      const { resolveAttributes } = await loadPart(import("./attributes.js"));
      return resolveAttributes(layers, dataset, types, isOneFlush);
    },
    statistics: (array, { signal } = {}) => raceAbort(statisticsOf(array), signal),
  };
}
