/**
 * Gives a store a list of its keys that is kept elsewhere; read when it is first asked for.
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import type { Listing, ListingSource, OpenFolder } from "./listing.js";
import type { ReadableStore } from "./types.js";
import { type StoreStack, wrapStore } from "./wrap.js";

/**
 * The same store, listed by what the source says. The list tells which keys there are, never that one is absent: a key
 * it lacks is still asked for.
 */
export function withListing(inner: ReadableStore, source: ListingSource, openFolder: OpenFolder): StoreStack {
  let listing: Promise<Listing> | undefined;
  const load = (): Promise<Listing> => {
    listing ??= import("./listing.js")
      .then(({ loadListing }) => loadListing(source, inner, openFolder))
      .catch((thrown: unknown) => {
        listing = undefined;
        throw thrown;
      });
    return listing;
  };
  return wrapStore(inner, {
    get: (key, options) => inner.get(key, options),
    listsLoosely: true,
    async *list(prefix, options) {
      options?.signal?.throwIfAborted();
      yield* (await raceAbort(load(), options?.signal)).below(prefix);
    },
  });
}
