/**
 * From a key to a URL path, by one rule for every store and the signer (docs/design/object-storage.md §2).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

const utf8 = new TextEncoder();
/** Longest key S3 takes. */
const maxKeyBytes = 1024;
const loneSurrogate = /\p{Surrogate}/u;
/** What most keys of chunks are: nothing to encode, and no segment that begins with a dot. */
const plainKey = /^[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*$/;

/** Percent-encodes all but `A-Z a-z 0-9 - . _ ~`; also for query values. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The key as a URL path, without a leading slash of its own. Empty segments stay: `a//b`, `/a` and `a/` are other keys
 * than `a/b` and `a`.
 *
 * @throws ReaderError `config` for keys a URL cannot carry: empty, too long, broken Unicode, or with a `.` or `..`
 *   segment, which URL parsers resolve so that another object would be read
 */
export function encodeKey(key: string): string {
  if (key.length <= maxKeyBytes && plainKey.test(key)) return key;
  if (key === "") throw refuse(key, "it is empty");
  if (loneSurrogate.test(key)) throw refuse(key, "it holds half of a surrogate pair");
  const segments = key.split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) {
    throw refuse(key, 'it has a "." or ".." segment, which URLs resolve to another key');
  }
  if (utf8.encode(key).length > maxKeyBytes) throw refuse(key, `it is longer than ${maxKeyBytes} bytes`);
  return segments.map(encodeSegment).join("/");
}

function refuse(key: string, why: string): ReaderError {
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  return new ReaderError("config", `Key "${shown}" cannot be read: ${why}.`);
}
