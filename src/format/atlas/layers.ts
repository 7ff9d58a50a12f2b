/**
 * The files of one array name: `data.af`, and over it `data.1.af`, `data.2.af` … of flushes, until one is missing.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { ReaderError } from "../../core/error.js";
import { once } from "../../core/lookahead.js";
import { startPace } from "../../core/pace.js";
import type { AbsolutePath, ByteRange } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { ReadOptions } from "../../store/types.js";
import { type ArrayEntry, type Block, type ChunkPlace, Footer } from "./footer.js";
import { arrayFileMark, type FilePlace, readIndex } from "./framing.js";
import { dataExtent, indexSize } from "./index-size.js";
import { encodeSegment } from "./keys.js";
import type { StoreMetadata } from "./metadata.js";
import { bodyOpener, comesWhole } from "./read-end.js";
import type { EntrySettings } from "./schema.js";

/** One array file: an object, or a part of one. */
export interface Layer {
  readonly key: AbsolutePath;
  readonly footer: Footer;
  /** The part; absent for a whole object. */
  readonly part?: ByteRange;
}

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

/** More flushes than any store has; a server that answers every key would never end. */
const maxLayers = 10_000;

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
    { take, bodies, wanted }: FilesWish,
  ): Promise<ArrayFiles> {
    const options: ReadOptions = { priority: "metadata", mayBeAbsent: true, signal: engine.closed };
    const indexBytes = indexSize(datasets, array, "layered");
    const data = dataExtent(datasets, array, new Set(wanted));
    const openBody = bodies && data && bodyOpener(bodies, data, indexBytes);
    const folder = encodeSegment(array);
    // Of one flush there is one layer, most likely: the look for more need not wait for it.
    const expected = { indexBytes, data, openBody, take, atOnce: isOneFlush ? 2 : 1 };
    let above: readonly Layer[] = [];
    // The packages encode the names of layers twice, and then do not find them again.
    for (const each of new Set([encodeSegment(folder), folder])) {
      if (above.length === 0) above = await readAbove(engine, each, expected, options);
    }
    const isAlone = above.length === 0;
    const files = new ArrayFiles(above, (own) => {
      // Under layers it is empty, most likely.
      const isLikely = isAlone || comesWhole(data, own.take);
      const base = { number: 0, indexBytes, data: isLikely ? data : undefined, openBody, isAlone, ...own };
      return readLayer(engine, `/${folder}/data.af`, base, options);
    });
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
type IndexWish = Pick<FilePlace, "take">;

type Expected = Required<Pick<FilePlace, "indexBytes" | "data">> &
  Pick<FilePlace, "isAlone" | "openBody" | "take">;

/** What a query wants of the files, for which they are opened. */
interface FilesWish extends IndexWish, Pick<EntrySettings, "bodies"> {
  /** Datasets. */
  readonly wanted: readonly string[];
}

/** Layers from `data.1.af` on, until one is missing; as many at once as were found before. */
async function readAbove(
  engine: Engine,
  folder: string,
  { indexBytes, atOnce, ...expected }: Expected & { readonly atOnce: number },
  options: ReadOptions,
): Promise<readonly Layer[]> {
  const layers: Layer[] = [];
  const read = async (number: number): Promise<Layer | undefined> => {
    const own = {
      ...expected,
      number,
      isAlone: number === 1,
      indexBytes: layers.at(-1)?.footer.archive.length ?? indexBytes,
    };
    return readLayer(engine, `/${folder}/data.${number}.af`, own, options);
  };
  for (let count = atOnce; ; count = layers.length) {
    const first = layers.length + 1;
    const found = await Promise.all(Array.from({ length: count }, (_, index) => read(first + index)));
    const end = found.indexOf(undefined);
    layers.push(...(found.slice(0, end < 0 ? count : end) as Layer[]));
    if (end >= 0) return layers;
    if (layers.length > maxLayers) throw tooMany(folder);
  }
}

async function readLayer(
  engine: Engine,
  key: AbsolutePath,
  { number, ...expected }: Expected & { readonly number: number },
  options: ReadOptions,
): Promise<Layer | undefined> {
  const layer = await readArrayFile(engine, { key, where: key.slice(1), ...expected }, options);
  if (layer === undefined || layer.footer.layer === number) return layer;
  throw layer.footer.archive.corrupt(`says it is that of layer ${layer.footer.layer}`);
}

/** The index of one array file; `undefined` where there is none. */
export async function readArrayFile(
  engine: Engine,
  place: FilePlace,
  options: ReadOptions,
): Promise<Layer | undefined> {
  const index = await readIndex(engine, place, arrayFileMark, options);
  const { key, part, where } = place;
  return index && { key, footer: new Footer(index, where), ...(part && { part }) };
}

function tooMany(array: string): ReaderError {
  return new ReaderError("limit-exceeded", `${array} has more than ${maxLayers} layers.`);
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
