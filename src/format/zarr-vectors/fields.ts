/**
 * Attributes stored per chunk as fields: their names, types, widths, categories and units.
 * Spec: zarr_vectors docs/07-core-arrays.md.
 *
 * @module
 */
import type { DataType } from "../../core/dtype.js";
import { isReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.js";
import type { ColumnRead } from "../../core/plan.js";
import type { FieldInfo } from "../../core/source.js";
import { type CellDemand, type CellFamily, type Chunk, columnOf } from "./cells.js";
import type { Container } from "./container.js";
import type { LevelMetadata, RootMetadata } from "./metadata.js";

/** An attribute of vertices or of fragments: what it means, and where its values for a chunk come from. */
export interface Attribute {
  readonly info: FieldInfo;
  /** The code that stands for "no value" in dictionary columns. */
  readonly nullValue?: number;
  columnAt(chunk: Chunk, signal?: AbortSignal, demand?: CellDemand): Promise<ColumnRead>;
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
  const { engine } = container;
  const chunkedBy = chunkAttribute(level);
  const names = await attributeNames(level, "vertex", container);
  if (names === undefined) {
    engine.report(
      "attributes-unknown",
      "The names of attributes cannot be found: the store is not consolidated, cannot be listed here, and has no attribute_specs. Consolidate its metadata to read attributes.",
    );
  }
  const attributes = await openAttributes(level, "vertex", names ?? [], container);
  const found = [...(chunkedBy === undefined ? [] : [chunkedBy]), ...attributes];
  return new Map(found.map((attribute) => [attribute.info.name, attribute]));
}

/** The attributes of fragments: as many rows in a chunk as it has fragments. */
export async function readFragmentAttributes(
  level: LevelMetadata,
  container: Container,
): Promise<Map<string, Attribute>> {
  const names = (await attributeNames(level, "fragment", container)) ?? [];
  const attributes = await openAttributes(level, "fragment", names, container);
  return new Map(attributes.map((attribute) => [attribute.info.name, attribute]));
}

/** What an attribute belongs to, as `attribute_specs` and the folders are named. */
export type AttributeScope = "vertex" | "fragment" | "link";

/** Names in alphabetical order; `undefined` where nothing tells them. */
export async function attributeNames(
  { level }: LevelMetadata,
  scope: AttributeScope,
  { root, documents }: Container,
): Promise<readonly string[] | undefined> {
  const names = (await documents.children(`${level}/${scope}_attributes`)) ?? specNames(root, scope);
  return names && [...names].sort();
}

async function openAttributes(
  level: LevelMetadata,
  scope: AttributeScope,
  names: readonly string[],
  container: Container,
): Promise<Attribute[]> {
  const found = await Promise.all(names.map((name) => readAttribute(level, scope, name, container)));
  return found.filter((attribute) => attribute !== undefined);
}

async function readAttribute(
  level: LevelMetadata,
  scope: AttributeScope,
  name: string,
  { root, engine, openFamily }: Container,
): Promise<Attribute | undefined> {
  const cells = await leaveOut(name, engine, () => openFamily(level, `${scope}_attributes/${name}`));
  if (cells === undefined) return undefined;
  const described = describeAttribute(name, scope, cells, root);
  const { width } = described.info;
  return {
    ...described,
    async columnAt(chunk, signal, demand) {
      return columnOf(
        name,
        cells,
        await cells.locate(chunk, signal, demand),
        width === undefined ? {} : { width },
      );
    },
  };
}

/** One attribute that cannot be read must not keep the rows from being read. */
export async function leaveOut<T>(
  name: string,
  engine: Container["engine"],
  open: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await open();
  } catch (thrown) {
    if (!isReaderError(thrown)) throw thrown;
    engine.report(`attribute-${name}`, `Attribute ${name} is left out. ${thrown.message}`);
    return undefined;
  }
}

/** What the metadata of a family of cells tells of the attribute in them. */
export function describeAttribute(
  name: string,
  scope: AttributeScope,
  { attributes, dtype }: CellFamily,
  root: RootMetadata,
): Omit<Attribute, "columnAt"> {
  const isDictionary = attributes.encoding === "dictionary";
  const categories = isDictionary && Array.isArray(attributes.categories) ? attributes.categories : undefined;
  const nullValue = isDictionary ? attributes._FillValue : undefined;
  // Text is one to a row: a writer's types differ in length from cell to cell, which must not pass for several columns.
  const width = rowWidth(attributes) ?? (dtype === "string" ? 1 : undefined);
  return {
    ...(typeof nullValue === "number" ? { nullValue } : {}),
    info: {
      name,
      dtype,
      ...(width === undefined ? {} : { width }),
      ...(categories === undefined ? {} : { categories: categories.map(String) }),
      ...specOf(root, scope, name),
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

function specsOf(root: RootMetadata, scope: AttributeScope): JsonObject | undefined {
  const specs = root.attributeSpecs?.[scope] ?? root.attributeSpecs?.[`${scope}_attributes`];
  return isJsonObject(specs) ? specs : undefined;
}

function specNames(root: RootMetadata, scope: AttributeScope): readonly string[] | undefined {
  const specs = specsOf(root, scope);
  return specs === undefined ? undefined : Object.keys(specs);
}

function specOf(
  root: RootMetadata,
  scope: AttributeScope,
  name: string,
): { unit?: string; description?: string } {
  const spec = specsOf(root, scope)?.[name];
  if (!isJsonObject(spec)) return {};
  return {
    ...(typeof spec.unit === "string" ? { unit: spec.unit } : {}),
    ...(typeof spec.description === "string" ? { description: spec.description } : {}),
  };
}
