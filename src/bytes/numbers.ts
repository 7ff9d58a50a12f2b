/**
 * Numbers over their bytes.
 *
 * @module
 */
import { arrayOf, type FixedType, laneBytes, type TypedArray } from "../core/dtype.js";
import { keepLowBits, smallFloatOf, smallIntegerBits, widenFloats } from "./narrow.js";

/**
 * The numbers that bytes in native order hold: a view of them, or what they are widened to. `bytes` begin at a multiple of the
 * number's size and are the caller's to change: integers of a few bits are made whole in place.
 */
export function toNumbers(bytes: Uint8Array, dtype: FixedType): TypedArray {
  const { buffer, byteOffset, length } = bytes;
  const narrow = smallFloatOf(dtype);
  if (narrow !== undefined) {
    const patterns = laneBytes(dtype) === 1 ? bytes : new Uint16Array(buffer, byteOffset, length / 2);
    return widenFloats(patterns, narrow);
  }
  const bits = smallIntegerBits(dtype);
  if (bits !== undefined) keepLowBits(bytes, bits, dtype.startsWith("int"));
  return new (arrayOf(dtype))(buffer, byteOffset, length / laneBytes(dtype));
}
