/**
 * Checked access to parsed JSON: every failure names the document and the JSON path.
 *
 * @module
 */
import { ReaderError } from "./error.js";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Tells a JSON object from arrays, scalars and null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses UTF-8 bytes as a JSON object. `NaN`, `Infinity` and `-Infinity` outside strings, which Python writes into
 * Zarr v2 metadata and attributes, become the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
 *
 * @param where names the document in the error message, a key as a rule
 * @throws ReaderError `invalid-metadata` when the bytes are not UTF-8, not JSON, or not an object
 */
export function parseJsonObject(bytes: Uint8Array, where: string): JsonObject {
  let value: unknown;
  try {
    const text = utf8.decode(bytes);
    try {
      value = JSON.parse(text);
    } catch {
      value = JSON.parse(quoteNonFinite(text));
    }
  } catch (cause) {
    throw new ReaderError(
      "invalid-metadata",
      `${where} is not valid JSON: ${String((cause as Error).message)}`,
      {
        detail: { key: where },
        cause,
      },
    );
  }
  if (!isJsonObject(value)) throw invalid(where, "$", "an object", value as JsonValue);
  if (!isDeeper(bytes, maxDepth)) return value;
  throw new ReaderError("limit-exceeded", `${where} nests values more than ${maxDepth} deep.`, {
    detail: { key: where },
  });
}

/** Whoever walks a document uses the stack, which much deeper ones would overflow; none that was seen is a tenth as deep. */
const maxDepth = 500;

/** Tells whether brackets of JSON, those in strings left out, are open at more than a depth at once. */
function isDeeper(json: Uint8Array, limit: number): boolean {
  const [quote, backslash] = [0x22, 0x5c];
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (isText) {
      if (byte === backslash) at++;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    // `[` and `{`, `]` and `}` differ in one bit.
    else if ((byte | 0x20) === 0x7b && ++depth > limit) return true;
    else if ((byte | 0x20) === 0x7d) depth--;
  }
  return false;
}

/** Quotes bare non-finite numbers; strings are matched first, so their content is left alone. */
function quoteNonFinite(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}

/** A JSON object with the path that led to it, so that each checked read can name its place. */
export class JsonReader {
  readonly value: JsonObject;
  readonly where: string;
  readonly path: string;

  constructor(value: JsonObject, where: string, path = "$") {
    this.value = value;
    this.where = where;
    this.path = path;
  }

  has(key: string): boolean {
    return this.value[key] !== undefined;
  }

  raw(key: string): JsonValue | undefined {
    return this.value[key];
  }

  string(key: string): string {
    const value = this.value[key];
    return typeof value === "string" ? value : this.#fail(key, "a string", value);
  }

  number(key: string): number {
    const value = this.value[key];
    return typeof value === "number" ? value : this.#fail(key, "a number", value);
  }

  object(key: string): JsonReader {
    const value = this.value[key];
    return isJsonObject(value)
      ? new JsonReader(value, this.where, `${this.path}.${key}`)
      : this.#fail(key, "an object", value);
  }

  array(key: string): readonly JsonValue[] {
    const value = this.value[key];
    return Array.isArray(value) ? (value as readonly JsonValue[]) : this.#fail(key, "an array", value);
  }

  strings(key: string): readonly string[] {
    const values = this.array(key);
    return values.every((item) => typeof item === "string")
      ? (values as readonly string[])
      : this.#fail(key, "an array of strings", values);
  }

  numbers(key: string): readonly number[] {
    const values = this.array(key);
    return values.every((item) => typeof item === "number")
      ? (values as readonly number[])
      : this.#fail(key, "an array of numbers", values);
  }

  /** Non-negative safe integers, such as a shape. */
  sizes(key: string): readonly number[] {
    const values = this.numbers(key);
    return values.every((item) => Number.isSafeInteger(item) && item >= 0)
      ? values
      : this.#fail(key, "an array of non-negative integers", values);
  }

  /** Applies a checked read only when the key is there. */
  optional<T>(key: string, read: (self: JsonReader) => T): T | undefined {
    const value = this.value[key];
    return value === undefined || value === null ? undefined : read(this);
  }

  #fail(key: string, wanted: string, found: JsonValue | undefined): never {
    throw invalid(this.where, `${this.path}.${key}`, wanted, found);
  }
}

function invalid(where: string, path: string, wanted: string, found: JsonValue | undefined): ReaderError {
  const shown = found === undefined ? "nothing" : JSON.stringify(found).slice(0, 80);
  return new ReaderError("invalid-metadata", `${where}: ${path} should be ${wanted}, found ${shown}`, {
    detail: { key: where },
  });
}
