/**
 * The files of one array name: `data.af`, and over it `data.1.af`, `data.2.af` … of flushes, until one is missing.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { once } from "../../core/lookahead.js";
import { startPace } from "../../core/pace.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { Layer } from "./array-file.js";
import { type LayerPlace, readBase, readLayers } from "./find-layers.js";
import type { ArrayEntry, Block, ChunkPlace } from "./footer.js";
import { dataExtent, indexSize } from "./index-size.js";
import { encodeSegment } from "./keys.js";
import { ListedFiles } from "./listed-files.js";
import type { StoreMetadata } from "./metadata.js";
import { bodyOpener } from "./read-end.js";
import type { EntrySettings } from "./schema.js";

export { ListedFiles };

/** A chunk and the file it is in. */
export interface FoundChunk extends ChunkPlace {
  readonly key: AbsolutePath;
  readonly stored: Block;
}

/** An entry as all layers together have it. */
export interface LayeredEntry {
  /** Of the highest layer that has the dataset. */
  readonly entry: ArrayEntry;
  /** Every chunk was written to these layers: what lies beneath does not count. */
  readonly isFull: boolean;
  /**
   * How many files hold chunks of it; `undefined` where others, of a deleted array of the same name, lie beneath, and
   * where files were left out.
   */
  readonly flushes: number | undefined;
  /** The newest version of a chunk; `undefined` where none was written. */
  chunk(coordinates: readonly number[]): FoundChunk | undefined;
}

/**
 * The files of one array name.
 *
 * The first flush of a store goes to `data.1.af`, and `data.af` stays empty; after `compact()` it has everything, and there
 * is no other. So layers are looked for first, `data.af` where there are none, or where what is asked for is not whole
 * without it: one array costs two requests, and one more for each further layer.
 */
export class ArrayFiles {
  /** From the lowest to the highest, the base left out as long as it is not needed. */
  layers: readonly Layer[];
  /** The base is among them, if there is one. */
  isWhole = false;
  /** All layers there are: one more request where the base was not read yet. */
  readonly whole: (wish?: IndexWish) => Promise<readonly Layer[]>;

  private constructor(above: readonly Layer[], readBase: (wish: IndexWish) => Promise<Layer | undefined>) {
    this.layers = above;
    this.whole = once(async (wish: IndexWish = {}) => {
      const base = await readBase(wish);
      this.layers = base === undefined ? above : [base, ...above];
      this.isWhole = true;
      return this.layers;
    });
  }

  static async open(
    engine: Engine,
    array: string,
    { datasets, isOneFlush }: Pick<StoreMetadata, "datasets" | "isOneFlush">,
    { take, bodies, wanted, listed }: FilesWish,
  ): Promise<ArrayFiles> {
    const indexBytes = indexSize(datasets, array, "layered");
    const data = dataExtent(datasets, array, new Set(wanted));
    const openBody = bodies && data && bodyOpener(bodies, data, indexBytes);
    const place: LayerPlace = {
      engine,
      folder: encodeSegment(array),
      listed,
      expected: { indexBytes, data, openBody, take },
      options: { priority: "metadata", mayBeAbsent: true, signal: engine.closed },
    };
    // Of one flush there is one layer, most likely: the look for more need not wait for it.
    const above = await readLayers(place, isOneFlush ? 2 : 1);
    const isAlone = above.length === 0;
    const files = new ArrayFiles(above, (wish) => readBase(place, { isAlone, ...wish }));
    if (isAlone) await files.whole({ take });
    return files;
  }

  /** Entries of datasets, in order. */
  async entries(
    datasets: readonly string[],
    { signal, take, withHistory = false }: EntrySettings,
  ): Promise<readonly (LayeredEntry | undefined)[]> {
    if (withHistory) await raceAbort(this.whole({ take }), signal);
    const pace = startPace();
    const entries: (LayeredEntry | undefined)[] = [];
    for (const dataset of datasets) {
      const wait = pace.step();
      if (wait !== undefined) await wait;
      let entry = findEntry(this, dataset);
      if (!this.isWhole && entry?.isFull !== true) {
        await raceAbort(this.whole({ take }), signal);
        entry = findEntry(this, dataset);
      }
      entries.push(entry);
    }
    return entries;
  }
}

/** Which data may come with indexes. */
type IndexWish = Pick<EntrySettings, "take">;

/** What a query wants of the files, for which they are opened. */
interface FilesWish extends IndexWish, Pick<EntrySettings, "bodies"> {
  readonly listed: ListedFiles;
  /** Datasets. */
  readonly wanted: readonly string[];
}

/**
 * The entry of a dataset, the higher layer winning chunk by chunk. What lies under a tombstone, or was written in another
 * shape, is of an array that is gone.
 *
 * @returns `undefined` where no layer has it, or the highest one says it is deleted
 */
export function findEntry(
  files: Pick<ArrayFiles, "layers" | "isWhole">,
  dataset: string,
): LayeredEntry | undefined {
  const { found, isWhole } = findVersions(files.layers, dataset);
  const top = found[0];
  if (top === undefined) return undefined;
  return {
    entry: top.entry,
    isFull: countChunks(found) === gridCells(top.entry),
    flushes: isWhole && files.isWhole ? found.filter(({ entry }) => entry.chunks.size > 0).length : undefined,
    chunk(coordinates) {
      const name = coordinates.join();
      for (const { layer, entry } of found) {
        const place = entry.chunks.get(name);
        if (place !== undefined) return { ...place, key: layer.key, stored: blockOf(layer, place.block) };
      }
      return undefined;
    },
  };
}

function countChunks(found: readonly EntryVersion[]): number {
  if (found.length === 1) return found[0]!.entry.chunks.size;
  return new Set(found.flatMap(({ entry }) => [...entry.chunks.keys()])).size;
}

function gridCells({ shape, chunkShape }: ArrayEntry): number {
  return shape.reduce((cells, extent, axis) => cells * Math.ceil(extent / Math.max(1, chunkShape[axis]!)), 1);
}

/** A block by its place in the object. */
function blockOf({ footer, part }: Layer, number: number): Block {
  const block = footer.block(number);
  if (part === undefined) return block;
  if (block.offset + block.storedBytes <= part.length)
    return { ...block, offset: part.offset + block.offset };
  throw footer.archive.corrupt(`has a block that ends beyond the ${part.length} bytes of its segment`);
}

/** The entry of a dataset in one file. */
export interface EntryVersion {
  readonly layer: Layer;
  readonly entry: ArrayEntry;
}

/** Every version of an entry, the newest first, down to where the dataset was deleted; `isWhole`: nothing lies beneath. */
export function findVersions(
  layers: readonly Layer[],
  dataset: string,
): { readonly found: readonly EntryVersion[]; readonly isWhole: boolean } {
  const found: EntryVersion[] = [];
  for (const layer of layers.toReversed()) {
    const entry = layer.footer.entry(dataset);
    if (entry === undefined) continue;
    const top = found[0]?.entry;
    if (entry.isDeleted || (top !== undefined && !isAlike(entry, top))) return { found, isWhole: false };
    found.push({ layer, entry });
  }
  return { found, isWhole: true };
}

function isAlike(a: ArrayEntry, b: ArrayEntry): boolean {
  return (
    a.type === b.type && a.shape.join() === b.shape.join() && a.chunkShape.join() === b.chunkShape.join()
  );
}
