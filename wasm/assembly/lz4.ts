/**
 * LZ4 block decoder, after https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 *
 * A block is a row of sequences:
 *
 * | bytes | field |
 * |---|---|
 * | 1 | token: literal length in the high nibble, match length - 4 in the low one; 15 means "more bytes follow" |
 * | 0.. | more literal length: bytes added up until one is not 255 |
 * | | the literals |
 * | 2 | distance back, little-endian, 1..65535 |
 * | 0.. | more match length |
 *
 * The last sequence ends after its literals. There is no length and no checksum in a block: the caller compares lengths.
 */
import { copyLiterals, copyMatch, copyShortMatch } from "./copy";
import { CORRUPT, OVERFLOW, TRUNCATED } from "./errors";

const MIN_MATCH: usize = 4;
const MORE: usize = 15;

/** Decodes one raw block. Returns the bytes written, or a negative error. */
export function lz4_decode(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  if (inLen == 0) return TRUNCATED;
  const inEnd = inPtr + inLen;
  const outEnd = outPtr + outCap;
  let ip = inPtr;
  let op = outPtr;

  while (true) {
    // The token may be read one byte past the end (slack): then the literals overrun `inEnd` and are refused below.
    const token = <usize>load<u8>(ip++);
    let literals = token >> 4;
    if (literals < MORE) {
      v128.store(op, v128.load(ip));
    } else {
      let more: usize;
      do {
        if (ip >= inEnd) return TRUNCATED;
        more = load<u8>(ip++);
        literals += more;
        if (literals > outCap) return OVERFLOW;
      } while (more == 255);
      if (literals > inEnd - ip) return TRUNCATED;
      if (literals > outEnd - op) return OVERFLOW;
      copyLiterals(op, ip, literals);
    }
    // Short literals may reach 14 bytes past `outEnd`: found by the match behind them, or here when none follows.
    op += literals;
    ip += literals;
    if (ip + 1 >= inEnd) {
      if (ip != inEnd) return TRUNCATED;
      return op <= outEnd ? <i32>(op - outPtr) : OVERFLOW;
    }

    const distance = <usize>load<u16>(ip);
    ip += 2;
    // Distance 0 wraps around and is refused with those that reach before the output.
    if (distance - 1 >= op - outPtr) return CORRUPT;
    let length = token & 15;
    if (length < MORE) {
      length += MIN_MATCH;
      if (<isize>length > <isize>(outEnd - op)) return OVERFLOW;
      copyShortMatch(op, distance);
    } else {
      let more: usize;
      do {
        if (ip >= inEnd) return TRUNCATED;
        more = load<u8>(ip++);
        length += more;
        if (length > outCap) return OVERFLOW;
      } while (more == 255);
      length += MIN_MATCH;
      if (<isize>length > <isize>(outEnd - op)) return OVERFLOW;
      copyMatch(op, distance, length);
    }
    op += length;
  }
}
