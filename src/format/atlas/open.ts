/**
 * Opens an ATLAS directory store: each array of each dataset is a grid named `dataset/array`.
 *
 * @module
 */
import { isReaderError, type ReaderError } from "../../core/error.js";
import { loadPart } from "../../core/load-part.js";
import type { Dataset, GridSource } from "../../core/source.js";
import { createDataset } from "../../engine/create-dataset.js";
import type { FormatContext } from "../../engine/engine.js";
import type { AtlasStore } from "./array-place.js";
import { createArraySource } from "./array-source.js";
import type { Layer } from "./layers.js";
import { readMetadata } from "./metadata.js";

/**
 * Opens the store a context is rooted at. Costs one request where the metadata are plain JSON, else six; the index of an
 * array name is read with the first read of it, and kept.
 *
 * @throws ReaderError `unknown-format`, `unsupported`, `invalid-metadata`, `corrupt`
 */
export async function openAtlas({ engine, url }: FormatContext): Promise<Dataset> {
  const { version, datasets } = await readMetadata(engine, url);
  const known = new Map<string, Promise<readonly Layer[]>>();
  /** Shared by all datasets, so no single query's signal ends it. */
  const layersOf = (array: string): Promise<readonly Layer[]> => {
    let layers = known.get(array);
    if (layers === undefined) {
      layers = loadPart(import("./layers.js")).then(({ readLayers }) =>
        readLayers(engine, array, engine.closed),
      );
      known.set(array, layers);
      layers.catch(() => known.delete(array));
    }
    return layers;
  };
  const store: AtlasStore = { datasets, layersOf };
  const sources = new Map<string, GridSource>();
  const failures = new Map<string, ReaderError>();
  for (const [dataset, arrays] of datasets) {
    for (const [array, schema] of arrays) {
      const name = `${dataset}/${array}`;
      try {
        sources.set(
          name,
          createArraySource({ dataset, array, schema, layers: () => layersOf(array) }, engine),
        );
      } catch (thrown) {
        if (!isReaderError(thrown, "unsupported")) throw thrown;
        failures.set(name, thrown);
      }
    }
  }
  engine.report("atlas-attributes", "Attributes and statistics of ATLAS stores are not read yet.");
  return createDataset({
    url,
    format: "atlas",
    formatVersion: `metadata ${version}`,
    attributes: {},
    sources,
    failures,
    acrossDatasets: async (name, options = {}) => {
      const { readAcross } = await loadPart(import("./across.js"));
      return readAcross(store, name, options, engine);
    },
  });
}
