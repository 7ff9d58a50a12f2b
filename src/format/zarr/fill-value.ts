/**
 * Fill values: from their JSON form to one item in little-endian bytes, exactly.
 * Zarr v3 core §"Fill value"; the v2 forms are a subset, and `null` there means zeros.
 *
 * @module
 */
import { decodeBase64 } from "../../bytes/base64.js";
import { trimZeros } from "../../bytes/fixed-text.js";
import { floatLayout, type SmallFloat, smallFloatOf, smallIntegerBits } from "../../bytes/narrow.js";
import { type DataType, type FixedType, isRagged, isRaw, itemBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonValue } from "../../core/json.js";
import type { StoredType } from "./data-type.js";
import { show } from "./extension.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Quotes integers beyond 2^53 that follow `"fill_value":`, or CF's attributes of that meaning, because `JSON.parse` would round them. Quotes inside a JSON
 * string are escaped, so the pattern cannot begin in one.
 */
export function keepBigFillValues(bytes: Uint8Array): Uint8Array {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return bytes; // refused by the parser, in words
  }
  const kept = text.replace(
    /("(?:fill_value|_FillValue|missing_value)"\s*:\s*)(-?\d{16,})(?=\s*[,}])/g,
    '$1"$2"',
  );
  return kept === text ? bytes : new TextEncoder().encode(kept);
}

/**
 * Encodes the fill value of a type as one item of what results hold.
 *
 * @throws ReaderError `invalid-metadata` when the value does not fit the type
 */
export function fillOf(value: JsonValue | undefined, type: StoredType, where: string): Uint8Array {
  if (type.unit !== undefined && value === "NaT") return encodeFillValue(notATime, type.dtype, where);
  if (type.isPadded !== true) return encodeFillValue(value, type.dtype, where);
  return trimZeros(encodeFillValue(value, "bytes", where));
}

/** Numpy's "not a time": the lowest 64-bit integer. */
const notATime = String(-(2n ** 63n));

/** An item that could not be made of a fill value. */
type Encoded = Uint8Array | undefined;

/**
 * Encodes a fill value as one item in little-endian bytes; text as UTF-8.
 *
 * @throws ReaderError `invalid-metadata` when the value does not fit the type
 */
export function encodeFillValue(value: JsonValue | undefined, dtype: DataType, where: string): Uint8Array {
  const encoded = encode(value, dtype);
  if (encoded !== undefined) return encoded;
  throw new ReaderError("invalid-metadata", `${where}: the fill_value ${show(value)} is no ${dtype}.`, {
    detail: { key: where },
  });
}

function encode(value: JsonValue | undefined, dtype: DataType): Encoded {
  if (dtype === "string") return typeof value === "string" ? new TextEncoder().encode(value) : undefined;
  if (isRagged(dtype)) return encodeBytes(value);
  if (isRaw(dtype)) {
    const bytes = encodeBytes(value);
    return bytes?.length === itemBytes(dtype) ? bytes : undefined;
  }
  return encodeNumber(value, dtype);
}

/** Bytes as a list of numbers, or in base64. */
function encodeBytes(value: JsonValue | undefined): Encoded {
  if (typeof value === "string") return decodeBase64(value);
  const isBytes =
    Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  return isBytes ? Uint8Array.from(value as number[]) : undefined;
}

function encodeNumber(value: JsonValue | undefined, dtype: FixedType): Encoded {
  const bytes = new Uint8Array(itemBytes(dtype));
  const view = new DataView(bytes.buffer);
  if (dtype === "bool") {
    const isBool = value === true || value === false || value === 0 || value === 1;
    bytes[0] = Number(value);
    return isBool ? bytes : undefined;
  }
  if (/^u?int/.test(dtype)) {
    const integer = parseInteger(value);
    const bits = smallIntegerBits(dtype) ?? 8 * bytes.length;
    const isFit = integer !== undefined && writeInteger(view, integer, bits, dtype.startsWith("int"));
    return isFit ? bytes : undefined;
  }
  const parts = dtype.startsWith("complex") ? (Array.isArray(value) ? value : [value, 0]) : [value];
  const width = dtype.startsWith("complex") ? bytes.length / 2 : bytes.length;
  const isFit =
    parts.length * width === bytes.length &&
    parts.every((part, lane) => writeFloat(view, lane * width, dtype, width, part));
  return isFit ? bytes : undefined;
}

function parseInteger(value: JsonValue | undefined): bigint | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  // Doubles above 2^53 are what is left of an integer whose digits JSON lost.
  return typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
}

function writeInteger(view: DataView, value: bigint, bits: number, isSigned: boolean): boolean {
  const wrapped = isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  if (wrapped !== value) return false;
  for (let byte = 0; byte < view.byteLength; byte++) {
    view.setUint8(byte, Number((value >> BigInt(8 * byte)) & 0xffn));
  }
  return true;
}

/** Writes a number, `"NaN"`, `"Infinity"`, `"-Infinity"`, or a bit pattern in hexadecimal; tells whether it was one. */
function writeFloat(
  view: DataView,
  offset: number,
  dtype: FixedType,
  width: number,
  value: JsonValue | undefined,
): boolean {
  if (typeof value === "string" && /^0x[0-9a-f]+$/i.test(value)) {
    if (value.length !== 2 + 2 * width) return false;
    const pattern = BigInt(value);
    for (let byte = 0; byte < width; byte++) {
      view.setUint8(offset + byte, Number((pattern >> BigInt(8 * byte)) & 0xffn));
    }
    return true;
  }
  const number = parseFloatValue(value);
  if (number === undefined) return false;
  const small = smallFloatOf(dtype);
  if (small !== undefined) {
    const pattern = toFloatBits(number, small);
    if (width === 2) view.setUint16(offset, pattern, true);
    else view.setUint8(offset, pattern);
  } else if (width === 8) view.setFloat64(offset, number, true);
  else view.setFloat32(offset, number, true);
  return true;
}

function parseFloatValue(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (value === "NaN") return Number.NaN;
  if (value === "Infinity") return Number.POSITIVE_INFINITY;
  if (value === "-Infinity") return Number.NEGATIVE_INFINITY;
  // An integer that was quoted to keep its digits.
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : undefined;
}

/** The half-precision pattern nearest to a number, ties to even (IEEE 754-2008 binary16). */
export function toFloat16Bits(value: number): number {
  return toFloatBits(value, "float16");
}

/** The pattern of a small float nearest to a number, ties to even (IEEE 754-2008 §4.3.1). */
function toFloatBits(value: number, type: SmallFloat): number {
  const { exponentBits, fractionBits } = floatLayout(type);
  const special = (2 ** exponentBits - 1) * 2 ** fractionBits;
  if (Number.isNaN(value)) return special + 2 ** (fractionBits - 1);
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = value < 0 || Object.is(value, -0) ? 2 ** (exponentBits + fractionBits) : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return sign + special;
  if (magnitude === 0) return sign;
  let exponent = Math.max(1 - bias, Math.floor(Math.log2(magnitude)));
  if (2 ** exponent > magnitude) exponent = Math.max(1 - bias, exponent - 1);
  // Units of the last place; the leading one counts as an exponent more, and what rounds up carries into it by itself.
  const units = roundHalfEven((magnitude / 2 ** exponent) * 2 ** fractionBits);
  return sign + Math.min(special, units + (exponent + bias - 1) * 2 ** fractionBits);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest > 0.5 ? floor + 1 : floor;
  return floor % 2 === 0 ? floor : floor + 1;
}
