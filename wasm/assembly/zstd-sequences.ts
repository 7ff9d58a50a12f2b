/**
 * The sequences section of a compressed block, decoded and carried out at once (RFC 8878 §3.1.1.3.2 and §3.1.1.4).
 *
 * A sequence is: copy so many literals, then so many bytes from some distance back. Its three codes
 * come from three FSE states that share one backward bitstream. The output is contiguous, so the
 * window is the output itself, and before it the content of a dictionary, if there is one.
 */
import { CORRUPT, OVERFLOW } from "./errors";
import { isAtStart, openBits, refill, topBits } from "./zstd-bits";
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
import { copyMatch, copyShort } from "./zstd-copy";
import {
  accuracyLog,
  buildReadTable,
  extraBits,
  readDistribution,
  stateBaseline,
  stateBits,
} from "./zstd-fse";

export const MAX_LITERALS_LOG: u32 = 9;
export const MAX_MATCH_LOG: u32 = 9;
export const MAX_OFFSET_LOG: u32 = 8;

const PREDEFINED: u32 = 0;
const RLE: u32 = 1;
const COMPRESSED: u32 = 2;

const OWN_LITERALS_TABLE: usize = memory.data(8 * 512, 64);
const OWN_MATCH_TABLE: usize = memory.data(8 * 512, 64);
const OWN_OFFSET_TABLE: usize = memory.data(8 * 256, 64);

// What a block leaves to the next one of its frame. A table of 0 is none.
let literalsTable: usize = 0;
let literalsLog: u32 = 0;
let matchTable: usize = 0;
let matchLog: u32 = 0;
let offsetTable: usize = 0;
let offsetLog: u32 = 0;
let recent1: u32 = 0;
let recent2: u32 = 0;
let recent3: u32 = 0;

let dictionaryEnd: usize = 0;
let dictionaryLength: u32 = 0;

/** Set by `selectTable`. */
let selectedTable: usize = 0;
let selectedLog: u32 = 0;

/** Begins a frame: the recent offsets of RFC 8878 §3.1.1.5, no tables, and the bytes before the output. */
export function resetSequences(contentEnd: usize, contentLength: u32): void {
  literalsTable = 0;
  matchTable = 0;
  offsetTable = 0;
  recent1 = 1;
  recent2 = 4;
  recent3 = 8;
  dictionaryEnd = contentEnd;
  dictionaryLength = contentLength;
}

/** What a formatted dictionary brings besides its content: tables for "repeat", and recent offsets. */
export function inheritSequences(
  literals: usize,
  literalsAccuracy: u32,
  match: usize,
  matchAccuracy: u32,
  offset: usize,
  offsetAccuracy: u32,
  recents: usize,
): void {
  literalsTable = literals;
  literalsLog = literalsAccuracy;
  matchTable = match;
  matchLog = matchAccuracy;
  offsetTable = offset;
  offsetLog = offsetAccuracy;
  recent1 = load<u32>(recents);
  recent2 = load<u32>(recents, 4);
  recent3 = load<u32>(recents, 8);
}

/**
 * Chooses the table of one kind of code as `mode` says, and returns how many bytes of [start, end) describe it, or an error.
 * Before the call `selected…` hold the table of the block before.
 */
function selectTable(
  mode: u32,
  start: usize,
  end: usize,
  own: usize,
  meanings: usize,
  codes: u32,
  maxLog: u32,
  predefined: usize,
  predefinedLog: u32,
): i32 {
  if (mode == PREDEFINED) {
    selectedTable = predefined;
    selectedLog = predefinedLog;
    return 0;
  }
  if (mode == RLE) {
    if (start >= end || <u32>load<u8>(start) >= codes) return CORRUPT;
    // One state that takes no bits and never changes.
    store<u64>(own, load<u64>(meanings + (<usize>load<u8>(start) << 3)));
    selectedTable = own;
    selectedLog = 0;
    return 1;
  }
  if (mode == COMPRESSED) {
    const length = readDistribution(start, end, codes - 1, maxLog);
    if (length < 0 || buildReadTable(own, meanings) < 0) return CORRUPT;
    selectedTable = own;
    selectedLog = accuracyLog;
    return length;
  }
  return selectedTable == 0 ? CORRUPT : 0;
}

