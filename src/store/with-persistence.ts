/**
 * Keeps what was read for the next visit, and answers from it while the object is the same: its ETag is asked for once
 * an object and opening. Nothing that was read with keys, headers or a query is kept unless that is asked for, and never
 * a query itself (docs/design/object-storage.md §6, §13).
 *
 * @module
 */
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { bareUrl } from "../net/redact.js";
import { PersistentCache } from "./persistent-cache.js";
import { canDescribe, knowsVersions, type ReadOptions } from "./types.js";
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

export interface PersistenceHooks {
  tell(code: string, message: string): void;
  hit(): void;
}

const defaultMaxBytes = 512 * 1024 * 1024;
const defaultName = "cloudcrop";

/** The same store with a memory that outlives the page. `forget` drops what is known of an object that has changed. */
export function withPersistence(
  inner: StoreStack,
  options: PersistOptions,
  hooks: PersistenceHooks,
): { readonly store: StoreStack; forget(key: AbsolutePath): void } {
  if (!canDescribe(inner) || !knowsVersions(inner)) return { store: inner, forget: () => {} };
  const { maxBytes = defaultMaxBytes, name = defaultName, immutable = false } = options;
  /** How often an object was found to have changed: bytes read before that are not kept after it. */
  const changes = new Map<AbsolutePath, number>();
  let opening: Promise<PersistentCache | undefined> | undefined;
  const open = (): Promise<PersistentCache | undefined> => {
    opening ??= PersistentCache.open(name, maxBytes, () =>
      hooks.tell(
        "persist-full",
        "The browser gives no more room, so nothing more is kept for the next visit.",
      ),
    ).then((cache) => {
      if (cache === undefined) {
        hooks.tell("no-persist", "There is no Cache API here (https pages have one), so nothing is kept.");
      }
      return cache;
    });
    return opening;
  };

  /** Object and range; `undefined` for what may not be kept. */
  const identify = async (key: AbsolutePath, range: RangeQuery | undefined): Promise<string | undefined> => {
    const read = await inner.describe(key);
    if (options.private !== true && (read.signed || new URL(read.url).search !== "")) return undefined;
    const part =
      range === undefined
        ? "whole"
        : "offset" in range
          ? `${range.offset}+${range.length}`
          : `-${range.suffixLength}`;
    return `${part} ${bareUrl(read.url)}`;
  };

  const isCurrent = async (key: AbsolutePath, etag: string, readOptions: ReadOptions): Promise<boolean> => {
    if (immutable) return true;
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
    const id = cache === undefined ? undefined : await identify(key, range);
    if (cache === undefined || id === undefined) return fromInner();
    const entry = cache.find(id);
    if (entry !== undefined) {
      if (await isCurrent(key, entry.etag, readOptions)) {
        const kept = await cache.read(id, entry);
        if (kept !== undefined) {
          hooks.hit();
          return kept;
        }
      } else cache.drop(id);
    }
    const before = changes.get(key);
    const bytes = await fromInner();
    const etag = immutable ? "" : inner.etagOf(key);
    if (bytes !== undefined && etag !== undefined && changes.get(key) === before) cache.keep(id, etag, bytes);
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
  return {
    store,
    forget: (key) => {
      changes.set(key, (changes.get(key) ?? 0) + 1);
    },
  };
}
