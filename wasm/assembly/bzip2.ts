/**
 * bzip2: streams one after the other, each a header, blocks and a checksum. There is no specification; the rules are those
 * of the bzip2 program, written down at https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf.
 *
 * A block is read in four steps: Huffman codes, whose tables change every fifty symbols; runs of zeros and moves to the front;
 * the Burrows-Wheeler transform, undone by a chain of pointers; runs of bytes. Bits are taken from the highest down.
 *
 * | bits | stream                    | | bits  | block                                |
 * | ---- | ------------------------- | | ----- | ------------------------------------ |
 * | 24   | "BZh"                     | | 48    | 0x314159265359                       |
 * | 8    | "1" to "9": 100 kB a block | | 32   | CRC of what it decodes to            |
 * | …    | blocks                    | | 1     | randomised: given up in 1997         |
 * | 48   | 0x177245385090            | | 24    | where the chain of pointers begins   |
 * | 32   | CRC of the blocks' CRCs   | | …     | bytes in use, tables, selectors, codes |
 */
import { BAD_MAGIC, CHECKSUM, CORRUPT, OVERFLOW, TRUNCATED, UNSUPPORTED } from "./errors";

const BLOCK_MAGIC: u64 = 0x314159265359;
const END_MAGIC: u64 = 0x177245385090;
const BLOCK_UNIT: u32 = 100_000;
const MAX_TABLES: u32 = 6;
/** 256 bytes less zero, two digits of runs, the end. */
const MAX_SYMBOLS: u32 = 258;
const MAX_CODE_BITS: u32 = 20;
/** Symbols that one selector is good for. */
const GROUP: u32 = 50;
const MAX_SELECTORS: u32 = 32768;
/** Codes of up to so many bits are looked up, longer ones searched by length. */
const LOOK_BITS: u32 = 10;
const CRC_POLYNOMIAL: u32 = 0x04c11db7;

/** Entry: symbol << 5 | length; 0 where the code is longer. */
const LOOK: usize = memory.data(<i32>(MAX_TABLES * 2048), 16);
/** Per table and length: the largest code, left-aligned to 20 bits, plus 1; 0 where there is none. */
const LIMIT: usize = memory.data(<i32>(MAX_TABLES * 96), 16);
/** Per table and length: what to add to a code for its place in the order of codes. */
const BASE: usize = memory.data(<i32>(MAX_TABLES * 96), 16);
/** Per table: symbols in the order of their codes. */
const ORDER: usize = memory.data(<i32>(MAX_TABLES * 520), 16);
const LENGTHS: usize = memory.data(264, 16);
const SELECTORS: usize = memory.data(32768, 16);
/** Bytes in use, most recent first. */
const FRONT: usize = memory.data(256, 16);
/** How often each byte occurs, then where its entries begin. */
const COUNTS: usize = memory.data(1024, 16);
const CRC_TABLE: usize = memory.data(1024, 16);
let crcReady: bool = false;

let bits: u64 = 0;
let bitCount: u32 = 0;
let next: usize = 0;
let inputEnd: usize = 0;
/** Bits that were taken beyond the input, which read as zeros. */
let missing: u32 = 0;

/** Makes at least 32 bits ready. */
// @ts-ignore: decorator
@inline function refill(): void {
  while (bitCount <= 56) {
    if (next < inputEnd) bits |= <u64>load<u8>(next++) << (56 - bitCount);
    else missing += 8;
    bitCount += 8;
  }
}

// @ts-ignore: decorator
@inline function take(count: u32): u32 {
  if (bitCount < count) refill();
  const value = <u32>(bits >>> (64 - count));
  bits <<= count;
  bitCount -= count;
  return value;
}

/** Whether more was taken than there was: zeros behind the input still in `bits` were not. */
// @ts-ignore: decorator
@inline function isOut(): bool {
  return missing > bitCount;
}

function makeCrcTable(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let remainder = byte << 24;
    for (let bit = 0; bit < 8; bit++) {
      remainder = (remainder << 1) ^ (CRC_POLYNOMIAL & (0 - (remainder >>> 31)));
    }
    store<u32>(CRC_TABLE + (<usize>byte << 2), remainder);
  }
  crcReady = true;
}

/** Reads which bytes are in use into FRONT; returns how many. */
function readAlphabet(): u32 {
  const rows = take(16);
  let used: u32 = 0;
  for (let row: u32 = 0; row < 16; row++) {
    if (!(rows & (0x8000 >>> row))) continue;
    const columns = take(16);
    for (let column: u32 = 0; column < 16; column++) {
      if (columns & (0x8000 >>> column)) store<u8>(FRONT + <usize>(used++), <u8>(row * 16 + column));
    }
  }
  return used;
}

/** Reads the selectors, which are numbers of tables moved to the front; returns how many, or a negative error. */
function readSelectors(tables: u32): i32 {
  const count = take(15);
  if (count == 0) return CORRUPT;
  // Nibbles: table numbers, most recent lowest.
  let recent: u32 = 0x543210;
  for (let at: u32 = 0; at < count; at++) {
    let place: u32 = 0;
    while (take(1)) if (++place >= tables) return CORRUPT;
    const shift = place << 2;
    const table = (recent >>> shift) & 15;
    const below = recent & ((1 << shift) - 1);
    recent = (recent & ~((16 << shift) - 1)) | (below << 4) | table;
    store<u8>(SELECTORS + <usize>at, <u8>table);
  }
  return <i32>count;
}

