/**
 * The blosc 1 container, after https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst and blosc/blosc.c.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | version of the container: 2 |
 * | 1 | 1 | version of the compressor's stream: 1 |
 * | 2 | 1 | flags: 1 byte shuffle, 2 plain copy, 4 bit shuffle, 0x10 blocks are not split, upper three bits the compressor |
 * | 3 | 1 | typesize |
 * | 4 | 4 | decoded bytes |
 * | 8 | 4 | bytes of a block |
 * | 12 | 4 | bytes of the whole chunk, header included |
 * | 16 | 4 a block | where each block starts |
 *
 * A block is one stream, or one a byte of the type ("split"), each behind its length; a stream as long as what it decodes to
 * is stored. The last block may be short; then it is never split. Each block is decoded into scratch and unshuffled into the
 * output while it is in cache.
 */
import { bitunshuffle } from "./bitshuffle";
import { blosclz_decode } from "./blosclz";
import { BAD_MAGIC, CORRUPT, OVERFLOW, TRUNCATED, UNSUPPORTED } from "./errors";
import { lz4_decode } from "./lz4";
import { MAX_TYPESIZE, setPlane, unshuffle, weavePlanes } from "./shuffle";
import { snappy_decode } from "./snappy";
import { bitunshuffleInPlace, SCRATCH, SCRATCH_BYTES, unshuffleInPlace } from "./unshuffle-in-place";
import { inflateZlib } from "./zlib";
import { zstdDecode } from "./zstd";

const HEADER_BYTES: usize = 16;
const CONTAINER_VERSION: u8 = 2;
/** blosc2 chunks carry 3, 4 or 5; a blosc2 frame begins with the msgpack of "b2frame". */
const BLOSC2_LAST_VERSION: u8 = 5;
const BLOSC2_FRAME: u8 = 0x9e;
const STREAM_VERSION: u8 = 1;

const BYTE_SHUFFLE: u8 = 1;
const PLAIN_COPY: u8 = 2;
const BIT_SHUFFLE: u8 = 4;
const RESERVED: u8 = 8;
const NOT_SPLIT: u8 = 0x10;

/** c-blosc splits no block of a wider type, nor one with fewer elements (MAX_SPLITS, MIN_BUFFERSIZE). */
const MAX_SPLITS: usize = 16;
const MIN_SPLIT_BYTES: usize = 128;

/** The compressor's number, in the upper three bits of the flags. */
const BLOSCLZ: u32 = 0;
const LZ4: u32 = 1;
const SNAPPY: u32 = 2;
const ZLIB: u32 = 3;
const ZSTD: u32 = 4;

/** The decoded length a chunk promises, or a negative error. */
export function blosc_decoded_size(inPtr: usize, inLen: usize): i32 {
  if (inLen == 0) return TRUNCATED;
  const version = load<u8>(inPtr);
  if (version == BLOSC2_FRAME || (version > CONTAINER_VERSION && version <= BLOSC2_LAST_VERSION)) return UNSUPPORTED;
  if (version != CONTAINER_VERSION) return BAD_MAGIC;
  if (inLen < HEADER_BYTES) return TRUNCATED;
  const decoded = load<i32>(inPtr, 4);
  return decoded < 0 ? CORRUPT : decoded;
}

