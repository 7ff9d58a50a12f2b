/**
 * What the listings of all object stores have in common: pages that follow each other, and a scanner for the few XML
 * tags needed, because workers have no XML parser (docs/design/object-storage.md §12).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { decodeEntities } from "../net/error-body.js";
import type { RemoteRead } from "../net/remote-read.js";
import { encodeSegment } from "./keys.js";

export interface ListedObject {
  readonly key: string;
  readonly size: number;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** Query of the page that follows, beside what every page is asked with; absent on the last one. */
  readonly next: string | undefined;
}

/** How one kind of store is asked for its listing. */
export interface ListDialect {
  /** Query parameters of every page, encoded, without the prefix. */
  readonly query: string;
  parse(xml: string): ListPage;
}

/** Describes (and signs) the request for a query of the bucket. */
export type ListRequest = (query: string) => Promise<RemoteRead>;
/** Performs a described request with the store's retries. */
export type ListRead = (request: () => Promise<RemoteRead>) => Promise<Uint8Array>;

/**
 * Every object below a prefix, page by page as they are asked for.
 *
 * @throws ReaderError `corrupt` for a page that cannot be read whole, or that repeats
 */
export async function* followPages(
  dialect: ListDialect,
  prefix: string,
  requestFor: ListRequest,
  read: ListRead,
): AsyncIterable<ListedObject> {
  let next: string | undefined;
  do {
    const query = [next, dialect.query, `prefix=${encodeSegment(prefix)}`]
      .filter((part) => part !== undefined)
      .join("&");
    const page = dialect.parse(new TextDecoder().decode(await read(() => requestFor(query))));
    yield* page.objects;
    if (page.next !== undefined && page.next === next) {
      throw new ReaderError("corrupt", "The server lists the same page again and again.");
    }
    next = page.next;
  } while (next !== undefined);
}

/** @throws ReaderError `corrupt` when the document is cut, of another kind, or carries a DOCTYPE */
export function checkDocument(xml: string, root: string): void {
  if (/<!DOCTYPE/i.test(xml)) throw brokenListing("it carries a DOCTYPE");
  if (!new RegExp(`<${root}[\\s>]`).test(xml) || !xml.includes(`</${root}>`)) {
    throw brokenListing(`it is not a complete ${root}`);
  }
}

/** The insides of each element of a name, which is never nested in itself. */
export function* elements(xml: string, name: string): Iterable<string> {
  const [open, close] = [`<${name}>`, `</${name}>`];
  for (let at = xml.indexOf(open); at !== -1; at = xml.indexOf(open, at)) {
    const end = xml.indexOf(close, at);
    if (end === -1) throw brokenListing("an entry is cut");
    yield xml.slice(at + open.length, end);
    at = end + close.length;
  }
}

/** The text of the first element of a name; empty elements are absent. */
export function textOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}(?:\\s[^<>]*)?>([^<]*)</${name}>`).exec(xml);
  return found === null || found[1] === "" ? undefined : decodeEntities(found[1]!);
}

/** @throws ReaderError `corrupt` when an entry lacks its name or its size */
export function listed(key: string | undefined, size: string | undefined): ListedObject {
  if (key === undefined || size === undefined || !/^\d{1,16}$/.test(size)) {
    throw brokenListing("an entry has no key or no size");
  }
  return { key, size: Number(size) };
}

/** @throws ReaderError `corrupt` when a name is not percent-encoded as it claims */
export function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw brokenListing("a key is not percent-encoded as it claims");
  }
}

/** The error for a listing that cannot be read; half a listing is never taken for a whole one. */
export function brokenListing(why: string): ReaderError {
  return new ReaderError("corrupt", `The listing cannot be read: ${why}.`);
}
