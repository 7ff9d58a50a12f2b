/**
 * What labels the axes of a dataset's arrays: the array of the same dataset that has the name of the dimension, and runs along
 * it alone, as xarray takes it. Coordinates that another array names in its attributes are not looked for.
 *
 * @module
 */
import { isRagged, type TypedArray } from "../../core/dtype.js";
import type { JsonObject } from "../../core/json.js";
import type { Engine } from "../../engine/engine.js";
import { unpackLabels } from "../../engine/packing.js";
import { readAcross } from "./across.js";
import { type ArrayPlace, placeName, typeUnit } from "./array-place.js";
import { readMemberAttributes, textsOf } from "./members.js";
import { describePacking } from "./packing.js";
import type { ArrayLayout } from "./schema.js";
import { dataTypeOf } from "./types.js";

/** One dimension of an array, and its labels where there are any. */
export interface Coordinate {
  readonly name: string;
  readonly length: number;
  /** What CF says of it: units, standard name, axis. */
  readonly attributes: JsonObject;
  readonly labels?: TypedArray;
}

/** Reads labels and attributes of all dimensions of an array at once; several queries share what is read. */
export async function readCoordinates(
  { store, dataset }: ArrayPlace,
  { shape, dimensions }: ArrayLayout,
  engine: Engine,
): Promise<readonly Coordinate[]> {
  return Promise.all(
    dimensions.map(async (name, axis): Promise<Coordinate> => {
      const length = shape[axis]!;
      const schema = store.datasets.get(dataset)!.arrays.get(name);
      const dtype = schema && dataTypeOf(schema.type);
      const isKnown = schema?.layout === undefined || isAlong(schema.layout, name, length);
      if (schema === undefined || dtype === undefined || isRagged(dtype) || !isKnown) {
        return { name, length, attributes: {} };
      }
      const settings = { signal: engine.closed };
      const [table, own] = await Promise.all([
        readAcross(store, name, { datasets: [dataset], ...settings }, engine),
        readMemberAttributes(store, dataset, name, settings),
      ]);
      const [along] = "shapes" in table ? table.shapes : [];
      if (along?.length !== 1 || along[0] !== length) return { name, length, attributes: {} };
      const { unit: units } = typeUnit(schema);
      const attributes = { ...textsOf(own.values), ...(units !== undefined && { units }) };
      const place = { dataset, array: name, schema, store };
      const labels = unpackLabels(table.data as TypedArray, describePacking(place, own), placeName(place));
      return { name, length, attributes, labels };
    }),
  );
}

/** Whether an array is the coordinate of a dimension of that name. */
function isAlong({ shape, dimensions }: ArrayLayout, name: string, length: number): boolean {
  return shape.length === 1 && dimensions[0] === name && shape[0] === length;
}
