/**
 * One array of one dataset as a grid.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { type DataType, isRagged } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { loadPart } from "../../core/load-part.js";
import { once } from "../../core/lookahead.js";
import type {
  GridQuery,
  GridReadOptions,
  GridSelection,
  GridSource,
  Plan,
  SourceInfo,
} from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import { createGridSource } from "../../engine/create-source.js";
import type { Engine } from "../../engine/engine.js";
import type { PlanOptions } from "../../engine/planner.js";
import { resolveSelection } from "../../engine/selection.js";
import { type ArrayPlace, dimensionsOf, placeName, placeType, typeUnit } from "./array-place.js";
import type { LayeredEntry } from "./layers.js";
import type { GridUnpacking } from "./packing.js";
import { type ArrayLayout, type ArraySchema, type EntrySettings, entrySettings } from "./schema.js";

/**
 * A grid of one array. Where the metadata do not tell its layout, `info` has it from the first plan, read or `axes()` on.
 *
 * @throws ReaderError `unsupported` for types that are not read
 */
export function createArraySource(place: ArrayPlace, engine: Engine): GridSource {
  const { schema } = place;
  const name = placeName(place);
  const dtype = placeType(place);
  let info = infoOf(name, dtype, schema, schema.layout);
  const readEntry = async (settings: EntrySettings): Promise<LayeredEntry> => {
    const { readPlace } = await loadPart(import("./plan-array.js"));
    const layered = await readPlace(place, settings);
    if (info.shape === undefined) info = infoOf(name, dtype, schema, layered.entry);
    return layered;
  };
  const unpackingOf = async (
    decode: GridQuery["decode"],
    layered: LayeredEntry,
    { signal }: PlanOptions,
  ): Promise<GridUnpacking | undefined> => {
    if (decode === undefined) return undefined;
    const { readUnpacking } = await loadPart(import("./packing.js"));
    return readUnpacking(place, layered, { ...(signal && { signal }) });
  };
  const planRead = async (
    selection: GridSelection,
    { decode, ...options }: GridReadOptions & PlanOptions,
  ): Promise<Plan> => {
    const layered = await readEntry({ ...entrySettings(options), bodies: options.bodies });
    const { shape, dimensions } = layered.entry;
    const resolved = resolveSelection(selection, shape, dimensions);
    const [{ planArray }, unpack] = await Promise.all([
      loadPart(import("./plan-array.js")),
      unpackingOf(decode, layered, options),
    ]);
    return planArray({ ...resolved, name, dtype, dimensions, layered, unpack }, options);
  };
  const coordinates = once(async () => {
    const { readCoordinates } = await loadPart(import("./coordinates.js"));
    const { entry } = await readEntry({ signal: engine.closed });
    return readCoordinates(place, entry, engine);
  });
  const definition = {
    info,
    plan: async (query: GridQuery, options: PlanOptions) => {
      checkQuery(query, name);
      const { planQuery } = await loadPart(import("./plan-query.js"));
      // First, because the first reading decides whether data come with the index.
      const layered = await readEntry({ ...entrySettings(options), bodies: options.bodies });
      const [known, unpack] = await Promise.all([
        raceAbort(coordinates(), options.signal),
        unpackingOf(query.decode, layered, options),
      ]);
      return planQuery(place, { layered, coordinates: known, unpack }, query, options);
    },
    planSelection: async (selection: GridSelection, options: GridReadOptions & PlanOptions) => {
      const { level, decode } = options;
      checkQuery({ ...(level !== undefined && { level }), ...(decode !== undefined && { decode }) }, name);
      return planRead(selection, options);
    },
    axes: async ({ signal }: { readonly signal?: AbortSignal } = {}): Promise<readonly Axis[]> => {
      const { axesOf } = await loadPart(import("./plan-query.js"));
      return axesOf(await raceAbort(coordinates(), signal));
    },
  };
  return {
    ...createGridSource(definition, engine),
    get info() {
      return info;
    },
  };
}

function checkQuery({ decode, fields, level = 0 }: GridQuery, name: string): void {
  if (level !== 0) throw new ReaderError("invalid-query", `${name} has no level ${level}; it has level 0.`);
  if (fields !== undefined && (fields.length !== 1 || fields[0] !== name)) {
    throw new ReaderError("invalid-query", `${name} has one field, itself.`);
  }
  if (decode === undefined || decode === "cf") return;
  throw new ReaderError("invalid-query", `decode should be "cf", found ${JSON.stringify(decode)}.`);
}

function infoOf(
  name: string,
  dtype: DataType,
  schema: ArraySchema,
  layout: ArrayLayout | undefined,
): SourceInfo {
  const { dimensions = [], shape = [] } = layout ?? {};
  const isCoordinate = shape.length === 1 && name.endsWith(`/${dimensions[0]}`);
  return {
    name,
    role: isCoordinate ? "coordinate" : "data",
    dimensions: layout === undefined ? [] : dimensionsOf(layout),
    fields: [{ name, dtype, ...(isRagged(dtype) ? {} : { width: 1 }), ...typeUnit(schema) }],
    levels: [layout === undefined ? { level: 0 } : { level: 0, shape: layout.shape }],
    ...(layout !== undefined && { shape: layout.shape, chunkShape: layout.chunkShape }),
    dtype,
    attributes: {},
  };
}
