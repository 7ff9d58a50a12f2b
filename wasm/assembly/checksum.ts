/**
 * Checksums that codecs carry: CRC-32 (RFC 1952 §8, polynomial 0xEDB88320 reflected), CRC-32C
 * (RFC 3720 appendix B.4, polynomial 0x82F63B78 reflected) and Adler-32 (RFC 1950 §8.2).
 *
 * Both CRCs read eight bytes a step through eight tables ("slicing by eight"): table k holds the
 * remainder of a byte followed by k zero bytes, so eight look-ups are independent of each other.
 */

const CRC32_POLYNOMIAL: u32 = 0xedb88320;
const CRC32C_POLYNOMIAL: u32 = 0x82f63b78;
const TABLE_BYTES: usize = 1024;
const CRC32_TABLES: usize = memory.data(8192, 16);
const CRC32C_TABLES: usize = memory.data(8192, 16);

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
    for (let k: usize = 1; k < 8; k++) {
      remainder = (remainder >>> 8) ^ load<u32>(tables + (<usize>(remainder & 255) << 2));
      store<u32>(entry + k * TABLE_BYTES, remainder);
    }
  }
}

// @ts-ignore: decorator
@inline function look(tables: usize, k: usize, byte: u32): u32 {
  return load<u32>(tables + k * TABLE_BYTES + (<usize>(byte & 255) << 2));
}

function crc(tables: usize, ptr: usize, len: usize, seed: u32): u32 {
  let sum = ~seed;
  const end = ptr + len;
  const wordsEnd = ptr + (len & ~(<usize>7));
  while (ptr < wordsEnd) {
    const low = load<u32>(ptr) ^ sum;
    const high = load<u32>(ptr, 4);
    sum =
      look(tables, 7, low) ^
      look(tables, 6, low >>> 8) ^
      look(tables, 5, low >>> 16) ^
      look(tables, 4, low >>> 24) ^
      look(tables, 3, high) ^
      look(tables, 2, high >>> 8) ^
      look(tables, 1, high >>> 16) ^
      look(tables, 0, high >>> 24);
    ptr += 8;
  }
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
