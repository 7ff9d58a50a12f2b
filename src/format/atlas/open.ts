/**
 * Opens an ATLAS store, a directory or a container: each array of each dataset is a grid named `dataset/array`.
 *
 * @module
 */

import type { Dataset } from "../../core/dataset.js";
import { ReaderError } from "../../core/error.js";
import { loadPart } from "../../core/load-part.js";
import type { PointSource } from "../../core/source.js";
import { createDataset } from "../../engine/create-dataset.js";
import type { Engine, FormatContext } from "../../engine/engine.js";
import { spatialRole } from "../../engine/labels/spatial-role.js";
import { recorded } from "../../engine/with-timelines.js";
import { inBrowser } from "../../net/environment.js";
import { createDirectoryStore } from "./directory.js";
import { createMembers } from "./members.js";
import { metadataKeys, readMetadata } from "./metadata.js";
import { type AtlasStore, type DatasetSchema, tellsAxis } from "./schema.js";
import { failuresOf, LazySources } from "./sources.js";

/**
 * Opens the store a context is rooted at. Costs one request where the metadata are plain JSON, three for a container, else
 * eight at most; the index of an array name is read with the first read of it, and kept. Where names do not tell which arrays
 * are longitude and latitude, and attributes may, those are read too.
 *
 * @throws ReaderError `unknown-format`, `unsupported`, `invalid-metadata`, `corrupt`
 */
export async function openAtlas(context: FormatContext): Promise<Dataset> {
  const { url } = context;
  const [store, bodies] = await Promise.all([
    openStore(context),
    // Elsewhere an index needs no size.
    inBrowser() ? loadPart(import("../../engine/open-bodies.js")) : undefined,
  ]);
  const engine = store.reads === undefined ? context.engine : { ...context.engine, store: store.reads };
  if (bodies !== undefined) engine.openBodies ??= (options) => new bodies.OpenBodies(engine, options);
  const profiles = await openProfiles(store, engine);
  const parts = {
    url,
    format: "atlas",
    formatVersion: store.version,
    attributes: {},
    sources: new LazySources(store, engine, profiles),
    failures: failuresOf(store),
    only: new Map(profiles === undefined ? [] : [["points", profiles.info.name] as const]),
  };
  return createDataset(
    {
      ...parts,
      members: createMembers(store, engine),
      acrossDatasets: async (name, options = {}) => {
        const { readAcross } = await loadPart(import("./across.js"));
        return recorded(options, engine, (own) => readAcross(store, name, own, engine));
      },
    },
    engine,
  );
}

/** Loaded where names or attributes may tell of a longitude. */
async function openProfiles(store: AtlasStore, engine: Engine): Promise<PointSource | undefined> {
  const mayBeLongitude = (schema: DatasetSchema, name: string): boolean =>
    spatialRole(name, {})?.axis === "x" || tellsAxis(schema, name);
  const schemas = new Set(store.datasets.values());
  const isWorthLooking = [...schemas].some((schema) =>
    [...schema.arrays.keys()].some((name) => mayBeLongitude(schema, name)),
  );
  if (!isWorthLooking) return undefined;
  const { createProfiles } = await loadPart(import("./profiles.js"));
  return createProfiles(store, engine);
}

/** A marker is the file to read. Where nothing tells what there is, plain metadata are looked for, then a container, then the other metadata. */
async function openStore({ engine, url, marker }: FormatContext): Promise<AtlasStore> {
  const isContainer = marker !== undefined && !metadataKeys.includes(marker);
  const [first, ...others] = marker === undefined ? metadataKeys : isContainer ? [] : [marker];
  let metadata = first && (await readMetadata(engine, [first]));
  if (metadata === undefined) {
    const { readContainer } = await loadPart(import("./container.js"));
    const container = await readContainer(engine, isContainer ? marker : undefined);
    if (container !== undefined) return container;
    metadata = await readMetadata(engine, others);
  }
  if (metadata !== undefined) return createDirectoryStore(engine, metadata);
  throw new ReaderError("unknown-format", `No ATLAS store is at ${url}.`, {
    hint: `One of data.atlas, ${metadataKeys.map((key) => key.slice(1)).join(", ")} must be there.`,
    detail: { url },
  });
}
