/**
 * ListObjectsV2 of S3 (docs/design/object-storage.md §12).
 *
 * @module
 */
import { encodeSegment } from "./keys.js";
import {
  brokenListing,
  checkDocument,
  decodeName,
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

const dialect: ListDialect = { query: "encoding-type=url&list-type=2", parse: parseListing };

/** Every object of a bucket below a prefix. */
export function listObjects(
  prefix: string,
  requestFor: ListRequest,
  read: ListRead,
): AsyncIterable<ListedObject> {
  return followPages(dialect, prefix, requestFor, read);
}

/**
 * One page of a listing. `KeyCount` is not relied on.
 *
 * @throws ReaderError `corrupt` when the document is cut, of another kind, or carries a DOCTYPE
 */
export function parseListing(xml: string): ListPage {
  checkDocument(xml, "ListBucketResult");
  // AWS writes a space as `+` and a plus as `%2B`.
  const decode = (key: string): string => decodeName(key.replaceAll("+", " "));
  const isEncoded = textOf(xml, "EncodingType") === "url";
  const objects = Array.from(elements(xml, "Contents"), (entry) => {
    const { key, size } = listed(textOf(entry, "Key"), textOf(entry, "Size"));
    return { key: isEncoded ? decode(key) : key, size };
  });
  if (textOf(xml, "IsTruncated") !== "true") return { objects, next: undefined };
  const token = textOf(xml, "NextContinuationToken");
  if (token === undefined) throw brokenListing("it goes on without a continuation token");
  return { objects, next: `continuation-token=${encodeSegment(token)}` };
}
