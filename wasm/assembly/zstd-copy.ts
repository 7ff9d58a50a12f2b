/**
 * Copying bytes in steps of 16, up to 15 past the end: what follows is overwritten later, or slack.
 */

/** A row of 16 a distance: the lanes that repeat the last `distance` bytes; row 0 is not used. */
const REPEAT_LANES: usize = memory.data(256, 16);
/** One u8 a distance: the largest multiple of it that is at most 16. */
const REPEAT_STEPS: usize = memory.data(16, 16);
/** From here the engine's own copy is faster (measured, docs/design/wasm.md §4). */
const BULK_COPY_BYTES: usize = 512;

let ready: bool = false;

/** Makes the tables, once for the life of the module. */
export function prepareCopies(): void {
  if (ready) return;
  for (let distance: usize = 1; distance < 16; distance++) {
    for (let lane: usize = 0; lane < 16; lane++) {
      store<u8>(REPEAT_LANES + (distance << 4) + lane, <u8>(lane % distance));
    }
    store<u8>(REPEAT_STEPS + distance, <u8>(16 - (16 % distance)));
  }
  ready = true;
}

/** Copies [from, from + length) to `to`, at least 16 bytes. */
// @ts-ignore: decorator
@inline export function copyShort(to: usize, from: usize, length: usize): void {
  v128.store(to, v128.load(from));
  if (length > 16) copyLong(to, from, length);
}

// @ts-ignore: decorator
@inline function copyLong(to: usize, from: usize, length: usize): void {
  const end = to + length;
  do {
    to += 16;
    from += 16;
    v128.store(to, v128.load(from));
  } while (to + 16 < end);
}

/** Copies `length` bytes (1 or more) from `distance` before `to`, which repeats them when it is shorter. */
// @ts-ignore: decorator
@inline export function copyMatch(to: usize, distance: usize, length: usize): void {
  if (distance >= 16) {
    const from = to - distance;
    v128.store(to, v128.load(from));
    if (length > 16) {
      if (length >= BULK_COPY_BYTES && distance >= length) memory.copy(to, from, length);
      else copyLong(to, from, length);
    }
  } else {
    const pattern = i8x16.swizzle(v128.load(to - distance), v128.load(REPEAT_LANES + (distance << 4)));
    const step = <usize>load<u8>(REPEAT_STEPS + distance);
    const end = to + length;
    do {
      v128.store(to, pattern);
      to += step;
    } while (to < end);
  }
}
