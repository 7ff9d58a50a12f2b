/**
 * Opens a location: builds its store, finds its format, hands both to the format's code. Owns the defaults.
 *
 * @module
 */
import { createSharedController, raceAbort } from "./core/abort.js";
import { isReaderError, ReaderError } from "./core/error.js";
import type { AbsolutePath } from "./core/plan.js";
import {
  type AnySource,
  type Dataset,
  type SourceKind,
  type SourceOfKind,
  sourceKinds,
} from "./core/source.js";
import { createEngine, type Engine } from "./engine/engine.js";
import { type FormatEntry, type FormatId, formats } from "./formats.js";
import type { ReadableStore } from "./store/types.js";
import { adoptStore, createStore, type StorageOptions } from "./store/url.js";
import { defaultMergeLimits } from "./store/with-coalescing.js";
import type { DecodePool } from "./worker/pool.js";

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
  readonly signal?: AbortSignal;
}

/**
 * Opens a dataset by URL, or any object with the shape of a store.
 *
 * With `kind` (and `source`, where there are several of the kind) the result is that source itself.
 *
 * @throws ReaderError `unknown-format` when nothing known is stored there, `not-found` when the wanted source is not
 *   in it, and the storage codes of docs/design/api.md §4
 */
export function open<K extends SourceKind>(
  location: string | URL | ReadableStore,
  options: OpenOptions & { readonly kind: K },
): Promise<SourceOfKind[K]>;
export function open(location: string | URL | ReadableStore, options?: OpenOptions): Promise<Dataset>;
export async function open(
  location: string | URL | ReadableStore,
  options: OpenOptions = {},
): Promise<Dataset | AnySource> {
  options.signal?.throwIfAborted();
  if (options.kind !== undefined && !sourceKinds.includes(options.kind)) {
    throw new ReaderError(
      "config",
      `There is no kind "${String(options.kind)}"; there is ${sourceKinds.join(", ")}.`,
    );
  }
  const dataset = await raceAbort(openDataset(location, options), options.signal);
  const { kind, source } = options;
  if (kind === undefined) return dataset;
  return dataset[kind](source);
}

async function openDataset(location: string | URL | ReadableStore, options: OpenOptions): Promise<Dataset> {
  const [{ store, url, mergeLimits }, { pool, ownsPool }] = await Promise.all([
    typeof location === "string" || location instanceof URL
      ? createStore(location, options)
      : { store: adoptStore(location, options), url: "store", mergeLimits: defaultMergeLimits },
    takePool(options),
  ]);
  const closing = createSharedController();
  const { onDiagnostic } = options;
  const engine = createEngine({
    store,
    pool,
    coalesce: mergeLimits,
    closed: closing.signal,
    ...(onDiagnostic === undefined ? {} : { onDiagnostic }),
  });
  const close = (): void => {
    closing.abort(new ReaderError("config", "The dataset was closed while it was read."));
    if (ownsPool) pool.dispose();
  };
  try {
    const entry = await findFormat(engine, url, options);
    const dataset = await (await entry.load())({ engine, url });
    return { ...dataset, close };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

async function takePool(options: OpenOptions): Promise<{ pool: DecodePool; ownsPool: boolean }> {
  const { pool, createWorker, onDiagnostic } = options;
  if (typeof pool === "object") return { pool, ownsPool: false };
  const { createPool } = await import("./worker/pool.js");
  const made = createPool({
    ...(pool === undefined ? {} : { workers: pool }),
    ...(createWorker === undefined ? {} : { createWorker }),
    ...(onDiagnostic === undefined ? {} : { onDiagnostic }),
  });
  return { pool: made, ownsPool: true };
}

async function findFormat(engine: Engine, url: string, options: OpenOptions): Promise<FormatEntry> {
  if (options.format !== undefined) {
    const named = formats.find((entry) => entry.id === options.format);
    if (named !== undefined) return named;
    throw new ReaderError(
      "unsupported",
      `Format "${String(options.format)}" is not one of ${knownFormats()}.`,
    );
  }
  // One marker is nearly always enough, so the others are asked only when it is missing.
  const [first, ...others] = [...new Set(formats.flatMap((entry) => entry.markers))];
  const probe = new MarkerProbe(engine.store, options.signal);
  for (const markers of [[first!], others]) {
    const found = await probe.read(markers);
    for (const entry of formats) {
      for (const marker of entry.markers) {
        const bytes = found.get(marker);
        if (bytes !== undefined && entry.matches(marker, bytes)) return entry;
      }
    }
  }
  throw probe.failure ?? unknownFormat(url, [first!, ...others]);
}

/** Reads markers; a 403 counts as missing while probing, and is the error when nothing at all was found. */
class MarkerProbe {
  readonly #store: ReadableStore;
  readonly #signal: AbortSignal | undefined;
  #failure: unknown;

  constructor(store: ReadableStore, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#signal = signal;
  }

  get failure(): unknown {
    return this.#failure;
  }

  async read(markers: readonly AbsolutePath[]): Promise<Map<AbsolutePath, Uint8Array>> {
    const found = new Map<AbsolutePath, Uint8Array>();
    await Promise.all(
      markers.map(async (marker) => {
        const bytes = await this.#tryGet(marker);
        if (bytes !== undefined) found.set(marker, bytes);
      }),
    );
    return found;
  }

  async #tryGet(marker: AbsolutePath): Promise<Uint8Array | undefined> {
    try {
      const signal = this.#signal;
      return await this.#store.get(marker, {
        priority: "metadata",
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (thrown) {
      if (!isReaderError(thrown, "forbidden")) throw thrown;
      this.#failure ??= thrown;
      return undefined;
    }
  }
}

function knownFormats(): string {
  return formats.map((entry) => entry.id).join(", ");
}

function unknownFormat(url: string, markers: readonly AbsolutePath[]): ReaderError {
  return new ReaderError(
    "unknown-format",
    `Nothing known is stored at ${url}: none of ${markers.map((marker) => marker.slice(1)).join(", ")} is there.`,
    {
      hint: `The URL must name the folder of a dataset (${knownFormats()}), not a file in it or a folder above it.`,
      detail: { url },
    },
  );
}
