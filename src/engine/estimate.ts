/**
 * What a whole store holds and costs: from a listing, else from what its sources are made of.
 *
 * @module
 */
import { isReaderError } from "../core/error.js";
import { defaultRates, type Estimate, type EstimateOptions } from "../core/price.js";
import type { AnySource } from "../core/source.js";
import { canList, placeRead } from "../store/types.js";
import { columnsOf } from "./assign-lanes.js";
import type { Engine } from "./engine.js";
import { sizesOf, WholeObjects } from "./object-sizes.js";

interface Holdings {
  readonly objects: number;
  readonly bytes: number;
  readonly from: Estimate["from"];
  readonly notes: readonly string[];
}

/** Chunks looked at where nothing is listed: what is more is told as "at least". */
const chunksAtMost = 200_000;

/** Counts the objects of a store, and prices them. */
export async function estimateStore(
  engine: Engine,
  sources: ReadonlyMap<string, AnySource>,
  { rates = {}, signal }: EstimateOptions = {},
): Promise<Estimate> {
  const { usdPerGB, usdPerGBMonth, usdPerMillionGets } = { ...defaultRates, ...rates };
  const found = (await countListed(engine, signal)) ?? (await countPlanned(engine, sources, signal));
  const { objects, bytes } = found;
  return {
    ...found,
    usdPerMonth: (bytes * usdPerGBMonth) / 1e9,
    usdPerMillionGets,
    usdToReadOnce: (objects * usdPerMillionGets) / 1e6 + (bytes * usdPerGB) / 1e9,
  };
}

/** @returns `undefined` where the store does not list its objects with their sizes */
async function countListed(
  { store }: Engine,
  signal: AbortSignal | undefined,
): Promise<Holdings | undefined> {
  if (!canList(store)) return undefined;
  const objects = new Set<string>();
  let bytes = 0;
  try {
    for await (const { key, size } of store.list("/", signal === undefined ? {} : { signal })) {
      const placed = placeRead(store, { key });
      if (placed === undefined) continue;
      const length = placed.range?.length ?? size;
      if (length === undefined) return undefined;
      objects.add(placed.object);
      bytes += length;
    }
  } catch (thrown) {
    if (isReaderError(thrown, "unsupported") || isReaderError(thrown, "forbidden")) return undefined;
    throw thrown;
  }
  return { objects: objects.size, bytes, from: "listing", notes: [] };
}

/** The objects that reading every source at every level would touch, and their sizes, asked of a sample where they are many. */
async function countPlanned(
  engine: Engine,
  sources: ReadonlyMap<string, AnySource>,
  signal: AbortSignal | undefined,
): Promise<Holdings> {
  const objects = new WholeObjects(sizesOf(engine), signal);
  let chunks = 0;
  count: for (const source of sources.values()) {
    for (const { level } of source.info.levels) {
      const plan = await source.plan({ level }, signal === undefined ? {} : { signal });
      for await (const part of plan) {
        if (++chunks > chunksAtMost) break count;
        for (const { name, read } of columnsOf(part)) {
          const placed = read && placeRead(engine.store, read);
          if (read === undefined || placed === undefined) continue;
          const { range, ...whole } = read;
          objects.add(placed.object, range === undefined ? read : { key: whole.key }, name);
        }
      }
    }
  }
  const { bytes, note } = await objects.total();
  return {
    objects: objects.count,
    bytes,
    from: "metadata",
    notes: [
      "The store does not list its objects: these are the chunks its metadata tells of, without the metadata itself; some may not be stored.",
      ...(chunks > chunksAtMost ? [`There is more: only ${chunksAtMost} chunks were looked at.`] : []),
      ...(note === undefined ? [] : [note]),
    ],
  };
}
