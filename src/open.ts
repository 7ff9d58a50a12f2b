/**
 * Opens a location: builds its store, finds its format, hands both to the format's code. Owns the defaults.
 *
 * @module
 */
import { checkOpenOptions } from "./check-options.js";
import { createSharedController, raceAbort } from "./core/abort.js";
import type { Dataset } from "./core/dataset.js";
import { ReaderError } from "./core/error.js";
import { loadPart } from "./core/load-part.js";
import type { AbsolutePath } from "./core/plan.js";
import type { Progress, ReadMeter } from "./core/progress.js";
import { type AnySource, type SourceKind, type SourceOfKind, sourceKinds } from "./core/source.js";
import { type Detected, detectFormat, knownFormats, likelyFormat } from "./detect.js";
import { closedError, createEngine } from "./engine/engine.js";
import { type FormatId, formats } from "./formats.js";
import { inBrowser } from "./net/environment.js";
import type { StorageOptions } from "./store/storage-options.js";
import type { ReadableStore } from "./store/types.js";
import { createStore, isAddress, type OpenedStore, openPlace, type StorePlace } from "./store/url.js";
import type { DecodePool, PoolOptions } from "./worker/pool.js";

export interface OpenOptions extends StorageOptions {
  /** Skips detection. */
  readonly format?: FormatId;
  /** Makes `open` return that source itself. */
  readonly kind?: SourceKind;
  /** Name of the source wanted. */
  readonly source?: string;
  /** A pool of the user's, a number of workers, or 0 for none. */
  readonly pool?: DecodePool | number;
  /** Makes a worker that runs `cloudcrop/worker`; for bundlers and policies that need their own way. */
  readonly createWorker?: () => Worker;
  /**
   * What large grids lie in: `"shared"` (default in Node and in pages that are cross-origin isolated) memory, which all workers
   * write to; `"transferable"` memory, for uses that refuse shared one. A pool of the user's has its own setting.
   */
  readonly memory?: PoolOptions["memory"];
  readonly signal?: AbortSignal;
  /** Told of the requests and bytes of opening; those of queries are told to `onProgress` of their own. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What `open` takes: an address, a file or a folder of the user's, or a store. */
export type OpenLocation = StorePlace;

/**
 * Opens a dataset by its address, by a file or a folder the user picked or dropped, or from any object with the shape of a
 * store. A zip archive (`.zip`, `.ozx`) and kerchunk references (`.json`) stand for the store they hold.
 *
 * With `kind` (and `source`, where there are several of the kind) the result is that source itself.
 *
 * @throws ReaderError `unknown-format` when nothing known is stored there, `not-found` when the wanted source is not
 *   in it, and the storage codes of docs/design/api.md §4
 */
export function open<K extends SourceKind>(
  location: OpenLocation,
  options: OpenOptions & { readonly kind: K },
): Promise<SourceOfKind[K]>;
export function open(location: OpenLocation, options?: OpenOptions): Promise<Dataset>;
export async function open(location: OpenLocation, options: OpenOptions = {}): Promise<Dataset | AnySource> {
  checkOpenOptions(options);
  options.signal?.throwIfAborted();
  if (options.kind !== undefined && !sourceKinds.includes(options.kind)) {
    throw new ReaderError(
      "config",
      `There is no kind "${String(options.kind)}"; there is ${sourceKinds.join(", ")}.`,
    );
  }
  const { kind, source, signal } = options;
  const opening = openDataset(location, options);
  const dataset = await raceAbort(opening, signal).catch((thrown: unknown) => {
    // What was given up may open nevertheless, and has a worker then.
    opening.then(({ close }) => close()).catch(() => undefined);
    throw thrown;
  });
  if (kind === undefined) return dataset;
  try {
    return dataset[kind](source);
  } catch (thrown) {
    dataset.close();
    throw thrown;
  }
}

async function openDataset(location: OpenLocation, options: OpenOptions): Promise<Dataset> {
  try {
    const place = openPlace(location, options);
    // In a moment: first comes the code that the store is of.
    if (inBrowser()) setTimeout(fetchLikelyCode, 0, location, options);
    return await openAt(place, options);
  } catch (thrown) {
    const { code } = thrown as Partial<ReaderError>;
    if (!isAddress(location) || (code !== "unknown-format" && code !== "forbidden")) throw thrown;
    // No folder: it may be a file that tells by how it begins.
    const { findContainer } = await loadPart(import("./store/container.js"));
    const file = await findContainer(location, (folder) => createStore(folder, options));
    if (file === undefined) throw thrown;
    return openAt(file, options);
  }
}

async function openAt(place: OpenedStore | Promise<OpenedStore>, options: OpenOptions): Promise<Dataset> {
  const [{ store, url, mergeLimits, marker, elsewhere }, { pool, ownsPool }] = await Promise.all([
    place,
    takePool(options),
  ]);
  if (options.kind !== undefined && inBrowser()) pool.warm?.();
  mergeLimits.follow?.(pool);
  const closing = createSharedController();
  const { onDiagnostic, onProgress } = options;
  store.watch(onProgress && meterOf(onProgress));
  const engine = createEngine({
    store,
    pool,
    coalesce: mergeLimits,
    closed: closing.signal,
    ...(onDiagnostic === undefined ? {} : { onDiagnostic }),
  });
  const close = (): void => {
    closing.abort(closedError());
    store.forget();
    if (ownsPool) pool.dispose();
  };
  try {
    const { entry, ...found } = await chooseFormat(engine.store, url, marker, options);
    const context = { engine, url, ...found, ...(elsewhere && { elsewhere }) };
    const dataset = await (await loadPart(entry.load()))(context);
    return { ...dataset, close };
  } catch (thrown) {
    close();
    throw thrown;
  } finally {
    store.watch(undefined);
  }
}

/** Opening is planning: it reads no parts and no rows. */
function meterOf(tell: NonNullable<OpenOptions["onProgress"]>): ReadMeter {
  const startedAt = performance.now();
  let [requests, bytes] = [0, 0];
  return {
    count(more, moreBytes) {
      requests += more;
      bytes += moreBytes;
      const total = performance.now() - startedAt;
      const times = { plan: total, fetch: 0, decode: 0, collect: 0, total };
      tell({ partsDone: 0, requests, bytes, rows: 0, times });
    },
  };
}

/**
 * Fetches, while the store is asked what it holds, code that is needed afterwards if all is as it seems: else each part names the next, and every
 * one costs a round trip. In Node code is at hand.
 */
function fetchLikelyCode(location: OpenLocation, { kind, format }: OpenOptions): void {
  const named = isAddress(location) ? likelyFormat(String(location)) : undefined;
  const entry = format === undefined ? named : formats.find(({ id }) => id === format);
  const parts: (Promise<unknown> | undefined)[] = [
    entry?.load(),
    kind === "grid" ? import("./engine/grid-collector.js") : undefined,
  ];
  // Whoever needs a part asks again, and is told why it cannot be had.
  for (const part of parts) part?.catch(() => undefined);
}

async function takePool(options: OpenOptions): Promise<{ pool: DecodePool; ownsPool: boolean }> {
  const { pool, createWorker, memory, onDiagnostic } = options;
  if (typeof pool === "object") return { pool, ownsPool: false };
  const { createPool } = await loadPart(import("./worker/pool.js"));
  const made = createPool({
    ...(pool === undefined ? {} : { workers: pool }),
    ...(createWorker === undefined ? {} : { createWorker }),
    ...(memory === undefined ? {} : { memory }),
    ...(onDiagnostic === undefined ? {} : { onDiagnostic }),
  });
  return { pool: made, ownsPool: true };
}

async function chooseFormat(
  store: ReadableStore,
  url: string,
  marker: AbsolutePath | undefined,
  { format, signal }: OpenOptions,
): Promise<Pick<Detected, "entry"> & Partial<Detected>> {
  // Only files of ATLAS tell a format by their names.
  const told = format ?? (marker && "atlas");
  if (told === undefined) return detectFormat(store, url, signal);
  const entry = formats.find(({ id }) => id === told);
  if (entry !== undefined) return { entry, ...(marker && { marker }) };
  throw new ReaderError("unsupported", `Format "${String(format)}" is not one of ${knownFormats()}.`);
}
