/**
 * One array of one dataset as a grid.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { type DataType, isRagged } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
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
import { findEntry, type Layer, type LayeredEntry } from "./layers.js";
import type { ArraySchema } from "./metadata.js";
import { planArray } from "./plan-array.js";
import { dataTypeOf, isType } from "./types.js";

/** What an array is opened from. */
export interface ArrayPlace {
  readonly dataset: string;
  readonly array: string;
  readonly schema: ArraySchema;
  /** The files of the array name, which datasets share. */
  readonly layers: () => Promise<readonly Layer[]>;
}

/** @throws ReaderError `unsupported` for types that are not read */
export function createArraySource(place: ArrayPlace, engine: Engine): GridSource {
  const { dataset, array, schema } = place;
  const name = `${dataset}/${array}`;
  const dtype = dataTypeOf(schema.type);
  if (dtype === undefined) {
    throw new ReaderError("unsupported", `Array ${name} is of the type ${schema.type}, which is not read.`);
  }
  const dimensions = dimensionsOf(schema);
  const planRead = async (selection: GridSelection, options: QueryOptions): Promise<Plan> => {
    const resolved = resolveSelection(selection, schema.shape, dimensions);
    const layered = await entryOf(place, name, options.signal);
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

async function entryOf(
  { dataset, array, schema, layers }: ArrayPlace,
  name: string,
  signal: AbortSignal | undefined,
): Promise<LayeredEntry> {
  const layered = findEntry(await raceAbort(layers(), signal), dataset);
  if (layered === undefined) {
    throw new ReaderError("corrupt", `The metadata list ${name}, but no file of ${array} has it.`, {
      hint: "The store may be uploaded in part, or be written to at this moment; open it again.",
    });
  }
  const { type, shape, chunkShape } = layered.entry;
  const isSame =
    isType(type, schema.type) &&
    shape.join() === schema.shape.join() &&
    chunkShape.join() === schema.chunkShape.join();
  if (isSame) return layered;
  throw new ReaderError(
    "corrupt",
    `${name} is ${schema.type} [${schema.shape.join()}] in chunks of [${schema.chunkShape.join()}] in the metadata, but not in its file.`,
    { hint: "The store may be written to at this moment; open it again." },
  );
}

/** As many names as axes: where the writer gave another number, array files count them too. */
function dimensionsOf({ shape, dimensions }: ArraySchema): readonly string[] {
  return dimensions.length === shape.length ? dimensions : shape.map((_, axis) => `dim${axis}`);
}

function infoOf(
  name: string,
  dtype: DataType,
  dimensions: readonly string[],
  schema: ArraySchema,
): SourceInfo {
  const { shape, chunkShape, type } = schema;
  const unit = type === "timestamp_nanoseconds" ? { unit: "nanoseconds since 1970-01-01T00:00:00Z" } : {};
  return {
    name,
    role: "data",
    dimensions,
    fields: [{ name, dtype, ...(isRagged(dtype) ? {} : { width: 1 }), ...unit }],
    levels: [{ level: 0, shape }],
    shape,
    chunkShape,
    dtype,
    attributes: {},
  };
}
