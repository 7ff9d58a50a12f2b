/**
 * Refuses options of `open` that can mean nothing: what is passed over would change what is opened, or how safely.
 *
 * @module
 */
import { ReaderError } from "./core/error.js";
import type { DiagnoseOptions } from "./diagnose.js";
import type { OpenOptions } from "./open.js";
import type { CacheOptions } from "./store/storage-options.js";
import { ByteCache } from "./store/with-byte-cache.js";

const isAmount = (value: unknown): boolean => typeof value === "number" && value >= 0;
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
/** Bytes, or a cache of the user's. */
const isSize = (value: unknown): boolean => isAmount(value) || value instanceof ByteCache;
const isFunction = (value: unknown): boolean => typeof value === "function";
/** No `Headers` either, of which nothing would be sent. */
const areHeaders = (value: unknown): boolean => {
  if (!isObject(value) || Symbol.iterator in (value as object)) return false;
  try {
    new Headers(value as HeadersInit);
    return true;
  } catch {
    return false;
  }
};

const oneOf = (...words: (string | boolean)[]): Shape => [
  words.map((word) => JSON.stringify(word)).join(" or "),
  (value) => words.includes(value as string),
];

/** What a value must be: in words, and as a test. */
type Shape = readonly [what: string, fits: (value: unknown) => boolean];

const shapes: { readonly [K in keyof OpenOptions]?: Shape } = {
  addressing: oneOf("path", "virtual"),
  fetchIn: oneOf("worker", "page"),
  gcsApi: oneOf("xml", "json"),
  memory: oneOf("shared", "transferable"),
  untrusted: oneOf(true, false),
  cache: [
    "a number of bytes, a cache, or { bytes, persist }",
    (value) => isSize(value) || (isObject(value) && isSize((value as CacheOptions).bytes ?? 0)),
  ],
  pool: [
    "a pool, a number of workers, or 0 for none",
    (value) =>
      isObject(value)
        ? isFunction((value as { run: unknown }).run)
        : isAmount(value) && Number(value) % 1 === 0,
  ],
  signal: ["an AbortSignal", (value) => isObject(value) && "aborted" in (value as object)],
  createWorker: ["a function", isFunction],
  fetch: ["a function", isFunction],
  onDiagnostic: ["a function", isFunction],
  onProgress: ["a function", isFunction],
  listing: ["a URL, a key, or what lists keys", (value) => typeof value === "string" || isObject(value)],
  headers: ["an object of names and Latin-1 values", areHeaders],
  remotes: ["an object", isObject],
};

/** @throws ReaderError `config` naming the option, and what it should be */
export function checkOpenOptions(options: OpenOptions | DiagnoseOptions): void {
  if (!isObject(options)) throw config("The options of open", "an object", options);
  for (const [name, shape] of Object.entries(shapes)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && !shape[1](value)) throw config(`The option ${name}`, shape[0], value);
  }
}

function config(what: string, wanted: string, found: unknown): ReaderError {
  return new ReaderError("config", `${what} should be ${wanted}, found ${String(found)}.`);
}
