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
