/**
 * Data types as v2 names them, by numpy's type strings (https://numpy.org/doc/stable/reference/arrays.interface.html).
 *
 * @module
 */
import { parseNumpyType } from "../../codec/numpy-type.js";
import { isDataType, rawType } from "../../core/dtype.js";
import type { JsonValue } from "../../core/json.js";
import {
  badField,
  checkLength,
  maxDepth,
  plain,
  recordOf,
  type StoredType,
  textType,
  timeType,
  unsupportedType,
  withEndian,
} from "./data-type.js";
import { show } from "./extension.js";

/**
 * Reads `dtype` of v2.
 *
 * @throws ReaderError `unsupported` naming the type
 */
export function parseTypeV2(value: JsonValue | undefined, where: string, depth = 0): StoredType {
  if (Array.isArray(value)) {
    if (depth > maxDepth) throw unsupportedType("of records in records", where);
    return recordOf(
      value.map((field) => fieldV2(field, where, depth)),
      where,
    );
  }
  const text = typeof value === "string" ? value : "";
  const number = parseNumpyType(text);
  if (number !== undefined && !isDataType(text)) return { ...plain(number.dtype), endian: number.endian };
  if (text === "|O") return { dtype: "string", itemCodecs: [], isObject: true };
  const [, order, kind, digits] = /^([<>|])([USV])(\d+)$/.exec(text) ?? [];
  if (kind === "U" && order !== "|") {
    const bytes = checkLength(4 * Number(digits), text, where);
    const endian = order === ">" ? "big" : "little";
    return withEndian({ ...textType(bytes, "utf-32"), endian }, endian);
  }
  if (kind === "S") return { ...textType(checkLength(Number(digits), text, where), "utf-8"), isPadded: true };
  if (kind === "V") return plain(rawType(checkLength(Number(digits), text, where)));
  const time = /^([<>])([mM])8(?:\[(\d*)(\w+)\])?$/.exec(text);
  if (time !== null) {
    const endian = time[1] === ">" ? "big" : "little";
    return { ...timeType(time[2] === "M", time[4] ?? "generic", Number(time[3] || 1), where), endian };
  }
  throw unsupportedType(show(value), where);
}

function fieldV2(field: JsonValue, where: string, depth: number): [string, StoredType] {
  const [name, type, shape] = Array.isArray(field) ? field : [];
  if (typeof name !== "string") throw badField(field, "dtype", where);
  if (shape !== undefined)
    throw unsupportedType(`of the field "${name}", an array of ${show(shape)},`, where);
  return [name, parseTypeV2(type, where, depth + 1)];
}
