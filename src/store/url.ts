/**
 * From a location to a store, and from a store to the stack that is read through: cache, merged ranges, counts.
 * Schemes: docs/design/object-storage.md §2.
 *
 * @module
 */
import type { MergeLimits } from "../bytes/ranges.js";
import { ReaderError } from "../core/error.js";
import { loadPart } from "../core/load-part.js";
import type { AbsolutePath } from "../core/plan.js";
import type { ReadMeter } from "../core/progress.js";
import { redactUrl } from "../net/redact.js";
import type { ContainerContext } from "./container.js";
import type { OpenElsewhere } from "./elsewhere.js";
import { defaultMergeLimits, type KnownLine, LineLimits } from "./merge-limits.js";
import { isOwnName } from "./option-names.js";
import { ownStore } from "./own-store.js";
import type { Picked } from "./picked.js";
import type { RemoteStoreOptions } from "./remote-options.js";
import type { CacheOptions, StorageOptions } from "./storage-options.js";
import type { ReadableStore, StoreLike } from "./types.js";
import { ByteCache, type CacheSpace, withByteCache } from "./with-byte-cache.js";
import { withCoalescing } from "./with-coalescing.js";
import { withListing } from "./with-listing.js";
import type { Persistence } from "./with-persistence.js";
import { StatsCounter, type StoreStats, withMetering, withStats } from "./with-stats.js";
import type { StoreStack } from "./wrap.js";

/** A store with everything around it that reading over a network wants. */
export type StoreHandle = StoreStack & {
  stats(): StoreStats;
  /** Counts every request from now on, whoever it is for; `undefined` for an end. */
  watch(meter: ReadMeter | undefined): void;
  /** Drops what is kept of this store in memory. */
  forget(): void;
};

export interface OpenedStore {
  readonly store: StoreHandle;
  /** Root of the store, without secrets. */
  readonly url: string;
  /** How ranges of one object are merged, for predictions; told of the line, it follows that. */
  readonly mergeLimits: MergeLimits & { follow?(line: KnownLine): void };
  /** The file that the location names, where its name tells a format. */
  readonly marker?: AbsolutePath;
  /** Opens places that the data lead to; absent where the store has no address of its own. */
  readonly elsewhere?: OpenElsewhere;
}

/** What `createStore` makes before it is wrapped. */
export type BareStore = ReadableStore & {
  readonly url: string;
  readonly marker?: AbsolutePath;
  /** Lets go of what it keeps in memory. */
  forget?(): void;
};

/** Files that hold a store: zip archives, kerchunk references, which are not read in parquet, and those of ATLAS. */
const containerName =
  /(\.(zip|ozx|json|parq|parquet)|[\\/](data\.atlas|atlas\.(json|msgpack)(\.(zst|lz4))?))$/i;

/**
 * Makes the store of a location: `https:`, `http:`, `s3:`, `s3+https:`, `gs:`, `az:`, `abfs:`, and paths and `file:` URLs
 * in Node; of a zip archive or kerchunk references, whose names end in `.zip`, `.ozx` or `.json`, the store inside.
 *
 * @throws ReaderError `config` for options that cannot work, `unsupported` for schemes it does not know
 */
