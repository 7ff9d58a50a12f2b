/**
 * `.zarray`, `.zgroup` and `.zattrs` of Zarr v2 into the common model; filters and compressor become a codec chain in
 * v3 words (https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html).
 *
 * @module
 */
import { parseNumpyType } from "../../codec/numpy-type.js";
import { builtInCodecs, type CodecRegistry } from "../../codec/registry.js";
import { isRagged, isRaw, itemBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, JsonReader, type JsonValue } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import { arrayOfType } from "./array-of-type.js";
import { parseSeparator } from "./chunk-key.js";
import { codecKind } from "./codec-chain.js";
import type { NodeDocument } from "./consolidated.js";
import type { StoredType } from "./data-type.js";
import { parseTypeV2 } from "./data-type-v2.js";
import { show } from "./extension.js";
import {
  type ArrayMetadata,
  arrayDimensions,
  checkChunkShape,
  type GroupMetadata,
  type NodeMetadata,
} from "./metadata.js";

/** Reads what is stored about a node. @throws ReaderError as {@link parseArrayV2} */
export function parseNodeV2(
  { kind, document, attributes = {} }: NodeDocument,
  where: string,
  registry: CodecRegistry,
): NodeMetadata {
  return kind === "v2-array"
    ? parseArrayV2(document, attributes, where, registry)
    : parseGroupV2(document, attributes, where);
}

/** Reads a `.zgroup` with its attributes. @throws ReaderError `invalid-metadata` or `unsupported` */
export function parseGroupV2(document: JsonObject, attributes: JsonObject, where: string): GroupMetadata {
  checkVersion(new JsonReader(document, where));
  return { kind: "group", zarrFormat: 2, attributes };
}

/**
 * Reads a `.zarray` with its attributes.
 *
 * @throws ReaderError `invalid-metadata`, `unknown-codec`, or `unsupported` naming what is not understood
 */
export function parseArrayV2(
  document: JsonObject,
  attributes: JsonObject,
  where: string,
  registry: CodecRegistry = builtInCodecs,
): ArrayMetadata {
  const reader = new JsonReader(document, where);
  checkVersion(reader);
  const shape = reader.sizes("shape");
  const type = typeOf(reader, registry);
  const fill = reader.raw("fill_value");
  const separator = reader.raw("dimension_separator") ?? ".";
  // null: the content of cells never written is undefined; zarr-python reads zeros.
  const fillValue = fill === null || fill === undefined || isZeroOf(type, fill) ? zeroOf(type) : fill;
  return arrayOfType(type, fillValue, where, {
    kind: "array",
    zarrFormat: 2,
    shape,
    registry,
    hasFill: fill !== null && fill !== undefined,
    chunkShape: checkChunkShape(reader.sizes("chunks"), shape, where),
    chunkKeys: { name: "v2", separator: parseSeparator(separator, where) },
    codecs: parseChain(reader, shape.length, type, registry),
    dimensionNames: arrayDimensions(attributes, shape.length) ?? new Array(shape.length).fill(undefined),
    attributes,
  });
}

function checkVersion(reader: JsonReader): void {
  const version = reader.number("zarr_format");
  if (version === 2) return;
  throw new ReaderError("unsupported", `${reader.where}: zarr_format ${version}; 2 is known here.`, {
    detail: { key: reader.where },
  });
}

/** 0 stands for an empty item of any type. */
function isZeroOf({ dtype, fields, bytes }: StoredType, fill: JsonValue): boolean {
  const isNumber = fields === undefined && !isRagged(dtype) && !isRaw(dtype);
  return fill === 0 && !isNumber && (bytes === undefined || bytes > 0);
}

function zeroOf({ dtype, fields }: StoredType): JsonValue {
  if (dtype === "bool") return false;
  if (fields !== undefined) return null;
  if (isRaw(dtype)) return new Array<number>(itemBytes(dtype)).fill(0);
  return isRagged(dtype) ? "" : 0;
}

/** The type; of object arrays what their filters put there. */
function typeOf(reader: JsonReader, registry: CodecRegistry): StoredType {
  const { where } = reader;
  const type = parseTypeV2(reader.raw("dtype"), where);
  const [first] = reader.optional("filters", (self) => self.array("filters")) ?? [];
  const id = isJsonObject(first) ? first.id : undefined;
  // It makes numbers of text, whatever its length.
  if (id === "categorize" && type.dtype === "string") return { dtype: "string", itemCodecs: [] };
  if (type.isObject !== true) return type;
  if (id === "vlen-bytes" || id === "vlen-array") return { dtype: "bytes", itemCodecs: [] };
  if (id === "vlen-utf8" || id === "json2" || id === "json") return { dtype: "string", itemCodecs: [] };
  if (typeof id === "string") codecKind(id, registry, where);
  throw new ReaderError("unsupported", `${where}: objects ("|O") without a filter that says what they are.`, {
    hint: "Text (vlen-utf8, json2, categorize), byte strings and arrays (vlen-bytes, vlen-array) can be read.",
    detail: { key: where },
  });
}

