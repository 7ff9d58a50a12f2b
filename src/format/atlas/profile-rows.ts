/**
 * What profiles are made of, and which arrays of a dataset are columns of its rows: those along the dimension of its levels, and those with a single value.
 *
 * @module
 */
import { isRagged } from "../../core/dtype.js";
import type { FieldInfo } from "../../core/source.js";
import type { Engine } from "../../engine/engine.js";
import { dimensionsOf } from "./array-place.js";
import type { ArrayLayout, ArraySchema, AtlasStore } from "./schema.js";
import { dataTypeOf } from "./types.js";

/** The field that tells the dataset of a row. */
export const datasetField = "dataset";

/** What the profiles of a store are made of. */
export interface Profiles {
  readonly store: AtlasStore;
  readonly engine: Engine;
  /** Names of the arrays that make up positions where a query names none; longitude, latitude, and depth if there is one. */
  readonly positions: readonly string[];
  /** Arrays with a value per level or per dataset, positions among them, and the name of the dataset. */
  readonly columns: ReadonlyMap<string, FieldInfo>;
}

/** `undefined` for arrays that a dataset does not have, or of which nothing is known yet. */
export type LayoutOf = (array: string) => ArrayLayout | undefined;

/** `line`: one value per row. `single`: one value for all rows. */
export type ColumnKind = "line" | "single";

/** The rows of one dataset. */
export interface DatasetRows {
  readonly count: number;
  /** `undefined` for arrays that are no column. */
  kindOf(array: string): ColumnKind | undefined;
}

/** The axis that an array runs along; the others have length 1. `undefined` for a single value. */
interface Line {
  readonly dimension: string;
  readonly length: number;
}

export function isNumeric({ type }: ArraySchema): boolean {
  const dtype = dataTypeOf(type);
  return dtype !== undefined && !isRagged(dtype);
}

/** The arrays that may tell rows: text runs along dimensions of its own, often. */
export function* numericNames(arrays: ReadonlyMap<string, ArraySchema>): Generator<string> {
  for (const [name, schema] of arrays) if (isNumeric(schema)) yield name;
}

/**
 * The rows of a dataset: along the dimension of the first of its positions that has more than one value, else along the only
 * one that its arrays with one dimension have.
 *
 * @param arrays of numbers
 * @returns `undefined` where positions run along several dimensions, as those of a grid do, or along none of several
 */
export function rowsOf(
  arrays: Iterable<string>,
  layoutOf: LayoutOf,
  positions: readonly string[],
): DatasetRows | undefined {
  const linesOf = (names: readonly string[]): Map<string, Line> => {
    const lines = names.flatMap((name) => {
      const layout = layoutOf(name);
      const line = layout === undefined ? undefined : shapeOf(layout);
      return typeof line === "object" ? [line] : [];
    });
    return new Map(lines.map((line) => [`${line.dimension} ${line.length}`, line]));
  };
  const isBlock = positions.some((name) => {
    const layout = layoutOf(name);
    return layout !== undefined && shapeOf(layout) === "block";
  });
  const along = linesOf(positions);
  const all = along.size > 0 ? along : linesOf([...arrays]);
  if (isBlock || all.size > 1) return undefined;
  const [rows] = all.values();
  return {
    count: rows?.length ?? 1,
    kindOf(name) {
      const layout = layoutOf(name);
      const shape = layout && shapeOf(layout);
      if (shape === "single") return "single";
      if (typeof shape !== "object") return undefined;
      return shape.dimension === rows?.dimension && shape.length === rows.length ? "line" : undefined;
    },
  };
}

function shapeOf(layout: ArrayLayout): Line | "single" | "block" {
  const { shape } = layout;
  const long = shape.flatMap((extent, axis) => (extent === 1 ? [] : [axis]));
  const [axis] = long;
  if (axis === undefined) return "single";
  if (long.length > 1) return "block";
  return { dimension: dimensionsOf(layout)[axis]!, length: shape[axis]! };
}
