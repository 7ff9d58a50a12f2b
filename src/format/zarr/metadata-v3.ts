/**
 * `zarr.json` of Zarr v3 into the common model (https://zarr-specs.readthedocs.io/en/latest/v3/core/).
 *
 * @module
 */
import { type DataType, isDataType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { type JsonObject, JsonReader, type JsonValue } from "../../core/json.js";
import { parseChunkKeyEncoding } from "./chunk-key.js";
import { parseCodecs } from "./codec-chain.js";
import { parseExtension, refuseUnknownKeys, show } from "./extension.js";
import { encodeFillValue } from "./fill-value.js";
import { type ArrayMetadata, arrayDimensions, checkChunkShape, type NodeMetadata } from "./metadata.js";

const groupKeys: ReadonlySet<string> = new Set([
  "zarr_format",
  "node_type",
  "attributes",
  "consolidated_metadata",
]);

const arrayKeys: ReadonlySet<string> = new Set([
  "zarr_format",
  "node_type",
  "shape",
  "data_type",
  "chunk_grid",
  "chunk_key_encoding",
  "fill_value",
  "codecs",
  "attributes",
  "storage_transformers",
  "dimension_names",
  // zarr-python writes it into arrays of consolidated groups too, as null.
  "consolidated_metadata",
]);

/**
 * Reads the metadata document of a v3 node.
 *
 * @param where names the document in messages, a key as a rule
 * @throws ReaderError `invalid-metadata`, `unknown-codec`, or `unsupported` naming what is not understood
 */
export function parseNodeV3(document: JsonObject, where: string): NodeMetadata {
  const reader = new JsonReader(document, where);
  const version = reader.number("zarr_format");
  if (version !== 3) {
    throw new ReaderError("unsupported", `${where}: zarr_format ${version} in a zarr.json; 3 is known.`, {
      detail: { key: where },
    });
  }
  const type = reader.string("node_type");
  if (type === "array") return parseArray(reader);
  if (type !== "group") {
    throw new ReaderError("invalid-metadata", `${where}: node_type "${type}" is neither array nor group.`, {
      detail: { key: where },
    });
  }
  refuseUnknownKeys(document, groupKeys, where);
  const consolidated = reader.raw("consolidated_metadata");
  const attributes = parseAttributes(reader);
  const group = { kind: "group", zarrFormat: 3, attributes } as const;
  return consolidated === undefined || consolidated === null ? group : { ...group, consolidated };
}

function parseAttributes(reader: JsonReader): JsonObject {
  return reader.optional("attributes", (self) => self.object("attributes").value) ?? {};
}

function parseArray(reader: JsonReader): ArrayMetadata {
  const { where } = reader;
  refuseUnknownKeys(reader.value, arrayKeys, where);
  refuseStorageTransformers(reader);
  const shape = reader.sizes("shape");
  const dtype = parseDataType(reader.raw("data_type"), where);
  const attributes = parseAttributes(reader);
  if (!reader.has("fill_value")) {
    throw new ReaderError("invalid-metadata", `${where}: fill_value is missing.`, { detail: { key: where } });
  }
  return {
    kind: "array",
    zarrFormat: 3,
    shape,
    dtype,
    fill: encodeFillValue(reader.raw("fill_value"), dtype, where),
    chunkShape: parseChunkGrid(reader, shape, dtype),
    chunkKeys: parseChunkKeyEncoding(
      parseExtension(reader.raw("chunk_key_encoding"), "chunk_key_encoding", where),
      where,
    ),
    codecs: parseCodecs(reader.array("codecs"), where),
    dimensionNames: parseDimensionNames(reader, shape.length, attributes),
    attributes,
  };
}

function refuseStorageTransformers(reader: JsonReader): void {
  const transformers =
    reader.optional("storage_transformers", (self) => self.array("storage_transformers")) ?? [];
  if (transformers.length === 0) return;
  const names = transformers.map(
    (value, index) => parseExtension(value, `storage_transformers[${index}]`, reader.where).name,
  );
  throw new ReaderError(
    "unsupported",
    `${reader.where} uses storage transformers, which are not supported: ${names.join(", ")}.`,
    { detail: { key: reader.where } },
  );
}

/** Names of the registered extension types that are those of core types, and of other writers. */
const dataTypeAliases: Readonly<Record<string, DataType>> = {
  complex_float32: "complex64",
  complex_float64: "complex128",
  variable_length_bytes: "bytes",
};

function parseDataType(value: JsonValue | undefined, where: string): DataType {
  const { name } = parseExtension(value, "data_type", where);
  const known = dataTypeAliases[name] ?? name;
  if (isDataType(known)) return known;
  throw new ReaderError("unsupported", `${where}: the data type "${name}" is not supported.`, {
    hint: "Supported are bool, integers, floats of 16 to 64 bits, and complex numbers.",
    detail: { key: where },
  });
}

function parseChunkGrid(reader: JsonReader, shape: readonly number[], dtype: DataType): readonly number[] {
  const { where } = reader;
  const { name, configuration } = parseExtension(reader.raw("chunk_grid"), "chunk_grid", where);
  if (name !== "regular") {
    throw new ReaderError(
      "unsupported",
      `${where}: the chunk grid "${name}" is not supported; "regular" is.`,
      {
        detail: { key: where },
      },
    );
  }
  const sizes = new JsonReader(configuration, where, "$.chunk_grid.configuration").sizes("chunk_shape");
  return checkChunkShape(sizes, shape, dtype, where);
}

function parseDimensionNames(
  reader: JsonReader,
  rank: number,
  attributes: JsonObject,
): readonly (string | undefined)[] {
  const names = reader.optional("dimension_names", (self) => self.array("dimension_names"));
  if (names === undefined) {
    return arrayDimensions(attributes, rank) ?? new Array<undefined>(rank).fill(undefined);
  }
  const isGood = names.length === rank && names.every((name) => name === null || typeof name === "string");
  if (!isGood) {
    throw new ReaderError(
      "invalid-metadata",
      `${reader.where}: dimension_names should hold ${rank} names or nulls, found ${show(names)}.`,
      { detail: { key: reader.where } },
    );
  }
  return names.map((name) => (typeof name === "string" ? name : undefined));
}
