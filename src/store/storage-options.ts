/**
 * The options by which data is reached, whatever the scheme of the location (docs/design/object-storage.md §13).
 *
 * @module
 */
import type { MergeLimits } from "../bytes/ranges.js";
import type { TransportOptions } from "../net/retry.js";
import type { AzureStoreOptions } from "./azure.js";
import type { GcsStoreOptions } from "./gcs.js";
import type { ListingSource } from "./listing.js";
import type { RemoteStoreOptions } from "./remote-options.js";
import type { S3StoreOptions } from "./s3.js";
import type { ByteCache } from "./with-byte-cache.js";
import type { PersistOptions } from "./with-persistence.js";

/** How data is reached: the storage options of `open`. Names of other libraries are taken too: `aliases.ts`. */
export interface StorageOptions
  extends Pick<
      S3StoreOptions,
      | "region"
      | "endpoint"
      | "addressing"
      | "credentials"
      | "sessionToken"
      | "requesterPays"
      | "expectedBucketOwner"
      | "auth"
      | "allowHttp"
      | "hostHeader"
    >,
    Pick<GcsStoreOptions, "userProject">,
    Pick<AzureStoreOptions, "account">,
    Pick<RemoteStoreOptions, "missingOn403" | "onDiagnostic" | "fetchIn">,
    Pick<
      TransportOptions,
      | "fetch"
      | "limiter"
      | "maxRequestsPerOrigin"
      | "maxRequestsPerSecond"
      | "doublingTimeMs"
      | "timeouts"
      | "retries"
    > {
  /** Which API of Google Cloud Storage `gs:` speaks; `"json"` needs no CORS rule on the bucket. Default `"xml"`. */
  readonly gcsApi?: "xml" | "json" | undefined;
  /**
   * The location comes from somebody else. In Node, hosts of this machine and of private networks are then refused, also
   * behind names and redirects, and so are local files; no secrets go to a host that the location names.
   */
  readonly untrusted?: boolean | undefined;
  /** Sent with every request to an http or https location. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Bytes of memory for the byte cache (default 256 MiB, 0 for none), or a cache of the user's, which several locations may share. */
  readonly cache?: number | ByteCache | CacheOptions | undefined;
  /** The store's keys, or where they are written down, for hosts that cannot list (docs/formats/listing.md). */
  readonly listing?: ListingSource | undefined;
  /** How ranges of one object are merged; `false` for never. */
  readonly coalescing?: Partial<Pick<MergeLimits, "maxGapBytes" | "maxMergedBytes">> | false | undefined;
  /**
   * Of kerchunk references and groups of TileDB: options by the beginning of an address they lead to,
   * `{ "s3://bucket": { credentials } }`. Keys and headers given for the place of the document itself go to no other.
   */
  readonly remotes?: Readonly<Record<string, StorageOptions>> | undefined;
}

/** The byte cache, and what of it is kept for the next visit. */
export interface CacheOptions {
  readonly bytes?: number | ByteCache | undefined;
  /** Keeps what was read in the browser's storage. Off by default; chunks are then fetched by the thread that opens the store. */
  readonly persist?: boolean | PersistOptions | undefined;
}
