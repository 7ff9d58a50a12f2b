/**
 * The sources of a store by name, each made when it is asked for: thousands of datasets with many arrays each would take long.
 *
 * @module
 */
import { isReaderError, type ReaderError } from "../../core/error.js";
import type { GridSource, PointSource } from "../../core/source.js";
import type { Engine } from "../../engine/engine.js";
import { type ArrayPlace, placeName, placeType } from "./array-place.js";
import { createArraySource } from "./array-source.js";
import type { AtlasStore } from "./schema.js";
import { dataTypeOf } from "./types.js";

type AtlasSource = GridSource | PointSource;

/** Grids named `dataset/array`, and before them the profiles, where there are any. */
export class LazySources implements ReadonlyMap<string, AtlasSource> {
  readonly #store: AtlasStore;
  readonly #engine: Engine;
  readonly #made = new Map<string, AtlasSource>();
  readonly #first: string | undefined;
  #size: number | undefined;

  constructor(store: AtlasStore, engine: Engine, profiles: PointSource | undefined) {
    this.#store = store;
    this.#engine = engine;
    if (profiles !== undefined) this.#made.set(profiles.info.name, profiles);
    this.#first = profiles?.info.name;
  }

  get size(): number {
    this.#size ??= [...this.keys()].length;
    return this.#size;
  }

  get(name: string): AtlasSource | undefined {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const place = findPlace(this.#store, name);
    if (place === undefined || dataTypeOf(place.schema.type) === undefined) return undefined;
    const source = createArraySource(place, this.#engine);
    this.#made.set(name, source);
    return source;
  }

  has(name: string): boolean {
    const place = this.#made.has(name) ? undefined : findPlace(this.#store, name);
    return place === undefined ? this.#made.has(name) : dataTypeOf(place.schema.type) !== undefined;
  }

  *keys(): MapIterator<string> {
    if (this.#first !== undefined) yield this.#first;
    for (const place of placesOf(this.#store)) {
      if (dataTypeOf(place.schema.type) !== undefined) yield placeName(place);
    }
  }

  *values(): MapIterator<AtlasSource> {
    for (const name of this.keys()) yield this.get(name)!;
  }

  *entries(): MapIterator<[string, AtlasSource]> {
    for (const name of this.keys()) yield [name, this.get(name)!];
  }

  [Symbol.iterator](): MapIterator<[string, AtlasSource]> {
    return this.entries();
  }

  forEach(visit: (source: AtlasSource, name: string, map: ReadonlyMap<string, AtlasSource>) => void): void {
    for (const [name, source] of this) visit(source, name, this);
  }
}

/** Arrays of types that are not read, with the error of each. */
export function failuresOf(store: AtlasStore): ReadonlyMap<string, ReaderError> {
  const failures = new Map<string, ReaderError>();
  for (const place of placesOf(store)) {
    if (dataTypeOf(place.schema.type) !== undefined) continue;
    try {
      placeType(place);
    } catch (thrown) {
      if (!isReaderError(thrown, "unsupported")) throw thrown;
      failures.set(placeName(place), thrown);
    }
  }
  return failures;
}

function* placesOf(store: AtlasStore): Generator<ArrayPlace> {
  for (const [dataset, { arrays }] of store.datasets) {
    for (const [array, schema] of arrays) yield { dataset, array, schema, store };
  }
}

/** Names of datasets and of arrays may have slashes in containers. */
function findPlace(store: AtlasStore, name: string): ArrayPlace | undefined {
  for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
    const [dataset, array] = [name.slice(0, at), name.slice(at + 1)];
    const schema = store.datasets.get(dataset)?.arrays.get(array);
    if (schema !== undefined) return { dataset, array, schema, store };
  }
  return undefined;
}
