/**
 * Half-precision numbers widened to single precision; exact, by table.
 *
 * @module
 */

let table: Float32Array | undefined;

/** Value of one half-precision bit pattern (IEEE 754-2008 binary16). */
function widen(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Widens half-precision bit patterns to a new `Float32Array`. */
export function widenFloat16(bits: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 0x10000 }, (_, pattern) => widen(pattern));
  const values = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index++) values[index] = table[bits[index]!]!;
  return values;
}
