/**
 * The decoding tables of inflate, built from code lengths (RFC 1951 §3.2.2).
 *
 * A decoding table has one u32 per value of its next `primary` bits:
 *
 * | bits   | literal      | length, distance, code length | sub-table       | end, invalid |
 * |--------|--------------|-------------------------------|-----------------|--------------|
 * | 0-7    | bits to drop | bits to drop, extra included  | bits to drop    | bits to drop |
 * | 8-11   | 0            | where the extra bits begin    | its index bits  | 0            |
 * | 13-15  | 0            | 0                             | EXCEPTION       | EXCEPTION + END or INVALID |
 * | 16-30  | the byte     | base value                    | its first entry | 0            |
 * | 31     | LITERAL      | 0                             | 0               | 0            |
 *
 * The count stands lowest because wasm takes shift counts modulo 64 (or 32): entries are shifted by as they are.
 * What is accepted follows zlib: complete codes, or a lone code of one bit.
 */

export const LITERAL: u32 = 0x80000000;
export const EXCEPTION: u32 = 0x8000;
export const END: u32 = 0x4000;
export const INVALID: u32 = 0x2000;

export const LITERALS_PRIMARY: u32 = 11;
export const DISTANCES_PRIMARY: u32 = 8;
export const CODE_LENGTHS_PRIMARY: u32 = 7;

// Entries including sub-tables: zlib's `enough` gives 2342 for (288, 11, 15) and 402 for (32, 8, 15).
export const LITERALS_CAPACITY: u32 = 2342;
export const DISTANCES_CAPACITY: u32 = 402;
export const CODE_LENGTHS_CAPACITY: u32 = 128;
export const LITERALS: usize = memory.data(2342 * 4, 16);
export const DISTANCES: usize = memory.data(402 * 4, 16);
export const CODE_LENGTHS: usize = memory.data(128 * 4, 16);

/** Which alphabet a table decodes. */
export const LITERAL_ALPHABET: i32 = 0;
export const DISTANCE_ALPHABET: i32 = 1;
export const CODE_LENGTH_ALPHABET: i32 = 2;

// RFC 1951 §3.2.5
const LENGTH_BASES: usize = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]);
const LENGTH_EXTRAS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASES: usize = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]);
const MAX_CODE_LENGTH: u32 = 15;
const CODES: usize = memory.data(320 * 2, 16);
const LENGTH_COUNTS: usize = memory.data(16 * 4, 16);
const NEXT_CODES: usize = memory.data(16 * 4, 16);
/** Longest code behind each primary index, 0 where none is longer than the index. */
const LONGEST: usize = memory.data(2048, 16);

/** The entry of a symbol whose code still has `length` bits at this level of the table. */
function symbolEntry(alphabet: i32, symbol: u32, length: u32): u32 {
  if (alphabet == CODE_LENGTH_ALPHABET) return (symbol << 16) | (length << 8) | length;
  let base: u32;
  let extra: u32;
  if (alphabet == DISTANCE_ALPHABET) {
    if (symbol >= 30) return EXCEPTION | INVALID | length;
    base = <u32>load<u16>(DISTANCE_BASES + (<usize>symbol << 1));
    extra = symbol < 4 ? 0 : (symbol >>> 1) - 1;
  } else {
    if (symbol < 256) return LITERAL | (symbol << 16) | length;
    if (symbol == 256) return EXCEPTION | END | length;
    symbol -= 257;
    if (symbol >= 29) return EXCEPTION | INVALID | length;
    base = <u32>load<u16>(LENGTH_BASES + (<usize>symbol << 1));
    extra = <u32>load<u8>(LENGTH_EXTRAS + <usize>symbol);
  }
  return (base << 16) | (length << 8) | (length + extra);
}

