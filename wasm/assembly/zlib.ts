/**
 * The zlib wrapper (RFC 1950): two bytes of header, one inflate stream, Adler-32 of the output.
 */
import { adler32 } from "./checksum";
import { BAD_MAGIC, CHECKSUM, DICTIONARY, TRUNCATED } from "./errors";
import { inflate_raw, inflateEnd } from "./inflate";

const DEFLATE_METHOD: u32 = 8;
const PRESET_DICTIONARY: u32 = 0x20;

/** Decodes one zlib stream and verifies its Adler-32; bytes after it are ignored, as zlib's `uncompress` does. */
export function inflateZlib(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  if (inLen < 2) return TRUNCATED;
  const method = <u32>load<u8>(inPtr);
  const flags = <u32>load<u8>(inPtr, 1);
  if ((method & 15) != DEFLATE_METHOD || method >>> 4 > 7 || ((method << 8) | flags) % 31 != 0) return BAD_MAGIC;
  if (flags & PRESET_DICTIONARY) return DICTIONARY;
  const length = inflate_raw(inPtr + 2, inLen - 2, outPtr, outCap);
  if (length < 0) return length;
  const trailer = inflateEnd();
  if (trailer + 4 > inPtr + inLen) return TRUNCATED;
  return adler32(outPtr, length, 1) == bswap(load<u32>(trailer)) ? length : CHECKSUM;
}

/** The exported name of {@link inflateZlib}. */
export function inflate_zlib(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  return inflateZlib(inPtr, inLen, outPtr, outCap);
}
