/**
 * The gzip wrapper (RFC 1952): members one after the other, each a header, one inflate stream, CRC-32 and
 * size of its output. Zero bytes after the last member are padding, as the gzip program reads them.
 */
import { crc32 } from "./checksum";
import { BAD_MAGIC, CHECKSUM, CORRUPT, TRUNCATED, UNSUPPORTED } from "./errors";
import { inflate_raw, inflateEnd } from "./inflate";

const HEADER_BYTES: usize = 10;
const TRAILER_BYTES: usize = 8;
const MAGIC: u32 = 0x8b1f;
const DEFLATE_METHOD: u32 = 8;
// FLG, RFC 1952 §2.3.1
const HAS_HEADER_CRC: u32 = 2;
const HAS_EXTRA: u32 = 4;
const HAS_NAME: u32 = 8;
const HAS_COMMENT: u32 = 16;
const RESERVED: u32 = 0xe0;

/** Length of the header that begins at `at`, or a negative error. */
function headerLength(at: usize, end: usize): i32 {
  const start = at;
  if (at + 2 > end) return TRUNCATED;
  if (<u32>load<u16>(at) != MAGIC) return BAD_MAGIC;
  if (at + HEADER_BYTES > end) return TRUNCATED;
  if (<u32>load<u8>(at, 2) != DEFLATE_METHOD) return UNSUPPORTED;
  const flags = <u32>load<u8>(at, 3);
  if (flags & RESERVED) return CORRUPT;
  at += HEADER_BYTES;
  if (flags & HAS_EXTRA) {
    if (at + 2 > end) return TRUNCATED;
    at += 2 + <usize>load<u16>(at);
  }
  if (flags & HAS_NAME) at = afterZero(at, end);
  if (flags & HAS_COMMENT) at = afterZero(at, end);
  if (flags & HAS_HEADER_CRC) {
    if (at + 2 > end) return TRUNCATED;
    if (<u32>load<u16>(at) != (crc32(start, at - start, 0) & 0xffff)) return CHECKSUM;
    at += 2;
  }
  return at > end ? TRUNCATED : <i32>(at - start);
}

/** The byte after the next zero; past `end` when there is none. */
function afterZero(at: usize, end: usize): usize {
  while (at < end) if (load<u8>(at++) == 0) return at;
  return end + 1;
}

function isPadding(at: usize, end: usize): bool {
  for (; at < end; at++) if (load<u8>(at) != 0) return false;
  return true;
}

/** Decodes every member into one output and verifies each CRC-32 and size. */
export function inflate_gzip(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  const inEnd = inPtr + inLen;
  let at = inPtr;
  let written: usize = 0;
  do {
    const header = headerLength(at, inEnd);
    if (header < 0) return header;
    at += <usize>header;
    const length = inflate_raw(at, inEnd - at, outPtr + written, outCap - written);
    if (length < 0) return length;
    at = inflateEnd();
    if (at + TRAILER_BYTES > inEnd) return TRUNCATED;
    if (crc32(outPtr + written, length, 0) != load<u32>(at) || <u32>length != load<u32>(at, 4)) return CHECKSUM;
    at += TRAILER_BYTES;
    written += <usize>length;
  } while (at < inEnd && !isPadding(at, inEnd));
  return <i32>written;
}
