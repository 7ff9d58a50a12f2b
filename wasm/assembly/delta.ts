/**
 * Running sums, in place: what undoes delta codings. Integers wrap around in their type; floats are rounded to theirs at every
 * step, as numpy's are. One after the other: each sum waits for the one before, which vectors do not shorten (docs/design/wasm.md §4).
 */

// @ts-ignore: decorator
@inline function sum<T>(at: usize, count: usize, total: T): void {
  for (const end = at + count * sizeof<T>(); at < end; at += sizeof<T>()) {
    total = <T>(total + load<T>(at));
    store<T>(at, total);
  }
}

/** Sums `count` integers of `size` bytes, from `start` on. */
export function sum_integers(at: usize, count: usize, size: u32, start: i64): void {
  if (size == 1) sum<u8>(at, count, <u8>start);
  else if (size == 2) sum<u16>(at, count, <u16>start);
  else if (size == 4) sum<u32>(at, count, <u32>start);
  else sum<u64>(at, count, <u64>start);
}

/** Sums `count` floats of `size` bytes, from 0 on. */
export function sum_floats(at: usize, count: usize, size: u32): void {
  if (size == 4) sum<f32>(at, count, 0);
  else sum<f64>(at, count, 0);
}
