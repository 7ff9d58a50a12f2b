/**
 * One block of a frame: stored, one byte repeated, or compressed (RFC 8878 §3.1.1.2 and §3.1.1.3).
 */
import { CORRUPT, OVERFLOW } from "./errors";
import { literalsLength, literalsStart, readLiterals } from "./zstd-literals";
import { decodeSequences } from "./zstd-sequences";

export const BLOCK_HEADER_BYTES: u32 = 3;
export const MAX_BLOCK_BYTES: u32 = 128 * 1024;

const RAW: u32 = 0;
const RLE: u32 = 1;
const COMPRESSED: u32 = 2;

/** The header at `ptr`: bit 0 last block, bits 1-2 type, bits 3-23 size. */
// @ts-ignore: decorator
@inline export function readBlockHeader(ptr: usize): u32 {
  return <u32>load<u16>(ptr) | ((<u32>load<u8>(ptr, 2)) << 16);
}

// @ts-ignore: decorator
@inline export function isLastBlock(header: u32): bool {
  return (header & 1) != 0;
}

/** How many bytes of input follow the header; MAX_BLOCK_BYTES + 1 for a block that breaks the format. */
export function storedSize(header: u32): u32 {
  const type = (header >> 1) & 3;
  const size = header >> 3;
  if (type > COMPRESSED || size > MAX_BLOCK_BYTES) return MAX_BLOCK_BYTES + 1;
  return type == RLE ? 1 : size;
}

/**
 * Decodes the block whose header was read, from its `storedSize` bytes at `start`, to `out`; returns its
 * length, or an error. `frame` is where the frame's output begins, `outEnd` where the room for it ends.
 */
export function decodeBlock(header: u32, start: usize, frame: usize, out: usize, outEnd: usize): i32 {
  const type = (header >> 1) & 3;
  const size = header >> 3;
  const capacity = <u32>(outEnd - out);
  if (type != COMPRESSED) {
    if (size > capacity) return OVERFLOW;
    if (type == RAW) memory.copy(out, start, size);
    else memory.fill(out, load<u8>(start), size);
    return <i32>size;
  }
  const end = start + size;
  const room = capacity < MAX_BLOCK_BYTES ? capacity : MAX_BLOCK_BYTES;
  let result = readLiterals(start, end, out, room);
  if (result >= 0) {
    result = decodeSequences(start + result, end, literalsStart, literalsLength, frame, out, out + room);
  }
  // Too much for a block is a broken block; too much for the output may be a good one.
  return result == OVERFLOW && room == MAX_BLOCK_BYTES ? CORRUPT : result;
}
