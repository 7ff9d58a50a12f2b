/**
 * Data types as v3 names them, and what they are made of: what results hold, and the steps from there to what chunks hold. Sources:
 * Zarr v3 core §"Data types", <https://github.com/zarr-developers/zarr-extensions/tree/main/data-types>.
 *
 * @module
 */
import {
  type DataType,
  type FixedType,
  isDataType,
  isRagged,
  isRaw,
  itemBytes,
  rawType,
} from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { isJsonObject, JsonReader, type JsonValue } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import { type NamedConfiguration, parseExtension, show } from "./extension.js";

export interface StoredType {
  /** What results hold. */
  readonly dtype: DataType;
  /** Steps in front of the codecs that metadata list, in encoding order; their byte order is that of the `bytes` codec. */
  readonly itemCodecs: readonly CodecSpec[];
  /** Bytes of a stored item; absent where items have no common length. */
  readonly bytes?: number;
  /** Byte order of the stored numbers, where the type tells it. */
  readonly endian?: "little" | "big";
  /** Of dates and times. */
  readonly unit?: string;
  /** Fill values are bytes in base64 (v2's `|S`, v3's null-terminated bytes), with zeros behind shorter ones. */
  readonly isPadded?: boolean;
  /** v2's object arrays: the filters say what is in them. */
  readonly isObject?: boolean;
  /** Records: each field can be read on its own. */
  readonly fields?: readonly RecordField[];
}

export interface RecordField {
  /** Fields of records in records are named by both, with a slash between. */
  readonly name: string;
  readonly offset: number;
  readonly type: StoredType;
}

/** Records in records in records: more is a mistake or an attack. */
export const maxDepth = 8;

const timeUnits: Readonly<Record<string, string>> = {
  Y: "years",
  M: "months",
  W: "weeks",
  D: "days",
  h: "hours",
  m: "minutes",
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  μs: "microseconds",
  ns: "nanoseconds",
  ps: "picoseconds",
  fs: "femtoseconds",
  as: "attoseconds",
  generic: "units of time",
};

/** v3 names of types that have another one here. */
const aliases: Readonly<Record<string, DataType>> = {
  complex_float32: "complex64",
  complex_float64: "complex128",
  variable_length_bytes: "bytes",
};

/**
 * Reads `data_type` of v3.
 *
 * @throws ReaderError `unsupported` naming the type, `invalid-metadata` for a bad configuration
 */
export function parseTypeV3(value: JsonValue | undefined, where: string, depth = 0): StoredType {
  const extension = parseExtension(value, "data_type", where);
  const { name } = extension;
  const known = aliases[name] ?? name;
  if (isDataType(known)) return plain(known);
  const reader = new JsonReader(extension.configuration, where, "$.data_type.configuration");
  const lengthBytes = (): number => checkLength(reader.number("length_bytes"), name, where);
  switch (name) {
    case "numpy.datetime64":
    case "numpy.timedelta64": {
      const scale = reader.optional("scale_factor", (self) => self.number("scale_factor")) ?? 1;
      return timeType(name === "numpy.datetime64", reader.string("unit"), scale, where);
    }
    case "fixed_length_utf32":
      return textType(lengthBytes(), "utf-32");
    case "null_terminated_bytes":
      return { ...textType(lengthBytes(), "utf-8"), isPadded: true };
    case "raw_bytes":
      return plain(rawType(lengthBytes()));
    case "struct":
      return recordOf(fieldsV3(extension, where, depth), where);
    case "structured":
      // zarr-python's name before "struct"; it leaves the byte order out, which is numpy's.
      return { ...recordOf(fieldsV3(extension, where, depth), where), endian: "little" };
    default:
      throw unsupportedType(`"${name}"`, where);
  }
}

