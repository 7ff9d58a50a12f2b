/**
 * Numbers of fewer bits than any typed array holds, widened exactly, by table: small floats to single precision, integers of
 * two and four bits to eight.
 *
 * @module
 */
import type { DataType } from "../core/dtype.js";

interface FloatLayout {
  readonly exponentBits: number;
  readonly fractionBits: number;
}

/** Bits of small floats, all laid out like those of IEEE 754: with subnormal numbers, infinities and NaN. */
const floats = {
  float16: { exponentBits: 5, fractionBits: 10 },
  bfloat16: { exponentBits: 8, fractionBits: 7 },
  float8_e4m3: { exponentBits: 4, fractionBits: 3 },
  float8_e5m2: { exponentBits: 5, fractionBits: 2 },
} as const satisfies Readonly<Record<string, FloatLayout>>;

/** Types of small floats. */
export type SmallFloat = keyof typeof floats;

const tables = new Map<SmallFloat, Float32Array>();

/** How the numbers of a type are stored, where no typed array holds them as they are. */
export function smallFloatOf(dtype: DataType): SmallFloat | undefined {
  const name = dtype.replace("complex_", "");
  return Object.hasOwn(floats, name) ? (name as SmallFloat) : undefined;
}

/** Bits of integers that are stored in the low bits of a byte; `undefined` for other types. */
export function smallIntegerBits(dtype: DataType): 2 | 4 | undefined {
  if (dtype === "int2" || dtype === "uint2") return 2;
  return dtype === "int4" || dtype === "uint4" ? 4 : undefined;
}

/** Exponent and fraction of a small float. */
export function floatLayout(type: SmallFloat): FloatLayout {
  return floats[type];
}

/** Widens the bit patterns of small floats to a new `Float32Array`. */
export function widenFloats(patterns: Uint8Array | Uint16Array, type: SmallFloat): Float32Array {
  const table = tables.get(type) ?? makeTable(type);
  const values = new Float32Array(patterns.length);
  for (let index = 0; index < patterns.length; index++) values[index] = table[patterns[index]!]!;
  return values;
}

/** Widens half-precision bit patterns to a new `Float32Array`. */
export function widenFloat16(patterns: Uint16Array): Float32Array {
  return widenFloats(patterns, "float16");
}

function makeTable(type: SmallFloat): Float32Array {
  const { exponentBits, fractionBits } = floats[type];
  const patterns = 2 ** (1 + exponentBits + fractionBits);
  const table = Float32Array.from({ length: patterns }, (_, pattern) => widen(pattern, floats[type]));
  tables.set(type, table);
  return table;
}

/** Value of one bit pattern: sign, exponent, fraction (IEEE 754-2008 §3.4). */
function widen(pattern: number, { exponentBits, fractionBits }: FloatLayout): number {
  const special = 2 ** exponentBits - 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = pattern >> (exponentBits + fractionBits) === 0 ? 1 : -1;
  const exponent = (pattern >> fractionBits) & special;
  const fraction = (pattern & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  if (exponent === special) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** Keeps the low bits of each byte, in place; the highest of them is the sign of signed numbers. */
export function keepLowBits(bytes: Uint8Array, bits: 2 | 4, isSigned: boolean): void {
  const unused = 32 - bits;
  for (let index = 0; index < bytes.length; index++) {
    const moved = bytes[index]! << unused;
    bytes[index] = isSigned ? moved >> unused : moved >>> unused;
  }
}
