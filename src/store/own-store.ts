/**
 * Stores of other libraries as one of this house's.
 *
 * @module
 */
import type { ReadableStore, ReadOptions, StoreLike } from "./types.js";
import type { StoreStack } from "./wrap.js";

/**
 * The same store with answers that are promises. One that does not call meters, as ours do, is told of the signal alone:
 * some hand their options to `fetch`, which has other notions of a priority.
 */
export function ownStore(store: StoreLike): ReadableStore {
  if (store.meters === true) return store as ReadableStore;
  const { handsOver } = store;
  const sized = store as Pick<ReadableStore, "size">;
  const own: StoreStack = {
    get: async (key, options) => store.get(key, signalOf(options)),
    ...(store.getRange === undefined
      ? {}
      : { getRange: async (key, range, options) => store.getRange!(key, range, signalOf(options)) }),
    ...(typeof store.size === "function"
      ? { size: (key, options) => sized.size!(key, signalOf(options)) }
      : {}),
    ...(store.list === undefined
      ? {}
      : { list: (prefix, options) => store.list!(prefix, signalOf(options)) }),
    ...(handsOver === undefined ? {} : { handsOver }),
  };
  return own;
}

function signalOf(options: ReadOptions | undefined): { signal?: AbortSignal } {
  return options?.signal === undefined ? {} : { signal: options.signal };
}