/** Reads the three tables at the beginning of [start, end) and returns how many bytes they took, or an error. */
function readTables(start: usize, end: usize): i32 {
  if (start >= end) return CORRUPT;
  const modes = <u32>load<u8>(start);
  if (modes & 3) return CORRUPT;
  let cursor = start + 1;

  selectedTable = literalsTable;
  selectedLog = literalsLog;
  let length = selectTable(
    modes >> 6, cursor, end, OWN_LITERALS_TABLE, LITERALS_MEANINGS, LITERALS_CODES, MAX_LITERALS_LOG,
    DEFAULT_LITERALS_TABLE, DEFAULT_LITERALS_LOG,
  );
  if (length < 0) return length;
  literalsTable = selectedTable;
  literalsLog = selectedLog;
  cursor += length;

  selectedTable = offsetTable;
  selectedLog = offsetLog;
  length = selectTable(
    (modes >> 4) & 3, cursor, end, OWN_OFFSET_TABLE, OFFSET_MEANINGS, OFFSET_CODES, MAX_OFFSET_LOG,
    DEFAULT_OFFSET_TABLE, DEFAULT_OFFSET_LOG,
  );
  if (length < 0) return length;
  offsetTable = selectedTable;
  offsetLog = selectedLog;
  cursor += length;

  selectedTable = matchTable;
  selectedLog = matchLog;
  length = selectTable(
    (modes >> 2) & 3, cursor, end, OWN_MATCH_TABLE, MATCH_MEANINGS, MATCH_CODES, MAX_MATCH_LOG,
    DEFAULT_MATCH_TABLE, DEFAULT_MATCH_LOG,
  );
  if (length < 0) return length;
  matchTable = selectedTable;
  matchLog = selectedLog;
  return <i32>(cursor + length - start);
}

/**
 * Decodes the sections after the literals, [start, end), writes the block to `out` and returns its
 * length, or an error.
 *
 * @param literals the literals, `literalsCount` of them and 16 readable bytes more; they equal `out`
 *   when they are the block already
 * @param frame where the output of the frame begins: a match may reach back to it, and on into the dictionary
 * @param outEnd nothing but slack is written from here on
 */
