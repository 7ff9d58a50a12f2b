/**
 * What a query names of objects, and what of vertices: fields and ranges go to whichever has them.
 *
 * @module
 */

import { ReaderError } from "../../core/error.js";
import type { ReadMeter } from "../../core/progress.js";
import type { NetworkQuery, PointQuery } from "../../core/source.js";
import type { Attribute } from "./fields.js";
import type { Level } from "./levels.js";
import type { ObjectColumn } from "./object-columns.js";
import { rangeOf } from "./row-type.js";

export interface ObjectFilter {
  readonly column: ObjectColumn;
  /** 1 for the rows to keep. */
  keep(rows: Uint32Array, signal?: AbortSignal, meter?: ReadMeter): Promise<Uint8Array>;
}

export interface ObjectPlan {
  /** What is left for vertices. */
  readonly vertexQuery: PointQuery;
  /** Of the fields that are none of vertices, for messages. */
  readonly otherNames: readonly string[];
  readonly columns: readonly ObjectColumn[];
  /** Attributes of fragments, which vertices get. */
  readonly fragmentColumns: readonly Attribute[];
  readonly filters: readonly ObjectFilter[];
}

/**
 * Divides a query. A name that objects and vertices both have is returned of both, and a range on it is one on objects.
 *
 * @throws ReaderError `invalid-query` naming the field that neither has
 */
export async function planObjects(
  level: Level,
  objectColumns: ReadonlyMap<string, ObjectColumn>,
  query: NetworkQuery,
): Promise<ObjectPlan> {
  const { fields, ranges = {}, bbox, polygon, positions } = query;
  const ofFragments = await level.fragmentAttributes();
  const isVertexName = (name: string): boolean =>
    level.attributes.has(name) || level.container.root.axes.some((axis) => axis.name === name);
  const isOther = (name: string): boolean => objectColumns.has(name) || ofFragments.has(name);
  const vertexFields = fields?.filter((name) => isVertexName(name) || !isOther(name));
  const chosen = <C>(columns: ReadonlyMap<string, C>): C[] =>
    fields === undefined ? [...columns.values()] : fields.flatMap((name) => columns.get(name) ?? []);
  const filters: ObjectFilter[] = [];
  const vertexRanges: Record<string, (typeof ranges)[string]> = {};
  for (const [name, range] of Object.entries(ranges)) {
    const column = objectColumns.get(name);
    if (ofFragments.has(name)) {
      throw new ReaderError(
        "invalid-query",
        `ranges.${name}: it is of fragments, which cannot be filtered.`,
        {
          hint: "Read the field, and choose among the vertices.",
        },
      );
    }
    if (column === undefined) {
      vertexRanges[name] = range;
      continue;
    }
    if ((column.info.width ?? 1) > 1) {
      throw new ReaderError("invalid-query", `ranges.${name}: the field has several values per object.`);
    }
    const [min, max] = rangeOf(column.info, range);
    filters.push({
      column,
      async keep(rows, signal, meter) {
        const { values, validity } = await column.read(rows, signal, meter);
        return Uint8Array.from(rows, (_, index) => {
          const value = values[index]!;
          return validity?.[index] !== 0 && value >= min && value <= max ? 1 : 0;
        });
      },
    });
  }
  return {
    vertexQuery: {
      ...(bbox === undefined ? {} : { bbox }),
      ...(polygon === undefined ? {} : { polygon }),
      ...(positions === undefined ? {} : { positions }),
      ...(vertexFields === undefined ? {} : { fields: vertexFields }),
      ranges: vertexRanges,
    },
    otherNames: [...objectColumns.keys(), ...ofFragments.keys()],
    columns: chosen(objectColumns),
    fragmentColumns: chosen(ofFragments),
    filters,
  };
}
