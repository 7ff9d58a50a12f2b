/**
 * A container: a whole store in one object, `data.atlas`, written once; beside it a mask of datasets that were deleted since.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import type { AttributeValue } from "../../core/dataset.js";
import { ReaderError } from "../../core/error.js";
import { loadPart } from "../../core/load-part.js";
import { remember } from "../../core/lookahead.js";
import { startPace } from "../../core/pace.js";
import type { AbsolutePath, ByteRange } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { ReadOptions } from "../../store/types.js";
import { type Layer, readArrayFile } from "./array-file.js";
import { type ContainerFooter, parseContainerFooter } from "./container-footer.js";
import type { FilePlace } from "./framing.js";
import { datasetIndexSize, indexSize, statisticsSize } from "./index-size.js";
import { findEntry, type LayeredEntry } from "./layers.js";
import { parseMsgpack } from "./msgpack.js";
import { comesWhole, readEnd } from "./read-end.js";
import { readOnce } from "./read-once.js";
import type { AtlasStore, EntrySettings } from "./schema.js";
import type { Statistics } from "./statistics.js";
import { toTimeText } from "./time-text.js";
import { TreeReader } from "./tree.js";
import { WholeParts } from "./whole-parts.js";

const containerKey: AbsolutePath = "/data.atlas";
/** Beside a container of that name; which of several others it would belong to, nothing tells. */
const maskKey: AbsolutePath = "/deleted.mask";
/** `ATLS` at both ends of a container, `ATLM` in front of a mask. */
const containerMark = 0x534c5441;
const maskMark = 0x4d4c5441;
/** Behind the footer: its length, the version, the mark. */
const trailerBytes = 16;
/** Footers above are an attack: 64 MiB of MessagePack name millions of datasets. */
const maxFooterBytes = 64 * 1024 * 1024;
/** What is read before it is known how long the footer is; those of 5,000 profiles are shorter (measured, 0.16 and 0.17). */
const tailBytes = 256 * 1024;
const maskHeadBytes = 12;
const knownVersions = [1, 6, 7, 8];
/** The segment that holds attributes of datasets. */
const attributeSegment = "_datasets";

/**
 * Reads the footer and the mask, at once: two requests, one more for footers above 256 KiB; in browsers one more where the
 * container is too long to be read whole.
 *
 * @returns `undefined` where there is no container
 * @throws ReaderError `corrupt`, `unsupported` for versions that are not known, `invalid-metadata`
 */
export async function readContainer(
  engine: Engine,
  key: AbsolutePath = containerKey,
): Promise<AtlasStore | undefined> {
  const options: ReadOptions = { priority: "metadata", mayBeAbsent: true, signal: engine.closed };
  const where = key.slice(1);
  const [end, mask] = await Promise.all([
    readFooter(engine, key, options),
    key === containerKey ? engine.store.get(maskKey, options) : undefined,
  ]);
  if (end === undefined) return undefined;
  const codecs = [{ name: "bytes" }, { name: "zstd" }];
  const { data } = await engine.decodeBlock({ name: where, bytes: end.footer, codecs, dtype: "uint8" });
  const root = new TreeReader(parseMsgpack(data as Uint8Array, where), where);
  const parts = new WholeParts(engine.store, key);
  if (end.tail !== undefined) parts.add(end.tail);
  const own = { ...engine, store: parts.store };
  return createContainerStore(own, parts, key, parseContainerFooter(root, end.version), parseMask(mask));
}

