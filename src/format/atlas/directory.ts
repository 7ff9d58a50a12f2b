/**
 * A directory store: metadata at its root, and a folder of array files for each array name.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { loadPart } from "../../core/load-part.js";
import { remember } from "../../core/lookahead.js";
import type { Engine } from "../../engine/engine.js";
import type { ArrayFiles, ListedFiles } from "./layers.js";
import type { StoreMetadata } from "./metadata.js";
import { readOnce } from "./read-once.js";
import type { AtlasStore, EntrySettings } from "./schema.js";

/** A store whose metadata are read. */
export function createDirectoryStore(engine: Engine, metadata: StoreMetadata): AtlasStore {
  const { datasets, isOneFlush } = metadata;
  const files = new Map<string, Promise<ArrayFiles>>();
  let listed: ListedFiles | undefined;
  const filesOf = (
    array: string,
    wanted: readonly string[] = [],
    { take, bodies }: EntrySettings = {},
  ): Promise<ArrayFiles> =>
    remember(files, array, async () => {
      const { ArrayFiles, ListedFiles } = await loadPart(import("./layers.js"));
      listed ??= new ListedFiles(engine, datasets);
      return ArrayFiles.open(engine, array, metadata, { take, bodies, wanted, listed });
    });
  const statisticsOf = readOnce(async (array: string) => {
    const { readDirectoryStatistics } = await loadPart(import("./statistics-file.js"));
    return readDirectoryStatistics(engine, array, datasets);
  });
  return {
    version: `metadata ${metadata.version}`,
    datasets,
    async entries(array, names, settings = {}) {
      const files = await raceAbort(filesOf(array, names, settings), settings.signal);
      return files.entries(names, settings);
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
