/**
 * The files of one array name: `data.af`, and over it `data.1.af`, `data.2.af` … of later flushes, until one is missing.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { AbsolutePath, ByteRange } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { ReadOptions } from "../../store/types.js";
import { type ArrayEntry, type Block, type ChunkPlace, Footer } from "./footer.js";
import { arrayFileMark, type FilePlace, readIndex } from "./framing.js";
import { encodeSegment } from "./keys.js";

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
  /** How many files hold chunks of it; `undefined` where others, of a deleted array of the same name, lie beneath. */
  readonly flushes: number | undefined;
  /** The newest version of a chunk; `undefined` where none was written. */
  chunk(coordinates: readonly number[]): FoundChunk | undefined;
}

/** More flushes than any store has; a server that answers every key would never end. */
const maxLayers = 10_000;

/** Reads the footers of an array name: two requests at once, then one for each further layer and the miss that ends them. */
export async function readLayers(
  engine: Engine,
  array: string,
  signal?: AbortSignal,
): Promise<readonly Layer[]> {
  const options: ReadOptions = { priority: "metadata", mayBeAbsent: true, ...(signal && { signal }) };
  const folder = encodeSegment(array);
  const above = async (number: number): Promise<Layer | undefined> => {
    const layer = await readLayer(engine, `/${folder}/data.${number}.af`, number, options);
    // The packages encode the names of layers twice, and then do not find them again.
    const twice = encodeSegment(folder);
    if (layer !== undefined || twice === folder) return layer;
    return readLayer(engine, `/${twice}/data.${number}.af`, number, options);
  };
  const [base, first] = await Promise.all([readLayer(engine, `/${folder}/data.af`, 0, options), above(1)]);
  const layers = [base, first].filter((layer) => layer !== undefined);
  if (first === undefined) return layers;
  for (let number = 2; ; number++) {
    const next = await above(number);
    if (next === undefined) return layers;
    if (number > maxLayers) throw tooMany(array);
    layers.push(next);
  }
}

async function readLayer(
  engine: Engine,
  key: AbsolutePath,
  number: number,
  options: ReadOptions,
): Promise<Layer | undefined> {
  const layer = await readArrayFile(engine, { key, where: key.slice(1) }, options);
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
  return index && { ...place, footer: new Footer(index, place.where) };
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
export function findEntry(layers: readonly Layer[], dataset: string): LayeredEntry | undefined {
  const { found, isWhole } = findVersions(layers, dataset);
  const top = found[0];
  if (top === undefined) return undefined;
  return {
    entry: top.entry,
    flushes: isWhole ? found.filter(({ entry }) => entry.chunks.size > 0).length : undefined,
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
