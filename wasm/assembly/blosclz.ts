/**
 * BloscLZ decoder: the FastLZ dialect of c-blosc 1 (blosc/blosclz.c; FastLZ: https://ariya.github.io/FastLZ/).
 *
 * A stream is a row of instructions, told apart by their first byte, the control:
 *
 * | control | then |
 * |---|---|
 * | 0..31 | control + 1 literals. The first control of a stream is always this kind: its upper three bits are ignored |
 * | 32..255 | a match: length = (control >> 5) + 2; 7 in the upper bits adds length bytes until one is not 255; then a low distance byte below the control's lower five bits |
 *
 * Distances count from 1. A full short distance (8191) is an escape: two more bytes, big-endian, are added to it.
 * A stream ends with literals.
 */
import { copyMatch } from "./copy";
import { CORRUPT, OVERFLOW, TRUNCATED } from "./errors";

const LONGEST_SHORT_LENGTH: usize = 7;
const FARTHEST_SHORT_DISTANCE: usize = 8191;

/** Decodes one blosclz stream. Returns the bytes written, or a negative error. */
export function blosclz_decode(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  if (inLen == 0) return TRUNCATED;
  const inEnd = inPtr + inLen;
  const outEnd = outPtr + outCap;
  let ip = inPtr;
  let op = outPtr;
  let control = <usize>load<u8>(ip++) & 31;

  while (true) {
    if (control < 32) {
      const literals = control + 1;
      if (literals > inEnd - ip) return TRUNCATED;
      if (literals > outEnd - op) return OVERFLOW;
      v128.store(op, v128.load(ip));
      v128.store(op, v128.load(ip, 16), 16);
      op += literals;
      ip += literals;
      if (ip == inEnd) return <i32>(op - outPtr);
    } else {
      let length = control >> 5;
      if (length == LONGEST_SHORT_LENGTH) {
        let more: usize;
        do {
          if (ip >= inEnd) return TRUNCATED;
          more = load<u8>(ip++);
          length += more;
          if (length > outCap) return OVERFLOW;
        } while (more == 255);
      }
      length += 2;
      if (ip >= inEnd) return TRUNCATED;
      let distance = ((control & 31) << 8) + <usize>load<u8>(ip++);
      if (distance == FARTHEST_SHORT_DISTANCE) {
        if (inEnd - ip < 2) return TRUNCATED;
        distance += <usize>bswap<u16>(load<u16>(ip));
        ip += 2;
      }
      distance += 1;
      if (distance > op - outPtr) return CORRUPT;
      if (length > outEnd - op) return OVERFLOW;
      // Only literals end a stream.
      if (ip >= inEnd) return TRUNCATED;
      copyMatch(op, distance, length);
      op += length;
    }
    control = load<u8>(ip++);
  }
}
