/**
 * Checksums that codecs carry: CRC-32 (RFC 1952 §8, polynomial 0xEDB88320 reflected), CRC-32C
 * (RFC 3720 appendix B.4, polynomial 0x82F63B78 reflected) and Adler-32 (RFC 1950 §8.2).
 *
 * Table k of a CRC holds the remainder of a byte followed by k zero bytes, so the eight bytes of a word are looked up
 * independently of each other (tables 0 to 7, "slicing by eight"). Words depend on the word before them; long input is
 * therefore read as four braided streams, word i belonging to stream i mod 4, whose sums are carried over 32 bytes at
 * once (tables 24 to 31) and joined in the last block.
 */

const CRC32_POLYNOMIAL: u32 = 0xedb88320;
const CRC32C_POLYNOMIAL: u32 = 0x82f63b78;
const TABLE_BYTES: usize = 1024;
const BRAID_BYTES: usize = 32;
/** Where tables 24 to 31 stand: behind tables 0 to 7. */
const BRAID_TABLES: usize = 8 * 1024;
const CRC32_TABLES: usize = memory.data(16384, 16);
const CRC32C_TABLES: usize = memory.data(16384, 16);

let crc32Ready: bool = false;
let crc32cReady: bool = false;

function fillTables(tables: usize, polynomial: u32): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (polynomial & (0 - (remainder & 1)));
    store<u32>(tables + (<usize>byte << 2), remainder);
  }
  for (let entry = tables; entry < tables + TABLE_BYTES; entry += 4) {
    let remainder = load<u32>(entry);
    for (let k: usize = 1; k < BRAID_BYTES; k++) {
      remainder = (remainder >>> 8) ^ load<u32>(tables + (<usize>(remainder & 255) << 2));
      if (k < 8) store<u32>(entry + k * TABLE_BYTES, remainder);
      else if (k >= BRAID_BYTES - 8) store<u32>(entry + (k - 16) * TABLE_BYTES, remainder);
    }
  }
}

// @ts-ignore: decorator
@inline function look(tables: usize, k: usize, byte: u32): u32 {
  return load<u32>(tables + k * TABLE_BYTES + (<usize>(byte & 255) << 2));
}

/** Remainder of a word's eight bytes, its sum so far added: followed by nothing, or with the braid's tables by 24 bytes. */
// @ts-ignore: decorator
@inline function wordRemainder(tables: usize, word: u64): u32 {
  const low = <u32>word;
  const high = <u32>(word >>> 32);
  return (
    look(tables, 7, low) ^
    look(tables, 6, low >>> 8) ^
    look(tables, 5, low >>> 16) ^
    look(tables, 4, low >>> 24) ^
    look(tables, 3, high) ^
    look(tables, 2, high >>> 8) ^
    look(tables, 1, high >>> 16) ^
    look(tables, 0, high >>> 24)
  );
}

function crc(tables: usize, ptr: usize, len: usize, seed: u32): u32 {
  let sum = ~seed;
  const end = ptr + len;
  if (len >= 2 * BRAID_BYTES) {
    const braid = tables + BRAID_TABLES;
    const last = ptr + (len & ~(BRAID_BYTES - 1)) - BRAID_BYTES;
    let sum1: u32 = 0;
    let sum2: u32 = 0;
    let sum3: u32 = 0;
    while (ptr < last) {
      sum = wordRemainder(braid, load<u64>(ptr) ^ <u64>sum);
      sum1 = wordRemainder(braid, load<u64>(ptr, 8) ^ <u64>sum1);
      sum2 = wordRemainder(braid, load<u64>(ptr, 16) ^ <u64>sum2);
      sum3 = wordRemainder(braid, load<u64>(ptr, 24) ^ <u64>sum3);
      ptr += BRAID_BYTES;
    }
    sum = wordRemainder(tables, load<u64>(ptr) ^ <u64>sum);
    sum = wordRemainder(tables, load<u64>(ptr, 8) ^ <u64>(sum ^ sum1));
    sum = wordRemainder(tables, load<u64>(ptr, 16) ^ <u64>(sum ^ sum2));
    sum = wordRemainder(tables, load<u64>(ptr, 24) ^ <u64>(sum ^ sum3));
    ptr += BRAID_BYTES;
  }
  for (; ptr + 8 <= end; ptr += 8) sum = wordRemainder(tables, load<u64>(ptr) ^ <u64>sum);
  while (ptr < end) sum = (sum >>> 8) ^ look(tables, 0, sum ^ <u32>load<u8>(ptr++));
  return ~sum;
}

/** CRC-32 of `len` bytes; `seed` is 0, or the CRC of what came before. */
export function crc32(ptr: usize, len: usize, seed: u32): u32 {
  if (!crc32Ready) {
    fillTables(CRC32_TABLES, CRC32_POLYNOMIAL);
    crc32Ready = true;
  }
  return crc(CRC32_TABLES, ptr, len, seed);
}

/** CRC-32C of `len` bytes; `seed` is 0, or the CRC of what came before. */
export function crc32c(ptr: usize, len: usize, seed: u32): u32 {
  if (!crc32cReady) {
    fillTables(CRC32C_TABLES, CRC32C_POLYNOMIAL);
    crc32cReady = true;
  }
  return crc(CRC32C_TABLES, ptr, len, seed);
}

const ADLER_MODULUS: u32 = 65521;
/** 5552 is the most bytes whose sums fit 32 bits before a reduction (RFC 1950 §9's bound); 5536 is a multiple of 32. */
const ADLER_BLOCK: usize = 5536;

/** Adler-32 of `len` bytes; `seed` is 1, or the Adler-32 of what came before. */
export function adler32(ptr: usize, len: usize, seed: u32): u32 {
  let a = seed & 0xffff;
  let b = seed >>> 16;
  // b grows by 16·a + Σ (16-i)·byte[i] over each sixteen bytes: the weights of lanes 0 to 15.
  const weightsLow = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
  const weightsHigh = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
  while (len >= 16) {
    const block = (len < ADLER_BLOCK ? len : ADLER_BLOCK) & ~(<usize>15);
    let byteSums = i32x4.splat(0);
    let weightedSums = i32x4.splat(0);
    let sumsOfSums = i32x4.splat(0);
    for (const end = ptr + block; ptr < end; ptr += 16) {
      const bytes = v128.load(ptr);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      sumsOfSums = i32x4.add(sumsOfSums, byteSums);
      byteSums = i32x4.add(byteSums, i32x4.extadd_pairwise_i16x8_u(i16x8.add(low, high)));
      weightedSums = i32x4.add(
        weightedSums,
        i32x4.add(i32x4.dot_i16x8_s(low, weightsLow), i32x4.dot_i16x8_s(high, weightsHigh)),
      );
    }
    b = (b + a * <u32>block + (addLanes(sumsOfSums) << 4) + addLanes(weightedSums)) % ADLER_MODULUS;
    a = (a + addLanes(byteSums)) % ADLER_MODULUS;
    len -= block;
  }
  for (const end = ptr + len; ptr < end; ptr++) {
    a += <u32>load<u8>(ptr);
    b += a;
  }
  return ((b % ADLER_MODULUS) << 16) | a % ADLER_MODULUS;
}

// @ts-ignore: decorator
@inline function addLanes(sums: v128): u32 {
  return (
    <u32>i32x4.extract_lane(sums, 0) +
    <u32>i32x4.extract_lane(sums, 1) +
    <u32>i32x4.extract_lane(sums, 2) +
    <u32>i32x4.extract_lane(sums, 3)
  );
}
