/**
 * From a location to a store, and from a store to the stack that is read through: cache, merged ranges, counts.
 * Schemes: docs/design/object-storage.md §2.
 *
 * @module
 */
import type { MergeLimits } from "../bytes/ranges.js";
import { ReaderError } from "../core/error.js";
import { redactUrl } from "../net/redact.js";
import type { TransportOptions } from "../net/retry.js";
import type { ContainerContext } from "./container.js";
import type { ListingSource } from "./listing.js";
import { ownStore } from "./own-store.js";
import type { Picked } from "./picked.js";
import type { RemoteStoreOptions } from "./remote-options.js";
import type { S3StoreOptions } from "./s3.js";
import type { ReadableStore, StoreLike } from "./types.js";
import { ByteCache, type CacheSpace, withByteCache } from "./with-byte-cache.js";
import { defaultMergeLimits, withCoalescing } from "./with-coalescing.js";
import { withListing } from "./with-listing.js";
import { StatsCounter, type StoreStats, withMetering, withStats } from "./with-stats.js";
import type { StoreStack } from "./wrap.js";

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
    >,
    Pick<RemoteStoreOptions, "missingOn403" | "onDiagnostic" | "fetchIn">,
    Pick<TransportOptions, "fetch" | "limiter" | "maxRequestsPerOrigin" | "timeouts" | "retries"> {
  /** Sent with every request to an http or https location. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Bytes of memory for the byte cache (default 256 MiB, 0 for none), or a cache of the user's, which several locations may share. */
  readonly cache?: number | ByteCache | undefined;
  /** The store's keys, or where they are written down, for hosts that cannot list (docs/formats/listing.md). */
  readonly listing?: ListingSource | undefined;
  /** How ranges of one object are merged; `false` for never. */
  readonly coalescing?: Partial<MergeLimits> | false | undefined;
  /**
   * Of kerchunk references: options by the beginning of an address they lead to, `{ "s3://bucket": { credentials } }`. Keys and
   * headers given for the place of the document itself go to no other.
   */
  readonly remotes?: Readonly<Record<string, StorageOptions>> | undefined;
}

/** A store with everything around it that reading over a network wants. */
export type StoreHandle = StoreStack & { stats(): StoreStats };

export interface OpenedStore {
  readonly store: StoreHandle;
  /** Root of the store, without secrets. */
  readonly url: string;
  /** How ranges of one object are merged, for predictions. */
  readonly mergeLimits: MergeLimits;
}

const planned: Readonly<Record<string, string>> = {
  "gs:": "Google Cloud Storage",
  "az:": "Azure Blob Storage",
  "abfs:": "Azure Data Lake Storage",
};

/** Files that hold a store: zip archives, and kerchunk references, which are not read in parquet. */
const containerName = /\.(zip|ozx|json|parq|parquet)$/i;

/**
 * Makes the store of a location: `https:`, `http:`, `s3:`, `s3+https:`, and paths and `file:` URLs in Node; of a zip archive
 * or kerchunk references, whose names end in `.zip`, `.ozx` or `.json`, the store inside.
 *
 * @throws ReaderError `config` for options that cannot work, `unsupported` for schemes it does not know (yet)
 */