function reverseBits(code: u32, count: u32): u32 {
  code = ((code & 0x5555) << 1) | ((code >>> 1) & 0x5555);
  code = ((code & 0x3333) << 2) | ((code >>> 2) & 0x3333);
  code = ((code & 0x0f0f) << 4) | ((code >>> 4) & 0x0f0f);
  code = ((code & 0x00ff) << 8) | ((code >>> 8) & 0x00ff);
  return code >>> (16 - count);
}

/** Builds a decoding table from code lengths (RFC 1951 §3.2.2); false when they make no code. */
export function buildTable(table: usize, primary: u32, capacity: u32, lengths: usize, count: u32, alphabet: i32): bool {
  memory.fill(LENGTH_COUNTS, 0, 64);
  for (let symbol: usize = 0; symbol < <usize>count; symbol++) {
    const slot = LENGTH_COUNTS + (<usize>load<u8>(lengths + symbol) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
  }
  store<u32>(LENGTH_COUNTS, 0);
  let unused: i32 = 1;
  let code: u32 = 0;
  let longest: u32 = 0;
  for (let length: u32 = 1; length <= MAX_CODE_LENGTH; length++) {
    const slot = LENGTH_COUNTS + (<usize>length << 2);
    const used = load<u32>(slot);
    unused = unused * 2 - <i32>used;
    if (unused < 0) return false;
    code = (code + load<u32>(slot - 4)) << 1;
    store<u32>(NEXT_CODES + (<usize>length << 2), code);
    if (used) longest = length;
  }
  if (unused > 0 && (alphabet == CODE_LENGTH_ALPHABET || longest > 1)) return false;

  const primarySize: u32 = 1 << primary;
  const primaryMask = primarySize - 1;
  if (unused > 0) fillEntries(table, 0, 1, primarySize, EXCEPTION | INVALID | 1);

  // First the codes, so that the size of every sub-table is known before it is placed.
  if (longest > primary) memory.fill(LONGEST, 0, primarySize);
  for (let symbol: usize = 0; symbol < <usize>count; symbol++) {
    const length = <u32>load<u8>(lengths + symbol);
    if (length == 0) continue;
    const slot = NEXT_CODES + (<usize>length << 2);
    const next = load<u32>(slot);
    store<u32>(slot, next + 1);
    const reversed = reverseBits(next, length);
    if (length <= primary) {
      fillEntries(table, reversed, 1 << length, primarySize, symbolEntry(alphabet, <u32>symbol, length));
      continue;
    }
    store<u16>(CODES + (symbol << 1), <u16>reversed);
    const index = LONGEST + <usize>(reversed & primaryMask);
    if (length > <u32>load<u8>(index)) store<u8>(index, <u8>length);
  }
  if (longest <= primary) return true;

  let top = primarySize;
  for (let index: u32 = 0; index < primarySize; index++) {
    const length = <u32>load<u8>(LONGEST + <usize>index);
    if (length == 0) continue;
    const indexBits = length - primary;
    if (top + (1 << indexBits) > capacity) return false;
    store<u32>(table + (<usize>index << 2), EXCEPTION | (top << 16) | (indexBits << 8) | primary);
    top += 1 << indexBits;
  }
  for (let symbol: usize = 0; symbol < <usize>count; symbol++) {
    const length = <u32>load<u8>(lengths + symbol);
    if (length <= primary) continue;
    const reversed = <u32>load<u16>(CODES + (symbol << 1));
    const parent = load<u32>(table + (<usize>(reversed & primaryMask) << 2));
    const rest = length - primary;
    fillEntries(
      table + (<usize>(parent >>> 16) << 2),
      reversed >>> primary,
      1 << rest,
      1 << ((parent >>> 8) & 15),
      symbolEntry(alphabet, <u32>symbol, rest),
    );
  }
  return true;
}

// @ts-ignore: decorator
@inline function fillEntries(table: usize, first: u32, step: u32, size: u32, entry: u32): void {
  for (let i = first; i < size; i += step) store<u32>(table + (<usize>i << 2), entry);
}
