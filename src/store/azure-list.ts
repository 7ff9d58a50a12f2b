/**
 * The listing of an Azure container: List Blobs, flat
 * (docs/design/object-storage.md §12; https://learn.microsoft.com/rest/api/storageservices/list-blobs).
 *
 * @module
 */
import { encodeSegment } from "./keys.js";
import {
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

const dialect: ListDialect = { query: "comp=list&restype=container", parse: parseAzureListing };

/** Every blob of a container below a prefix; `requestFor` adds the signature (SAS), which must allow `List`. */
export function listAzureBlobs(
  prefix: string,
  requestFor: ListRequest,
  read: ListRead,
): AsyncIterable<ListedObject> {
  return followPages(dialect, prefix, requestFor, read);
}

/**
 * One page of a listing. Folders of accounts with a hierarchical namespace are no blobs and are left out.
 *
 * @throws ReaderError `corrupt` when the document is cut, of another kind, or carries a DOCTYPE
 */
export function parseAzureListing(xml: string): ListPage {
  checkDocument(xml, "EnumerationResults");
  const objects: ListedObject[] = [];
  for (const blob of elements(xml, "Blob")) {
    if (textOf(blob, "ResourceType") === "directory") continue;
    const { key, size } = listed(textOf(blob, "Name"), textOf(blob, "Content-Length"));
    // Names that XML cannot hold come percent-encoded, and say so.
    objects.push({ key: /<Name\s[^<>]*Encoded="true"/.test(blob) ? decodeName(key) : key, size });
  }
  const marker = textOf(xml, "NextMarker");
  return { objects, next: marker === undefined ? undefined : `marker=${encodeSegment(marker)}` };
}
