/**
 * Numpy's type strings, as Zarr v2 and numcodecs write them: byte order, kind, bytes.
 *
 * @module
 */
import { isDataType, isRagged, isRaw, itemBytes, type NumberType } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { JsonReader } from "../core/json.js";

export interface NumpyType {
  readonly dtype: NumberType;
  readonly endian: "little" | "big";
}

const names: Readonly<Record<string, string>> = { i: "int", u: "uint", f: "float" };

/** Reads `<i4` and the like, or a bare name (`int32`), which stands for little-endian; `undefined` for what is no number. */
export function parseNumpyType(text: string): NumpyType | undefined {
  if (isDataType(text) && !isRagged(text) && !isRaw(text)) return { dtype: text, endian: "little" };
  const match = /^([<>|=]?)([biufc])(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [, order, kind, digits] = match;
  const bytes = Number(digits);
  const dtype = kind === "b" ? "bool" : kind === "c" ? `complex${8 * bytes}` : `${names[kind!]}${8 * bytes}`;
  if (!isDataType(dtype) || isRagged(dtype) || isRaw(dtype) || itemBytes(dtype) !== bytes) return undefined;
  if (order === "|" && bytes > 1) return undefined;
  return { dtype, endian: order === ">" ? "big" : "little" };
}

/**
 * Reads an option of a codec that names a numpy type. Its byte order is the business of the codec that makes numbers of bytes.
 *
 * @throws ReaderError `unsupported` naming codec and type
 */
export function readNumpyType(configuration: JsonReader, codec: string, option: string): NumberType {
  const text = configuration.string(option);
  const type = parseNumpyType(text);
  if (type !== undefined) return type.dtype;
  throw new ReaderError("unsupported", `codec ${codec}: ${option} "${text}" is not supported.`, {
    hint: "Types of numbers are.",
    detail: { codec },
  });
}
