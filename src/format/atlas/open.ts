/**
 * Opens an ATLAS directory store: each array of each dataset is a grid named `dataset/array`.
 *
 * @module
 */
import { isReaderError, ReaderError } from "../../core/error.js";
import { loadPart } from "../../core/load-part.js";
import type { Dataset, GridSource, Members, PointSource } from "../../core/source.js";
import { createDataset } from "../../engine/create-dataset.js";
import type { Engine, FormatContext } from "../../engine/engine.js";
import { spatialRole } from "../../engine/labels/spatial-role.js";
import { placeName } from "./array-place.js";
import { createArraySource } from "./array-source.js";
import { createDirectoryStore } from "./directory.js";
import { readMetadata } from "./metadata.js";
import type { AtlasStore } from "./schema.js";

/**
 * Opens the store a context is rooted at. Costs one request where the metadata are plain JSON, else six; the index of an
 * array name is read with the first read of it, and kept.
 *
 * @throws ReaderError `unknown-format`, `unsupported`, `invalid-metadata`, `corrupt`
 */
export async function openAtlas({ engine, url }: FormatContext): Promise<Dataset> {
  const store = createDirectoryStore(engine, await readMetadata(engine, url));
  const sources = new Map<string, GridSource | PointSource>();
  const failures = new Map<string, ReaderError>();
  for (const [dataset, { arrays }] of store.datasets) {
    for (const [array, schema] of arrays) {
      const place = { dataset, array, schema, store };
      try {
        sources.set(placeName(place), createArraySource(place, engine));
      } catch (thrown) {
        if (!isReaderError(thrown, "unsupported")) throw thrown;
        failures.set(placeName(place), thrown);
      }
    }
  }
  const profiles = await openProfiles(store, engine);
  if (profiles !== undefined) sources.set(profiles.info.name, profiles);
  const parts = { url, format: "atlas", formatVersion: store.version, attributes: {}, sources, failures };
  return createDataset({
    ...parts,
    members: membersOf(store),
    acrossDatasets: async (name, options = {}) => {
      const { readAcross } = await loadPart(import("./across.js"));
      return readAcross(store, name, options, engine);
    },
  });
}

/** Loaded where some dataset may have a longitude. */
async function openProfiles(store: AtlasStore, engine: Engine): Promise<PointSource | undefined> {
  const isLongitude = (name: string): boolean => spatialRole(name, {})?.axis === "x";
  const schemas = new Set(store.datasets.values());
  if (![...schemas].some(({ arrays }) => [...arrays.keys()].some(isLongitude))) return undefined;
  const { createProfiles } = await loadPart(import("./profiles.js"));
  return createProfiles(store, engine);
}

function membersOf(store: AtlasStore): Members {
  const check = (member: string, array?: string): void => {
    const arrays = store.datasets.get(member)?.arrays;
    if (arrays !== undefined && (array === undefined || arrays.has(array))) return;
    const what = arrays === undefined ? `member "${member}"` : `array "${array}" of "${member}"`;
    throw new ReaderError("not-found", `There is no ${what} in this store.`);
  };
  return {
    names: [...store.datasets.keys()],
    async attributes(member, array, options) {
      check(member, array);
      return store.attributes(member, array, options);
    },
    async statistics(member, array, options) {
      check(member, array);
      return (await store.statistics(array, options))?.get(member);
    },
  };
}
