/**
 * One model of an array and a group for both versions of the format; `metadata-v2.ts` and `metadata-v3.ts` fill it.
 *
 * @module
 */
import type { CodecRegistry } from "../../codec/registry.js";
import type { DataType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonObject, JsonValue } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import type { AxisChunks } from "../../engine/chunk-grid.js";
import type { ChunkKeyEncoding } from "./chunk-key.js";

export interface GroupMetadata {
  readonly kind: "group";
  readonly zarrFormat: 2 | 3;
  readonly attributes: JsonObject;
  /** Inline consolidated metadata of v3, still as JSON. */
  readonly consolidated?: JsonValue;
}

export interface ArrayMetadata {
  readonly kind: "array";
  readonly zarrFormat: 2 | 3;
  readonly shape: readonly number[];
  /** Smaller than `shape` where the last chunks of an axis were never written. */
  readonly storedShape?: readonly number[];
  /** What results hold. */
  readonly dtype: DataType;
  /** Steps from there to what the codecs of a chunk produce, in encoding order: text of a fixed length, a field of records. */
  readonly itemCodecs: readonly CodecSpec[];
  /** What codecs are looked up in: the usual ones, and those loaded for this array. */
  readonly registry: CodecRegistry;
  /** Of dates and times, whose type has one. */
  readonly unit?: string;
  /** Of records, which are read field by field. */
  readonly fields?: readonly { readonly name: string; readonly array: ArrayMetadata }[];
  /** One item in little-endian bytes, text as UTF-8. */
  readonly fill: Uint8Array;
  /** v2: the metadata names a fill value, which then marks missing values too. */
  readonly hasFill?: boolean;
  /** Shape of the chunks as they are stored: of shards where the array is sharded. Of the largest where lengths differ. */
  readonly chunkShape: readonly number[];
  /** Of a grid whose chunks differ in length; absent: all have `chunkShape`. */
  readonly chunkGrid?: readonly AxisChunks[];
  readonly chunkKeys: ChunkKeyEncoding;
  /** Of a stored chunk, in encoding order, names checked; v2 filters and compressors in v3 words. */
  readonly codecs: readonly CodecSpec[];
  /** One per axis; absent where an axis has no name. */
  readonly dimensionNames: readonly (string | undefined)[];
  readonly attributes: JsonObject;
}

export type NodeMetadata = GroupMetadata | ArrayMetadata;

/**
 * Checks the chunk shape against the array's; what a chunk takes is checked with its layout.
 *
 * @throws ReaderError `invalid-metadata`
 */
export function checkChunkShape(
  chunkShape: readonly number[],
  shape: readonly number[],
  where: string,
): readonly number[] {
  if (chunkShape.length !== shape.length) {
    throw new ReaderError(
      "invalid-metadata",
      `${where}: the chunks have ${chunkShape.length} axes, the array has ${shape.length}.`,
      { detail: { key: where } },
    );
  }
  // Empty axes are written with chunks of length zero by some v2 writers; there is nothing to read on them.
  const sizes = chunkShape.map((size, axis) => (size === 0 && shape[axis] === 0 ? 1 : size));
  const bad = sizes.findIndex((size) => size < 1);
  if (bad >= 0) {
    throw new ReaderError(
      "invalid-metadata",
      `${where}: the chunk length on axis ${bad} is ${sizes[bad]}; it must be at least 1.`,
      { detail: { key: where } },
    );
  }
  return sizes;
}

/** Dimension names in the manner of xarray: an attribute with one string per axis. */
export function arrayDimensions(
  attributes: JsonObject,
  rank: number,
): readonly (string | undefined)[] | undefined {
  const names = attributes._ARRAY_DIMENSIONS;
  if (!Array.isArray(names) || names.length !== rank) return undefined;
  return names.map((name) => (typeof name === "string" ? name : undefined));
}