/** Order, filters, the bytes themselves, filters on bytes, the compressor: one chain in encoding order. */
function parseChain(
  reader: JsonReader,
  rank: number,
  type: StoredType,
  registry: CodecRegistry,
): readonly CodecSpec[] {
  const { where } = reader;
  const order = reader.optional("order", (self) => self.string("order")) ?? "C";
  if (order !== "C" && order !== "F") {
    throw new ReaderError("invalid-metadata", `${where}: order should be "C" or "F", found "${order}".`, {
      detail: { key: where },
    });
  }
  const arraySpecs: CodecSpec[] = [];
  const bytesSpecs: CodecSpec[] = [];
  if (order === "F" && rank > 1) {
    const reversed = Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
    arraySpecs.push({ name: "transpose", configuration: { order: reversed } });
  }
  let stored = type.endian ?? "little";
  let arrayBytes: CodecSpec | undefined;
  for (const filter of reader.optional("filters", (self) => self.array("filters")) ?? []) {
    const spec = translate(filter, type, registry, where);
    const kind = codecKind(spec.name, registry, where);
    if (kind !== "bytes-to-bytes" && (bytesSpecs.length > 0 || arrayBytes !== undefined)) {
      throw new ReaderError(
        "unsupported",
        `${where}: the filter ${spec.name} after ${[arrayBytes ?? [], bytesSpecs]
          .flat()
          .map((one) => one.name)
          .join(", ")} is not supported.`,
        { detail: { key: where, codec: spec.name } },
      );
    }
    if (kind === "array-to-bytes") arrayBytes = spec;
    else (kind === "array-to-array" ? arraySpecs : bytesSpecs).push(spec);
    stored = storedEndian(spec) ?? stored;
    if (spec.name.startsWith("json") && order === "F" && rank > 1) {
      throw new ReaderError(
        "unsupported",
        `${where}: ${spec.name} keeps rows in order, the array says "F".`,
        {
          hint: "Writers differ in what they mean by that.",
          detail: { key: where, codec: spec.name },
        },
      );
    }
  }
  const compressor = reader.raw("compressor");
  if (compressor !== undefined && compressor !== null) {
    const spec = translate(compressor, type, registry, where);
    if (codecKind(spec.name, registry, where) !== "bytes-to-bytes") {
      throw new ReaderError("invalid-metadata", `${where}: ${spec.name} is no compressor.`, {
        detail: { key: where, codec: spec.name },
      });
    }
    bytesSpecs.push(spec);
  }
  return [...arraySpecs, arrayBytes ?? { name: "bytes", configuration: { endian: stored } }, ...bytesSpecs];
}

/** Codecs of v3 that numcodecs does not have. */
const notNumcodecs: ReadonlySet<string> = new Set([
  ...["bytes", "transpose", "reshape", "cast_value", "scale_offset", "vlen-item", "struct-field"],
  ...["fixed-length-text", "sharding_indexed"],
]);

/** A numcodecs configuration in v3 words: `id` becomes the name, the rest stays. */
function translate(
  value: JsonValue,
  { bytes = 1 }: StoredType,
  registry: CodecRegistry,
  where: string,
): CodecSpec {
  if (!isJsonObject(value) || typeof value.id !== "string") {
    throw new ReaderError(
      "invalid-metadata",
      `${where}: a codec should be an object with "id", found ${show(value)}.`,
      {
        detail: { key: where },
      },
    );
  }
  const { id, ...configuration } = value;
  codecKind(id, registry, where);
  if (notNumcodecs.has(id)) {
    throw new ReaderError("unknown-codec", `${where}: "${id}" is no codec of Zarr v2.`, {
      detail: { key: where, codec: id },
    });
  }
  // Another codec has this name in v3.
  if (id === "packbits") return { name: "numcodecs.packbits", configuration };
  if (id !== "blosc") return { name: id, configuration };
  return { name: "blosc", configuration: bloscConfiguration(configuration, bytes) };
}

/** v2 numbers the shuffles, v3 names them; -1 lets numcodecs choose by item size. */
function bloscConfiguration(configuration: JsonObject, typesize: number): JsonObject {
  const chosen = configuration.shuffle === -1 ? (typesize === 1 ? 2 : 1) : configuration.shuffle;
  const shuffle = (["noshuffle", "shuffle", "bitshuffle"] as const)[typeof chosen === "number" ? chosen : 1];
  return { ...configuration, shuffle: shuffle ?? "shuffle", typesize };
}

/** Byte order of what a filter on numbers leaves, which the bytes codec then stores; `undefined` where it changes nothing. */
function storedEndian({ configuration = {} }: CodecSpec): "little" | "big" | undefined {
  const stored = configuration.encode_dtype ?? configuration.astype ?? configuration.dtype;
  return typeof stored === "string" ? parseNumpyType(stored)?.endian : undefined;
}
