/**
 * Keeps what was read for the next visit, and answers from it while the object is the same: its ETag is asked for once
 * an object and opening, unless the server called it immutable and it is still fresh. Nothing that was read with keys, headers or a query is kept unless that is asked for, and never
 * a query itself (docs/design/object-storage.md §6, §13).
 *
 * @module
 */
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { bareUrl } from "../net/redact.js";
import { PersistentCache, type PersistentEntry } from "./persistent-cache.js";
import {
  canDescribe,
  type DescribingStore,
  knowsVersions,
  type ReadOptions,
  type VersionedStore,
} from "./types.js";
import type { CacheObserver } from "./with-byte-cache.js";
import { type StoreStack, wrapStore } from "./wrap.js";

export interface PersistOptions {
  /** Bound of what is kept (default 512 MiB). */
  readonly maxBytes?: number | undefined;
  /** Name in the Cache API (default `cloudcrop`); `caches.delete(name)` throws it all away. */
  readonly name?: string | undefined;
  /** The objects never change: entries are good without asking for the ETag. */
  readonly immutable?: boolean | undefined;
  /** Also keeps what only the holder of keys, headers or a signed link may read. Everyone at this browser can see it. */
  readonly private?: boolean | undefined;
}

/** The layer of one store; made before the store, which tells it what has changed. */
export interface Persistence {
  /** The same `fetch`, looked at for what servers promise of their objects. */
  watch(send: typeof fetch | undefined): typeof fetch;
  /** The same store with a memory that outlives the page. */
  wrap(inner: StoreStack): StoreStack;
  /** The object has changed: bytes that are under way are not kept. */
  forget(key: AbsolutePath): void;
}

const defaultMaxBytes = 512 * 1024 * 1024;
const defaultName = "cloudcrop";

/** Opens the storage when the first byte is read; without storage the store is as it was, and that is told. */
export function createPersistence(
  persist: true | PersistOptions,
  onDiagnostic: ((diagnostic: { code: string; message: string }) => void) | undefined,
  observer: CacheObserver,
): Persistence {
  const options = persist === true ? {} : persist;
  const { maxBytes = defaultMaxBytes, name = defaultName } = options;
  const told = new Set<string>();
  const tell = (code: string, message: string): void => {
    if (!told.has(code)) onDiagnostic?.({ code, message });
    told.add(code);
  };
  let opening: Promise<PersistentCache | undefined> | undefined;
  const open = async (): Promise<PersistentCache | undefined> => {
    opening ??= PersistentCache.open(name, maxBytes, () =>
      tell("persist-full", "The browser gives no more room, so nothing more is kept for the next visit."),
    );
    const cache = await opening;
    if (cache === undefined) {
      tell("no-persist", "There is no Cache API here (https pages have one), so nothing is kept.");
    }
    return cache;
  };
  const changes = new Map<AbsolutePath, number>();
  /** Until when objects do not change, by address without a query. */
  const promises = new Map<string, number>();
  return {
    watch:
      (send = (input, init) => globalThis.fetch(input, init)) =>
      async (input, init) => {
        const response = await send(input, init);
        const untilMs = promisedUntil(response);
        if (untilMs > 0) promises.set(bareUrl(String(input)), untilMs);
        return response;
      },
    wrap(inner) {
      if (canDescribe(inner) && knowsVersions(inner)) {
        return withPersistence(inner, options, { open, changes, promises, observer });
      }
      tell("no-persist", "Stores of this kind do not tell versions of their objects, so nothing is kept.");
      return inner;
    },
    forget(key) {
      changes.set(key, (changes.get(key) ?? 0) + 1);
    },
  };
}

interface Storage {
  open(): Promise<PersistentCache | undefined>;
  /** How often an object was found to have changed: bytes asked for before that are not kept after it. */
  readonly changes: ReadonlyMap<AbsolutePath, number>;
  readonly promises: ReadonlyMap<string, number>;
  readonly observer: CacheObserver;
}

function withPersistence(
  inner: DescribingStore & VersionedStore,
  { immutable = false, private: keepsPrivate = false }: PersistOptions,
  { open, changes, promises, observer }: Storage,
): StoreStack {
  /** Object and range, and the object's address; `undefined` for what may not be kept. */
  const identify = async (
    key: AbsolutePath,
    range: RangeQuery | undefined,
  ): Promise<{ id: string; url: string } | undefined> => {
    const read = await inner.describe(key);
    if (!keepsPrivate && (read.signed || new URL(read.url).search !== "")) return undefined;
    const part =
      range === undefined
        ? "whole"
        : "offset" in range
          ? `${range.offset}+${range.length}`
          : `-${range.suffixLength}`;
    const url = bareUrl(read.url);
    return { id: `${part} ${url}`, url };
  };

  const isCurrent = async (
    key: AbsolutePath,
    { etag, untilMs }: PersistentEntry,
    readOptions: ReadOptions,
  ): Promise<boolean> => {
    if (immutable || untilMs > Date.now()) return true;
    if (inner.etagOf(key) === undefined) await inner.size?.(key, readOptions);
    return inner.etagOf(key) === etag;
  };

  const read = async (
    key: AbsolutePath,
    range: RangeQuery | undefined,
    readOptions: ReadOptions,
  ): Promise<Uint8Array | undefined> => {
    const fromInner = (): Promise<Uint8Array | undefined> =>
      range === undefined || inner.getRange === undefined
        ? inner.get(key, readOptions)
        : inner.getRange(key, range, readOptions);
    const cache = await open();
    const named = cache === undefined ? undefined : await identify(key, range);
    if (cache === undefined || named === undefined) return fromInner();
    const { id, url } = named;
    const entry = cache.find(id);
    if (entry !== undefined) {
      if (await isCurrent(key, entry, readOptions)) {
        const kept = await cache.read(id, entry);
        if (kept !== undefined) {
          observer.hit();
          return kept;
        }
      } else cache.drop(id);
    }
    const before = changes.get(key);
    const bytes = await fromInner();
    const untilMs = promises.get(url) ?? 0;
    const etag = immutable ? "" : (inner.etagOf(key) ?? (untilMs > 0 ? "" : undefined));
    if (bytes !== undefined && etag !== undefined && changes.get(key) === before) {
      cache.keep(id, { etag, untilMs }, bytes);
    }
    return bytes;
  };

  // A lane keeps its bytes where this thread cannot write them down.
  const {
    hold: _hold,
    laneOf: _laneOf,
    ...store
  } = wrapStore(inner, {
    get: (key, readOptions = {}) => read(key, undefined, readOptions),
    ...(inner.getRange === undefined
      ? {}
      : { getRange: (key, range, readOptions = {}) => read(key, range, readOptions) }),
  });
  return store;
}

/** `Cache-Control: immutable` holds as long as the answer is fresh (RFC 8246). Pages may always read the header. */
function promisedUntil({ ok, headers }: Response): number {
  const told = ok ? (headers.get("cache-control") ?? "") : "";
  const maxAge = /(?:^|[\s,])max-age=(\d+)/i.exec(told)?.[1];
  if (maxAge === undefined || !/(?:^|[\s,])immutable(?:[\s,]|$)/i.test(told)) return 0;
  return Date.now() + Number(maxAge) * 1000;
}
