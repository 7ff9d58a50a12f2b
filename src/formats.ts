/**
 * The formats `open` knows: how each is detected, and where its code is loaded from when it is needed.
 *
 * @module
 */

import type { Dataset } from "./core/dataset.js";
import type { AbsolutePath } from "./core/plan.js";
import type { FormatContext } from "./engine/engine.js";

export type FormatId = "zarr" | "zarr-vectors" | "tiledb" | "atlas";

export interface FormatEntry {
  readonly id: FormatId;
  /** Names of places that this format very likely lies at: its markers are asked for first, and its code is fetched meanwhile. */
  readonly names?: RegExp;
  /** Keys that tell the format; each is probed once, however many formats name it. */
  readonly markers: readonly AbsolutePath[];
  /** Those of the markers that may be of any size: their first bytes tell. */
  readonly large?: readonly AbsolutePath[];
  /** Folders that tell it where no marker does; they are looked for only in stores that can list. */
  readonly folders?: readonly AbsolutePath[];
  /** Keys that are looked for only when nothing else told a format. */
  readonly seldomMarkers?: readonly AbsolutePath[];
  /** Whether a marker's bytes are this format's. */
  matches(marker: AbsolutePath, bytes: Uint8Array): boolean;
  load(): Promise<(context: FormatContext) => Promise<Dataset>>;
}

/** `attributes.zarr_vectors` in a root `zarr.json`; a byte search keeps the parser out of the front door. */
function holdsZarrVectors(bytes: Uint8Array): boolean {
  return /"zarr_vectors"\s*:\s*\{/.test(new TextDecoder().decode(bytes));
}

/** Every Zarr document says its version; a server's HTML page under the same name does not. */
function holdsZarr(bytes: Uint8Array): boolean {
  return /"zarr_(?:consolidated_)?format"\s*:/.test(new TextDecoder().decode(bytes));
}

/** A server's HTML page under the same name is neither a container nor text with datasets, nor compressed. */
function holdsAtlas(marker: AbsolutePath, bytes: Uint8Array): boolean {
  if (/json$|data/.test(marker)) return /^ATLS|"datasets"\s*:/.test(new TextDecoder().decode(bytes));
  return bytes.length > 0 && bytes[0] !== 0x3c;
}

/** In order of precedence: the more special format first. */
export const formats: readonly FormatEntry[] = [
  {
    id: "zarr-vectors",
    names: /\.zarrvectors\/*$/i,
    markers: ["/zarr.json"],
    matches: (_marker, bytes) => holdsZarrVectors(bytes),
    load: async () => (await import("./format/zarr-vectors/open.js")).openZarrVectors,
  },
  {
    id: "zarr",
    names: /\.zarr\/*$/i,
    markers: ["/zarr.json", "/.zmetadata", "/.zarray", "/.zgroup"],
    matches: (_marker, bytes) => holdsZarr(bytes),
    load: async () => (await import("./format/zarr/open.js")).openZarr,
  },
  {
    id: "tiledb",
    names: /\.(tdb|tiledb)\/*$/i,
    markers: ["/__array_schema.tdb"],
    folders: ["/__schema/", "/__group/"],
    // A group without members has no folder.
    seldomMarkers: ["/__tiledb_group.tdb"],
    matches: () => true,
    load: async () => (await import("./format/tiledb/open.js")).openTileDB,
  },
  {
    id: "atlas",
    names: /\.atlas\/*$/i,
    markers: ["/data.atlas", "/atlas.json"],
    large: ["/data.atlas"],
    seldomMarkers: [
      "/atlas.json.zst",
      "/atlas.json.lz4",
      "/atlas.msgpack",
      "/atlas.msgpack.zst",
      "/atlas.msgpack.lz4",
    ],
    matches: holdsAtlas,
    load: async () => (await import("./format/atlas/open.js")).openAtlas,
  },
];
