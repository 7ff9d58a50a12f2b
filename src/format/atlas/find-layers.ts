/**
 * Finds the files of one array name: a listing tells them, or they are looked for, one after another until one is missing.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { ReadOptions } from "../../store/types.js";
import { type Layer, readArrayFile } from "./array-file.js";
import { emptyIndexBytes } from "./footer.js";
import { type FilePlace, trailerBytes } from "./framing.js";
import { encodeSegment } from "./keys.js";
import type { FileLengths, ListedFiles } from "./listed-files.js";
import { asksLength, comesWhole } from "./read-end.js";

/** More flushes than any store has; a server that answers every key would never end. */
const maxLayers = 10_000;

/** What is known of files before they are read. */
export type Expected = Required<Pick<FilePlace, "indexBytes" | "data">> &
  Pick<FilePlace, "openBody" | "take">;

/** Where files are looked for. */
export interface LayerPlace {
  readonly engine: Engine;
  /** As in keys. */
  readonly folder: string;
  readonly listed: ListedFiles;
  readonly expected: Expected;
  readonly options: ReadOptions;
}

/** @param atOnce how many layers are looked for at first */
export async function readLayers(place: LayerPlace, atOnce: number): Promise<readonly Layer[]> {
  const { engine, folder, listed, expected } = place;
  // The packages encode the names of layers twice, and then do not find them again.
  const folders = [...new Set([encodeSegment(folder), folder])];
  const files = await listed.of(folder, asksLength(engine.store, expected));
  const told = files && (await readListed(place, folders, files));
  if (told !== undefined) return told;
  for (const each of folders) {
    const layers = await searchLayers(place, each, atOnce);
    if (layers.length > 0) return layers;
  }
  return [];
}

/** The layers that a listing tells; `undefined` where it tells of no file, or of other ones than there are. */
async function readListed(
  place: LayerPlace,
  folders: readonly string[],
  files: FileLengths,
): Promise<readonly Layer[] | undefined> {
  for (const folder of folders) {
    const lengths = layerLengths(files, folder);
    if (lengths.length === 0) continue;
    const layers = await Promise.all(
      lengths.map((size, index) => readLayer(place, folder, index + 1, { size })),
    );
    if (layers.every((layer) => layer !== undefined)) return layers;
    place.listed.forget();
    return undefined;
  }
  return files.has(baseKey(place.folder)) ? [] : undefined;
}

/** The file under the layers. */
export async function readBase(
  { expected: { data, ...expected }, ...place }: LayerPlace,
  { isAlone, take }: Pick<FilePlace, "isAlone" | "take">,
): Promise<Layer | undefined> {
  const { folder, listed } = place;
  const files = await listed.of(folder, false);
  const size = files?.get(baseKey(folder));
  if (!isAlone && files !== undefined && (size === undefined || isEmptyFile(size))) return undefined;
  // Under layers it is empty, most likely.
  const isLikely = isAlone || comesWhole(data, take);
  const own = { ...place, expected: { ...expected, data: isLikely ? data : undefined, take } };
  if (size !== undefined) {
    const told = await readLayer(own, folder, 0, { size });
    if (told !== undefined) return told;
    listed.forget();
  }
  return readLayer(own, folder, 0, { isAlone });
}

/** A damaged file is shorter, or longer. */
function isEmptyFile(size: number): boolean {
  return emptyIndexBytes.some((bytes) => size === bytes + trailerBytes);
}

function baseKey(folder: string): AbsolutePath {
  return `/${folder}/data.af`;
}

function layerKey(folder: string, number: number): AbsolutePath {
  return number === 0 ? baseKey(folder) : `/${folder}/data.${number}.af`;
}

/** Of `data.1.af` and so on, until one is missing. */
function layerLengths(files: FileLengths, folder: string): number[] {
  const lengths: number[] = [];
  for (;;) {
    const size = files.get(layerKey(folder, lengths.length + 1));
    if (size === undefined) return lengths;
    lengths.push(size);
  }
}

/** Layers from `data.1.af` on, until one is missing; as many at once as were found before. */
async function searchLayers(place: LayerPlace, folder: string, atOnce: number): Promise<readonly Layer[]> {
  const layers: Layer[] = [];
  const read = (number: number): Promise<Layer | undefined> => {
    const indexBytes = layers.at(-1)?.footer.archive.length;
    return readLayer(place, folder, number, { isAlone: number === 1, ...(indexBytes && { indexBytes }) });
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
  { engine, expected, options }: LayerPlace,
  folder: string,
  number: number,
  own: Pick<FilePlace, "isAlone" | "size" | "indexBytes">,
): Promise<Layer | undefined> {
  const key = layerKey(folder, number);
  const layer = await readArrayFile(engine, { ...expected, ...own, key, where: key.slice(1) }, options);
  if (layer === undefined || layer.footer.layer === number) return layer;
  throw layer.footer.archive.corrupt(`says it is that of layer ${layer.footer.layer}`);
}

function tooMany(array: string): ReaderError {
  return new ReaderError("limit-exceeded", `${array} has more than ${maxLayers} layers.`);
}
