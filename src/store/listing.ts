/**
 * A list of a store's keys that somebody wrote down, for hosts that cannot list (docs/formats/listing.md).
 *
 * @module
 */
import { isReaderError, ReaderError } from "../core/error.js";
import { isJsonObject, JsonReader, type JsonValue, parseJsonObject } from "../core/json.js";
import type { AbsolutePath } from "../core/plan.js";
import { redactUrl } from "../net/redact.js";
import type { ListableStore, ReadableStore } from "./types.js";

/** The document: sizes in bytes by key, keys relative to the store's root; `null` where a size is not known. */
export interface ListingDocument {
  readonly cloudcrop_listing: 1;
  readonly keys: Readonly<Record<string, number | null>>;
}

/**
 * Where the list is: an absolute URL, a key of the store itself, the document, or the keys. A URL is read without the
 * store's credentials and headers.
 */
export type ListingSource =
  | string
  | URL
  | ListingDocument
  | Iterable<string | { readonly key: string; readonly size?: number | undefined }>;

/** Makes the store of a folder that a list lies in. */
export type OpenFolder = (location: string) => Promise<ReadableStore>;

const marker = "cloudcrop_listing";

/** Keys in order, found by prefix. */
export class Listing {
  readonly #keys: readonly string[];
  readonly #sizes: ReadonlyMap<string, number | undefined>;

  constructor(sizes: ReadonlyMap<string, number | undefined>) {
    this.#sizes = sizes;
    this.#keys = [...sizes.keys()].sort();
  }

  *below(prefix: AbsolutePath): Iterable<{ key: AbsolutePath; size?: number }> {
    const start = prefix.slice(1);
    for (let at = this.#firstFrom(start); at < this.#keys.length; at++) {
      const key = this.#keys[at]!;
      if (!key.startsWith(start)) return;
      const size = this.#sizes.get(key);
      yield size === undefined ? { key: `/${key}` } : { key: `/${key}`, size };
    }
  }

  #firstFrom(start: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Reads a list, wherever it is.
 *
 * @throws ReaderError `not-found` when there is none, `invalid-metadata` when it is not one
 */
export async function loadListing(
  source: ListingSource,
  store: ReadableStore,
  openFolder: OpenFolder,
): Promise<Listing> {
  if (typeof source !== "string" && !(source instanceof URL)) {
    return Symbol.iterator in source
      ? fromKeys(source)
      : fromDocument(source as unknown as JsonValue, "listing");
  }
  const text = String(source);
  const isUrl = /^[a-z][a-z0-9+.-]+:/i.test(text);
  const shown = isUrl ? redactUrl(text) : text;
  const bytes = isUrl ? await readAddress(text, openFolder) : await store.get(`/${text.replace(/^\//, "")}`);
  if (bytes === undefined) {
    throw new ReaderError("not-found", `There is no listing at ${shown}.`, {
      hint: '"npx cloudcrop-list <folder or URL>" writes one.',
      detail: isUrl ? { url: shown } : { key: shown },
    });
  }
  return fromDocument(parseJsonObject(bytes, shown), shown);
}

/** A query, where links keep their signature, stays with the folder, whose store adds it to each key. */
async function readAddress(address: string, openFolder: OpenFolder): Promise<Uint8Array | undefined> {
  const isS3 = /^s3:/i.test(address);
  const queryAt = isS3 ? -1 : address.search(/[?#]/);
  const path = queryAt === -1 ? address : address.slice(0, queryAt);
  const query = queryAt === -1 ? "" : address.slice(queryAt).replace(/#.*$/s, "");
  const at = path.lastIndexOf("/");
  const name = path.slice(at + 1);
  const folder = await openFolder(path.slice(0, at) + query);
  return folder.get(`/${isS3 ? name : decodeURIComponent(name)}`);
}

function fromDocument(document: JsonValue, where: string): Listing {
  const reader = new JsonReader(isJsonObject(document) ? document : {}, where);
  if (reader.raw(marker) !== 1) {
    throw notAListing(
      where,
      `"${marker}" should be 1, found ${JSON.stringify(reader.raw(marker)) ?? "nothing"}`,
    );
  }
  const sizes = new Map<string, number | undefined>();
  for (const [key, size] of Object.entries(reader.object("keys").value)) {
    if (size !== null && (typeof size !== "number" || !isSize(size))) {
      throw notAListing(where, `the size of "${key.slice(0, 80)}" is no number of bytes`);
    }
    sizes.set(checkKey(key, where), size ?? undefined);
  }
  return new Listing(sizes);
}

function fromKeys(keys: Exclude<ListingSource, string | URL | ListingDocument>): Listing {
  const sizes = new Map<string, number | undefined>();
  for (const item of keys) {
    const { key, size } = typeof item === "string" ? { key: item, size: undefined } : item;
    if (size !== undefined && !isSize(size))
      throw notAListing("listing", `the size of "${key}" is no number of bytes`);
    sizes.set(checkKey(key, "listing"), size);
  }
  return new Listing(sizes);
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function checkKey(key: unknown, where: string): string {
  if (typeof key === "string" && key !== "" && !key.startsWith("/")) return key;
  throw notAListing(where, `"${String(key).slice(0, 80)}" is no key below the store's root`);
}

function notAListing(where: string, why: string): ReaderError {
  return new ReaderError("invalid-metadata", `${where} is not a listing: ${why}.`, {
    hint: '"npx cloudcrop-list <folder or URL>" writes one.',
  });
}

/**
 * Writes the document of a list, keys in order, one a line: a cut document is no JSON, so half of one is never taken
 * for a whole one. Sizes that the store's own list does not tell are asked for one by one.
 */
export async function writeListing(
  store: ListableStore,
  isWanted: (key: string) => boolean = () => true,
): Promise<string> {
  const sizes = new Map<string, number | null>();
  for await (const { key, size } of store.list("/")) {
    if (!isWanted(key.slice(1))) continue;
    // A web server's index page tells no exact sizes.
    const known = size ?? (await store.size?.(key).catch(asUnknown));
    sizes.set(key.slice(1), known ?? null);
  }
  const lines = [...sizes.keys()].sort().map((key) => `    ${JSON.stringify(key)}: ${sizes.get(key)}`);
  return `{\n  "${marker}": 1,\n  "keys": {\n${lines.join(",\n")}\n  }\n}\n`;
}

function asUnknown(thrown: unknown): undefined {
  if (!isReaderError(thrown, "range-unsupported")) throw thrown;
  return undefined;
}
