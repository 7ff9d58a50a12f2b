/**
 * Fill values: from their JSON form to one item in little-endian bytes, exactly.
 * Zarr v3 core §"Fill value"; the v2 forms are a subset, and `null` there means zeros.
 *
 * @module
 */
import { type DataType, itemBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonValue } from "../../core/json.js";
import { show } from "./extension.js";

const integerBits: Partial<Record<DataType, { bits: number; signed: boolean }>> = {
  int8: { bits: 8, signed: true },
  int16: { bits: 16, signed: true },
  int32: { bits: 32, signed: true },
  int64: { bits: 64, signed: true },
  uint8: { bits: 8, signed: false },
  uint16: { bits: 16, signed: false },
  uint32: { bits: 32, signed: false },
  uint64: { bits: 64, signed: false },
};

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Quotes integers beyond 2^53 that follow `"fill_value":`, because `JSON.parse` would round them. Quotes inside a JSON
 * string are escaped, so the pattern cannot begin in one.
 */
export function keepBigFillValues(bytes: Uint8Array): Uint8Array {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return bytes; // refused by the parser, in words
  }
  const kept = text.replace(/("fill_value"\s*:\s*)(-?\d{16,})(?=\s*[,}])/g, '$1"$2"');
  return kept === text ? bytes : new TextEncoder().encode(kept);
}

/**
 * Encodes a fill value as one item in little-endian bytes.
 *
 * @throws ReaderError `invalid-metadata` when the value does not fit the type
 */
export function encodeFillValue(value: JsonValue | undefined, dtype: DataType, where: string): Uint8Array {
  const bytes = new Uint8Array(itemBytes(dtype));
  const view = new DataView(bytes.buffer);
  const fail = (): never => {
    throw new ReaderError("invalid-metadata", `${where}: the fill_value ${show(value)} is no ${dtype}.`, {
      detail: { key: where },
    });
  };
  const integer = integerBits[dtype];
  if (dtype === "bool") {
    if (value !== true && value !== false && value !== 0 && value !== 1) fail();
    bytes[0] = Number(value);
  } else if (integer !== undefined) {
    writeInteger(view, parseInteger(value) ?? fail(), integer, fail);
  } else if (dtype === "complex64" || dtype === "complex128") {
    const pair = Array.isArray(value) ? value : typeof value === "number" ? [value, 0] : fail();
    if (pair.length !== 2) fail();
    const width = bytes.length / 2;
    pair.forEach((part, lane) => {
      writeFloat(view, lane * width, width, part) || fail();
    });
  } else {
    writeFloat(view, 0, bytes.length, value) || fail();
  }
  return bytes;
}

function parseInteger(value: JsonValue | undefined): bigint | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  // Doubles above 2^53 are what is left of an integer whose digits JSON lost.
  return typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
}

function writeInteger(
  view: DataView,
  value: bigint,
  type: { bits: number; signed: boolean },
  fail: () => never,
): void {
  const wrapped = type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
  if (wrapped !== value) fail();
  for (let byte = 0; byte < type.bits / 8; byte++) {
    view.setUint8(byte, Number((value >> BigInt(8 * byte)) & 0xffn));
  }
}

/** Writes a number, `"NaN"`, `"Infinity"`, `"-Infinity"`, or a bit pattern in hexadecimal; tells whether it was one. */
function writeFloat(view: DataView, offset: number, width: number, value: JsonValue | undefined): boolean {
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
  if (width === 8) view.setFloat64(offset, number, true);
  else if (width === 4) view.setFloat32(offset, number, true);
  else view.setUint16(offset, toFloat16Bits(number), true);
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
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  // Halfway between the largest half, 65504, and the next power of two rounds up to infinity.
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24);
  let exponent = Math.floor(Math.log2(magnitude));
  if (2 ** exponent > magnitude) exponent--;
  // A mantissa that rounds up to 1024 carries into the exponent by itself.
  return sign | (((exponent + 15) << 10) + roundHalfEven((magnitude / 2 ** exponent - 1) * 1024));
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest > 0.5 ? floor + 1 : floor;
  return floor % 2 === 0 ? floor : floor + 1;
}