/** Decodes one chunk. Returns the bytes written, or a negative error. Bytes behind the chunk are ignored. */
export function blosc_decode(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  const decoded = blosc_decoded_size(inPtr, inLen);
  if (decoded < 0) return decoded;
  const total = <usize>decoded;
  const flags = load<u8>(inPtr, 2);
  const typesize = <usize>load<u8>(inPtr, 3);
  const blockBytes = <usize>load<u32>(inPtr, 8);
  const chunkBytes = <usize>load<u32>(inPtr, 12);
  if (flags & RESERVED) return UNSUPPORTED;
  if (typesize == 0 || chunkBytes < HEADER_BYTES) return CORRUPT;
  if (chunkBytes > inLen) return TRUNCATED;
  if (total > outCap) return OVERFLOW;

  if (flags & PLAIN_COPY) {
    if (chunkBytes - HEADER_BYTES < total) return TRUNCATED;
    memory.copy(outPtr, inPtr + HEADER_BYTES, total);
    return decoded;
  }
  if (total == 0) return 0;
  if (load<u8>(inPtr, 1) != STREAM_VERSION) return UNSUPPORTED;
  const compressor = <u32>flags >> 5;
  if (compressor > ZSTD) return UNSUPPORTED;
  if (blockBytes == 0) return CORRUPT;
  const blocks = (total - 1) / blockBytes + 1;
  if (blocks > (chunkBytes - HEADER_BYTES) >> 2) return TRUNCATED;

  // Streams do not overlap: a chunk whose blocks share them would cost time out of proportion to its length.
  let used = HEADER_BYTES + (blocks << 2);
  for (let block: usize = 0; block < blocks; block++) {
    const start = <usize>load<u32>(inPtr + HEADER_BYTES + (block << 2));
    if (start < HEADER_BYTES + (blocks << 2)) return CORRUPT;
    if (start > chunkBytes) return TRUNCATED;
    const begin = block * blockBytes;
    const short = total - begin < blockBytes;
    const code = decodeBlock(
      flags, typesize, short,
      inPtr + start, inPtr + chunkBytes,
      outPtr + begin, short ? total - begin : blockBytes,
    );
    if (code < 0) return code;
    used += <usize>code;
    if (used > chunkBytes) return CORRUPT;
  }
  return decoded;
}

/** Decodes the block of `length` bytes whose streams begin at `ip`. Returns the bytes of its streams, or a negative error. */
function decodeBlock(
  flags: u8, typesize: usize, short: bool, ip: usize, inEnd: usize, outPtr: usize, length: usize,
): i32 {
  const compressor = <u32>flags >> 5;
  const byteShuffled = (flags & BYTE_SHUFFLE) != 0 && typesize > 1;
  const bitShuffled = !byteShuffled && (flags & BIT_SHUFFLE) != 0;
  const split = !(flags & NOT_SPLIT) && !short && typesize <= MAX_SPLITS && length / typesize >= MIN_SPLIT_BYTES;
  if (split && length % typesize != 0) return CORRUPT;

  const throughScratch = (byteShuffled || bitShuffled) && length <= SCRATCH_BYTES;
  const streams: usize = split ? typesize : 1;
  const streamBytes = length / streams;
  const decoded = throughScratch ? SCRATCH : outPtr;
  const streamsAt = ip;
  // Where a block in one stream is unshuffled from.
  let whole = decoded;
  let to = decoded;
  for (let k: usize = 0; k < streams; k++) {
    if (inEnd - ip < 4) return TRUNCATED;
    const packed = <usize>load<u32>(ip);
    ip += 4;
    if (packed > inEnd - ip) return TRUNCATED;
    let plane = to;
    if (packed != streamBytes) {
      const written = decodeStream(compressor, ip, packed, to, streamBytes);
      if (written != <i32>streamBytes) return inBlock(written);
    } else if (throughScratch && (byteShuffled || !split)) {
      // Stored: unshuffled straight from the input.
      plane = ip;
      whole = ip;
    } else {
      memory.copy(to, ip, packed);
    }
    setPlane(k, plane);
    ip += packed;
    to += streamBytes;
  }

  if (byteShuffled) {
    if (!throughScratch) unshuffleInPlace(outPtr, length, typesize);
    else if (split) weavePlanes(typesize, streamBytes, outPtr);
    else unshuffle(whole, length, typesize, outPtr);
  } else if (bitShuffled) {
    if (!throughScratch) bitunshuffleInPlace(outPtr, length, typesize);
    else bitunshuffle(split ? SCRATCH : whole, length, typesize, outPtr);
  }
  return <i32>(ip - streamsAt);
}

/** What a stream's failure, or its wrong length, means for the chunk: neither the caller's buffer nor its format is at fault. */
function inBlock(code: i32): i32 {
  return code >= 0 || code == OVERFLOW || code == BAD_MAGIC ? CORRUPT : code;
}

/** Decodes one stream. Returns the bytes written, or a negative error. */
function decodeStream(compressor: u32, inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  switch (compressor) {
    case LZ4: return lz4_decode(inPtr, inLen, outPtr, outCap);
    case ZSTD: return zstdDecode(inPtr, inLen, outPtr, outCap);
    case BLOSCLZ: return blosclz_decode(inPtr, inLen, outPtr, outCap);
    case ZLIB: return inflateZlib(inPtr, inLen, outPtr, outCap);
    case SNAPPY: return snappy_decode(inPtr, inLen, outPtr, outCap);
    default: return UNSUPPORTED;
  }
}
