/**
 * TileDB's data types by number (tiledb/api/c_api/datatype/datatype_api_enum.h).
 *
 * @module
 */
import type { DataType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { CellType } from "./types.js";

export interface TileDBType extends CellType {
  readonly name: string;
  /** What holds the values; text and bytes lie in bytes. */
  readonly dtype: DataType;
  /** Text types: how bytes become strings. Absent for numbers and blobs. */
  readonly text?: "ascii" | "utf8" | "utf16" | "utf32";
  /** Datetimes and times: the unit of the count, since 1970 or midnight. */
  readonly unit?: string;
}

function type(name: string, dtype: DataType, size: number, kind: CellType["kind"]): TileDBType {
  return { name, dtype, size, kind };
}

function text(
  name: string,
  form: NonNullable<TileDBType["text"]>,
  dtype: DataType,
  size: number,
): TileDBType {
  return { ...type(name, dtype, size, "unsigned"), text: form };
}

const units = ["hours", "minutes", "seconds", "ms", "us", "ns", "ps", "fs", "as"];

function times(prefix: string, names: readonly string[]): TileDBType[] {
  return names.map((unit) => ({ ...type(`${prefix}_${unit.toUpperCase()}`, "int64", 8, "datetime"), unit }));
}

const types: readonly TileDBType[] = [
  type("INT32", "int32", 4, "signed"),
  type("INT64", "int64", 8, "signed"),
  type("FLOAT32", "float32", 4, "float"),
  type("FLOAT64", "float64", 8, "float"),
  { ...text("CHAR", "ascii", "uint8", 1), kind: "signed" },
  type("INT8", "int8", 1, "signed"),
  type("UINT8", "uint8", 1, "unsigned"),
  type("INT16", "int16", 2, "signed"),
  type("UINT16", "uint16", 2, "unsigned"),
  type("UINT32", "uint32", 4, "unsigned"),
  type("UINT64", "uint64", 8, "unsigned"),
  text("STRING_ASCII", "ascii", "uint8", 1),
  text("STRING_UTF8", "utf8", "uint8", 1),
  text("STRING_UTF16", "utf16", "uint16", 2),
  text("STRING_UTF32", "utf32", "uint32", 4),
  text("STRING_UCS2", "utf16", "uint16", 2),
  text("STRING_UCS4", "utf32", "uint32", 4),
  type("ANY", "uint8", 1, "unsigned"),
  ...times("DATETIME", ["years", "months", "weeks", "days", ...units]),
  ...times("TIME", units),
  type("BLOB", "uint8", 1, "unsigned"),
  type("BOOL", "bool", 1, "unsigned"),
  type("GEOM_WKB", "uint8", 1, "unsigned"),
  text("GEOM_WKT", "utf8", "uint8", 1),
];

/** The number of ANY, which stands for "no type" in the options of filters. */
export const anyType = 17;
/** Values of offsets tiles, of cell timestamps and of delete conditions. */
export const uint64Type = 10;
/** Values of validity tiles. */
export const uint8Type = 6;

/**
 * The type of a number.
 *
 * @throws ReaderError `unsupported` naming the number: a newer writer's
 */
export function tiledbType(id: number): TileDBType {
  const found = types[id];
  if (found !== undefined) return found;
  throw new ReaderError("unsupported", `TileDB data type ${id} is not known.`, {
    hint: "The array may be written by a newer TileDB than this library knows.",
  });
}
