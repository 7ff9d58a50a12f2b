/**
 * Huffman trees of zstd: the description of a tree and its decoding tables (RFC 8878 §4.2.1).
 *
 * Codes are at most 11 bits long, so every table has 2048 entries, looked up by the next 11 bits:
 *
 *   single  u16: bits 0-7 code length, bits 8-15 symbol
 *   pair    u32: bits 0-15 two symbols, bits 16-23 their code lengths together, bits 24-31 how many
 *           symbols there are (1 when two codes do not fit in 11 bits)
 */
import { CORRUPT } from "./errors";
import { backwardBits, highestBit } from "./zstd-bits";
import { accuracyLog, buildReadTable, readDistribution, stateBaseline, stateBits } from "./zstd-fse";

export const MAX_CODE_BITS: u32 = 11;
export const TABLE_SIZE: u32 = 1 << 11;
/** Bytes of a table of single symbols. */
export const SINGLE_TABLE_BYTES: usize = 4096;

const MAX_WEIGHTS: u32 = 255;
const MAX_WEIGHT_SYMBOL: u32 = 12;
const MAX_WEIGHT_ACCURACY_LOG: u32 = 6;
/** A header byte of 128 or more means weights of four bits each, 127 less of them. */
const DIRECT_WEIGHTS: u32 = 128;

/** One u8 a symbol: its weight; 0 for a symbol that does not occur. */
const WEIGHTS: usize = memory.data(256, 16);
/** One u32 a weight, 0 to 12: how many symbols have it, then the first free entry of the table. */
const WEIGHT_COUNTS: usize = memory.data(64, 16);
const WEIGHT_POSITIONS: usize = memory.data(64, 16);
/** Decoding table of compressed weights, up to 64 states. */
const WEIGHT_STATES: usize = memory.data(512, 16);
/** The meaning of a weight's symbol is the symbol itself (see zstd-fse.ts). */
const WEIGHT_MEANINGS: usize = memory.data<u64>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

const PAIRS: usize = memory.data(8192, 64);
/** The table of single symbols that PAIRS was made from; 0 for none. */
let pairsSource: usize = 0;

/** Reads the tree at the beginning of [start, end) into `table` and returns how many bytes it took, or an error. */
export function readTree(start: usize, end: usize, table: usize): i32 {
  if (start >= end) return CORRUPT;
  const header = <u32>load<u8>(start);
  const direct = header >= DIRECT_WEIGHTS;
  const count = direct ? header - DIRECT_WEIGHTS + 1 : 0;
  const length = direct ? (count + 1) >> 1 : header;
  if (length > <u32>(end - start) - 1) return CORRUPT;
  const listed = direct
    ? unpackWeights(start + 1, count)
    : decompressWeights(start + 1, start + 1 + length);
  if (listed < 0 || fillTable(table, listed) < 0) return CORRUPT;
  if (pairsSource == table) pairsSource = 0;
  return <i32>(1 + length);
}

function unpackWeights(start: usize, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const pair = load<u8>(start + (i >> 1));
    store<u8>(WEIGHTS + i, i & 1 ? pair & 15 : pair >> 4);
  }
  return count;
}

/** Weights as two interleaved FSE streams in one; the end is where a state asks for bits that are not there. */
function decompressWeights(start: usize, end: usize): i32 {
  const read = readDistribution(start, end, MAX_WEIGHT_SYMBOL, MAX_WEIGHT_ACCURACY_LOG);
  if (read < 0 || start + read >= end || buildReadTable(WEIGHT_STATES, WEIGHT_MEANINGS) < 0) return CORRUPT;
  const stream = start + read;
  const padded = <u32>load<u8>(end - 1);
  if (padded == 0) return CORRUPT;
  let position = (<i32>(end - stream) - 1) * 8 + <i32>highestBit(padded);
  position -= accuracyLog;
  let current = backwardBits(stream, position, accuracyLog);
  position -= accuracyLog;
  let other = backwardBits(stream, position, accuracyLog);
  if (position < 0) return CORRUPT;
  for (let count: u32 = 0; count + 1 < MAX_WEIGHTS; ) {
    const state = load<u64>(WEIGHT_STATES + (<usize>current << 3));
    store<u8>(WEIGHTS + count++, <u8>state);
    const bits = <u32>stateBits(state);
    position -= bits;
    if (position < 0) {
      store<u8>(WEIGHTS + count++, load<u8>(WEIGHT_STATES + (<usize>other << 3)));
      return count;
    }
    current = other;
    other = stateBaseline(state) + backwardBits(stream, position, bits);
  }
  return CORRUPT;
}

