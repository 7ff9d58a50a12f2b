/**
 * Vertex attributes as fields: their names, types, widths, categories and units.
 * Spec: zarr_vectors docs/07-core-arrays.md.
 *
 * @module
 */
import { isReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import type { FieldInfo } from "../../core/source.js";
import type { Engine } from "../../engine/engine.js";
import { type CellArray, parseCellArray } from "./cells.js";
import type { Documents } from "./documents.js";
import type { RootMetadata } from "./metadata.js";

/** A vertex attribute: its cells, and what they mean. */
export interface Attribute {
  readonly info: FieldInfo;
  readonly cells: CellArray;
  /** The code that stands for "no value" in dictionary columns. */
  readonly nullValue?: number;
}

/**
 * Finds the vertex attributes of a level.
 *
 * Names come from consolidated metadata, from a listing, or from `attribute_specs`; where none of them is there the
 * level has no attributes for us, and a diagnostic says so.
 */
export async function readAttributes(
  level: number,
  root: RootMetadata,
  documents: Documents,
  engine: Engine,
): Promise<Map<string, Attribute>> {
  const names = (await documents.children(`${level}/vertex_attributes`)) ?? specNames(root);
  if (names === undefined) {
    engine.report(
      "attributes-unknown",
      "The names of vertex attributes cannot be found: the store is not consolidated, cannot be listed here, and has no attribute_specs. Consolidate its metadata to read attributes.",
    );
    return new Map();
  }
  const attributes = await Promise.all(
    [...names].sort().map((name) => readAttribute(level, name, root, documents, engine)),
  );
  return new Map(attributes.flatMap((attribute) => (attribute ? [[attribute.info.name, attribute]] : [])));
}

async function readAttribute(
  level: number,
  name: string,
  root: RootMetadata,
  documents: Documents,
  engine: Engine,
): Promise<Attribute | undefined> {
  const path = `${level}/vertex_attributes/${name}`;
  const document = await documents.read(path);
  if (document === undefined) return undefined;
  try {
    return describeAttribute(name, parseCellArray(path, document, engine), root);
  } catch (thrown) {
    // One attribute that cannot be read must not keep the points from being read.
    if (!isReaderError(thrown)) throw thrown;
    engine.report(`attribute-${name}`, `Attribute ${name} is left out. ${thrown.message}`);
    return undefined;
  }
}

function describeAttribute(name: string, cells: CellArray, root: RootMetadata): Attribute {
  const { attributes } = cells;
  const isDictionary = attributes.encoding === "dictionary";
  const categories = isDictionary && Array.isArray(attributes.categories) ? attributes.categories : undefined;
  const nullValue = isDictionary ? attributes._FillValue : undefined;
  const width = rowWidth(attributes);
  return {
    cells,
    ...(typeof nullValue === "number" ? { nullValue } : {}),
    info: {
      name,
      dtype: cells.dtype,
      ...(width === undefined ? {} : { width }),
      ...(categories === undefined ? {} : { categories: categories.map(String) }),
      ...specOf(root, name),
    },
  };
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
