/**
 * Zstandard frames (RFC 8878 §3): one or more, with skippable ones among them, each with its blocks,
 * its size and its checksum verified when they are given.
 *
 *   magic u32 · descriptor u8 · [window u8] · [dictionary id 0, 1, 2 or 4] · [content size 0, 1, 2, 4 or 8]
 *   blocks … · [checksum u32]
 *
 * The output is contiguous and holds whole frames, so no window is kept and none is too large.
 */
import { BAD_MAGIC, CHECKSUM, CORRUPT, DICTIONARY, OVERFLOW, TRUNCATED, UNSUPPORTED } from "./errors";
import { xxh64Absorb, xxh64Begin, xxh64Finish } from "./xxh64";
import {
  BLOCK_HEADER_BYTES,
  MAX_BLOCK_BYTES,
  decodeBlock,
  isLastBlock,
  readBlockHeader,
  storedSize,
} from "./zstd-block";
import { prepareCodes } from "./zstd-codes";
import { prepareCopies } from "./zstd-copy";
import { beginWithDictionary } from "./zstd-dictionary";

export { zstd_set_dictionary } from "./zstd-dictionary";

const FRAME_MAGIC: u32 = 0xfd2fb528;
/** The sixteen magic numbers of skippable frames differ in their lowest four bits (RFC 8878 §3.1.2). */
const SKIPPABLE_MAGIC: u32 = 0x184d2a50;
/** Magic numbers of the formats before 0.8, which share all but their lowest byte with today's. */
const FIRST_LEGACY_MAGIC: u32 = 0xfd2fb522;
const LAST_LEGACY_MAGIC: u32 = 0xfd2fb527;
const MAGIC_BYTES: u32 = 4;
const SKIPPABLE_HEADER_BYTES: u32 = 8;
const CHECKSUM_BYTES: u32 = 4;

const UNKNOWN: i64 = -1;
const FAILED: i64 = -2;
/** More than any memory holds, and few enough that sums of them stay exact. */
const MAX_CONTENT_BYTES: u64 = 0x20_0000_0000_0000;

/** Set by `readFrameHeader`. */
let contentSize: u64 = 0;
let contentSizeKnown: bool = false;
let hasChecksum: bool = false;
let dictionaryId: u32 = 0;

/** Decodes all frames of the input. Returns the bytes written, or an error. */
export function zstd_decode(in_ptr: usize, in_len: usize, out_ptr: usize, out_cap: usize): i32 {
  return zstdDecode(in_ptr, in_len, out_ptr, out_cap);
}

/** `zstd_decode` for other kernels. */
export function zstdDecode(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  prepareCodes();
  prepareCopies();
  // The format says one or more frames: an empty input was cut off.
  if (inLen == 0) return TRUNCATED;
  const end = inPtr + inLen;
  const outEnd = outPtr + outCap;
  let cursor = inPtr;
  let out = outPtr;
  while (cursor < end) {
    const skipped = readSkippable(cursor, end);
    if (skipped < 0) return <i32>skipped;
    if (skipped > 0) {
      cursor += <usize>skipped;
      continue;
    }
    const headerLength = readFrameHeader(cursor, end);
    if (headerLength < 0) return headerLength;
    if (!beginWithDictionary(dictionaryId)) return DICTIONARY;
    const capacity = <u32>(outEnd - out);
    if (contentSizeKnown && contentSize > capacity) return OVERFLOW;
    const room = contentSizeKnown ? <u32>contentSize : capacity;
    const frame = out;
    out = decodeBlocks(cursor + headerLength, end, frame, frame + room);
    if (blocksError < 0) return blocksError == OVERFLOW && contentSizeKnown ? CORRUPT : blocksError;
    if (contentSizeKnown && <u64>(out - frame) != contentSize) return CORRUPT;
    cursor = blocksEnd;
  }
  return <i32>(out - outPtr);
}

/** Set by `decodeBlocks`: 0 or an error, and where the frame's input ends. */
let blocksError: i32 = 0;
let blocksEnd: usize = 0;

/** Decodes the blocks of a frame from `cursor`, and checks the checksum after them; returns where its output ends. */
function decodeBlocks(cursor: usize, end: usize, frame: usize, outEnd: usize): usize {
  let out = frame;
  let hashed = frame;
  let header: u32;
  blocksError = 0;
  if (hasChecksum) xxh64Begin(0);
  do {
    if (<u32>(end - cursor) < BLOCK_HEADER_BYTES) return failBlocks(TRUNCATED);
    header = readBlockHeader(cursor);
    cursor += BLOCK_HEADER_BYTES;
    const size = storedSize(header);
    if (size > MAX_BLOCK_BYTES) return failBlocks(CORRUPT);
    if (size > <u32>(end - cursor)) return failBlocks(TRUNCATED);
    const length = decodeBlock(header, cursor, frame, out, outEnd);
    if (length < 0) return failBlocks(length);
    cursor += size;
    out += length;
    if (hasChecksum) hashed = xxh64Absorb(hashed, out);
  } while (!isLastBlock(header));
  if (hasChecksum) {
    if (<u32>(end - cursor) < CHECKSUM_BYTES) return failBlocks(TRUNCATED);
    if (<u32>xxh64Finish(hashed, out, out - frame) != load<u32>(cursor)) return failBlocks(CHECKSUM);
    cursor += CHECKSUM_BYTES;
  }
  blocksEnd = cursor;
  return out;
}

