/**
 * One array of one dataset as a grid.
 *
 * @module
 */
import { type DataType, isRagged } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { loadPart } from "../../core/load-part.js";
import type {
  GridQuery,
  GridSelection,
  GridSource,
  Plan,
  QueryOptions,
  SourceInfo,
} from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import { createGridSource } from "../../engine/create-source.js";
import type { Engine } from "../../engine/engine.js";
import { resolveSelection } from "../../engine/selection.js";
import { type ArrayPlace, dimensionsOf, placeName, placeType, typeUnit } from "./array-place.js";
import type { ArraySchema } from "./metadata.js";

/** @throws ReaderError `unsupported` for types that are not read */
export function createArraySource(place: ArrayPlace, engine: Engine): GridSource {
  const { schema } = place;
  const name = placeName(place);
  const dtype = placeType(place);
  const dimensions = dimensionsOf(schema);
  const planRead = async (selection: GridSelection, options: QueryOptions): Promise<Plan> => {
    const resolved = resolveSelection(selection, schema.shape, dimensions);
    const { planArray, readPlace } = await loadPart(import("./plan-array.js"));
    const layered = await readPlace(place, options.signal);
    return planArray({ ...resolved, name, dtype, dimensions, layered }, options);
  };
  const definition = {
    info: infoOf(name, dtype, dimensions, schema),
    plan: async (query: GridQuery, options: QueryOptions) => {
      checkQuery(query, name);
      return planRead([], options);
    },
    planSelection: async (
      selection: GridSelection,
      options: QueryOptions & { readonly level?: number; readonly decode?: "cf" },
    ) => {
      const { level, decode } = options;
      checkQuery({ ...(level !== undefined && { level }), ...(decode !== undefined && { decode }) }, name);
      return planRead(selection, options);
    },
    axes: async (): Promise<readonly Axis[]> =>
      dimensions.map((dimension, axis) => ({
        name: dimension,
        values: Int32Array.from({ length: schema.shape[axis]! }, (_, index) => index),
        labelled: false,
      })),
  };
  return createGridSource(definition, engine);
}

/** Boxes need coordinates, which are arrays of their own here. */
function checkQuery({ bbox, ranges, decode, fields, level = 0 }: GridQuery, name: string): void {
  if (level !== 0) throw new ReaderError("invalid-query", `${name} has no level ${level}; it has level 0.`);
  if (fields !== undefined && (fields.length !== 1 || fields[0] !== name)) {
    throw new ReaderError("invalid-query", `${name} has one field, itself.`);
  }
  const asked = Object.entries({ bbox, ranges, decode }).find(([, value]) => value !== undefined);
  if (asked === undefined) return;
  throw new ReaderError("unsupported", `Grids of ATLAS stores do not know "${asked[0]}" yet.`, {
    hint: "Read by index: source.read([slice(…)]).",
  });
}

function infoOf(
  name: string,
  dtype: DataType,
  dimensions: readonly string[],
  schema: ArraySchema,
): SourceInfo {
  const { shape, chunkShape } = schema;
  return {
    name,
    role: "data",
    dimensions,
    fields: [{ name, dtype, ...(isRagged(dtype) ? {} : { width: 1 }), ...typeUnit(schema) }],
    levels: [{ level: 0, shape }],
    shape,
    chunkShape,
    dtype,
    attributes: {},
  };
}
