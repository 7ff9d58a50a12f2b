/**
 * Keeps bytes that were read, least recently used first out; joins readers of the same bytes; remembers what is absent.
 *
 * @module
 */
import { SharedWork } from "../core/abort.js";
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { sliceRange } from "./read-range.js";
import type { ReadableStore, ReadOptions } from "./types.js";
import { type StoreStack, wrapStore } from "./wrap.js";

export const defaultCacheBytes: number = 256 * 1024 * 1024;
/** What an entry costs besides its bytes; bounds the number of remembered absences. */
const entryBytes = 256;
/** A single object above this share of the cache would throw out too much. */
const largestShare = 4;

type Found = Uint8Array | undefined;

/** Told of reads that cost no request. */
export interface CacheObserver {
  hit(): void;
}

/** The entries of one store in a cache that several may share. */
export interface CacheSpace {
  get(id: string): { readonly bytes: Found } | undefined;
  set(key: AbsolutePath, id: string, bytes: Found): void;
  /** Forgets every part of one object. */
  drop(key: AbsolutePath): void;
}

/** Bytes within a budget, least recently used first out. Stores that share one never see each other's entries. */
export class ByteCache {
  readonly #capacity: number;
  readonly #entries = new Map<string, { bytes: Found; cost: number; object: string }>();
  readonly #idsOfObject = new Map<string, Set<string>>();
  #used = 0;
  #spaces = 0;

  constructor(capacityBytes: number = defaultCacheBytes) {
    this.#capacity = Math.max(0, capacityBytes);
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Room for one more store: equal keys of two stores are different objects. */
  openSpace(): CacheSpace {
    const space = `${this.#spaces++}:`;
    return {
      get: (id) => this.#get(space + id),
      set: (key, id, bytes) => this.#set(space + key, space + id, bytes),
      drop: (key) => {
        for (const id of this.#idsOfObject.get(space + key) ?? []) this.#remove(id);
      },
    };
  }

  clear(): void {
    this.#entries.clear();
    this.#idsOfObject.clear();
    this.#used = 0;
  }

  #get(id: string): { readonly bytes: Found } | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    return entry;
  }

  #set(object: string, id: string, bytes: Found): void {
    this.#remove(id);
    const cost = entryBytes + (bytes?.byteLength ?? 0);
    if (cost > this.#capacity / largestShare) return;
    this.#entries.set(id, { bytes, cost, object });
    this.#used += cost;
    const ids = this.#idsOfObject.get(object);
    if (ids === undefined) this.#idsOfObject.set(object, new Set([id]));
    else ids.add(id);
    for (const oldest of this.#entries.keys()) {
      if (this.#used <= this.#capacity) break;
      this.#remove(oldest);
    }
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#used -= entry.cost;
    const ids = this.#idsOfObject.get(entry.object);
    ids?.delete(id);
    if (ids?.size === 0) this.#idsOfObject.delete(entry.object);
  }
}

/** The part comes first, so that any key may follow it. */
function idOf(key: AbsolutePath, range?: RangeQuery): string {
  if (range === undefined) return `whole ${key}`;
  return "suffixLength" in range ? `-${range.suffixLength} ${key}` : `${range.offset}+${range.length} ${key}`;
}

/** Absent to those who take a 403 for it; the others ask for themselves. */
function maybeId(key: AbsolutePath): string {
  return `maybe ${key}`;
}

/**
 * The same store with a memory. What it returns is shared with the cache: never change it, never transfer it
 * (`handsOver` is absent). A reader that leaves does not disturb the others; the last one to leave stops the read.
 */
export function withByteCache(
  inner: ReadableStore,
  memory: ByteCache | CacheSpace = new ByteCache(),
  observer?: CacheObserver,
): StoreStack {
  const cache = memory instanceof ByteCache ? memory.openSpace() : memory;
  const running = new Map<string, SharedWork<Found>>();

  const lookUp = (
    key: AbsolutePath,
    options: ReadOptions,
    range?: RangeQuery,
  ): { readonly bytes: Found } | undefined => {
    const whole = cache.get(idOf(key)) ?? (options.mayBeAbsent ? cache.get(maybeId(key)) : undefined);
    if (range === undefined || whole?.bytes === undefined) return whole ?? cache.get(idOf(key, range));
    return { bytes: sliceRange(whole.bytes, range) };
  };

  /** A store without ranges is read whole, once, and the whole is kept. */
  const readPart = async (key: AbsolutePath, range: RangeQuery, options: ReadOptions): Promise<Found> => {
    if (inner.getRange !== undefined) return inner.getRange(key, range, options);
    const whole = await read(key, options);
    return whole === undefined ? undefined : sliceRange(whole, range);
  };

  const read = (key: AbsolutePath, options: ReadOptions, range?: RangeQuery): Promise<Found> => {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const known = lookUp(key, options, range);
    if (known !== undefined) {
      observer?.hit();
      return Promise.resolve(known.bytes);
    }
    const id = idOf(key, range);
    const workId = `${options.mayBeAbsent === true} ${id}`;
    const shared = running.get(workId);
    if (shared?.open) {
      observer?.hit();
      return shared.join(options.signal);
    }
    const { signal: _own, ...rest } = options;
    const work: SharedWork<Found> = new SharedWork(async (signal) => {
      // A store that throws at once must find the work listed, or it would stay listed for ever.
      await undefined;
      try {
        const bytes = await (range === undefined
          ? inner.get(key, { ...rest, signal })
          : readPart(key, range, { ...rest, signal }));
        if (bytes === undefined) cache.set(key, options.mayBeAbsent ? maybeId(key) : idOf(key), undefined);
        else if (range === undefined || inner.getRange !== undefined) cache.set(key, id, compact(bytes));
        return bytes;
      } finally {
        if (running.get(workId) === work) running.delete(workId);
      }
    });
    running.set(workId, work);
    return work.join(options.signal);
  };

  const { handsOver: _shared, ...wrapped } = wrapStore(inner, {
    get: (key, options = {}) => read(key, options),
    getRange: (key, range, options = {}) => read(key, options, range),
  });
  return wrapped;
}

/** A small view of a large buffer would keep all of it in memory. */
function compact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength * 2 < bytes.buffer.byteLength ? bytes.slice() : bytes;
}
