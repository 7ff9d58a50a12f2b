/**
 * The sequences section of a compressed block, decoded and carried out at once (RFC 8878 §3.1.1.3.2 and §3.1.1.4).
 *
 * A sequence is: copy so many literals, then so many bytes from some distance back. Its three codes
 * come from three FSE states that share one backward bitstream. The output is contiguous, so the
 * window is the output itself, and before it the content of a dictionary, if there is one.
 */
import { CORRUPT, OVERFLOW } from "./errors";
import { isUsedUp, paddingBits, topBits } from "./zstd-bits";
import { copyMatch, copyShort } from "./zstd-copy";
import { extraBits, stateBaseline, stateBits } from "./zstd-fse";
import {
  LITERALS_STATES,
  MATCH_STATES,
  OFFSET_STATES,
  literalsLog,
  matchLog,
  offsetLog,
  readTables,
} from "./zstd-sequence-tables";

/** A refill has 57 bits, and the next three states take up to 26 of them. */
const MAX_EXTRA_BITS: u64 = 30;

// What a block leaves to the next one of its frame: the offsets used last.
let recent1: u32 = 0;
let recent2: u32 = 0;
let recent3: u32 = 0;

let dictionaryEnd: usize = 0;
let dictionaryLength: u32 = 0;

/** Begins a frame: its recent offsets, and the bytes a match may reach before the output. */
export function resetSequences(offset1: u32, offset2: u32, offset3: u32, contentEnd: usize, contentLength: u32): void {
  recent1 = offset1;
  recent2 = offset2;
  recent3 = offset3;
  dictionaryEnd = contentEnd;
  dictionaryLength = contentLength;
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

  let offset1 = recent1;
  let offset2 = recent2;
  let offset3 = recent3;
  cursor = end - 8;
  let used = paddingBits(end);
  let bits = load<u64>(cursor) << used;
  let literalsState = topBits(bits, literalsLog);
  bits <<= <u64>literalsLog;
  let offsetState = topBits(bits, offsetLog);
  bits <<= <u64>offsetLog;
  let matchState = topBits(bits, matchLog);
  used += literalsLog + offsetLog + matchLog;

  while (true) {
    cursor -= <usize>(used >> 3);
    used &= 7;
    bits = load<u64>(cursor) << used;
    if (cursor + 8 < stream) return CORRUPT;

    const literalsEntry = load<u64>(LITERALS_STATES + (<usize>literalsState << 3));
    const offsetEntry = load<u64>(OFFSET_STATES + (<usize>offsetState << 3));
    const matchEntry = load<u64>(MATCH_STATES + (<usize>matchState << 3));
    // No field of the sum carries into the next one.
    const entries = literalsEntry + offsetEntry + matchEntry;
    const extra = extraBits(entries);
    // Counts of bits with more above them, which shifts ignore.
    const offsetExtra = offsetEntry >> 32;
    const matchExtra = matchEntry >> 32;
    const literalsExtra = literalsEntry >> 32;

    let offset = <u32>offsetEntry + topBits(bits, offsetExtra);
    let matchLength = <u32>matchEntry;
    let literalsLength = <u32>literalsEntry;
    if (extra == extraBits(offsetEntry)) {
      bits <<= extra;
      used += extra;
    } else if (extra <= MAX_EXTRA_BITS) {
      matchLength += topBits(bits << offsetExtra, matchExtra);
      literalsLength += topBits(bits << (offsetExtra + matchExtra), literalsExtra);
      bits <<= extra;
      used += extra;
    } else {
      used += extraBits(offsetEntry);
      cursor -= <usize>(used >> 3);
      used &= 7;
      bits = load<u64>(cursor) << used;
      matchLength += topBits(bits, matchExtra);
      literalsLength += topBits(bits << matchExtra, literalsExtra);
      used += extra - extraBits(offsetEntry);
      cursor -= <usize>(used >> 3);
      used &= 7;
      bits = load<u64>(cursor) << used;
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

    if (literalsLength > <u32>(literalsEnd - literals) || literalsLength + matchLength > <u32>(outEnd - out)) {
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
    const literalsBits = literalsEntry >> 40;
    const matchBits = matchEntry >> 40;
    literalsState = stateBaseline(literalsEntry) + topBits(bits, literalsBits);
    matchState = stateBaseline(matchEntry) + topBits(bits << literalsBits, matchBits);
    offsetState = stateBaseline(offsetEntry) + topBits(bits << (literalsBits + matchBits), offsetEntry >> 40);
    used += stateBits(entries);
  }
  if (!isUsedUp(cursor, used, stream)) return CORRUPT;
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
