/**
 * Google Cloud Storage by its JSON API, which answers pages without a CORS rule of the bucket's
 * (docs/design/object-storage.md §12; https://cloud.google.com/storage/docs/json_api/v1).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { checkEndpoint } from "./endpoint.js";
import { checkGcsOptions, type GcsStoreOptions, gcsEndpoint } from "./gcs.js";
import { encodeSegment } from "./keys.js";
import {
  brokenListing,
  followPages,
  type ListDialect,
  type ListedObject,
  type ListPage,
  type ListRead,
  type ListRequest,
  listed,
} from "./list-pages.js";
import { parseBucketUrl } from "./s3-address.js";
import { TokenStore } from "./token-store.js";

const listing: ListDialect = { query: "fields=nextPageToken,items(name,size)", parse: parseJsonListing };

/** Reads below one prefix of one bucket, with an OAuth token or none. */
export class GcsJsonStore extends TokenStore {
  readonly url: string;
  readonly #objects: string;
  readonly #query: string;

  /**
   * @param location `gs://bucket/prefix`
   * @throws ReaderError `config` when it cannot work as configured
   */
  constructor(location: string | URL, options: GcsStoreOptions = {}) {
    const { userProject, endpoint = gcsEndpoint } = checkGcsOptions(options);
    const { bucket, prefix } = parseBucketUrl(location);
    if (!/^[a-z0-9._-]{3,222}$/.test(bucket)) {
      throw new ReaderError("config", `"${bucket.slice(0, 80)}" is not a bucket name.`);
    }
    const { origin, pathname } = checkEndpoint(endpoint.toString());
    const root = `${origin}${pathname.replace(/\/$/, "")}/storage/v1/b/${encodeSegment(bucket)}`;
    super(options, {
      name: bucket,
      root,
      prefix,
      permission: "storage.objects.get (storage.objects.list to list)",
    });
    this.url = `gs://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
    this.#objects = `${root}/o`;
    // Replies that were cached for another page can carry that page's CORS header, and public objects may be stale.
    const unique = `cloudcrop=${Math.random().toString(36).slice(2)}`;
    this.#query = userProject === undefined ? unique : `userProject=${encodeSegment(userProject)}&${unique}`;
  }

  protected objectUrl(name: string): string {
    return `${this.#objects}/${encodeSegment(name)}?alt=media&${this.#query}`;
  }

  protected listUrl(query: string): string {
    return `${this.#objects}?${query}&${this.#query}`;
  }

  protected listObjects(
    prefix: string,
    requestFor: ListRequest,
    read: ListRead,
  ): AsyncIterable<ListedObject> {
    return followPages(listing, prefix, requestFor, read);
  }
}

/**
 * One page of a listing.
 *
 * @throws ReaderError `corrupt` when it is none
 */
export function parseJsonListing(text: string): ListPage {
  let page: { items?: unknown; nextPageToken?: unknown } | undefined;
  try {
    page = JSON.parse(text);
  } catch {
    throw brokenListing("it is not JSON");
  }
  const { items = [], nextPageToken: token } = typeof page === "object" && page !== null ? page : {};
  if (!Array.isArray(items)) throw brokenListing("its items are no list");
  const objects = items.map((item: { name?: unknown; size?: unknown } | null) =>
    listed(
      typeof item?.name === "string" ? item.name : undefined,
      typeof item?.size === "string" ? item.size : undefined,
    ),
  );
  const goesOn = typeof token === "string" && token !== "";
  return { objects, next: goesOn ? `pageToken=${encodeSegment(token)}` : undefined };
}