export function decodeSequences(
  start: usize,
  end: usize,
  literals: usize,
  literalsCount: u32,
  frame: usize,
  out: usize,
  outEnd: usize,
): i32 {
  const outStart = out;
  const literalsEnd = literals + literalsCount;
  let cursor = start;
  // One byte up to 127, two up to 0x7eff, or three.
  if (cursor >= end) return CORRUPT;
  let remaining = <u32>load<u8>(cursor++);
  if (remaining >= 128) {
    const more: u32 = remaining == 255 ? 2 : 1;
    if (<u32>(end - cursor) < more) return CORRUPT;
    remaining =
      remaining == 255 ? <u32>load<u16>(cursor) + 0x7f00 : ((remaining - 128) << 8) + <u32>load<u8>(cursor);
    cursor += more;
  }

  if (remaining == 0) {
    if (cursor != end) return CORRUPT;
    if (literals == out) return <i32>literalsCount;
    if (literalsCount > <u32>(outEnd - out)) return OVERFLOW;
    memory.copy(out, literals, literalsCount);
    return <i32>literalsCount;
  }

  const tablesLength = readTables(cursor, end);
  if (tablesLength < 0) return tablesLength;
  const stream = cursor + tablesLength;
  if (stream >= end || load<u8>(end - 1) == 0) return CORRUPT;

  const literalsStates = literalsTable;
  const offsetStates = offsetTable;
  const matchStates = matchTable;
  let offset1 = recent1;
  let offset2 = recent2;
  let offset3 = recent3;
  let bits = openBits(end);
  cursor = end - 8;
  let literalsState = topBits(bits, literalsLog);
  bits <<= <u64>literalsLog;
  let offsetState = topBits(bits, offsetLog);
  bits <<= <u64>offsetLog;
  let matchState = topBits(bits, matchLog);
  bits <<= <u64>matchLog;

  while (true) {
    let consumed = <usize>ctz<u64>(bits);
    cursor -= consumed >> 3;
    bits = refill(cursor, consumed);
    if (cursor + 8 < stream) return CORRUPT;

    const literalsEntry = load<u64>(literalsStates + (<usize>literalsState << 3));
    const offsetEntry = load<u64>(offsetStates + (<usize>offsetState << 3));
    const matchEntry = load<u64>(matchStates + (<usize>matchState << 3));
    const offsetExtra = extraBits(offsetEntry);
    const matchExtra = extraBits(matchEntry);
    const literalsExtra = extraBits(literalsEntry);
    // The states take at most 26 of a refill's 56 bits; more than 30 extra bits need refills of their own.
    const refills = offsetExtra + matchExtra + literalsExtra > 30;

    let offset = <u32>offsetEntry + topBits(bits, offsetExtra);
    bits <<= offsetExtra;
    if (refills) {
      consumed = <usize>ctz<u64>(bits);
      cursor -= consumed >> 3;
      bits = refill(cursor, consumed);
    }
    const matchLength = <u32>matchEntry + topBits(bits, matchExtra);
    bits <<= matchExtra;
    const literalsLength = <u32>literalsEntry + topBits(bits, literalsExtra);
    bits <<= literalsExtra;
    if (refills) {
      consumed = <usize>ctz<u64>(bits);
      cursor -= consumed >> 3;
      bits = refill(cursor, consumed);
    }

    // Values 1 to 3 name recent offsets; one further on when there are no literals (RFC 8878 §3.1.1.5).
    if (offset > 3) {
      offset -= 3;
      offset3 = offset2;
      offset2 = offset1;
      offset1 = offset;
    } else {
      const which = offset - 1 + <u32>(literalsLength == 0);
      if (which == 0) {
        offset = offset1;
      } else {
        offset = which == 1 ? offset2 : which == 2 ? offset3 : offset1 - 1;
        if (which != 1) offset3 = offset2;
        offset2 = offset1;
        offset1 = offset;
      }
    }

    if (
      literalsLength > <u32>(literalsEnd - literals) ||
      literalsLength > <u32>(outEnd - out) ||
      matchLength > <u32>(outEnd - out) - literalsLength
    ) {
      return literalsLength > <u32>(literalsEnd - literals) ? CORRUPT : OVERFLOW;
    }
    copyShort(out, literals, literalsLength);
    out += literalsLength;
    literals += literalsLength;

    // An offset of 0 wraps to the largest number, and fails here too.
    if (offset - 1 >= <u32>(out - frame)) {
      if (!copyFromDictionary(out, offset, matchLength, frame)) return CORRUPT;
    } else {
      copyMatch(out, offset, matchLength);
    }
    out += matchLength;

    if (--remaining == 0) break;
    const literalsBits = stateBits(literalsEntry);
    literalsState = stateBaseline(literalsEntry) + topBits(bits, literalsBits);
    bits <<= literalsBits;
    const matchBits = stateBits(matchEntry);
    matchState = stateBaseline(matchEntry) + topBits(bits, matchBits);
    bits <<= matchBits;
    const offsetBits = stateBits(offsetEntry);
    offsetState = stateBaseline(offsetEntry) + topBits(bits, offsetBits);
    bits <<= offsetBits;
  }
  if (!isAtStart(bits, cursor, stream)) return CORRUPT;
  recent1 = offset1;
  recent2 = offset2;
  recent3 = offset3;

  const rest = <u32>(literalsEnd - literals);
  if (rest > <u32>(outEnd - out)) return OVERFLOW;
  memory.copy(out, literals, rest);
  return <i32>(out + rest - outStart);
}

/** Copies a match that begins in the dictionary and may go on into the output; false when it begins before both. */
function copyFromDictionary(out: usize, offset: u32, length: u32, frame: usize): bool {
  const before = offset - <u32>(out - frame);
  if (offset == 0 || before > dictionaryLength) return false;
  const inside = length < before ? length : before;
  memory.copy(out, dictionaryEnd - before, inside);
  // What follows may overlap what it writes: byte by byte.
  for (let i: usize = inside; i < length; i++) store<u8>(out + i, load<u8>(frame + (i - inside)));
  return true;
}
