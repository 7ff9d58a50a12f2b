/**
 * Where the chunks of an array are stored: chunk coordinates to keys.
 * Zarr v3, "chunk key encoding" (https://zarr-specs.readthedocs.io/en/latest/v3/chunk-key-encodings/), and the v2 rule.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { NamedConfiguration } from "./extension.js";

export interface ChunkKeyEncoding {
  readonly name: "default" | "v2";
  readonly separator: "/" | ".";
}

/** The key of a node's own object: below the store's root, whatever the node is called. */
export function nodeKey(root: AbsolutePath, path: string, name: string): AbsolutePath {
  const base = root === "/" ? "" : root;
  return `${base}/${path === "" ? "" : `${path}/`}${name}` as AbsolutePath;
}

/** The key of one chunk relative to its array: `c/0/1` in v3, `0.1` in v2; a scalar's is `c` or `0`. */
export function chunkName(encoding: ChunkKeyEncoding, coordinates: readonly number[]): string {
  if (encoding.name === "default") return ["c", ...coordinates].join(encoding.separator);
  return coordinates.length === 0 ? "0" : coordinates.join(encoding.separator);
}

/**
 * Reads `chunk_key_encoding` of a v3 array.
 *
 * @throws ReaderError `unsupported` for an encoding other than `default` and `v2`, `invalid-metadata` for a bad separator
 */
export function parseChunkKeyEncoding(extension: NamedConfiguration, where: string): ChunkKeyEncoding {
  const { name, configuration } = extension;
  if (name !== "default" && name !== "v2") {
    throw new ReaderError("unsupported", `${where}: the chunk key encoding "${name}" is not supported.`, {
      hint: 'Supported are "default" and "v2".',
      detail: { key: where },
    });
  }
  const separator = configuration.separator ?? (name === "default" ? "/" : ".");
  return { name, separator: parseSeparator(separator, where) };
}

/** @throws ReaderError `invalid-metadata` unless the separator is a slash or a dot */
export function parseSeparator(separator: unknown, where: string): "/" | "." {
  if (separator === "/" || separator === ".") return separator;
  throw new ReaderError(
    "invalid-metadata",
    `${where}: the chunk key separator should be "/" or ".", found ${JSON.stringify(separator)}.`,
    { detail: { key: where } },
  );
}
