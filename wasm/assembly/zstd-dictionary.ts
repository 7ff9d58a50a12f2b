/**
 * Dictionaries (RFC 8878 §5): either any bytes, taken as if they came before the frame, or formatted,
 * with an identity, entropy tables, recent offsets and then such bytes.
 */
import { CORRUPT } from "./errors";
import {
  LITERALS_CODES,
  LITERALS_MEANINGS,
  MATCH_CODES,
  MATCH_MEANINGS,
  OFFSET_CODES,
  OFFSET_MEANINGS,
  prepareCodes,
} from "./zstd-codes";
import { accuracyLog, buildReadTable, readDistribution } from "./zstd-fse";
import { SINGLE_TABLE_BYTES, readTree } from "./zstd-huffman";
import { resetLiterals } from "./zstd-literals";
import {
  MAX_LITERALS_LOG,
  MAX_MATCH_LOG,
  MAX_OFFSET_LOG,
  inheritTables,
  resetTables,
} from "./zstd-sequence-tables";
import { resetSequences } from "./zstd-sequences";

const MAGIC: u32 = 0xec30a437;
const RECENT_OFFSETS_BYTES: usize = 12;

const TREE: usize = memory.data(<i32>SINGLE_TABLE_BYTES, 64);
const LITERALS_TABLE: usize = memory.data(8 * 512, 64);
const MATCH_TABLE: usize = memory.data(8 * 512, 64);
const OFFSET_TABLE: usize = memory.data(8 * 256, 64);

let literalsLog: u32 = 0;
let matchLog: u32 = 0;
let offsetLog: u32 = 0;
let recentOffsets: usize = 0;

let formatted: bool = false;
let present: bool = false;
let identity: u32 = 0;
let contentEnd: usize = 0;
let contentLength: u32 = 0;

/**
 * Makes the bytes at `ptr` the dictionary of every frame decoded from now on; a length of 0 ends that.
 * They are not copied: they must stay where they are, with the slack of a region, until the next call.
 * Returns 0, or an error for a formatted dictionary that is broken (and then there is none).
 */
export function zstd_set_dictionary(ptr: usize, len: usize): i32 {
  formatted = false;
  identity = 0;
  present = len > 0;
  contentEnd = ptr + len;
  contentLength = <u32>len;
  if (len < 8 || load<u32>(ptr) != MAGIC) return 0;

  prepareCodes();
  const error = readTables(ptr + 8, contentEnd);
  if (error < 0) {
    present = false;
    contentLength = 0;
    return error;
  }
  identity = load<u32>(ptr, 4);
  formatted = true;
  return 0;
}

function readTables(cursor: usize, end: usize): i32 {
  let length = readTree(cursor, end, TREE);
  if (length < 0) return CORRUPT;
  cursor += length;

  length = readDistribution(cursor, end, OFFSET_CODES - 1, MAX_OFFSET_LOG);
  if (length < 0 || buildReadTable(OFFSET_TABLE, OFFSET_MEANINGS) < 0) return CORRUPT;
  offsetLog = accuracyLog;
  cursor += length;

  length = readDistribution(cursor, end, MATCH_CODES - 1, MAX_MATCH_LOG);
  if (length < 0 || buildReadTable(MATCH_TABLE, MATCH_MEANINGS) < 0) return CORRUPT;
  matchLog = accuracyLog;
  cursor += length;

  length = readDistribution(cursor, end, LITERALS_CODES - 1, MAX_LITERALS_LOG);
  if (length < 0 || buildReadTable(LITERALS_TABLE, LITERALS_MEANINGS) < 0) return CORRUPT;
  literalsLog = accuracyLog;
  cursor += length;

  if (end - cursor < RECENT_OFFSETS_BYTES) return CORRUPT;
  recentOffsets = cursor;
  contentLength = <u32>(end - cursor - RECENT_OFFSETS_BYTES);
  for (let i: usize = 0; i < RECENT_OFFSETS_BYTES; i += 4) {
    const offset = load<u32>(cursor + i);
    if (offset == 0 || offset > contentLength) return CORRUPT;
  }
  return 0;
}

/**
 * Begins a frame that names the dictionary `wanted` (0 for none named); false when that is not the one set.
 * A frame that names none may still have been made with a dictionary that has no name.
 */
export function beginWithDictionary(wanted: u32): bool {
  if (wanted != 0 && (!present || wanted != identity)) return false;
  if (!formatted) {
    resetLiterals(0);
    resetTables();
    // RFC 8878 §3.1.1.5
    resetSequences(1, 4, 8, contentEnd, contentLength);
    return true;
  }
  resetLiterals(TREE);
  inheritTables(LITERALS_TABLE, literalsLog, MATCH_TABLE, matchLog, OFFSET_TABLE, offsetLog);
  resetSequences(
    load<u32>(recentOffsets), load<u32>(recentOffsets, 4), load<u32>(recentOffsets, 8), contentEnd, contentLength,
  );
  return true;
}
