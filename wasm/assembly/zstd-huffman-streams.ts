/**
 * Decoding Huffman-coded literals: one bitstream, or four side by side (RFC 8878 §3.1.1.3.1.6, §4.2.2).
 *
 * Four streams are independent chains of loads and shifts, so they are decoded in turn, a symbol (or a
 * pair) of each. A refill gives 56 bits: five codes of at most 11.
 */
import { CORRUPT } from "./errors";
import { isUsedUp, openBits, refill } from "./zstd-bits";
import { pairsOf } from "./zstd-huffman";

const JUMP_TABLE_BYTES: u32 = 6;
const CODES_PER_REFILL: usize = 5;
const MAX_BYTES_PER_REFILL: usize = 10;
/** Making the table of pairs takes about as long as decoding this many symbols. */
const MIN_LENGTH_FOR_PAIRS: u32 = 4096;

/**
 * An entry is looked up by the top 11 bits. Its code length sits in the low six bits of a byte, so it can
 * be shifted by as it is: a shift by 64 bits ignores what is above.
 */
// @ts-ignore: decorator
@inline function single(table: usize, bits: u64): u32 {
  return <u32>load<u16>(table + (<usize>(bits >> 53) << 1));
}

// @ts-ignore: decorator
@inline function pair(table: usize, bits: u64): u32 {
  return load<u32>(table + (<usize>(bits >> 53) << 2));
}

/** Decodes `length` symbols to `out` from the one stream [start, end); 0 or an error. */
export function decodeOneStream(table: usize, start: usize, end: usize, out: usize, length: u32): i32 {
  if (start >= end || load<u8>(end - 1) == 0) return CORRUPT;
  return decodeRest(table, openBits(end), end - 8, start, out, out + length);
}

/** Decodes what is left of a stream, up to `outEnd`, and checks that it is used up. */
function decodeRest(table: usize, bits: u64, cursor: usize, start: usize, out: usize, outEnd: usize): i32 {
  while (out < outEnd) {
    if (cursor + 8 < start) return CORRUPT;
    for (let i: usize = 0; i < CODES_PER_REFILL && out < outEnd; i++) {
      const entry = single(table, bits);
      bits <<= <u64>entry;
      store<u8>(out++, <u8>(entry >> 8));
    }
    const consumed = <usize>ctz<u64>(bits);
    cursor -= consumed >> 3;
    bits = refill(cursor, consumed);
  }
  return isUsedUp(cursor, ctz<u64>(bits), start) ? 0 : CORRUPT;
}

/**
 * Decodes `length` symbols to `out` from [start, end): the lengths of three streams, then four streams
 * for a quarter of the symbols each, the last one for the rest; 0 or an error.
 */
