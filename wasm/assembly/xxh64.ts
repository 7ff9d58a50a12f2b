/**
 * XXH64, the checksum of zstd frames (xxHash specification, "XXH64 Algorithm Description"; RFC 8878 §3.1.1).
 *
 * `begin`, `absorb` and `finish` hash data as it is written, while it is still in cache; one hash at a time.
 */

const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;
const PRIME_4: u64 = 0x85ebca77c2b2ae63;
const PRIME_5: u64 = 0x27d4eb2f165667c5;
const STRIPE_BYTES: usize = 32;

let hashSeed: u64 = 0;
let lane1: u64 = 0;
let lane2: u64 = 0;
let lane3: u64 = 0;
let lane4: u64 = 0;

// @ts-ignore: decorator
@inline function round(lane: u64, input: u64): u64 {
  return rotl(lane + input * PRIME_2, 31) * PRIME_1;
}

// @ts-ignore: decorator
@inline function mergeRound(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
}

export function xxh64Begin(seed: u64): void {
  hashSeed = seed;
  lane1 = seed + PRIME_1 + PRIME_2;
  lane2 = seed + PRIME_2;
  lane3 = seed;
  lane4 = seed - PRIME_1;
}

/** Hashes the whole stripes of [ptr, end) and returns where the next call must begin. */
export function xxh64Absorb(ptr: usize, end: usize): usize {
  let a = lane1;
  let b = lane2;
  let c = lane3;
  let d = lane4;
  while (end - ptr >= STRIPE_BYTES) {
    a = round(a, load<u64>(ptr));
    b = round(b, load<u64>(ptr, 8));
    c = round(c, load<u64>(ptr, 16));
    d = round(d, load<u64>(ptr, 24));
    ptr += STRIPE_BYTES;
  }
  lane1 = a;
  lane2 = b;
  lane3 = c;
  lane4 = d;
  return ptr;
}

/** The hash of everything absorbed and of the rest [ptr, end), less than a stripe; `total` counts both. */
export function xxh64Finish(ptr: usize, end: usize, total: u64): u64 {
  let hash: u64;
  if (total >= STRIPE_BYTES) {
    hash = rotl(lane1, 1) + rotl(lane2, 7) + rotl(lane3, 12) + rotl(lane4, 18);
    hash = mergeRound(hash, lane1);
    hash = mergeRound(hash, lane2);
    hash = mergeRound(hash, lane3);
    hash = mergeRound(hash, lane4);
  } else {
    hash = hashSeed + PRIME_5;
  }
  hash += total;
  for (; end - ptr >= 8; ptr += 8) hash = rotl(hash ^ round(0, load<u64>(ptr)), 27) * PRIME_1 + PRIME_4;
  if (end - ptr >= 4) {
    hash = rotl(hash ^ (<u64>load<u32>(ptr) * PRIME_1), 23) * PRIME_2 + PRIME_3;
    ptr += 4;
  }
  for (; ptr < end; ptr++) hash = rotl(hash ^ (<u64>load<u8>(ptr) * PRIME_5), 11) * PRIME_1;
  hash = (hash ^ (hash >> 33)) * PRIME_2;
  hash = (hash ^ (hash >> 29)) * PRIME_3;
  return hash ^ (hash >> 32);
}

/** XXH64 of `len` bytes. */
export function xxh64(ptr: usize, len: usize, seed: u64): u64 {
  xxh64Begin(seed);
  return xxh64Finish(xxh64Absorb(ptr, ptr + len), ptr + len, len);
}
