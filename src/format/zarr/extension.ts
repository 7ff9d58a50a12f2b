/**
 * Extension points of Zarr v3: a name, or an object of a name and its configuration; and the rule for keys that a
 * reader does not know (https://zarr-specs.readthedocs.io/en/latest/v3/core/ §"Extension points", `must_understand`).
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.js";

export interface NamedConfiguration {
  readonly name: string;
  readonly configuration: JsonObject;
}

/**
 * Reads an extension in either form.
 *
 * @param what names the extension point in the message: `chunk_grid`, `codecs[2]`
 * @throws ReaderError `invalid-metadata` when it is neither a name nor an object with one
 */
export function parseExtension(
  value: JsonValue | undefined,
  what: string,
  where: string,
): NamedConfiguration {
  if (typeof value === "string") return { name: value, configuration: {} };
  if (isJsonObject(value) && typeof value.name === "string") {
    const { configuration } = value;
    if (configuration === undefined || isJsonObject(configuration)) {
      return { name: value.name, configuration: configuration ?? {} };
    }
  }
  throw new ReaderError(
    "invalid-metadata",
    `${where}: ${what} should be a name, or an object with "name" and "configuration", found ${show(value)}.`,
    { detail: { key: where } },
  );
}

/**
 * Refuses keys that are not known and do not say `must_understand: false`.
 *
 * @throws ReaderError `unsupported` naming the keys
 */
export function refuseUnknownKeys(document: JsonObject, known: ReadonlySet<string>, where: string): void {
  const unknown = Object.entries(document).filter(
    ([key, value]) => !known.has(key) && !(isJsonObject(value) && value.must_understand === false),
  );
  if (unknown.length === 0) return;
  throw new ReaderError(
    "unsupported",
    `${where} needs extensions that this reader does not know: ${unknown.map(([key]) => `"${key}"`).join(", ")}.`,
    { hint: "Reading on would risk wrong values.", detail: { key: where } },
  );
}

/** A JSON value for a message, cut short. */
export function show(value: JsonValue | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 80);
}
