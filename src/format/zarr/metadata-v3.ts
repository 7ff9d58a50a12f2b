/**
 * `zarr.json` of Zarr v3 into the common model (https://zarr-specs.readthedocs.io/en/latest/v3/core/).
 *
 * @module
 */
import { builtInCodecs, type CodecRegistry } from "../../codec/registry.js";
import { ReaderError } from "../../core/error.js";
import { type JsonObject, JsonReader } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import { arrayOfType } from "./array-of-type.js";
import { parseChunkKeyEncoding } from "./chunk-key.js";
import { parseChunkGrid } from "./chunk-shapes.js";
import { parseCodecs } from "./codec-chain.js";
import { parseTypeV3, type StoredType } from "./data-type.js";
import { parseExtension, refuseUnknownKeys, show } from "./extension.js";
import { type ArrayMetadata, arrayDimensions, type NodeMetadata } from "./metadata.js";

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
export function parseNodeV3(
  document: JsonObject,
  where: string,
  registry: CodecRegistry = builtInCodecs,
): NodeMetadata {
  const reader = new JsonReader(document, where);
  const version = reader.number("zarr_format");
  if (version !== 3) {
    throw new ReaderError("unsupported", `${where}: zarr_format ${version} in a zarr.json; 3 is known.`, {
      detail: { key: where },
    });
  }
  const type = reader.string("node_type");
  if (type === "array") return parseArray(reader, registry);
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

function parseArray(reader: JsonReader, registry: CodecRegistry): ArrayMetadata {
  const { where } = reader;
  refuseUnknownKeys(reader.value, arrayKeys, where);
  refuseStorageTransformers(reader);
  const shape = reader.sizes("shape");
  const type = parseTypeV3(reader.raw("data_type"), where);
  const attributes = parseAttributes(reader);
  if (!reader.has("fill_value")) {
    throw new ReaderError("invalid-metadata", `${where}: fill_value is missing.`, { detail: { key: where } });
  }
  return arrayOfType(type, reader.raw("fill_value"), where, {
    kind: "array",
    zarrFormat: 3,
    shape,
    registry,
    ...parseChunkGrid(reader.raw("chunk_grid"), shape, where),
    chunkKeys: parseChunkKeyEncoding(
      parseExtension(reader.raw("chunk_key_encoding"), "chunk_key_encoding", where),
      where,
    ),
    codecs: ordered(parseCodecs(reader.array("codecs"), registry, where), type),
    dimensionNames: parseDimensionNames(reader, shape.length, attributes),
    attributes,
  });
}

/** The codecs, with the byte order that the type tells where `bytes` does not. */
function ordered(codecs: readonly CodecSpec[], { endian }: StoredType): readonly CodecSpec[] {
  if (endian === undefined) return codecs;
  return codecs.map(({ name, configuration }) =>
    name === "bytes"
      ? { name, configuration: { endian, ...configuration } }
      : { name, ...(configuration && { configuration }) },
  );
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
