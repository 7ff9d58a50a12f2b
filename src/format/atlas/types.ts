/**
 * Data types by their names in metadata and their numbers in array files, and the fill values of arrays as bytes.
 *
 * @module
 */
import { arrayOf, type DataType, type FixedType, isRagged } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { ArrayEntry, FillValue } from "./footer.js";

/** By their numbers in array files. */
const typeNames = [
  ...["bool", "int8", "int16", "int32", "int64", "u_int8", "u_int16", "u_int32", "u_int64"],
  ...["float32", "float64", "string", "binary", "fixed_size_list", "list", "timestamp_nanoseconds"],
];

const dataTypes: ReadonlyMap<string, DataType> = new Map<string, DataType>([
  ["int8", "int8"],
  ["int16", "int16"],
  ["int32", "int32"],
  ["int64", "int64"],
  ["u_int8", "uint8"],
  ["u_int16", "uint16"],
  ["u_int32", "uint32"],
  ["u_int64", "uint64"],
  ["float32", "float32"],
  ["float64", "float64"],
  ["string", "string"],
  ["timestamp_nanoseconds", "int64"],
]);

/** The type that results hold; `undefined` for types that are not read: `bool`, `binary` and lists, which no package writes. */
export function dataTypeOf(name: string): DataType | undefined {
  return dataTypes.get(plainName(name));
}

/** Containers of other writers may spell `uint8`. */
function plainName(name: string): string {
  return name.replace(/^uint/, "u_int");
}

/** Whether a type number of an array file is the one that the metadata name. */
export function isType(number: number, name: string): boolean {
  return typeNames[number] === plainName(name);
}

/**
 * The kind of attribute values of a type, as array files count them: as types, times as text, and `undefined` for lists, of
 * which there are several.
 */
export function attributeKindOf(type: string): number | undefined {
  const kind = typeNames.indexOf(type === "timestamp_nanoseconds" ? "string" : plainName(type));
  return kind < 0 || kind > typeNames.indexOf("binary") ? undefined : kind;
}

/**
 * One item of a fill value in native bytes; zero where there is none. Text is empty where nothing was written, whatever the
 * fill value (as the packages answer).
 *
 * @throws ReaderError `unsupported` for a fill value of another kind than the array
 */
export function fillBytes(fill: FillValue | undefined, dtype: DataType, where: string): Uint8Array {
  if (isRagged(dtype)) return new Uint8Array(0);
  const item = new (arrayOf(dtype))(1);
  const value = itemOf(fill, dtype);
  if (value === undefined) {
    throw new ReaderError(
      "unsupported",
      `${where} is ${dtype} with a fill value of kind ${fill?.kind}, which cannot be read.`,
    );
  }
  item[0] = value;
  return new Uint8Array(item.buffer, 0, item.byteLength);
}

/** What cells of numbers and times hold where nothing was written: integers as bigints. `undefined` for other types. */
export function fillItem({ type, fill }: Pick<ArrayEntry, "type" | "fill">): bigint | number | undefined {
  const dtype = dataTypes.get(typeNames[type] ?? "");
  if (dtype === undefined || isRagged(dtype)) return undefined;
  const item = itemOf(fill, dtype);
  if (item === undefined || dtype === "float64") return item;
  return dtype === "float32" ? Math.fround(Number(item)) : BigInt(item);
}

function itemOf(fill: FillValue | undefined, dtype: FixedType): number | bigint | undefined {
  const bits = Number(dtype.replace(/\D+/, ""));
  const isFloat = dtype.startsWith("float");
  if (fill === undefined) return bits === 64 && !isFloat ? 0n : 0;
  const { kind, value } = fill;
  if (isFloat && (kind === "float" || kind === "int" || kind === "uint")) return Number(value);
  if (!isFloat && (kind === "int" || kind === "uint" || kind === "time")) {
    const wrapped = dtype.startsWith("uint") ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
    return bits === 64 ? wrapped : Number(wrapped);
  }
  return undefined;
}