/** Reads the code lengths of one table and makes it ready; 0, or a negative error. */
function readTable(table: u32, symbols: u32): i32 {
  let length = take(5);
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    while (true) {
      if (length < 1 || length > MAX_CODE_BITS) return CORRUPT;
      if (!take(1)) break;
      length = take(1) ? length - 1 : length + 1;
    }
    store<u8>(LENGTHS + <usize>symbol, <u8>length);
  }
  const look = LOOK + <usize>table * 2048;
  const limits = LIMIT + <usize>table * 96;
  const bases = BASE + <usize>table * 96;
  const order = ORDER + <usize>table * 520;
  memory.fill(look, 0, 2048);
  memory.fill(limits, 0, 96);
  let code: u32 = 0;
  let place: u32 = 0;
  for (let bits: u32 = 1; bits <= MAX_CODE_BITS; bits++) {
    store<u32>(bases + (<usize>bits << 2), place - code);
    for (let symbol: u32 = 0; symbol < symbols; symbol++) {
      if (<u32>load<u8>(LENGTHS + <usize>symbol) != bits) continue;
      // More codes than there is room for.
      if (code >>> bits) return CORRUPT;
      store<u16>(order + (<usize>place << 1), <u16>symbol);
      if (bits <= LOOK_BITS) {
        const entry = <u16>((symbol << 5) | bits);
        const first = code << (LOOK_BITS - bits);
        const last = first + (1 << (LOOK_BITS - bits));
        for (let at = first; at < last; at++) store<u16>(look + (<usize>at << 1), entry);
      }
      code++;
      place++;
    }
    store<u32>(limits + (<usize>bits << 2), code << (MAX_CODE_BITS - bits));
    code <<= 1;
  }
  return 0;
}

/** The next symbol by one table; a negative number where no code fits. */
// @ts-ignore: decorator
@inline function takeSymbol(table: u32): i32 {
  if (bitCount < MAX_CODE_BITS) refill();
  const entry = <u32>load<u16>(LOOK + <usize>table * 2048 + (<usize>(bits >>> (64 - LOOK_BITS)) << 1));
  if (entry) {
    const length = entry & 31;
    bits <<= length;
    bitCount -= length;
    return <i32>(entry >>> 5);
  }
  return takeLongSymbol(table);
}

function takeLongSymbol(table: u32): i32 {
  const window = <u32>(bits >>> (64 - MAX_CODE_BITS));
  for (let length = LOOK_BITS + 1; length <= MAX_CODE_BITS; length++) {
    if (window >= load<u32>(LIMIT + <usize>table * 96 + (<usize>length << 2))) continue;
    const code = window >>> (MAX_CODE_BITS - length);
    const place = code + load<u32>(BASE + <usize>table * 96 + (<usize>length << 2));
    if (place >= MAX_SYMBOLS) return -1;
    bits <<= length;
    bitCount -= length;
    return <i32>load<u16>(ORDER + <usize>table * 520 + (<usize>place << 1));
  }
  return -1;
}

/** Reads the codes of a block: its bytes, transformed, into the low bits of `work`. Returns how many, or a negative error. */
function readSymbols(selectors: u32, used: u32, work: usize, capacity: u32): i32 {
  memory.fill(COUNTS, 0, 1024);
  const end = <i32>used + 1;
  let filled: u32 = 0;
  let group: u32 = 0;
  let left: u32 = 0;
  let table: u32 = 0;
  let run: u32 = 0;
  let weight: u32 = 1;
  while (true) {
    if (left == 0) {
      if (group == selectors) return CORRUPT;
      table = <u32>load<u8>(SELECTORS + <usize>(group++));
      left = GROUP;
      if (isOut()) return TRUNCATED;
    }
    left--;
    const symbol = takeSymbol(table);
    if (symbol < 0) return CORRUPT;
    if (symbol <= 1) {
      // A run's length in digits 1 and 2, lowest first.
      if (weight > capacity) return CORRUPT;
      run += weight << <u32>symbol;
      weight <<= 1;
      continue;
    }
    if (run > 0) {
      if (run > capacity - filled) return CORRUPT;
      const byte = <u32>load<u8>(FRONT);
      const count = COUNTS + (<usize>byte << 2);
      store<u32>(count, load<u32>(count) + run);
      for (; run > 0; run--) store<u32>(work + (<usize>(filled++) << 2), byte);
      weight = 1;
    }
    if (symbol == end) return <i32>filled;
    if (symbol > end || filled == capacity) return CORRUPT;
    const place = <usize>symbol - 1;
    const byte = load<u8>(FRONT + place);
    memory.copy(FRONT + 1, FRONT, place);
    store<u8>(FRONT, byte);
    const count = COUNTS + (<usize>byte << 2);
    store<u32>(count, load<u32>(count) + 1);
    store<u32>(work + (<usize>(filled++) << 2), <u32>byte);
  }
}

