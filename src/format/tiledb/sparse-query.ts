/**
 * What a query of a sparse array names: positions, fields and intervals, resolved against its schema.
 *
 * @module
 */
import {
  bboxAxis,
  bboxDims,
  checkBbox,
  type Interval,
  type NumberInterval,
  numberInterval,
  polygonBox,
} from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";
import type { FieldInfo, PointQuery } from "../../core/source.js";
import { fieldType } from "./field-tiles.js";
import { type ArraySchema, allFields, type Field, variable } from "./schema.js";
import { timeInterval } from "./times.js";

/** Names of dimensions that span a space, in the order of its axes. */
const spatialNames = [
  ["x", "lon", "longitude", "easting"],
  ["y", "lat", "latitude", "northing"],
  ["z", "height", "elevation", "altitude"],
];

/** A query in terms of the schema. */
export interface SparseQuery {
  /** The two or three fields that make up positions. */
  readonly positions: readonly Field[];
  readonly fields: readonly Field[];
  /** Closed interval per field that is bounded. */
  readonly intervals: ReadonlyMap<Field, NumberInterval>;
}

/**
 * The fields of positions where a query names none: dimensions with the names of axes, or attributes, else the first two or
 * three dimensions that are numbers.
 */
export function spatialFields(schema: ArraySchema): readonly Field[] {
  for (const fields of [schema.dimensions, schema.attributes]) {
    const named = spatialNames.flatMap((names) => {
      const found = fields.find((field) => names.includes(field.name.toLowerCase()) && isNumber(field));
      return found === undefined ? [] : [found];
    });
    // A height beside two dimensions of another type is a field like any other.
    if (named.length >= 2) return named.filter(({ type }) => type === named[0]!.type);
  }
  return schema.dimensions.filter(isNumber).slice(0, 3);
}

function isNumber({ type, valuesPerCell }: Field): boolean {
  return type.text === undefined && type.kind !== "datetime" && valuesPerCell === 1;
}

/** @throws ReaderError `invalid-query` naming what does not fit */
export function resolveQuery(schema: ArraySchema, query: PointQuery): SparseQuery {
  const positions =
    query.positions === undefined
      ? spatialFields(schema)
      : query.positions.map((name) => findField(schema, "positions", name));
  if (positions.length < 2 || positions.length > 3 || new Set(positions).size < positions.length) {
    throw new ReaderError("invalid-query", "positions must name two or three fields of the array.", {
      hint: `It has ${fieldNames(schema)}.`,
    });
  }
  const first = positions[0]!.type;
  for (const { name, type, valuesPerCell } of positions) {
    if (type.text !== undefined || valuesPerCell !== 1 || type.dtype !== first.dtype) {
      throw new ReaderError(
        "invalid-query",
        `positions: ${name} is ${type.name}, and all must be numbers of one type.`,
      );
    }
  }
  const fields =
    query.fields === undefined
      ? allFields(schema).filter((field) => !positions.includes(field))
      : query.fields.map((name) => findField(schema, "fields", name));
  return { positions, fields, intervals: intervalsOf(schema, positions, query) };
}

function intervalsOf(
  schema: ArraySchema,
  positions: readonly Field[],
  query: PointQuery,
): ReadonlyMap<Field, NumberInterval> {
  const intervals = new Map<Field, NumberInterval>();
  const narrow = (field: Field, [min, max]: NumberInterval): void => {
    const [low, high] = intervals.get(field) ?? [min, max];
    intervals.set(field, [low > min ? low : min, high < max ? high : max]);
  };
  for (const box of [query.bbox, query.polygon && polygonBox(query.polygon)]) {
    if (box === undefined) continue;
    const dims = bboxDims(checkBbox(box));
    if (dims > positions.length) {
      throw new ReaderError(
        "invalid-query",
        `bbox has ${dims} dimensions, the positions have ${positions.length}.`,
        {
          hint: "Name a third field in `positions`, or bound it in `ranges`.",
        },
      );
    }
    for (let axis = 0; axis < dims; axis++) narrow(positions[axis]!, bboxAxis(box, axis));
  }
  for (const [name, range] of Object.entries(query.ranges ?? {})) {
    const field = findField(schema, "ranges", name);
    narrow(field, rangeOf(field, range));
  }
  return intervals;
}

function rangeOf(field: Field, range: Interval): NumberInterval {
  const { name, type, valuesPerCell } = field;
  if (type.kind === "datetime") return timeInterval(name, range, type);
  if (type.text !== undefined || valuesPerCell !== 1) {
    throw new ReaderError("invalid-query", `ranges.${name}: only fields of one number a row have ranges.`);
  }
  return numberInterval(name, range);
}

function findField(schema: ArraySchema, where: string, name: string): Field {
  const found = allFields(schema).find((field) => field.name === name);
  if (found !== undefined) return found;
  throw new ReaderError(
    "invalid-query",
    `${where}: there is no field "${name}". There is ${fieldNames(schema)}.`,
  );
}

function fieldNames(schema: ArraySchema): string {
  return allFields(schema)
    .map(({ name }) => name)
    .join(", ");
}

/** What users are told of a field; `categories` are the values of its enumeration. */
export function fieldInfo(field: Field, categories?: readonly string[]): FieldInfo {
  const { name, type, valuesPerCell } = field;
  return {
    name,
    dtype: fieldType(field),
    width: valuesPerCell === variable ? 1 : valuesPerCell,
    ...(type.unit === undefined ? {} : { unit: type.unit }),
    ...(categories === undefined ? {} : { categories }),
  };
}
