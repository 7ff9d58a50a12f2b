/**
 * The listing of Google Cloud Storage's XML API: S3's document, in its second version or, from older imitations, its
 * first (docs/design/object-storage.md §12; https://cloud.google.com/storage/docs/xml-api/get-bucket-list).
 *
 * @module
 */
import { encodeSegment } from "./keys.js";
import {
  brokenListing,
  checkDocument,
  elements,
  followPages,
  type ListDialect,
  type ListedObject,
  type ListPage,
  type ListRead,
  type ListRequest,
  listed,
  textOf,
} from "./list-pages.js";

// Names are asked for as plain XML text: how a space is written is then no question.
const dialect: ListDialect = { query: "list-type=2", parse: parseGcsListing };

/** Every object of a bucket below a prefix; with `userProject` in what `requestFor` adds, where the reader pays. */
export function listGcsObjects(
  prefix: string,
  requestFor: ListRequest,
  read: ListRead,
): AsyncIterable<ListedObject> {
  return followPages(dialect, prefix, requestFor, read);
}

/**
 * One page of a listing.
 *
 * @throws ReaderError `corrupt` when the document is cut, of another kind, or carries a DOCTYPE
 */
export function parseGcsListing(xml: string): ListPage {
  checkDocument(xml, "ListBucketResult");
  const objects = Array.from(elements(xml, "Contents"), (entry) =>
    listed(textOf(entry, "Key"), textOf(entry, "Size")),
  );
  if (textOf(xml, "IsTruncated") !== "true") return { objects, next: undefined };
  const token = textOf(xml, "NextContinuationToken");
  if (token !== undefined) return { objects, next: `continuation-token=${encodeSegment(token)}` };
  const marker = textOf(xml, "NextMarker");
  if (marker === undefined) throw brokenListing("it goes on without saying where");
  return { objects, next: `marker=${encodeSegment(marker)}` };
}
