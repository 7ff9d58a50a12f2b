/**
 * Vertex attributes as fields: their names, types, widths, categories and units.
 * Spec: zarr_vectors docs/07-core-arrays.md.
 *
 * @module
 */
import type { DataType } from "../../core/dtype.js";
import { isReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.js";
import type { ColumnRead } from "../../core/plan.js";
import type { FieldInfo } from "../../core/source.js";
import { type CellFamily, type Chunk, columnOf } from "./cells.js";
import type { Container } from "./container.js";
import type { LevelMetadata, RootMetadata } from "./metadata.js";

/** A vertex attribute: what it means, and where its values for the rows of a chunk come from. */
export interface Attribute {
  readonly info: FieldInfo;
  /** The code that stands for "no value" in dictionary columns. */
  readonly nullValue?: number;
  columnAt(chunk: Chunk, signal?: AbortSignal): Promise<ColumnRead>;
}

/**
 * Finds the vertex attributes of a level.
 *
 * Names come from consolidated metadata, from a listing, or from `attribute_specs`; where none of them is there the
 * level has no attributes for us, and a diagnostic says so.
 */
export async function readAttributes(
  level: LevelMetadata,
  container: Container,
): Promise<Map<string, Attribute>> {
  const { root, documents, engine } = container;
  const chunkedBy = chunkAttribute(level);
  const names = (await documents.children(`${level.level}/vertex_attributes`)) ?? specNames(root);
  if (names === undefined) {
    engine.report(
      "attributes-unknown",
      "The names of attributes cannot be found: the store is not consolidated, cannot be listed here, and has no attribute_specs. Consolidate its metadata to read attributes.",
    );
  }
  const attributes = await Promise.all(
    [...(names ?? [])].sort().map((name) => readAttribute(level, name, container)),
  );
  const found = [chunkedBy, ...attributes].filter((attribute) => attribute !== undefined);
  return new Map(found.map((attribute) => [attribute.info.name, attribute]));
}

async function readAttribute(
  level: LevelMetadata,
  name: string,
  { root, engine, openFamily }: Container,
): Promise<Attribute | undefined> {
  try {
    const cells = await openFamily(level, `vertex_attributes/${name}`);
    return cells === undefined ? undefined : describeAttribute(name, cells, root);
  } catch (thrown) {
    // One attribute that cannot be read must not keep the points from being read.
    if (!isReaderError(thrown)) throw thrown;
    engine.report(`attribute-${name}`, `Attribute ${name} is left out. ${thrown.message}`);
    return undefined;
  }
}

function describeAttribute(name: string, cells: CellFamily, root: RootMetadata): Attribute {
  const { attributes } = cells;
  const isDictionary = attributes.encoding === "dictionary";
  const categories = isDictionary && Array.isArray(attributes.categories) ? attributes.categories : undefined;
  const nullValue = isDictionary ? attributes._FillValue : undefined;
  const width = rowWidth(attributes);
  const widths = width === undefined ? {} : { width };
  return {
    async columnAt(chunk, signal) {
      return columnOf(name, cells, await cells.locate(chunk, signal), widths);
    },
    ...(typeof nullValue === "number" ? { nullValue } : {}),
    info: {
      name,
      dtype: cells.dtype,
      ...widths,
      ...(categories === undefined ? {} : { categories: categories.map(String) }),
      ...specOf(root, name),
    },
  };
}

/** The attribute that levels are chunked by, which is stored in the chunks' keys alone. */
function chunkAttribute({ chunkedBy }: LevelMetadata): Attribute | undefined {
  if (chunkedBy === undefined) return undefined;
  const { name, values } = chunkedBy;
  const categories = values.every((value) => typeof value === "number") ? undefined : values.map(String);
  const dtype = categories === undefined && !values.every(isInt32) ? "float64" : "int32";
  const width = 1;
  return {
    info: { name, dtype, width, ...(categories === undefined ? {} : { categories }) },
    columnAt: async ([place]) => {
      const value = categories === undefined ? values[place!] : place;
      // A place beyond the values has no value: such rows are null.
      const fill = typeof value === "number" && place! < values.length ? itemOf(dtype, value) : undefined;
      return { name, dtype, width, codecs: [], ...(fill === undefined ? {} : { fill }) };
    },
  };
}

function isInt32(value: JsonValue): boolean {
  return typeof value === "number" && (value | 0) === value;
}

function itemOf(dtype: DataType, value: number): Uint8Array {
  const bytes = new Uint8Array(dtype === "int32" ? 4 : 8);
  const view = new DataView(bytes.buffer);
  if (dtype === "int32") view.setInt32(0, value, true);
  else view.setFloat64(0, value, true);
  return bytes;
}

/** Values per row; absent where only the payload tells: the 0.9.2 writer leaves `row_shape` empty for all widths. */
function rowWidth(attributes: JsonObject): number | undefined {
  const { row_shape: shape, channel_names: channels } = attributes;
  if (Array.isArray(shape) && shape.length > 0)
    return shape.map(Number).reduce((width, size) => width * size, 1);
  return Array.isArray(channels) && channels.length > 0 ? channels.length : undefined;
}

function vertexSpecs(root: RootMetadata): JsonObject | undefined {
  const specs = root.attributeSpecs?.vertex ?? root.attributeSpecs?.vertex_attributes;
  return isJsonObject(specs) ? specs : undefined;
}

function specNames(root: RootMetadata): readonly string[] | undefined {
  const specs = vertexSpecs(root);
  return specs === undefined ? undefined : Object.keys(specs);
}

function specOf(root: RootMetadata, name: string): { unit?: string; description?: string } {
  const spec = vertexSpecs(root)?.[name];
  if (!isJsonObject(spec)) return {};
  return {
    ...(typeof spec.unit === "string" ? { unit: spec.unit } : {}),
    ...(typeof spec.description === "string" ? { description: spec.description } : {}),
  };
}
