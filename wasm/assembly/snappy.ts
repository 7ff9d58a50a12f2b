/**
 * Snappy block decoder (no framing), after https://github.com/google/snappy/blob/main/format_description.txt
 *
 * A varint of the decoded length, then elements told apart by the lower two bits of their tag byte:
 *
 * | tag & 3 | element |
 * |---|---|
 * | 0 | literals: (tag >> 2) + 1 of them; 60..63 says that 1..4 little-endian bytes of length - 1 follow |
 * | 1 | copy: length 4..11 in bits 2-4, distance of 11 bits: bits 5-7 above the next byte |
 * | 2 | copy: length 1..64 in bits 2-7, distance in the next two bytes |
 * | 3 | copy: the same, distance in the next four bytes |
 */
import { copyLiterals, copyMatch } from "./copy";
import { CORRUPT, OVERFLOW, TRUNCATED } from "./errors";

/** Tags whose upper six bits reach this carry their literal length in the bytes behind. */
const LONG_LITERAL: usize = 60;

/** Decodes one raw snappy block. Returns the bytes written, or a negative error. */
export function snappy_decode(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  const inEnd = inPtr + inLen;
  let ip = inPtr;

  let total: u64 = 0;
  let shift: u64 = 0;
  while (true) {
    if (ip >= inEnd) return TRUNCATED;
    const byte = <u64>load<u8>(ip++);
    total |= (byte & 127) << shift;
    if (byte < 128) break;
    shift += 7;
    if (shift > 28) return CORRUPT;
  }
  if (total > 0xffff_ffff) return CORRUPT;
  if (total > <u64>outCap) return OVERFLOW;

  const outEnd = outPtr + <usize>total;
  let op = outPtr;
  while (ip < inEnd) {
    const tag = <usize>load<u8>(ip++);
    const kind = tag & 3;
    let length = (tag >> 2) + 1;
    if (kind == 0) {
      if (length > LONG_LITERAL) {
        const extra = length - LONG_LITERAL;
        if (extra > inEnd - ip) return TRUNCATED;
        const wide = (<u64>load<u32>(ip) & ((<u64>1 << (<u64>extra << 3)) - 1)) + 1;
        if (wide > <u64>outCap) return CORRUPT;
        length = <usize>wide;
        ip += extra;
      }
      if (length > inEnd - ip) return TRUNCATED;
      if (length > outEnd - op) return CORRUPT;
      if (length <= 16) v128.store(op, v128.load(ip));
      else copyLiterals(op, ip, length);
      op += length;
      ip += length;
      continue;
    }
    // Distances may be read from the slack behind the input: checked right after.
    let distance: usize;
    if (kind == 1) {
      length = ((tag >> 2) & 7) + 4;
      distance = ((tag >> 5) << 8) | <usize>load<u8>(ip++);
    } else if (kind == 2) {
      distance = <usize>load<u16>(ip);
      ip += 2;
    } else {
      distance = <usize>load<u32>(ip);
      ip += 4;
    }
    if (ip > inEnd) return TRUNCATED;
    // The decoded length promised at the start is part of the format: more than it is corruption, not a small buffer.
    if (distance == 0 || distance > op - outPtr || length > outEnd - op) return CORRUPT;
    copyMatch(op, distance, length);
    op += length;
  }
  return op == outEnd ? <i32>total : TRUNCATED;
}

/** The decoded length a raw block promises, or a negative error. */
export function snappy_decoded_size(inPtr: usize, inLen: usize): i32 {
  let total: u32 = 0;
  for (let i: usize = 0; i < 5; i++) {
    if (i >= inLen) return TRUNCATED;
    const byte = <u32>load<u8>(inPtr + i);
    total |= (byte & 127) << (<u32>i * 7);
    if (byte < 128) return <i32>total < 0 ? CORRUPT : <i32>total;
  }
  return CORRUPT;
}
