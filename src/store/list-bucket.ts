/**
 * The listing of a bucket below a prefix, by the store's own paths. Loaded with the first listing
 * (docs/design/object-storage.md §12).
 *
 * @module
 */
import type { AbsolutePath } from "../core/plan.js";
import type { RemoteRead } from "../net/remote-read.js";
import type { ListedObject, ListRead, ListRequest } from "./list-pages.js";
import type { ReadShape } from "./remote-options.js";

/** What a store of a bucket brings to its listing. */
export interface BucketListing {
  /** Where the store begins, without a slash at its end. */
  readonly above: string;
  readonly signal: AbortSignal | undefined;
  describe(query: string, shape: ReadShape): Promise<RemoteRead>;
  readonly read: ListRead;
  /** How its service lists. */
  listObjects(prefix: string, requestFor: ListRequest, read: ListRead): AsyncIterable<ListedObject>;
}

/** Every key below a prefix, with sizes; `prefix` ends with a slash for a folder. */
export async function* listBucket(
  prefix: AbsolutePath,
  listing: BucketListing,
): AsyncIterable<{ key: AbsolutePath; size: number }> {
  const above = listing.above === "" ? "" : `${listing.above}/`;
  const shape: ReadShape = { method: "GET", cache: "no-store", signal: listing.signal };
  const describe: ListRequest = (query) => listing.describe(query, shape);
  for await (const { key, size } of listing.listObjects(
    `${above}${prefix.slice(1)}`,
    describe,
    listing.read,
  )) {
    yield { key: `/${key.slice(above.length)}`, size };
  }
}
