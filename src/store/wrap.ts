/**
 * Wrappers change some of a store's functions and must forward every other one it has.
 *
 * @module
 */
import {
  canDescribe,
  canHold,
  canList,
  type DescribingStore,
  type HoldingStore,
  knowsVersions,
  type ListableStore,
  type ReadableStore,
  type VersionedStore,
} from "./types.js";

/** A store that may also list, describe or hold: capabilities are found by presence. */
export type StoreStack = ReadableStore &
  Partial<Pick<ListableStore, "list" | "listsLoosely">> &
  Partial<Pick<DescribingStore, "describe">> &
  Partial<Pick<HoldingStore, "hold" | "laneOf">> &
  Partial<Pick<VersionedStore, "etagOf">>;

/** `own` in front of `inner`: what `own` does not define is forwarded, what `inner` cannot do stays away. */
export function wrapStore(
  inner: ReadableStore,
  own: Partial<StoreStack> & Pick<StoreStack, "get">,
): StoreStack {
  return {
    ...(inner.handsOver === undefined ? {} : { handsOver: inner.handsOver }),
    ...(inner.meters === undefined ? {} : { meters: inner.meters }),
    ...(inner.tap === undefined ? {} : { tap: inner.tap }),
    ...(typeof inner.getRange !== "function"
      ? {}
      : { getRange: (key, range, options) => inner.getRange!(key, range, options) }),
    ...(inner.placeOf === undefined ? {} : { placeOf: (key, range) => inner.placeOf!(key, range) }),
    ...(inner.holds === undefined ? {} : { holds: (key, range) => inner.holds!(key, range) }),
    // A `Map` is a store, and its size is a number.
    ...(typeof inner.size !== "function" ? {} : { size: (key, options) => inner.size!(key, options) }),
    ...(canList(inner)
      ? {
          ...(inner.listsLoosely && { listsLoosely: true }),
          list: (prefix, options) => inner.list(prefix, options),
        }
      : {}),
    ...(canDescribe(inner) ? { describe: (key, range, options) => inner.describe(key, range, options) } : {}),
    ...(canHold(inner) ? { hold: (key, range, lane, options) => inner.hold(key, range, lane, options) } : {}),
    ...(canHold(inner) && inner.laneOf !== undefined
      ? { laneOf: (key, range) => inner.laneOf!(key, range) }
      : {}),
    ...(knowsVersions(inner) ? { etagOf: (key) => inner.etagOf(key) } : {}),
    ...own,
  };
}
