/**
 * A directory store: metadata at its root, and a folder of array files for each array name.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { loadPart } from "../../core/load-part.js";
import { startPace } from "../../core/pace.js";
import type { Engine } from "../../engine/engine.js";
import { indexSize, statisticsSize } from "./index-size.js";
import type { LayeredEntry } from "./layers.js";
import type { StoreMetadata } from "./metadata.js";
import { readOnce } from "./read-once.js";
import type { AtlasStore } from "./schema.js";

/** A store whose metadata are read. */
export function createDirectoryStore(engine: Engine, metadata: StoreMetadata): AtlasStore {
  const { datasets, isOneFlush } = metadata;
  const filesOf = readOnce(async (array: string) => {
    const { ArrayFiles } = await loadPart(import("./layers.js"));
    const indexBytes = indexSize(datasets, array, "layered");
    return ArrayFiles.open(engine, array, { indexBytes, isOneFlush, signal: engine.closed });
  });
  const statisticsOf = readOnce(async (array: string) => {
    const { readDirectoryStatistics } = await loadPart(import("./statistics-file.js"));
    return readDirectoryStatistics(engine, array, statisticsSize(datasets));
  });
  return {
    version: `metadata ${metadata.version}`,
    datasets,
    async entries(array, names, { signal, withHistory = false } = {}) {
      const files = await raceAbort(filesOf(array), signal);
      if (withHistory) await raceAbort(files.whole(), signal);
      const { findEntry } = await loadPart(import("./layers.js"));
      const pace = startPace();
      const entries: (LayeredEntry | undefined)[] = [];
      for (const name of names) {
        const wait = pace.step();
        if (wait !== undefined) await wait;
        let entry = findEntry(files, name);
        if (!files.isWhole && entry?.isFull !== true) {
          await raceAbort(files.whole(), signal);
          entry = findEntry(files, name);
        }
        entries.push(entry);
      }
      return entries;
    },
    attributeFiles: "_global",
    async readAttributes(dataset, array, types) {
      const layers = await (await filesOf(array)).whole();
      const { resolveAttributes } = await loadPart(import("./attributes.js"));
      return resolveAttributes(layers, dataset, types, isOneFlush);
    },
    statistics: (array, { signal } = {}) => raceAbort(statisticsOf(array), signal),
  };
}