/** Completes the `listed` weights with the last, implied one, and fills the table. */
function fillTable(table: usize, listed: u32): i32 {
  memory.fill(WEIGHT_COUNTS, 0, 64);
  let total: u32 = 0;
  for (let symbol: u32 = 0; symbol < listed; symbol++) {
    const weight = <u32>load<u8>(WEIGHTS + symbol);
    if (weight > MAX_CODE_BITS) return CORRUPT;
    total += (1 << weight) >> 1;
    countWeight(weight);
  }
  if (total == 0) return CORRUPT;
  const longest = highestBit(total) + 1;
  if (longest > MAX_CODE_BITS) return CORRUPT;
  const missing = (<u32>1 << longest) - total;
  if (missing & (missing - 1)) return CORRUPT;
  const lastWeight = highestBit(missing) + 1;
  store<u8>(WEIGHTS + listed, <u8>lastWeight);
  countWeight(lastWeight);
  // The longest codes come in pairs; a tree without them claims to be deeper than it is.
  if (load<u32>(WEIGHT_COUNTS, 4) < 2) return CORRUPT;

  // Codes are given out from the smallest weight (longest code) up, in the order of symbols within a weight.
  const scale = MAX_CODE_BITS - longest;
  let position: u32 = 0;
  for (let weight: usize = 1; weight <= longest; weight++) {
    store<u32>(WEIGHT_POSITIONS + (weight << 2), position);
    position += load<u32>(WEIGHT_COUNTS + (weight << 2)) << <u32>(weight - 1 + scale);
  }
  for (let symbol: u32 = 0; symbol <= listed; symbol++) {
    const weight = <u32>load<u8>(WEIGHTS + symbol);
    if (weight == 0) continue;
    const slot = WEIGHT_POSITIONS + (<usize>weight << 2);
    const first = load<u32>(slot);
    const entries = <u32>1 << (weight - 1 + scale);
    store<u32>(slot, first + entries);
    fillEntries(table + (<usize>first << 1), entries, (symbol << 8) | (longest + 1 - weight));
  }
  return 0;
}

// @ts-ignore: decorator
@inline function countWeight(weight: u32): void {
  const slot = WEIGHT_COUNTS + (<usize>weight << 2);
  store<u32>(slot, load<u32>(slot) + 1);
}

/** `count` is a power of two, and `entry` is aligned to it. */
function fillEntries(entry: usize, count: u32, value: u32): void {
  if (count < 8) {
    for (const end = entry + (count << 1); entry < end; entry += 2) store<u16>(entry, <u16>value);
    return;
  }
  const values = i16x8.splat(<i16>value);
  for (const end = entry + (count << 1); entry < end; entry += 16) v128.store(entry, values);
}

/** The table of pairs for a table of single symbols, made when it is first asked for. */
export function pairsOf(table: usize): usize {
  if (pairsSource == table) return PAIRS;
  for (let index: u32 = 0; index < TABLE_SIZE; index++) {
    const first = <u32>load<u16>(table + (<usize>index << 1));
    const firstBits = first & 255;
    const rest = (index << firstBits) & (TABLE_SIZE - 1);
    const second = <u32>load<u16>(table + (<usize>rest << 1));
    const bits = firstBits + (second & 255);
    const entry =
      bits <= MAX_CODE_BITS
        ? (first >> 8) | (second & 0xff00) | (bits << 16) | (2 << 24)
        : (first >> 8) | (firstBits << 16) | (1 << 24);
    store<u32>(PAIRS + (<usize>index << 2), entry);
  }
  pairsSource = table;
  return PAIRS;
}
