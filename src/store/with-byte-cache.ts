/**
 * Keeps bytes that were read, least recently used first out; joins readers of the same bytes; remembers what is absent.
 *
 * @module
 */
import { raceAbort, SharedWork } from "../core/abort.js";
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import {
  type Bytes,
  bringHere,
  type HeldBody,
  isHeld,
  type Lane,
  releaseBytes,
  retainBytes,
} from "../net/lane.js";
import { JointPriority } from "./joint-priority.js";
import { sliceRange } from "./read-range.js";
import { canHold, type ReadableStore, type ReadOptions } from "./types.js";
import { type StoreStack, wrapStore } from "./wrap.js";

export const defaultCacheBytes: number = 256 * 1024 * 1024;
/** What an entry costs besides its bytes; bounds the number of remembered absences. */
const entryBytes = 256;
/** A single object above this share of the cache would throw out too much. */
const largestShare = 4;

type Found = Bytes | undefined;

/** A query whose result is above this share of the cache would leave little else in it, and be met by itself only. */
const largestQueryShare = 2;

/** Told of reads that cost no request. */
export interface CacheObserver {
  hit(): void;
}

/** The entries of one store in a cache that several may share. */
export interface CacheSpace {
  /** Held bytes that are handed out belong to the cache: retain what is kept. */
  get(id: string): { readonly bytes: Found } | undefined;
  /** Whether there is an entry, which stays as old as it is. */
  peek(id: string): { readonly bytes: Found } | undefined;
  set(key: AbsolutePath, id: string, bytes: Found): void;
  /** Forgets every part of one object. */
  drop(key: AbsolutePath): void;
  /** Forgets every entry of this store. */
  clear(): void;
  /** Whether a query of so many bytes passes the cache by: what is here serves it, and nothing of it is kept. */
  isPassedBy(queryBytes: number): boolean;
}

/**
 * Bytes within a budget, least recently used first out, on this thread or held in lanes. Parts of one held body leave
 * together, as the body stays in memory as long as one of them. Stores that share a cache never see each other's entries.
 */
