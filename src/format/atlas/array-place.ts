/**
 * Where one array of one dataset is, and what the metadata declare of it.
 *
 * @module
 */
import type { DataType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { ArrayLayout, ArraySchema, AtlasStore } from "./schema.js";
import { dataTypeOf } from "./types.js";

/** What an array is opened from. */
export interface ArrayPlace {
  readonly dataset: string;
  readonly array: string;
  readonly schema: ArraySchema;
  readonly store: AtlasStore;
}

/** The name of its source. */
export function placeName({ dataset, array }: Pick<ArrayPlace, "dataset" | "array">): string {
  return `${dataset}/${array}`;
}

/** @throws ReaderError `unsupported` for types that are not read */
export function placeType(place: Pick<ArrayPlace, "dataset" | "array" | "schema">): DataType {
  const dtype = dataTypeOf(place.schema.type);
  if (dtype !== undefined) return dtype;
  throw new ReaderError(
    "unsupported",
    `Array ${placeName(place)} is of the type ${place.schema.type}, which is not read.`,
  );
}

/** The unit of values whose type has one. */
export function typeUnit({ type }: ArraySchema): { readonly unit?: string } {
  return type === "timestamp_nanoseconds" ? { unit: "nanoseconds since 1970-01-01T00:00:00Z" } : {};
}

/** As many names as axes: where the writer gave another number, array files count them too. */
export function dimensionsOf({ shape, dimensions }: ArrayLayout): readonly string[] {
  return dimensions.length === shape.length ? dimensions : shape.map((_, axis) => `dim${axis}`);
}
