/**
 * What the codes of a sequence mean, and the tables a block may use without describing them
 * (RFC 8878 §3.1.1.3.2.1.1 and §3.1.1.3.2.2).
 *
 * A code's value is a baseline plus some extra bits; the meanings have the form zstd-fse.ts takes.
 */
import { buildTable } from "./zstd-fse";

export const LITERALS_CODES: u32 = 36;
export const MATCH_CODES: u32 = 53;
/** An offset of code n has n extra bits; 31 is the most that fits 32 bits, and the most encoders use. */
export const OFFSET_CODES: u32 = 32;

export const LITERALS_MEANINGS: usize = memory.data(8 * 36, 16);
export const MATCH_MEANINGS: usize = memory.data(8 * 53, 16);
export const OFFSET_MEANINGS: usize = memory.data(8 * 32, 16);

export const DEFAULT_LITERALS_LOG: u32 = 6;
export const DEFAULT_MATCH_LOG: u32 = 6;
export const DEFAULT_OFFSET_LOG: u32 = 5;

export const DEFAULT_LITERALS_TABLE: usize = memory.data(8 * 64, 64);
export const DEFAULT_MATCH_TABLE: usize = memory.data(8 * 64, 64);
export const DEFAULT_OFFSET_TABLE: usize = memory.data(8 * 32, 64);

const MIN_MATCH: u32 = 3;
const LITERALS_EXTRA_BITS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
const MATCH_EXTRA_BITS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
const LITERALS_DISTRIBUTION: usize = memory.data<i16>([
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
]);
const MATCH_DISTRIBUTION: usize = memory.data<i16>([
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
]);
const OFFSET_DISTRIBUTION: usize = memory.data<i16>([
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
]);
const DEFAULT_OFFSET_CODES: u32 = 29;

let ready: bool = false;

/** Makes the meanings and the default tables, once for the life of the module. */
export function prepareCodes(): void {
  if (ready) return;
  fillMeanings(LITERALS_MEANINGS, LITERALS_EXTRA_BITS, LITERALS_CODES, 0);
  fillMeanings(MATCH_MEANINGS, MATCH_EXTRA_BITS, MATCH_CODES, MIN_MATCH);
  for (let code: usize = 0; code < OFFSET_CODES; code++) {
    store<u64>(OFFSET_MEANINGS + (code << 3), ((<u64>code) << 32) | (<u64>1 << <u64>code));
  }
  buildTable(DEFAULT_LITERALS_TABLE, LITERALS_MEANINGS, LITERALS_DISTRIBUTION, LITERALS_CODES, DEFAULT_LITERALS_LOG);
  buildTable(DEFAULT_MATCH_TABLE, MATCH_MEANINGS, MATCH_DISTRIBUTION, MATCH_CODES, DEFAULT_MATCH_LOG);
  buildTable(DEFAULT_OFFSET_TABLE, OFFSET_MEANINGS, OFFSET_DISTRIBUTION, DEFAULT_OFFSET_CODES, DEFAULT_OFFSET_LOG);
  ready = true;
}

/** Baselines follow from the extra bits: each code begins where the values of the one before end. */
function fillMeanings(meanings: usize, extraBits: usize, codes: u32, first: u32): void {
  let baseline = first;
  for (let code: usize = 0; code < codes; code++) {
    const bits = <u32>load<u8>(extraBits + code);
    store<u64>(meanings + (code << 3), ((<u64>bits) << 32) | <u64>baseline);
    baseline += 1 << bits;
  }
}