/** Puts above each byte of `work` where the next one is. */
function linkBytes(work: usize, length: u32): void {
  let sum: u32 = 0;
  for (let at = COUNTS; at < COUNTS + 1024; at += 4) {
    const count = load<u32>(at);
    store<u32>(at, sum);
    sum += count;
  }
  for (let index: u32 = 0; index < length; index++) {
    const slot = COUNTS + (<usize>(load<u32>(work + (<usize>index << 2)) & 255) << 2);
    const place = load<u32>(slot);
    store<u32>(slot, place + 1);
    const entry = work + (<usize>place << 2);
    store<u32>(entry, load<u32>(entry) | (index << 8));
  }
}

/** What the last block decoded to, or why it did not. */
let blockCrc: u32 = 0;
let failure: i32 = 0;

/** Writes the bytes of a block, runs undone; four equal bytes are followed by how many more. Returns where it ends, or 0. */
function writeBlock(work: usize, length: u32, origin: u32, out: usize, outEnd: usize): usize {
  let crc: u32 = 0xffffffff;
  let entry = load<u32>(work + (<usize>origin << 2));
  let last: u32 = 256;
  let repeats: u32 = 0;
  for (let index: u32 = 0; index < length; index++) {
    entry = load<u32>(work + (<usize>(entry >>> 8) << 2));
    const byte = entry & 255;
    if (repeats == 4) {
      if (<usize>byte > outEnd - out) return 0;
      memory.fill(out, <u8>last, byte);
      out += byte;
      for (let more = byte; more > 0; more--) {
        crc = (crc << 8) ^ load<u32>(CRC_TABLE + (<usize>((crc >>> 24) ^ last) << 2));
      }
      repeats = 0;
      last = 256;
      continue;
    }
    if (out == outEnd) return 0;
    store<u8>(out++, <u8>byte);
    crc = (crc << 8) ^ load<u32>(CRC_TABLE + (<usize>((crc >>> 24) ^ byte) << 2));
    repeats = byte == last ? repeats + 1 : 1;
    last = byte;
  }
  blockCrc = ~crc;
  return out;
}

/** Reads one block, its magic already taken; returns where its output ends, with a negative error in `failure`. */
function decodeBlock(work: usize, capacity: u32, out: usize, outEnd: usize): usize {
  const storedCrc = take(32);
  if (take(1)) {
    failure = UNSUPPORTED;
    return 0;
  }
  const origin = take(24);
  const used = readAlphabet();
  const tables = take(3);
  if (used == 0 || tables < 2 || tables > MAX_TABLES) {
    failure = CORRUPT;
    return 0;
  }
  const selectors = readSelectors(tables);
  failure = selectors;
  for (let table: u32 = 0; table < tables && failure >= 0; table++) failure = readTable(table, used + 2);
  if (failure < 0) return 0;
  const length = readSymbols(<u32>selectors, used, work, capacity);
  failure = length;
  if (length < 0) return 0;
  if (origin >= <u32>length) {
    failure = CORRUPT;
    return 0;
  }
  linkBytes(work, <u32>length);
  const end = writeBlock(work, <u32>length, origin, out, outEnd);
  failure = end == 0 ? OVERFLOW : blockCrc == storedCrc ? 0 : CHECKSUM;
  return end;
}

/** Bytes of `work` that blocks of the largest size need. */
export function bzip2_work_bytes(): usize {
  return <usize>BLOCK_UNIT * 9 * 4;
}

/** Decodes every stream into one output and verifies each checksum. `work` has `bzip2_work_bytes()`. */
export function bzip2_decode(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize, work: usize): i32 {
  if (!crcReady) makeCrcTable();
  const outEnd = outPtr + outCap;
  let out = outPtr;
  next = inPtr;
  inputEnd = inPtr + inLen;
  do {
    bits = 0;
    bitCount = 0;
    missing = 0;
    if (inputEnd - next < 4) return TRUNCATED;
    const header = take(24);
    if (header != 0x425a68) return BAD_MAGIC;
    const level = take(8) - 0x30;
    if (level < 1 || level > 9) return CORRUPT;
    let streamCrc: u32 = 0;
    while (true) {
      const magic = (<u64>take(24) << 24) | <u64>take(24);
      if (magic == END_MAGIC) {
        const storedCrc = take(32);
        if (isOut()) return TRUNCATED;
        if (storedCrc != streamCrc) return CHECKSUM;
        break;
      }
      if (magic != BLOCK_MAGIC) return isOut() ? TRUNCATED : CORRUPT;
      const end = decodeBlock(work, level * BLOCK_UNIT, out, outEnd);
      // What broke a rule may be the zeros behind the input.
      if (failure < 0 || isOut()) return isOut() ? TRUNCATED : failure;
      out = end;
      streamCrc = ((streamCrc << 1) | (streamCrc >>> 31)) ^ blockCrc;
    }
    // The next stream begins at a whole byte; bytes made ready and not taken are given back.
    next -= <usize>((bitCount - missing) >>> 3);
  } while (next < inputEnd);
  return <i32>(out - outPtr);
}