/** The type of one field of records, with the step that takes it out of them. */
export function fieldType({ offset, type }: RecordField, recordBytes: number): StoredType {
  const stored: FixedType = type.itemCodecs.length > 0 ? rawType(type.bytes!) : (type.dtype as FixedType);
  const step: CodecSpec = { name: "struct-field", configuration: { recordBytes, offset, dtype: stored } };
  const { endian, ...rest } = type;
  const taken = { ...rest, itemCodecs: [...type.itemCodecs, step], bytes: recordBytes };
  return endian === undefined ? taken : withEndian(taken, endian);
}

/** Tells the steps of a type a byte order; those that know theirs keep it. */
export function withEndian(type: StoredType, endian: "little" | "big"): StoredType {
  const itemCodecs = type.itemCodecs.map(({ name, configuration }) => ({
    name,
    configuration: { endian, ...configuration },
  }));
  return { ...type, itemCodecs };
}

export function plain(dtype: DataType): StoredType {
  return isRagged(dtype) ? { dtype, itemCodecs: [] } : { dtype, itemCodecs: [], bytes: itemBytes(dtype) };
}

export function textType(bytes: number, encoding: "utf-32" | "utf-8"): StoredType {
  const step: CodecSpec = { name: "fixed-length-text", configuration: { itemBytes: bytes, encoding } };
  return { dtype: "string", itemCodecs: [step], bytes };
}

export function timeType(isDate: boolean, unit: string, scale: number, where: string): StoredType {
  const name = timeUnits[unit];
  if (name === undefined || !Number.isSafeInteger(scale) || scale < 1) {
    throw unsupportedType(`of times in ${scale} "${unit}"`, where);
  }
  const each = scale === 1 ? name : `${scale} ${name}`;
  return { ...plain("int64"), unit: isDate ? `${each} since 1970-01-01` : each };
}

/** An item of no bytes would be one of nothing. */
export function checkLength(bytes: number, name: string, where: string): number {
  if (Number.isSafeInteger(bytes) && bytes > 0 && isRaw(rawType(bytes))) return bytes;
  throw unsupportedType(`"${name}" of ${bytes} bytes`, where);
}

function fieldsV3(
  { name, configuration }: NamedConfiguration,
  where: string,
  depth: number,
): [string, StoredType][] {
  if (depth > maxDepth) throw unsupportedType("of records in records", where);
  const fields = new JsonReader(configuration, where, "$.data_type.configuration").array("fields");
  return fields.map((field): [string, StoredType] => {
    // zarr-python's "structured" writes pairs.
    const [fieldName, type] = Array.isArray(field)
      ? field
      : isJsonObject(field)
        ? [field.name, field.data_type]
        : [];
    if (typeof fieldName !== "string") throw badField(field, name, where);
    return [fieldName, parseTypeV3(type, where, depth + 1)];
  });
}

export function badField(field: JsonValue, type: string, where: string): ReaderError {
  return new ReaderError("invalid-metadata", `${where}: ${show(field)} is no field of a ${type}.`, {
    detail: { key: where },
  });
}

export function recordOf(fields: readonly (readonly [string, StoredType])[], where: string): StoredType {
  const flat: RecordField[] = [];
  let offset = 0;
  for (const [name, type] of fields) {
    if (type.bytes === undefined)
      throw unsupportedType(`of the field "${name}", whose items have no common length,`, where);
    if (type.fields === undefined) flat.push({ name, offset, type });
    for (const inner of type.fields ?? []) {
      flat.push({ ...inner, name: `${name}/${inner.name}`, offset: offset + inner.offset });
    }
    offset += type.bytes;
  }
  const names = new Set(flat.map(({ name }) => name));
  if (names.size !== flat.length || flat.length === 0) {
    throw new ReaderError("invalid-metadata", `${where}: records should have fields of different names.`, {
      detail: { key: where },
    });
  }
  return { ...plain(rawType(checkLength(offset, "records", where))), fields: flat };
}

export function unsupportedType(what: string, where: string): ReaderError {
  return new ReaderError("unsupported", `${where}: the data type ${what} is not supported.`, {
    hint: "Supported are numbers, booleans, text, byte strings, dates and times, raw bytes, and records of these.",
    detail: { key: where },
  });
}
