/**
 * @module What a request addresses: bucket and key from host and path, exactly as the bytes decode, and the query
 * as pairs. Nothing is collapsed or normalised: empty segments stay, `+` in a path is a plus.
 */
import { S3Error } from "./errors.js";

export interface Target {
  /** Undefined for the service root. */
  readonly bucket: string | undefined;
  /** Empty for the bucket itself. */
  readonly key: string;
  /** The path as sent. */
  readonly rawPath: string;
  /** The whole path, percent-decoded: what the signature covers. */
  readonly decodedPath: string;
  /** The query as sent, without the question mark. */
  readonly rawQuery: string;
  /** Decoded pairs in the order sent. */
  readonly pairs: readonly (readonly [string, string])[];
  /** First value of each name. */
  readonly query: ReadonlyMap<string, string>;
}

/** Percent-encodes everything but RFC 3986's unreserved characters. */
export function encodeStrict(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @throws S3Error `InvalidURI` for a malformed escape, bytes that are no UTF-8, a key over 1024 bytes. */
export function parseTarget(url: string, host: string, hostSuffixes: readonly string[]): Target {
  const path = url.startsWith("/") ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, "");
  const mark = path.indexOf("?");
  const rawPath = (mark < 0 ? path : path.slice(0, mark)) || "/";
  const rawQuery = mark < 0 ? "" : path.slice(mark + 1);
  const decodedPath = decode(rawPath);
  const pairs = parseQuery(rawQuery);
  const query = new Map<string, string>();
  for (const [name, value] of pairs) if (!query.has(name)) query.set(name, value);

  const name = host.replace(/:\d*$/, "").toLowerCase();
  const suffix = hostSuffixes.find((candidate) => name.endsWith(`.${candidate}`));
  let bucket: string | undefined;
  let key: string;
  if (suffix !== undefined) {
    bucket = name.slice(0, -suffix.length - 1);
    key = decodedPath.slice(1);
  } else {
    const slash = decodedPath.indexOf("/", 1);
    bucket = (slash < 0 ? decodedPath.slice(1) : decodedPath.slice(1, slash)) || undefined;
    key = slash < 0 ? "" : decodedPath.slice(slash + 1);
  }
  if (Buffer.byteLength(key) > 1024) {
    throw new S3Error("KeyTooLongError", undefined, {
      fields: { Size: Buffer.byteLength(key), MaxSizeAllowed: 1024 },
    });
  }
  return { bucket, key, rawPath, decodedPath, rawQuery, pairs, query };
}

function parseQuery(raw: string): [string, string][] {
  if (raw === "") return [];
  return raw
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const equals = part.indexOf("=");
      const name = equals < 0 ? part : part.slice(0, equals);
      const value = equals < 0 ? "" : part.slice(equals + 1);
      // In a query, unlike in a path, `+` is a space (measured: signers built on URLSearchParams rely on it).
      return [decode(name.replaceAll("+", " ")), decode(value.replaceAll("+", " "))];
    });
}

function decode(raw: string): string {
  // Node hands bytes over 0x7f through as latin1 characters.
  const text = /[\u0080-\u00ff]/.test(raw) ? Buffer.from(raw, "latin1").toString("utf8") : raw;
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI", undefined, { fields: { URI: raw } });
  }
}

const SECRET = /(^|&)(X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId)=[^&]*/gi;

/** The query fit for a log. */
export function redactQuery(raw: string): string {
  return raw.replace(SECRET, "$1$2=-");
}