export function decodeFourStreams(table: usize, start: usize, end: usize, out: usize, length: u32): i32 {
  const quarter = (length + 3) >> 2;
  const total = <u32>(end - start);
  if (total < JUMP_TABLE_BYTES + 4 || quarter * 3 > length) return CORRUPT;
  const start0 = start + JUMP_TABLE_BYTES;
  const start1 = start0 + <usize>load<u16>(start);
  const start2 = start1 + <usize>load<u16>(start, 2);
  const start3 = start2 + <usize>load<u16>(start, 4);
  if (start1 == start0 || start2 == start1 || start3 == start2 || start3 >= end) return CORRUPT;
  if (!load<u8>(start1 - 1) || !load<u8>(start2 - 1) || !load<u8>(start3 - 1) || !load<u8>(end - 1)) {
    return CORRUPT;
  }

  let cursor0 = start1 - 8;
  let cursor1 = start2 - 8;
  let cursor2 = start3 - 8;
  let cursor3 = end - 8;
  let bits0 = openBits(start1);
  let bits1 = openBits(start2);
  let bits2 = openBits(start3);
  let bits3 = openBits(end);
  let out0 = out;
  let out1 = out0 + quarter;
  let out2 = out1 + quarter;
  let out3 = out2 + quarter;
  const end0 = out1;
  const end1 = out2;
  const end2 = out3;
  const end3 = out + length;
  let consumed: usize;
  let entry: u32;

  // Below 5.6 bits a symbol most look-ups yield two.
  if (length > MIN_LENGTH_FOR_PAIRS && total * 10 < length * 7) {
    const pairs = pairsOf(table);
    while (
      out0 + MAX_BYTES_PER_REFILL <= end0 &&
      out1 + MAX_BYTES_PER_REFILL <= end1 &&
      out2 + MAX_BYTES_PER_REFILL <= end2 &&
      out3 + MAX_BYTES_PER_REFILL <= end3
    ) {
      if (cursor0 + 8 < start0 || cursor1 + 8 < start1 || cursor2 + 8 < start2 || cursor3 + 8 < start3) {
        return CORRUPT;
      }
      for (let i: usize = 0; i < CODES_PER_REFILL; i++) {
        entry = pair(pairs, bits0);
        bits0 <<= <u64>(entry >> 16);
        store<u16>(out0, <u16>entry);
        out0 += entry >> 24;
        entry = pair(pairs, bits1);
        bits1 <<= <u64>(entry >> 16);
        store<u16>(out1, <u16>entry);
        out1 += entry >> 24;
        entry = pair(pairs, bits2);
        bits2 <<= <u64>(entry >> 16);
        store<u16>(out2, <u16>entry);
        out2 += entry >> 24;
        entry = pair(pairs, bits3);
        bits3 <<= <u64>(entry >> 16);
        store<u16>(out3, <u16>entry);
        out3 += entry >> 24;
      }
      consumed = <usize>ctz<u64>(bits0);
      cursor0 -= consumed >> 3;
      bits0 = refill(cursor0, consumed);
      consumed = <usize>ctz<u64>(bits1);
      cursor1 -= consumed >> 3;
      bits1 = refill(cursor1, consumed);
      consumed = <usize>ctz<u64>(bits2);
      cursor2 -= consumed >> 3;
      bits2 = refill(cursor2, consumed);
      consumed = <usize>ctz<u64>(bits3);
      cursor3 -= consumed >> 3;
      bits3 = refill(cursor3, consumed);
    }
  } else {
    // The last stream is the shortest: what is whole for it is whole for all.
    for (let rounds = <usize>(end3 - out3) / CODES_PER_REFILL; rounds > 0; rounds--) {
      if (cursor0 + 8 < start0 || cursor1 + 8 < start1 || cursor2 + 8 < start2 || cursor3 + 8 < start3) {
        return CORRUPT;
      }
      for (let i: usize = 0; i < CODES_PER_REFILL; i++) {
        entry = single(table, bits0);
        bits0 <<= <u64>entry;
        store<u8>(out0 + i, <u8>(entry >> 8));
        entry = single(table, bits1);
        bits1 <<= <u64>entry;
        store<u8>(out1 + i, <u8>(entry >> 8));
        entry = single(table, bits2);
        bits2 <<= <u64>entry;
        store<u8>(out2 + i, <u8>(entry >> 8));
        entry = single(table, bits3);
        bits3 <<= <u64>entry;
        store<u8>(out3 + i, <u8>(entry >> 8));
      }
      out0 += CODES_PER_REFILL;
      out1 += CODES_PER_REFILL;
      out2 += CODES_PER_REFILL;
      out3 += CODES_PER_REFILL;
      consumed = <usize>ctz<u64>(bits0);
      cursor0 -= consumed >> 3;
      bits0 = refill(cursor0, consumed);
      consumed = <usize>ctz<u64>(bits1);
      cursor1 -= consumed >> 3;
      bits1 = refill(cursor1, consumed);
      consumed = <usize>ctz<u64>(bits2);
      cursor2 -= consumed >> 3;
      bits2 = refill(cursor2, consumed);
      consumed = <usize>ctz<u64>(bits3);
      cursor3 -= consumed >> 3;
      bits3 = refill(cursor3, consumed);
    }
  }
  return (
    decodeRest(table, bits0, cursor0, start0, out0, end0) |
    decodeRest(table, bits1, cursor1, start1, out1, end1) |
    decodeRest(table, bits2, cursor2, start2, out2, end2) |
    decodeRest(table, bits3, cursor3, start3, out3, end3)
  );
}