function failBlocks(error: i32): usize {
  blocksError = error;
  return 0;
}

/** The length of the skippable frame at `start`; 0 when there is none, or an error. */
function readSkippable(start: usize, end: usize): i64 {
  const available = <u32>(end - start);
  if (available < MAGIC_BYTES) return TRUNCATED;
  if ((load<u32>(start) & 0xfffffff0) != SKIPPABLE_MAGIC) return 0;
  if (available < SKIPPABLE_HEADER_BYTES) return TRUNCATED;
  const length = load<u32>(start, 4);
  return length > available - SKIPPABLE_HEADER_BYTES ? TRUNCATED : <i64>length + SKIPPABLE_HEADER_BYTES;
}

/** Reads the header of the frame at `start` and returns its length, or an error. */
function readFrameHeader(start: usize, end: usize): i32 {
  const magic = load<u32>(start);
  if (magic != FRAME_MAGIC) {
    return magic >= FIRST_LEGACY_MAGIC && magic <= LAST_LEGACY_MAGIC ? UNSUPPORTED : BAD_MAGIC;
  }
  const available = <u32>(end - start);
  if (available < MAGIC_BYTES + 1) return TRUNCATED;
  const descriptor = <u32>load<u8>(start, MAGIC_BYTES);
  // A reserved bit tells of a format to come (RFC 8878 §3.1.1.1.1.4).
  if (descriptor & 8) return UNSUPPORTED;
  const sizeFlag = descriptor >> 6;
  const singleSegment = (descriptor >> 5) & 1;
  const idFlag = descriptor & 3;
  hasChecksum = (descriptor & 4) != 0;

  const idBytes: u32 = (1 << idFlag) >> 1;
  const sizeBytes: u32 = sizeFlag == 0 ? singleSegment : 1 << sizeFlag;
  const idAt = MAGIC_BYTES + 1 + (1 - singleSegment);
  const length = idAt + idBytes + sizeBytes;
  if (available < length) return TRUNCATED;
  dictionaryId = <u32>(load<u64>(start + idAt) & ((<u64>1 << (idBytes << 3)) - 1));
  contentSizeKnown = sizeBytes != 0;
  contentSize = sizeBytes == 0 ? 0 : load<u64>(start + idAt + idBytes) & (~<u64>0 >> (64 - (sizeBytes << 3)));
  // Two bytes hold 256 … 65791, as one byte holds what is less.
  if (sizeBytes == 2) contentSize += 256;
  return <i32>length;
}

/**
 * The decoded size of all frames together: -1 when a frame does not give it, -2 when the input is
 * broken or cut off. Blocks are skipped, not decoded.
 */
export function zstd_frame_content_size(in_ptr: usize, in_len: usize): i64 {
  const end = in_ptr + in_len;
  let cursor = in_ptr;
  let total: u64 = 0;
  let known = true;
  if (in_len == 0) return FAILED;
  while (cursor < end) {
    const skipped = readSkippable(cursor, end);
    if (skipped < 0) return FAILED;
    if (skipped > 0) {
      cursor += <usize>skipped;
      continue;
    }
    const headerLength = readFrameHeader(cursor, end);
    if (headerLength < 0) return FAILED;
    if (contentSizeKnown) total += contentSize;
    else known = false;
    if (contentSize > MAX_CONTENT_BYTES || total > MAX_CONTENT_BYTES) return FAILED;
    cursor = skipBlocks(cursor + headerLength, end);
    if (cursor == 0) return FAILED;
  }
  return known ? <i64>total : UNKNOWN;
}

/** Where the frame whose blocks begin at `cursor` ends; 0 when it is broken or cut off. */
function skipBlocks(cursor: usize, end: usize): usize {
  let header: u32;
  do {
    if (<u32>(end - cursor) < BLOCK_HEADER_BYTES) return 0;
    header = readBlockHeader(cursor);
    cursor += BLOCK_HEADER_BYTES;
    const size = storedSize(header);
    if (size > MAX_BLOCK_BYTES || size > <u32>(end - cursor)) return 0;
    cursor += size;
  } while (!isLastBlock(header));
  if (!hasChecksum) return cursor;
  return <u32>(end - cursor) < CHECKSUM_BYTES ? 0 : cursor + CHECKSUM_BYTES;
}