export async function createStore(address: string | URL, given: StorageOptions = {}): Promise<OpenedStore> {
  const named = await resolveNames(address, given);
  const { location } = named;
  const options = await withTransport(named);
  if (containerName.test(String(location).split(/[?#]/)[0]!)) {
    const { openContainer } = await loadPart(import("./container.js"));
    return assemble(options, (context) => openContainer(location, context));
  }
  const opened = await assemble(options, ({ makeStore, onChanged }) =>
    makeStore(location, options, onChanged),
  );
  let opener: Promise<OpenElsewhere> | undefined;
  const elsewhere: OpenElsewhere = async (...place) => {
    opener ??= loadPart(import("./elsewhere.js")).then(({ createElsewhere }) =>
      createElsewhere(String(location), named.options, createStore),
    );
    return (await opener)(...place);
  };
  return { ...opened, elsewhere };
}

/**
 * Makes the store of what a user picked or dropped on the page: a folder, its files, or one file that holds a store.
 *
 * @throws ReaderError `unknown-format` for a file that holds none, `config` for what is neither
 */
export async function createPickedStore(picked: Picked, given: StorageOptions = {}): Promise<OpenedStore> {
  const options = await withTransport(await resolveNames("", given));
  return assemble(options, async (context) => {
    const { openPicked } = await loadPart(import("./picked.js"));
    return openPicked(picked, context);
  });
}

/** Where data may lie: an address, a file or a folder of the user's, or a store. */
export type StorePlace = string | URL | Picked | StoreLike;

export function isAddress(place: StorePlace): place is string | URL {
  return typeof place === "string" || place instanceof URL;
}

/**
 * The store of any place.
 *
 * @throws ReaderError as of `createStore` and `createPickedStore`
 */
export async function openPlace(place: StorePlace, options: StorageOptions = {}): Promise<OpenedStore> {
  if (isAddress(place)) return createStore(place, options);
  if (typeof place === "object" && place !== null && "get" in place) {
    return openOwnStore(place, options);
  }
  return createPickedStore(place, options);
}

/** Cache, merged ranges and counts around a bare store, which is told of the same. */
async function assemble(
  options: StorageOptions,
  openBare: (context: ContainerContext) => Promise<BareStore>,
): Promise<OpenedStore> {
  const observer = new StatsCounter();
  const { bytes, persist } = cacheOptions(options);
  const cache = makeCache(bytes)?.openSpace();
  const mergeLimits = limitsOf(options);
  const kept = persist
    ? (await loadPart(import("./with-persistence.js"))).createPersistence(
        persist,
        options.onDiagnostic,
        observer,
      )
    : undefined;
  let isKept = false;
  const bare = await openBare({
    options,
    keep(store) {
      isKept = true;
      return kept?.wrap(store) ?? store;
    },
    observer,
    mergeLimits,
    onChanged: (key) => cache?.drop(key),
    // What a container of an untrusted location leads to is no more trusted.
    makeStore(location, own, onChanged) {
      const send = options.untrusted ? options.fetch : own.fetch;
      return makeStore(location, {
        ...own,
        fetch: kept === undefined ? send : kept.watch(send),
        observer,
        onChanged(key) {
          kept?.forget(key);
          onChanged(key);
        },
      });
    },
  });
  const layers = { counter: observer, cache, limits: mergeLimits, kept: isKept ? undefined : kept, bare };
  const store = stack(withGivenListing(bare, options), layers);
  const { url, marker } = bare;
  return { store, url: redactUrl(url), mergeLimits, ...(marker && { marker }) };
}

interface Named {
  readonly location: string | URL;
  readonly options: StorageOptions;
}

/** Code for the names of other libraries is loaded with the first of them. */
async function resolveNames(location: string | URL, options: StorageOptions): Promise<Named> {
  if (Object.keys(options).every(isOwnName)) return { location, options };
  const { resolveAliases } = await loadPart(import("./aliases.js"));
  return resolveAliases(location, options);
}

/** The options with another `fetch`, where they ask for one; few do. */
async function withTransport({ location, options }: Named): Promise<StorageOptions> {
  if (options.untrusted !== true && options.hostHeader === undefined) return options;
  const { withNodeFetch } = await loadPart(import("./node-transport.js"));
  return withNodeFetch(String(location), options);
}

/** A store of the user's, or of another library, with the same cache, merging and counts around it. */
export function adoptStore(store: StoreLike, options: StorageOptions = {}): StoreHandle {
  return openOwnStore(store, options).store;
}

/** The same, as `createStore` returns stores. */
export function openOwnStore(store: StoreLike, options: StorageOptions): OpenedStore {
  const listed = withGivenListing(ownStore(store), options);
  const cache = makeCache(cacheOptions(options).bytes)?.openSpace();
  const mergeLimits = limitsOf(options);
  const layers = { counter: new StatsCounter(), cache, limits: mergeLimits };
  return { store: stack(listed, layers), url: "store", mergeLimits };
}

/** A list's own address is read without the keys and headers of the store, which are bound to where that is. */
function withGivenListing(store: ReadableStore, options: StorageOptions): ReadableStore {
  const { listing, endpoint, region, addressing, fetch, limiter, timeouts, retries } = options;
  if (listing === undefined) return store;
  const transport = { endpoint, region, addressing, fetch, limiter, timeouts, retries, cache: 0 };
  return withListing(store, listing, async (location) => (await createStore(location, transport)).store);
}

interface Layers {
  readonly counter: StatsCounter;
  readonly cache: CacheSpace | undefined;
  readonly limits: MergeLimits;
  readonly kept?: Persistence | undefined;
  /** What it all is around. */
  readonly bare?: BareStore;
}

function stack(store: ReadableStore, { counter, cache, limits, kept, bare }: Layers): StoreHandle {
  const merged = withCoalescing(withMetering(store, counter), limits);
  const source = kept === undefined ? merged : kept.wrap(merged);
  return {
    ...withStats(cache === undefined ? source : withByteCache(source, cache, counter), counter),
    watch(meter) {
      counter.meter = meter;
    },
    forget() {
      cache?.clear();
      bare?.forget?.();
    },
  };
}

function cacheOptions({ cache }: StorageOptions): CacheOptions {
  return typeof cache === "object" && !(cache instanceof ByteCache) ? cache : { bytes: cache };
}

function makeCache(cache: number | ByteCache | undefined): ByteCache | undefined {
  if (cache instanceof ByteCache) return cache;
  return cache === 0 ? undefined : new ByteCache(cache);
}

function limitsOf({ coalescing }: Pick<StorageOptions, "coalescing">): MergeLimits {
  // What the user says of gaps stays as it is.
  const { maxGapBytes, maxMergedBytes = defaultMergeLimits.maxMergedBytes } =
    coalescing === false ? { maxGapBytes: -1 } : (coalescing ?? {});
  return maxGapBytes === undefined
    ? new LineLimits({ ...defaultMergeLimits, maxMergedBytes })
    : { maxGapBytes, maxMergedBytes };
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
      const { HttpStore } = await loadPart(import("./http.js"));
      return new HttpStore(location, options);
    }
    case "s3:":
    case "s3+https:":
    case "s3+http:": {
      const { S3Store } = await loadPart(import("./s3.js"));
      return new S3Store(location, options);
    }
    case "gs:": {
      if (options.gcsApi === "json") {
        const { GcsJsonStore } = await loadPart(import("./gcs-json.js"));
        return new GcsJsonStore(location, options);
      }
      const { GcsStore } = await loadPart(import("./gcs.js"));
      return new GcsStore(location, options);
    }
    case "az:":
    case "abfs:":
    case "abfss:": {
      const { AzureStore } = await loadPart(import("./azure.js"));
      return new AzureStore(location, options);
    }
    case "file:":
    case undefined: {
      const { NodeFsStore } = await loadPart(import("./node-fs.js"));
      return new NodeFsStore(location);
    }
    default:
      throw new ReaderError("unsupported", `"${scheme}" is not an address that can be read.`, {
        hint: "Use https:, http:, s3:, s3+https:, gs:, az: or abfs:.",
      });
  }
}
