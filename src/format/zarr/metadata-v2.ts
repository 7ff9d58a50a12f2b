/**
 * `.zarray`, `.zgroup` and `.zattrs` of Zarr v2 into the common model; filters and compressor become a codec chain in
 * v3 words (https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html).
 *
 * @module
 */
import { type DataType, isDataType, itemBytes, type NumberType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, JsonReader, type JsonValue } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import { parseSeparator } from "./chunk-key.js";
import { codecKind } from "./codec-chain.js";
import { show } from "./extension.js";
import { encodeFillValue } from "./fill-value.js";
import { type ArrayMetadata, arrayDimensions, checkChunkShape, type GroupMetadata } from "./metadata.js";

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
export function parseArrayV2(document: JsonObject, attributes: JsonObject, where: string): ArrayMetadata {
  const reader = new JsonReader(document, where);
  checkVersion(reader);
  const shape = reader.sizes("shape");
  const { dtype, endian } = parseDtypeString(reader.raw("dtype"), where);
  const fill = reader.raw("fill_value");
  const separator = reader.raw("dimension_separator") ?? ".";
  return {
    kind: "array",
    zarrFormat: 2,
    shape,
    dtype,
    // null: the content of cells never written is undefined; zarr-python reads zeros.
    fill: encodeFillValue(fill ?? zeroOf(dtype), dtype, where),
    hasFill: fill !== null && fill !== undefined,
    chunkShape: checkChunkShape(reader.sizes("chunks"), shape, dtype, where),
    chunkKeys: { name: "v2", separator: parseSeparator(separator, where) },
    codecs: parseChain(reader, shape.length, dtype, endian),
    dimensionNames: arrayDimensions(attributes, shape.length) ?? new Array(shape.length).fill(undefined),
    attributes,
  };
}

function checkVersion(reader: JsonReader): void {
  const version = reader.number("zarr_format");
  if (version === 2) return;
  throw new ReaderError("unsupported", `${reader.where}: zarr_format ${version}; 2 is known here.`, {
    detail: { key: reader.where },
  });
}

function zeroOf(dtype: DataType): JsonValue {
  return dtype === "bool" ? false : 0;
}

type Endian = "little" | "big";

const kindNames: Readonly<Record<string, string>> = { i: "int", u: "uint", f: "float", c: "complex" };

/** Reads a numpy type string: byte order, kind, bytes. */
function parseDtypeString(
  value: JsonValue | undefined,
  where: string,
): { dtype: NumberType; endian: Endian } {
  const match = typeof value === "string" ? /^([<>|])([biufc])(\d+)$/.exec(value) : null;
  const dtype = match === null ? undefined : dtypeOf(match[2]!, Number(match[3]));
  const order = match?.[1];
  if (dtype === undefined || (order === "|" && itemBytes(dtype) > 1)) {
    throw new ReaderError("unsupported", `${where}: the data type ${show(value)} is not supported.`, {
      hint: "Supported are bool, integers, floats of 16 to 64 bits, and complex numbers; no strings, objects, dates or records.",
      detail: { key: where },
    });
  }
  return { dtype, endian: order === ">" ? "big" : "little" };
}

function dtypeOf(kind: string, bytes: number): NumberType | undefined {
  if (kind === "b") return bytes === 1 ? "bool" : undefined;
  const sizes = { i: [1, 2, 4, 8], u: [1, 2, 4, 8], f: [2, 4, 8], c: [8, 16] }[kind];
  return sizes?.includes(bytes) ? (`${kindNames[kind]}${bytes * 8}` as NumberType) : undefined;
}

/** Order, filters, the bytes themselves, filters on bytes, the compressor: one chain in encoding order. */
function parseChain(reader: JsonReader, rank: number, dtype: DataType, endian: Endian): readonly CodecSpec[] {
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
  let stored = endian;
  for (const filter of reader.optional("filters", (self) => self.array("filters")) ?? []) {
    const spec = translate(filter, dtype, where);
    const isArrayCodec = codecKind(spec.name, where) === "array-to-array";
    if (isArrayCodec && bytesSpecs.length > 0) {
      throw new ReaderError(
        "unsupported",
        `${where}: the filter ${spec.name} after ${bytesSpecs.map((one) => one.name).join(", ")} is not supported.`,
        { detail: { key: where, codec: spec.name } },
      );
    }
    (isArrayCodec ? arraySpecs : bytesSpecs).push(spec);
    if (spec.name === "delta") stored = deltaEndian(spec, where);
  }
  const compressor = reader.raw("compressor");
  if (compressor !== undefined && compressor !== null) {
    const spec = translate(compressor, dtype, where);
    if (codecKind(spec.name, where) !== "bytes-to-bytes") {
      throw new ReaderError("invalid-metadata", `${where}: ${spec.name} is no compressor.`, {
        detail: { key: where, codec: spec.name },
      });
    }
    bytesSpecs.push(spec);
  }
  return [...arraySpecs, { name: "bytes", configuration: { endian: stored } }, ...bytesSpecs];
}

/** A numcodecs configuration in v3 words: `id` becomes the name, the rest stays. */
function translate(value: JsonValue, dtype: DataType, where: string): CodecSpec {
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
  if (codecKind(id, where) === "array-to-bytes" || id === "transpose") {
    throw new ReaderError("unknown-codec", `${where}: "${id}" is no codec of Zarr v2.`, {
      detail: { key: where, codec: id },
    });
  }
  if (id !== "blosc") return { name: id, configuration };
  return { name: "blosc", configuration: bloscConfiguration(configuration, dtype) };
}

/** v2 numbers the shuffles, v3 names them; -1 lets numcodecs choose by item size. */
function bloscConfiguration(configuration: JsonObject, dtype: DataType): JsonObject {
  const typesize = itemBytes(dtype) ?? 1;
  const chosen = configuration.shuffle === -1 ? (typesize === 1 ? 2 : 1) : configuration.shuffle;
  const shuffle = (["noshuffle", "shuffle", "bitshuffle"] as const)[typeof chosen === "number" ? chosen : 1];
  return { ...configuration, shuffle: shuffle ?? "shuffle", typesize };
}

/** Byte order of what the delta filter leaves, `astype`, which the bytes codec then stores. */
function deltaEndian(spec: CodecSpec, where: string): Endian {
  const { dtype, astype } = spec.configuration ?? {};
  const stored = astype ?? dtype;
  // A bare name means the byte order of the machine that wrote it, which numcodecs takes for little-endian.
  if (typeof stored === "string" && isDataType(stored)) return "little";
  return parseDtypeString(stored, where).endian;
}
