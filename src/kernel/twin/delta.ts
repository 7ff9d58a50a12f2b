/**
 * Running sums in plain code: the twin of `wasm/assembly/delta.ts`, and the way of numbers that change their type.
 *
 * @module
 */
import type { TypedArray, TypedArrayConstructor } from "../../core/dtype.js";

/** Sums of the differences, in a fresh array of a type; each is rounded or wraps around in it. */
export function sumDeltas(differences: TypedArray, make: TypedArrayConstructor): TypedArray {
  const result = new make(differences.length);
  if (result instanceof BigInt64Array || result instanceof BigUint64Array) {
    let total = 0n;
    for (let i = 0; i < result.length; i++) {
      result[i] = total + BigInt(differences[i]!);
      total = result[i]!;
    }
    return result;
  }
  // Storing rounds or wraps each sum to the type, and the next sum begins from what was stored.
  let total = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = total + Number(differences[i]!);
    total = result[i]!;
  }
  return result;
}

/** How integers lie in bytes: their size, and whether the highest bit is a sign. */
export interface IntegerType {
  readonly size: 1 | 2 | 4 | 8;
  readonly isSigned: boolean;
}

/**
 * The integers of one part of TileDB's double-delta filter, as bytes; the twin of `double_delta_decode`, of whole parts only.
 * Value i is the change of the difference + 2 × value i-1 - value i-2.
 */
export function decodeDoubleDelta(part: Uint8Array, { size }: IntegerType): Uint8Array {
  const view = new DataView(part.buffer, part.byteOffset, part.length);
  const bits = view.getUint8(0);
  const count = Number(view.getBigUint64(1, true));
  const head = bits >= 8 * size - 1 ? count : Math.min(count, 2);
  const values = Array.from({ length: head }, (_, i) => readInteger(view, 9 + i * size, size));
  for (let position = (9 + head * size) * 8; values.length < count; position += bits + 1) {
    let item = 0n;
    for (let bit = position; bit <= position + bits; bit++) {
      // Words of 64 bits begin at their highest bit, and lie in memory lowest byte first.
      const from = bit - (9 + head * size) * 8;
      const word = 9 + head * size + (from >> 6) * 8;
      item = (item << 1n) | ((view.getBigUint64(word, true) >> BigInt(63 - (from & 63))) & 1n);
    }
    const magnitude = item & ((1n << BigInt(bits)) - 1n);
    const change = item >> BigInt(bits) === 1n ? -magnitude : magnitude;
    values.push(change + 2n * values.at(-1)! - values.at(-2)!);
  }
  return writeIntegers(values, size);
}

/** Integers of another size, an offset added, as bytes: the twin of `widen_integers`. */
export function widenIntegers(
  bytes: Uint8Array,
  from: IntegerType,
  size: number,
  offset: bigint,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = Array.from({ length: bytes.length / from.size }, (_, i) => {
    const value = readInteger(view, i * from.size, from.size);
    return (from.isSigned ? BigInt.asIntN(8 * from.size, value) : value) + offset;
  });
  return writeIntegers(values, size);
}

function readInteger(view: DataView, at: number, size: number): bigint {
  let value = 0n;
  for (let byte = size - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(view.getUint8(at + byte));
  return value;
}

/** Integers of `size` bytes, wrapped around, little-endian. */
function writeIntegers(values: readonly bigint[], size: number): Uint8Array {
  const bytes = new Uint8Array(values.length * size);
  values.forEach((value, i) => {
    for (let byte = 0; byte < size; byte++)
      bytes[i * size + byte] = Number(BigInt.asUintN(8, value >> BigInt(8 * byte)));
  });
  return bytes;
}
