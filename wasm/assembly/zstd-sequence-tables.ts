/**
 * The three FSE tables of a block's sequences, and the modes a block may give them in (RFC 8878 §3.1.1.3.2.1).
 *
 * Each kind of code has one table at a fixed place: in the loop that decodes, its address is a constant,
 * and "repeat" needs nothing done. (A predefined table is copied there, half a kilobyte.)
 */
import { CORRUPT } from "./errors";
import {
  DEFAULT_LITERALS_LOG,
  DEFAULT_LITERALS_TABLE,
  DEFAULT_MATCH_LOG,
  DEFAULT_MATCH_TABLE,
  DEFAULT_OFFSET_LOG,
  DEFAULT_OFFSET_TABLE,
  LITERALS_CODES,
  LITERALS_MEANINGS,
  MATCH_CODES,
  MATCH_MEANINGS,
  OFFSET_CODES,
  OFFSET_MEANINGS,
} from "./zstd-codes";
import { accuracyLog, buildReadTable, readDistribution } from "./zstd-fse";

export const MAX_LITERALS_LOG: u32 = 9;
export const MAX_MATCH_LOG: u32 = 9;
export const MAX_OFFSET_LOG: u32 = 8;

const PREDEFINED: u32 = 0;
const RLE: u32 = 1;
const COMPRESSED: u32 = 2;

export const LITERALS_STATES: usize = memory.data(8 * 512, 64);
export const MATCH_STATES: usize = memory.data(8 * 512, 64);
export const OFFSET_STATES: usize = memory.data(8 * 256, 64);

/** The log2 of the tables' sizes. Together with the tables, they pass from a block to the next one of its frame. */
export let literalsLog: u32 = 0;
export let matchLog: u32 = 0;
export let offsetLog: u32 = 0;
let tablesPresent: bool = false;

/** Set by `readTable`: the log2 of the table's size. */
let tableLog: u32 = 0;

/** Begins a frame without tables. */
export function resetTables(): void {
  tablesPresent = false;
}

/** Begins a frame with the tables of its dictionary. */
export function inheritTables(
  literals: usize,
  literalsSizeLog: u32,
  match: usize,
  matchSizeLog: u32,
  offset: usize,
  offsetSizeLog: u32,
): void {
  literalsLog = literalsSizeLog;
  matchLog = matchSizeLog;
  offsetLog = offsetSizeLog;
  memory.copy(LITERALS_STATES, literals, <usize>8 << literalsLog);
  memory.copy(MATCH_STATES, match, <usize>8 << matchLog);
  memory.copy(OFFSET_STATES, offset, <usize>8 << offsetLog);
  tablesPresent = true;
}

/**
 * Makes `table` what `mode` says, and returns how many bytes of [start, end) described it, or an error.
 * Before the call `tableLog` is that of the block before.
 */
function readTable(
  mode: u32,
  start: usize,
  end: usize,
  table: usize,
  meanings: usize,
  codes: u32,
  maxLog: u32,
  predefined: usize,
  predefinedLog: u32,
): i32 {
  if (mode == PREDEFINED) {
    memory.copy(table, predefined, <usize>8 << predefinedLog);
    tableLog = predefinedLog;
    return 0;
  }
  if (mode == RLE) {
    if (start >= end || <u32>load<u8>(start) >= codes) return CORRUPT;
    // One state that takes no bits and never changes.
    store<u64>(table, load<u64>(meanings + (<usize>load<u8>(start) << 3)));
    tableLog = 0;
    return 1;
  }
  if (mode == COMPRESSED) {
    const length = readDistribution(start, end, codes - 1, maxLog);
    if (length < 0 || buildReadTable(table, meanings) < 0) return CORRUPT;
    tableLog = accuracyLog;
    return length;
  }
  return tablesPresent ? 0 : CORRUPT;
}

/** Reads the three tables at the beginning of [start, end) and returns how many bytes they took, or an error. */
export function readTables(start: usize, end: usize): i32 {
  if (start >= end) return CORRUPT;
  const modes = <u32>load<u8>(start);
  if (modes & 3) return CORRUPT;
  let cursor = start + 1;

  tableLog = literalsLog;
  let length = readTable(
    modes >> 6, cursor, end, LITERALS_STATES, LITERALS_MEANINGS, LITERALS_CODES, MAX_LITERALS_LOG,
    DEFAULT_LITERALS_TABLE, DEFAULT_LITERALS_LOG,
  );
  if (length < 0) return length;
  literalsLog = tableLog;
  cursor += length;

  tableLog = offsetLog;
  length = readTable(
    (modes >> 4) & 3, cursor, end, OFFSET_STATES, OFFSET_MEANINGS, OFFSET_CODES, MAX_OFFSET_LOG,
    DEFAULT_OFFSET_TABLE, DEFAULT_OFFSET_LOG,
  );
  if (length < 0) return length;
  offsetLog = tableLog;
  cursor += length;

  tableLog = matchLog;
  length = readTable(
    (modes >> 2) & 3, cursor, end, MATCH_STATES, MATCH_MEANINGS, MATCH_CODES, MAX_MATCH_LOG,
    DEFAULT_MATCH_TABLE, DEFAULT_MATCH_LOG,
  );
  if (length < 0) return length;
  matchLog = tableLog;
  tablesPresent = true;
  return <i32>(cursor + length - start);
}