export class ByteCache {
  readonly #capacity: number;
  readonly #entries = new Map<string, { bytes: Found; cost: number; object: string }>();
  readonly #idsOfObject = new Map<string, Set<string>>();
  readonly #idsOfBody = new Map<HeldBody, Set<string>>();
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
      peek: (id) => this.#living(space + id),
      set: (key, id, bytes) => this.#set(space + key, space + id, bytes),
      drop: (key) => {
        for (const id of this.#idsOfObject.get(space + key) ?? []) this.#remove(id);
      },
      clear: () => {
        for (const id of [...this.#entries.keys()]) if (id.startsWith(space)) this.#remove(id);
      },
      isPassedBy: (queryBytes) => queryBytes > this.#capacity / largestQueryShare,
    };
  }

  clear(): void {
    for (const id of [...this.#entries.keys()]) this.#remove(id);
  }

  /** An entry; what a lane held that has ended is forgotten. */
  #living(id: string): { bytes: Found; cost: number; object: string } | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || !isHeld(entry.bytes) || entry.bytes.lane.alive) return entry;
    this.#remove(id);
    return undefined;
  }

  #get(id: string): { readonly bytes: Found } | undefined {
    const entry = this.#living(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    return entry;
  }

  #set(object: string, id: string, bytes: Found): void {
    this.#remove(id);
    const body = isHeld(bytes) ? bytes.body : undefined;
    // The first part that is kept of a body pays for all of it.
    const isPaid = body !== undefined && this.#idsOfBody.has(body);
    const size = (body ?? bytes)?.length ?? 0;
    if (entryBytes + size > this.#capacity / largestShare) return;
    const cost = entryBytes + (isPaid ? 0 : size);
    retainBytes(bytes);
    this.#entries.set(id, { bytes, cost, object });
    this.#used += cost;
    addTo(this.#idsOfObject, object, id);
    if (body !== undefined) addTo(this.#idsOfBody, body, id);
    for (const oldest of this.#entries.keys()) {
      if (this.#used <= this.#capacity) break;
      this.#remove(oldest);
    }
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const body = isHeld(entry.bytes) ? entry.bytes.body : undefined;
    const parts = body === undefined ? undefined : this.#idsOfBody.get(body);
    if (body !== undefined) this.#idsOfBody.delete(body);
    for (const part of parts ?? [id]) this.#forget(part);
  }

  #forget(id: string): void {
    const entry = this.#entries.get(id)!;
    this.#entries.delete(id);
    this.#used -= entry.cost;
    const ids = this.#idsOfObject.get(entry.object);
    ids?.delete(id);
    if (ids?.size === 0) this.#idsOfObject.delete(entry.object);
    releaseBytes(entry.bytes);
  }
}

function addTo<K>(sets: Map<K, Set<string>>, key: K, id: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([id]));
  else set.add(id);
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
  const running = new Map<string, { readonly work: SharedWork<Found>; readonly priority: JointPriority }>();

  const lookUp = (
    key: AbsolutePath,
    options: ReadOptions,
    range?: RangeQuery,
  ): { readonly bytes: Found } | undefined => {
    const whole = cache.get(idOf(key)) ?? (options.mayBeAbsent ? cache.get(maybeId(key)) : undefined);
    if (range === undefined || whole?.bytes === undefined) return whole ?? cache.get(idOf(key, range));
    return { bytes: sliceBytes(whole.bytes, range) };
  };

  /** A store without ranges is read whole, once, and the whole is kept. */
  const readPart = async (
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions,
    lane: Lane | undefined,
  ): Promise<Found> => {
    if (lane !== undefined && canHold(inner)) return inner.hold(key, range, lane, options);
    if (inner.getRange !== undefined) return inner.getRange(key, range, options);
    const whole = await read(key, options);
    return whole === undefined ? undefined : sliceBytes(whole, range);
  };

  const readWhole = (key: AbsolutePath, options: ReadOptions, lane: Lane | undefined): Promise<Found> =>
    lane !== undefined && canHold(inner)
      ? inner.hold(key, undefined, lane, options)
      : inner.get(key, options);

  /** Held bytes it resolves with belong to the caller. */
  const read = (key: AbsolutePath, options: ReadOptions, range?: RangeQuery, lane?: Lane): Promise<Found> => {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const known = lookUp(key, options, range);
    if (known !== undefined) {
      observer?.hit();
      retainBytes(known.bytes);
      return Promise.resolve(known.bytes);
    }
    const id = idOf(key, range);
    const workId = `${options.mayBeAbsent === true} ${id}`;
    const shared = running.get(workId);
    if (shared?.work.open) {
      observer?.hit();
      return shared.priority.during(options.priority, shared.work.join(options.signal, retainBytes));
    }
    const { signal: _own, priority: wish, queryBytes = 0, ...others } = options;
    const priority = new JointPriority();
    const joint = priority.wish(wish);
    const isPassing = cache.isPassedBy(queryBytes);
    const rest = {
      ...others,
      ...(joint === undefined ? {} : { priority: joint }),
      ...(isPassing ? { isPassing } : {}),
    };
    const work: SharedWork<Found> = new SharedWork(async (signal) => {
      // A store that throws at once must find the work listed, or it would stay listed for ever.
      await undefined;
      try {
        const bytes = await (range === undefined
          ? readWhole(key, { ...rest, signal }, lane)
          : readPart(key, range, { ...rest, signal }, lane));
        if (bytes === undefined) cache.set(key, options.mayBeAbsent ? maybeId(key) : idOf(key), undefined);
        else if (!isPassing && (range === undefined || inner.getRange !== undefined))
          cache.set(key, id, compact(bytes));
        return bytes;
      } finally {
        if (running.get(workId)?.work === work) running.delete(workId);
      }
    }, releaseBytes);
    running.set(workId, { work, priority });
    return priority.during(wish, work.join(options.signal, retainBytes));
  };

  /** The same on this thread; a lane that ended meanwhile costs the read again. */
  const readHere = async (
    key: AbsolutePath,
    options: ReadOptions,
    range?: RangeQuery,
  ): Promise<Uint8Array | undefined> => {
    const bytes = await read(key, options, range);
    if (!isHeld(bytes)) return bytes;
    const { lane } = bytes;
    try {
      return await raceAbort(bringHere(bytes), options.signal);
    } catch (thrown) {
      if (lane.alive || options.signal?.aborted) throw thrown;
      return readHere(key, options, range);
    }
  };

  const { handsOver: _shared, ...wrapped } = wrapStore(inner, {
    get: (key, options = {}) => readHere(key, options),
    getRange: (key, range, options = {}) => readHere(key, options, range),
    holds: (key, range) => {
      const ids = [idOf(key), maybeId(key), idOf(key, range)];
      return ids.some((id) => cache.peek(id) !== undefined) || inner.holds?.(key, range) === true;
    },
    ...(canHold(inner)
      ? {
          hold: (key, range, lane, options = {}) => read(key, options, range, lane),
          laneOf: (key, range) => {
            const { bytes } = cache.peek(idOf(key, range)) ?? cache.peek(idOf(key)) ?? {};
            return isHeld(bytes) ? bytes.lane : undefined;
          },
        }
      : {}),
  });
  return wrapped;
}

/** A small view of a large buffer would keep all of it in memory. */
function compact(bytes: Bytes): Bytes {
  return !isHeld(bytes) && bytes.byteLength * 2 < bytes.buffer.byteLength ? bytes.slice() : bytes;
}

function sliceBytes(whole: Bytes, range: RangeQuery): Bytes {
  if (!isHeld(whole)) return sliceRange(whole, range);
  if ("offset" in range) return whole.cut(range.offset, range.length);
  const length = Math.min(range.suffixLength, whole.length);
  return whole.cut(whole.length - length, length);
}
