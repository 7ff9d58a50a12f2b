/**
 * ListObjectsV2: pages, and a scanner for the few tags needed, because workers have no XML parser
 * (docs/design/object-storage.md §12).
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

interface Page {
  readonly objects: readonly ListedObject[];
  readonly next: string | undefined;
}

/** Every object below a prefix, page by page as they are asked for. */
export async function* listObjects(
  prefix: string,
  requestFor: (query: string) => Promise<RemoteRead>,
  read: (request: () => Promise<RemoteRead>) => Promise<Uint8Array>,
): AsyncIterable<ListedObject> {
  let token: string | undefined;
  do {
    const query = [
      ...(token === undefined ? [] : [`continuation-token=${encodeSegment(token)}`]),
      "encoding-type=url",
      "list-type=2",
      `prefix=${encodeSegment(prefix)}`,
    ].join("&");
    const page = parseListing(new TextDecoder().decode(await read(() => requestFor(query))));
    yield* page.objects;
    if (page.next !== undefined && page.next === token) {
      throw new ReaderError("corrupt", "The server lists the same page again and again.");
    }
    token = page.next;
  } while (token !== undefined);
}

/**
 * One page of a listing. `KeyCount` is not relied on.
 *
 * @throws ReaderError `corrupt` when the document is cut, of another kind, or carries a DOCTYPE
 */
export function parseListing(xml: string): Page {
  if (/<!DOCTYPE/i.test(xml)) throw broken("it carries a DOCTYPE");
  if (!/<ListBucketResult[\s>]/.test(xml) || !xml.includes("</ListBucketResult>")) {
    throw broken("it is not a complete ListBucketResult");
  }
  const encoded = tag(xml, "EncodingType") === "url";
  const objects: ListedObject[] = [];
  for (const [, entry] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
    const key = tag(entry!, "Key");
    const size = Number(tag(entry!, "Size") ?? Number.NaN);
    if (key === undefined || !Number.isSafeInteger(size)) throw broken("an entry has no key or no size");
    objects.push({ key: encoded ? decodeKey(key) : key, size });
  }
  const truncated = tag(xml, "IsTruncated") === "true";
  const next = tag(xml, "NextContinuationToken");
  if (truncated && next === undefined) throw broken("it goes on without a continuation token");
  return { objects, next: truncated ? next : undefined };
}

/** AWS writes a space as `+` and a plus as `%2B`. */
function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw broken("a key is not percent-encoded as it claims");
  }
}

function tag(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
  return found === null ? undefined : decodeEntities(found[1]!);
}

function broken(why: string): ReaderError {
  return new ReaderError("corrupt", `The bucket's listing cannot be read: ${why}.`);
}
