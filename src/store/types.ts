/**
 * The store: two functions, and what a store may offer beyond them. Any zarrita store fits.
 *
 * @module
 */
import type { AbsolutePath, ByteRange, ChunkRead, RangeQuery } from "../core/plan.js";
import type { ReadMeter } from "../core/progress.js";
import type { RecorderTap } from "../core/recorder.js";
import type { Arrivals } from "../net/arrivals.js";
import type { Bytes, Lane } from "../net/lane.js";
import type { PriorityWish, SlotPriority } from "../net/priority.js";
import type { RemoteRead } from "../net/remote-read.js";

/** Which reads go first: those of `metadata`, then what is `visible`, then what may be of use later. */
export type ReadPriority = SlotPriority;

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Told of each request and of the bytes that came; a store that never calls it is counted from outside. */
  readonly meter?: ReadMeter;
  /** A function is asked whenever a request becomes free to be sent, so that queued reads can change places. */
  readonly priority?: PriorityWish;
  /**
   * The key may be missing by design (a chunk of an array whose metadata was readable), so that an anonymous 403
   * `AccessDenied` may mean "absent" (docs/design/object-storage.md §11, `missingOn403`).
   */
  readonly mayBeAbsent?: boolean;
  /** As of `ChunkRead`. */
  readonly isThrifty?: boolean;
  /** Told of first bytes as they come. */
  readonly arrivals?: Arrivals;
  /** Bytes that a query comes to which reads each chunk once: a byte cache keeps nothing of one that would fill it. */
  readonly queryBytes?: number;
  /** Read once, or in part: not to be kept by the browser. */
  readonly isPassing?: boolean;
  /** Of `getRange`: it goes beyond the end of the object, and who asked tells from its last bytes whether that is where it ends. */
  readonly isToEnd?: boolean;
  /** Of `get`: a store behind a network refuses a longer object as `range-unsupported`, and tells its size (`detail.size`). */
  readonly maxBytes?: number;
}

/** Bytes of an object that is read for others; without a name nothing is read. */
export interface BytesPlace {
  /** Told apart by it, never read by it. */
  readonly object?: string;
  /** Absent: the whole object. */
  readonly range?: ByteRange;
}

export interface ReadableStore {
  /** The whole object, or `undefined` when there is none. */
  get(key: AbsolutePath, options?: ReadOptions): Promise<Uint8Array | undefined>;
  /** Part of an object; shorter only where the object ends. Absent: `get` and a slice serve. */
  getRange?(key: AbsolutePath, range: RangeQuery, options?: ReadOptions): Promise<Uint8Array | undefined>;
  /** Size of an object in bytes; `undefined` when there is none. */
  size?(key: AbsolutePath, options?: ReadOptions): Promise<number | undefined>;
  /**
   * Where bytes lie in the store around or behind this one, told without a request: reads of many keys that lie in one object
   * are merged there. `undefined`: they lie where they are asked for.
   */
  placeOf?(key: AbsolutePath, range: ByteRange | undefined): BytesPlace | undefined;
  /** Whether bytes are in memory, so that no request is made for them; told without one. */
  holds?(key: AbsolutePath, range: ByteRange | undefined): boolean;
  /** Present and true: nobody else holds what `get` and `getRange` return, so it may be transferred. */
  readonly handsOver?: boolean;
  /** Present and true: the store calls `meter` itself. */
  readonly meters?: boolean;
  /** Where recorders of timelines hang that are told of reads without a meter. */
  readonly tap?: RecorderTap;
}

/**
 * The shape of a store, as `open` takes it: ours, and those of other libraries, which may answer at once. Stores that do not
 * call meters are told of the signal alone.
 */
export interface StoreLike {
  get(key: AbsolutePath, options?: LikeOptions): LikeAnswer;
  getRange?(key: AbsolutePath, range: RangeQuery, options?: LikeOptions): LikeAnswer;
  list?(prefix: AbsolutePath, options?: LikeOptions): AsyncIterable<{ key: AbsolutePath; size?: number }>;
  /** Where it is a function, `ReadableStore.size`; a `Map` has a number. */
  readonly size?: unknown;
  readonly handsOver?: boolean;
  readonly meters?: boolean;
}

type LikeOptions = { signal?: AbortSignal };
type LikeAnswer = Promise<Uint8Array | undefined> | Uint8Array | undefined;

export interface ListableStore extends ReadableStore {
  /** Present and true: what is listed comes from pages of a web server or a document of the user's, which may lack keys, lengths and what is new. */
  readonly listsLoosely?: boolean | undefined;
  list(prefix: AbsolutePath, options?: ReadOptions): AsyncIterable<{ key: AbsolutePath; size?: number }>;
}

/** A store whose reads any thread can perform. */
export interface DescribingStore extends ReadableStore {
  describe(key: AbsolutePath, range?: RangeQuery, options?: ReadOptions): Promise<RemoteRead>;
}

/** A store that can bring its bytes into a lane, where they stay. */
export interface HoldingStore extends ReadableStore {
  /**
   * `get` and `getRange` with the bytes left in the lane, where it can have them: bytes that are here already, or that
   * must be, come as an array. Checks, retries and counts are the same. Held bytes belong to the caller, who releases them.
   */
  hold(
    key: AbsolutePath,
    range: RangeQuery | undefined,
    lane: Lane,
    options?: ReadOptions,
  ): Promise<Bytes | undefined>;
  /** The lane that has the bytes already. */
  laneOf?(key: AbsolutePath, range: RangeQuery | undefined): Lane | undefined;
}

/** A store that knows which version of an object its bytes are of. */
export interface VersionedStore extends ReadableStore {
  /** The strong ETag of an object, as far as answers have told; `undefined` before any, and where none is shown. */
  etagOf(key: AbsolutePath): string | undefined;
}

/** Tells whether a store can list its keys. */
export function canList(store: ReadableStore): store is ListableStore {
  return "list" in store && typeof store.list === "function";
}

/** Tells whether a store's reads can be performed on another thread. */
export function canDescribe(store: ReadableStore): store is DescribingStore {
  return "describe" in store && typeof store.describe === "function";
}

/** Tells whether a store can leave its bytes where they are decoded. */
export function canHold(store: ReadableStore): store is HoldingStore {
  return "hold" in store && typeof store.hold === "function";
}

/** Tells whether a store knows versions. */
export function knowsVersions(store: ReadableStore): store is VersionedStore {
  return "etagOf" in store && typeof store.etagOf === "function";
}

/** A read as it is made in the end: by the object that holds its bytes; `undefined` when nothing is read for it. */
export function placeRead(
  store: Pick<ReadableStore, "placeOf">,
  read: ChunkRead,
): (Omit<ChunkRead, "key"> & { readonly object: string }) | undefined {
  const place = store.placeOf?.(read.key, read.range);
  if (place === undefined) return { object: read.key, ...read };
  const { object, range } = place;
  if (object === undefined) return undefined;
  return { object, ...(range === undefined ? read : { ...read, range }) };
}
