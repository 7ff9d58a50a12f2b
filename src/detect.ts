/**
 * Finds out which format lies at a place, by the documents that mark each.
 *
 * @module
 */
import { isReaderError, ReaderError } from "./core/error.js";
import type { AbsolutePath } from "./core/plan.js";
import { type FormatEntry, formats } from "./formats.js";
import { readRange } from "./store/read-range.js";
import { canList, type ReadableStore, type ReadOptions } from "./store/types.js";

/** Enough to tell what a large marker is. */
const headBytes = 8;
const largeMarkers = formats.flatMap(({ large = [] }) => large);

export interface Detected {
  readonly entry: FormatEntry;
  /** The document or the folder that told it. */
  readonly marker: AbsolutePath;
}

/**
 * Reads the marker documents until one tells a format.
 *
 * @throws ReaderError `unknown-format` when none is there, `forbidden` when that cannot be told; what reading throws
 */
export async function detectFormat(
  store: ReadableStore,
  url: string,
  signal?: AbortSignal,
): Promise<Detected> {
  const markers = [...new Set(formats.flatMap((entry) => entry.markers))];
  const [usual] = markers;
  const likely = likelyFormat(url);
  const own = likely?.markers ?? [];
  const probe = new MarkerProbe(store, signal);
  const probeKeys = async (keys: readonly AbsolutePath[]): Promise<Detected | undefined> => {
    const found = await probe.read(keys);
    for (const entry of formats) {
      for (const marker of keysOf(entry)) {
        const bytes = found.get(marker);
        if (bytes !== undefined && entry.matches(marker, bytes)) return { entry, marker };
      }
    }
    return undefined;
  };
  const probeFolders = async (entries: readonly FormatEntry[]): Promise<Detected | undefined> => {
    for (const entry of entries) {
      for (const marker of entry.folders ?? []) if (await probe.holds(marker)) return { entry, marker };
    }
    return undefined;
  };
  // Two formats share a marker that is nearly always enough. A place whose name tells another is first asked for what marks that one.
  if (likely !== undefined && !own.includes(usual!)) {
    const [byMarker, byFolder] = await Promise.all([probeKeys(own), probeFolders([likely])]);
    const told = byMarker ?? byFolder;
    if (told !== undefined) return told;
  }
  for (const keys of [[usual!], own, markers]) {
    const told = await probeKeys(keys);
    if (told !== undefined) return told;
  }
  const seldom =
    (await probeFolders(formats)) ??
    (await probeKeys(formats.flatMap(({ seldomMarkers = [] }) => seldomMarkers)));
  if (seldom !== undefined) return seldom;
  throw probe.failure ?? unknownFormat(url, markers);
}

/** The format that the name of a place tells, as `air.zarr` does. */
export function likelyFormat(url: string): FormatEntry | undefined {
  const [path] = url.split(/[?#]/);
  return formats.find(({ names }) => names?.test(path!));
}

function keysOf({ markers, seldomMarkers = [] }: FormatEntry): readonly AbsolutePath[] {
  return [...markers, ...seldomMarkers];
}

/** Reads markers; a 403 counts as missing while probing, and is the error when nothing at all was found. */
class MarkerProbe {
  readonly #store: ReadableStore;
  readonly #signal: AbortSignal | undefined;
  readonly #asked = new Set<string>();
  #failure: unknown;

  constructor(store: ReadableStore, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#signal = signal;
  }

  get failure(): unknown {
    return this.#failure;
  }

  /** What is there of these; what was asked before is not asked again. */
  async read(markers: readonly AbsolutePath[]): Promise<Map<AbsolutePath, Uint8Array>> {
    const found = new Map<AbsolutePath, Uint8Array>();
    await Promise.all(
      markers.map(async (marker) => {
        if (this.#asked.has(marker)) return;
        this.#asked.add(marker);
        const bytes = await this.#tryGet(marker);
        if (bytes !== undefined) found.set(marker, bytes);
      }),
    );
    return found;
  }

  /** Whether a folder has a key; false where the store cannot or does not list. */
  async holds(folder: AbsolutePath): Promise<boolean> {
    const store = this.#store;
    if (!canList(store) || this.#asked.has(folder)) return false;
    this.#asked.add(folder);
    const signal = this.#signal;
    try {
      for await (const _ of store.list(folder, signal === undefined ? {} : { signal })) return true;
    } catch (thrown) {
      // A store that is read by names alone may well refuse; that is no reason to stop looking.
      if (!isReaderError(thrown, "forbidden") && !isReaderError(thrown, "unsupported")) throw thrown;
    }
    return false;
  }

  async #tryGet(marker: AbsolutePath): Promise<Uint8Array | undefined> {
    try {
      const signal = this.#signal;
      const options: ReadOptions = { priority: "metadata", ...(signal === undefined ? {} : { signal }) };
      return await (largeMarkers.includes(marker)
        ? readRange(this.#store, marker, { offset: 0, length: headBytes }, options)
        : this.#store.get(marker, options));
    } catch (thrown) {
      if (!isReaderError(thrown, "forbidden")) throw thrown;
      this.#failure ??= thrown;
      return undefined;
    }
  }
}

/** The formats there are, for messages. */
export function knownFormats(): string {
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