function createContainerStore(
  engine: Engine,
  parts: WholeParts,
  key: AbsolutePath,
  footer: ContainerFooter,
  deleted: ReadonlySet<number>,
): AtlasStore {
  const { version, isCompressed, segments, statisticsFiles } = footer;
  const isByDataset = version === 1;
  const datasets = new Map(footer.datasets);
  const placeOf = (name: string, part: ByteRange, indexBytes: number): FilePlace => ({
    key,
    part,
    where: `segment ${name} of ${key.slice(1)}`,
    indexBytes,
  });
  const known = new Map<string, Promise<Layer | undefined>>();
  const segmentOf = (name: string, { take }: EntrySettings = {}): Promise<Layer | undefined> =>
    remember(known, name, async () => {
      const part = segments.get(name);
      if (part === undefined) return undefined;
      const dataset = isByDataset ? datasets.get(name) : undefined;
      const indexBytes = dataset ? datasetIndexSize(dataset) : indexSize(datasets, name, "single");
      // How much of it are data is not known before: no more than all.
      const data = { dataBytes: part.length, frontBytes: 0, isCompressed, isStored: false, isLeast: false };
      const isWhole = take === "block" && comesWhole(data, take);
      if (isWhole) parts.add(part);
      const place = { ...placeOf(name, part, indexBytes), take, ...(isWhole && { data }) };
      return readArrayFile(engine, place, { priority: "metadata", signal: engine.closed });
    });
  const indexOf = (dataset: string, array: string, settings?: EntrySettings): Promise<Layer | undefined> =>
    segmentOf(isByDataset ? dataset : array, settings);
  const statisticsOf = readOnce(async (array: string): Promise<Statistics | undefined> => {
    if (isByDataset) return footer.statistics?.(array);
    const { readSegmentStatistics, readStatisticsFile } = await loadPart(import("./statistics-file.js"));
    const part = statisticsFiles.get(array);
    if (part !== undefined) return readStatisticsFile(engine, placeOf(array, part, statisticsSize(datasets)));
    const segment = await segmentOf(array);
    return segment && readSegmentStatistics(segment.footer);
  });
  return {
    version: `container ${version}`,
    reads: engine.store,
    datasets: new Map(footer.datasets.filter((_, ordinal) => !deleted.has(ordinal))),
    async entries(array, names, settings = {}) {
      // Of segments of many datasets each is read for one of its arrays.
      const { take } = settings;
      const own = isByDataset && names.length > 1 && take === "block" ? "few" : take;
      const reading = names.map((dataset) => indexOf(dataset, array, { take: own }));
      const segments = await raceAbort(Promise.all(reading), settings.signal);
      const pace = startPace();
      const entries: (LayeredEntry | undefined)[] = [];
      for (const [number, segment] of segments.entries()) {
        const wait = pace.step();
        if (wait !== undefined) await wait;
        entries.push(
          segment && findEntry({ layers: [segment], isWhole: true }, isByDataset ? array : names[number]!),
        );
      }
      return entries;
    },
    attributeFiles: attributeSegment,
    async readAttributes(dataset, array, types) {
      const segment = await indexOf(dataset, array);
      const { readAttributes } = await loadPart(import("./attribute-values.js"));
      const entry = segment?.footer.entry(dataset);
      const found = entry && readAttributes(segment!.footer, entry);
      const values = new Map<string, AttributeValue>();
      const unresolved: string[] = [];
      for (const [name, type] of types) {
        const value = found?.get(name);
        // Version 6 stores times as integers.
        const isTime =
          type === "timestamp_nanoseconds" && (typeof value === "bigint" || Number.isInteger(value));
        if (value === undefined) unresolved.push(name);
        else values.set(name, isTime ? toTimeText(BigInt(value as bigint)) : value);
      }
      return { values, unresolved };
    },
    statistics: (array, { signal } = {}) => raceAbort(statisticsOf(array), signal),
  };
}

interface ContainerEnd {
  readonly version: number;
  /** As it is stored: a zstd frame. */
  readonly footer: Uint8Array;
  /** What was read with it: the index of the last segment lies there, too. */
  readonly tail?: ByteRange;
}

async function readFooter(
  { store }: Engine,
  key: AbsolutePath,
  options: ReadOptions,
): Promise<ContainerEnd | undefined> {
  const end = await readEnd(store, key, { length: tailBytes }, options);
  if (end === undefined) return undefined;
  const { bytes: tail, size } = end;
  const where = key.slice(1);
  const { version, length } = parseTrailer(tail, where);
  const needed = length + trailerBytes;
  const whole =
    needed <= tail.length ? tail : (await readEnd(store, key, { length: needed, size }, options))?.bytes;
  if (whole === undefined || whole.length < needed) throw corrupt(where, "is shorter than its footer");
  const start = whole.length - needed;
  const offset = (size ?? 0) - tail.length;
  return {
    version,
    footer: whole.subarray(start, start + length),
    ...(offset > 0 && { tail: { offset, length: tail.length } }),
  };
}

function parseTrailer(
  tail: Uint8Array,
  where: string,
): { readonly version: number; readonly length: number } {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  if (tail.length < trailerBytes || view.getUint32(tail.length - 4, true) !== containerMark) {
    throw corrupt(where, "does not end as a container does");
  }
  const version = view.getUint32(tail.length - 8, true);
  if (!knownVersions.includes(version)) {
    throw new ReaderError(
      "unsupported",
      `${where} is a container of version ${version}; versions 1, 6, 7 and 8 are read.`,
      { hint: "A newer version of this library may read it.", detail: { key: where } },
    );
  }
  const length = view.getBigUint64(tail.length - trailerBytes, true);
  if (length <= maxFooterBytes) return { version, length: Number(length) };
  throw new ReaderError("limit-exceeded", `${where} promises a footer of ${length} bytes.`, {
    detail: { key: where },
  });
}

/** Ordinals of deleted datasets. Of a mask that is cut short the whole entries count, as for the packages. */
function parseMask(mask: Uint8Array | undefined): ReadonlySet<number> {
  if (mask === undefined || mask.length === 0) return new Set();
  const view = new DataView(mask.buffer, mask.byteOffset, mask.byteLength);
  const isMask =
    mask.length >= maskHeadBytes && view.getUint32(0, true) === maskMark && view.getUint32(4, true) === 1;
  if (!isMask) {
    throw new ReaderError("corrupt", "deleted.mask is no mask of deleted datasets of version 1.", {
      detail: { key: maskKey },
    });
  }
  const there = Math.floor((mask.length - maskHeadBytes) / 4);
  const length = Math.min(view.getUint32(8, true), there);
  return new Set(Array.from({ length }, (_, index) => view.getUint32(maskHeadBytes + 4 * index, true)));
}

function corrupt(where: string, reason: string): ReaderError {
  return new ReaderError("corrupt", `${where} ${reason}.`, {
    hint: "The upload may have been cut short; copy it again.",
    detail: { key: where },
  });
}