export function createStore(location: string | URL, options: StorageOptions = {}): Promise<OpenedStore> {
  return assemble(options, async (context) => {
    if (!containerName.test(String(location).split(/[?#]/)[0]!)) {
      return context.makeStore(location, context.options, context.onChanged);
    }
    const { openContainer } = await import("./container.js");
    return openContainer(location, context);
  });
}

/**
 * Makes the store of what a user picked or dropped on the page: a folder, its files, or one file that holds a store.
 *
 * @throws ReaderError `unknown-format` for a file that holds none, `config` for what is neither
 */
export function createPickedStore(picked: Picked, options: StorageOptions = {}): Promise<OpenedStore> {
  return assemble(options, async (context) => {
    const { openPicked } = await import("./picked.js");
    return openPicked(picked, context);
  });
}

/** Cache, merged ranges and counts around a bare store, which is told of the same. */
async function assemble(
  given: StorageOptions,
  openBare: (context: ContainerContext) => Promise<ReadableStore & { readonly url: string }>,
): Promise<OpenedStore> {
  const options = await withoutAliases(given);
  const observer = new StatsCounter();
  const cache = makeCache(options.cache)?.openSpace();
  const mergeLimits = limitsOf(options);
  const bare = await openBare({
    options,
    observer,
    mergeLimits,
    onChanged: (key) => cache?.drop(key),
    makeStore: (location, own, onChanged) => makeStore(location, { ...own, observer, onChanged }),
  });
  const store = stack(withGivenListing(bare, options), observer, cache, mergeLimits);
  return { store, url: redactUrl(bare.url), mergeLimits };
}

/** Our own names have no dots and underscores; the table of the others is loaded for those who use them. */
async function withoutAliases(options: StorageOptions): Promise<StorageOptions> {
  if (!Object.keys(options).some((name) => /[._]|^(key|secret|token|anon)$/.test(name))) return options;
  const { resolveAliases } = await import("./aliases.js");
  return resolveAliases(options);
}

/** A store of the user's, or of another library, with the same cache, merging and counts around it. */
export function adoptStore(store: StoreLike, options: StorageOptions = {}): StoreHandle {
  const listed = withGivenListing(ownStore(store), options);
  return stack(listed, new StatsCounter(), makeCache(options.cache)?.openSpace(), limitsOf(options));
}

/** A list's own address is read without the keys and headers of the store, which are bound to where that is. */
function withGivenListing(store: ReadableStore, options: StorageOptions): ReadableStore {
  const { listing, endpoint, region, addressing, fetch, limiter, timeouts, retries } = options;
  if (listing === undefined) return store;
  const transport = { endpoint, region, addressing, fetch, limiter, timeouts, retries, cache: 0 };
  return withListing(store, listing, async (location) => (await createStore(location, transport)).store);
}

function stack(
  bare: ReadableStore,
  counter: StatsCounter,
  cache: CacheSpace | undefined,
  limits: MergeLimits,
): StoreHandle {
  const merged = withCoalescing(withMetering(bare, counter), limits);
  return withStats(cache === undefined ? merged : withByteCache(merged, cache, counter), counter);
}

function makeCache(cache: number | ByteCache | undefined): ByteCache | undefined {
  if (cache instanceof ByteCache) return cache;
  return cache === 0 ? undefined : new ByteCache(cache);
}

function limitsOf({ coalescing }: Pick<StorageOptions, "coalescing">): MergeLimits {
  return coalescing === false
    ? { ...defaultMergeLimits, maxGapBytes: -1 }
    : { ...defaultMergeLimits, ...coalescing };
}

type BareOptions = StorageOptions & RemoteStoreOptions;

/** Each kind of store is loaded when its scheme is opened: who brings a store of their own pays for none. */
async function makeStore(
  location: string | URL,
  options: BareOptions,
): Promise<ReadableStore & { readonly url: string }> {
  const text = String(location);
  // One letter before a colon is a drive.
  const scheme = /^([a-z][a-z0-9+.-]+:)/i.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case "http:":
    case "https:": {
      if (options.credentials !== undefined && options.credentials !== "anonymous") {
        options.onDiagnostic?.({
          code: "keys-unused",
          message: `Keys are not used for ${scheme} addresses; to sign requests, open s3+${text.split("?")[0]} or s3: with an endpoint.`,
        });
      }
      const { HttpStore } = await import("./http.js");
      return new HttpStore(location, options);
    }
    case "s3:":
    case "s3+https:":
    case "s3+http:": {
      const { S3Store } = await import("./s3.js");
      return new S3Store(location, options);
    }
    case "file:":
    case undefined: {
      const { NodeFsStore } = await import("./node-fs.js");
      return new NodeFsStore(location);
    }
    default: {
      const service = planned[scheme];
      if (service === undefined) {
        throw new ReaderError("unsupported", `"${scheme}" is not an address that can be read.`, {
          hint: "Use https:, http:, s3: or s3+https:.",
        });
      }
      throw new ReaderError("unsupported", `${service} (${scheme}) is not supported yet.`, {
        hint: "Use an https: URL of the data, with its signature if it has one.",
      });
    }
  }
}
