/**
 * Inflate: the compressed blocks of RFC 1951, without a wrapper (see zlib.ts, gzip.ts).
 *
 * A 64-bit buffer holds the bits not yet consumed, lowest first. A refill ORs in the next eight bytes and
 * moves on by the whole bytes that fitted, so it needs no branch and leaves at least 56 bits: enough for a
 * length (15 + 5) with its distance (15 + 13), or for four literals of the primary table.
 */
import { CORRUPT, OVERFLOW, TRUNCATED } from "./errors";
import {
  buildTable, CODE_LENGTH_ALPHABET, CODE_LENGTHS, CODE_LENGTHS_CAPACITY, CODE_LENGTHS_PRIMARY, DISTANCE_ALPHABET,
  DISTANCES, DISTANCES_CAPACITY, DISTANCES_PRIMARY, END, EXCEPTION, INVALID, LITERAL, LITERAL_ALPHABET, LITERALS,
  LITERALS_CAPACITY, LITERALS_PRIMARY,
} from "./inflate-tables";

// RFC 1951 §3.2.7: the order in which code length code lengths are sent.
const CODE_LENGTH_ORDER: usize = memory.data<u8>([
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
]);

/** Code lengths of the literals, then of the distances. */
const LENGTHS: usize = memory.data(320 + 16, 16);

/** For a match distance d below 16: byte i of pattern d is i mod d; a store of it advances by a multiple of d. */
const PATTERNS: usize = memory.data(256, 16);
const PATTERN_STEPS: usize = memory.data(16, 16);

let patternsReady: bool = false;
let fixedTablesLoaded: bool = false;

// Between blocks the reader's state lives here; within a block it is in locals.
let bits: u64 = 0;
let bitCount: u32 = 0;
let inAt: usize = 0;
let inEnd: usize = 0;
let outAt: usize = 0;

/** Where the input stood after the last block: the first byte not consumed. */
export function inflateEnd(): usize {
  return inAt;
}

/** Decodes one raw stream; what follows its last block is left alone. */
export function inflate_raw(inPtr: usize, inLen: usize, outPtr: usize, outCap: usize): i32 {
  if (!patternsReady) preparePatterns();
  inAt = inPtr;
  inEnd = inPtr + inLen;
  outAt = outPtr;
  bits = 0;
  bitCount = 0;
  let final: u32;
  do {
    refill();
    final = take(1);
    const type = take(2);
    let status: i32;
    if (type == 0) status = copyStored(outPtr + outCap);
    else {
      status = type == 1 ? loadFixedTables() : type == 2 ? readDynamicTables() : CORRUPT;
      if (status == 0) status = decodeBlock(outPtr, outPtr + outCap);
    }
    // What lies past the end of the input reads as anything: no verdict on it counts.
    if (isOverrun()) return TRUNCATED;
    if (status < 0) return status;
  } while (!final);
  dropToByte();
  return <i32>(outAt - outPtr);
}

function preparePatterns(): void {
  for (let distance: usize = 1; distance < 16; distance++) {
    for (let i: usize = 0; i < 16; i++) store<u8>(PATTERNS + (distance << 4) + i, <u8>(i % distance));
    store<u8>(PATTERN_STEPS + distance, <u8>(16 - (16 % distance)));
  }
  patternsReady = true;
}

// @ts-ignore: decorator
@inline function refill(): void {
  bits |= load<u64>(inAt) << <u64>bitCount;
  inAt += <usize>((63 - bitCount) >>> 3);
  bitCount |= 56;
}

// @ts-ignore: decorator
@inline function take(count: u32): u32 {
  const value = <u32>bits & ((1 << count) - 1);
  bits >>= <u64>count;
  bitCount -= count;
  return value;
}

/** Whether more bits were consumed than the input has. */
// @ts-ignore: decorator
@inline function isOverrun(): bool {
  return inAt - <usize>(bitCount >>> 3) > inEnd;
}

/** Gives back the whole bytes the buffer holds, and drops the rest of the byte begun. */
function dropToByte(): void {
  inAt -= <usize>(bitCount >>> 3);
  bits = 0;
  bitCount = 0;
}

/** RFC 1951 §3.2.4. */
function copyStored(outEnd: usize): i32 {
  dropToByte();
  if (inAt + 4 > inEnd) return TRUNCATED;
  const length = <u32>load<u16>(inAt);
  if (length != (<u32>load<u16>(inAt, 2) ^ 0xffff)) return CORRUPT;
  inAt += 4;
  if (<usize>length > inEnd - inAt) return TRUNCATED;
  if (<usize>length > outEnd - outAt) return OVERFLOW;
  memory.copy(outAt, inAt, length);
  inAt += length;
  outAt += length;
  return 0;
}

/** RFC 1951 §3.2.6. */
function loadFixedTables(): i32 {
  if (fixedTablesLoaded) return 0;
  memory.fill(LENGTHS, 8, 144);
  memory.fill(LENGTHS + 144, 9, 112);
  memory.fill(LENGTHS + 256, 7, 24);
  memory.fill(LENGTHS + 280, 8, 8);
  memory.fill(LENGTHS + 288, 5, 32);
  buildTable(LITERALS, LITERALS_PRIMARY, LITERALS_CAPACITY, LENGTHS, 288, LITERAL_ALPHABET);
  buildTable(DISTANCES, DISTANCES_PRIMARY, DISTANCES_CAPACITY, LENGTHS + 288, 32, DISTANCE_ALPHABET);
  fixedTablesLoaded = true;
  return 0;
}

/** RFC 1951 §3.2.7. */
function readDynamicTables(): i32 {
  fixedTablesLoaded = false;
  const literalCount = take(5) + 257;
  const distanceCount = take(5) + 1;
  const codeLengthCount = take(4) + 4;
  if (literalCount > 286 || distanceCount > 30) return CORRUPT;

  memory.fill(LENGTHS, 0, 19);
  for (let i: u32 = 0; i < codeLengthCount; i++) {
    refill();
    store<u8>(LENGTHS + <usize>load<u8>(CODE_LENGTH_ORDER + <usize>i), <u8>take(3));
  }
  if (!buildTable(CODE_LENGTHS, CODE_LENGTHS_PRIMARY, CODE_LENGTHS_CAPACITY, LENGTHS, 19, CODE_LENGTH_ALPHABET)) {
    return CORRUPT;
  }

  const total = literalCount + distanceCount;
  let i: u32 = 0;
  while (i < total) {
    if (isOverrun()) return TRUNCATED;
    refill();
    const entry = load<u32>(CODE_LENGTHS + (<usize>(<u32>bits & 127) << 2));
    take(entry & 255);
    if (entry & EXCEPTION) return CORRUPT;
    const symbol = entry >>> 16;
    if (symbol < 16) {
      store<u8>(LENGTHS + <usize>i, <u8>symbol);
      i++;
      continue;
    }
    let repeats: u32;
    let length: u8 = 0;
    if (symbol == 16) {
      if (i == 0) return CORRUPT;
      length = load<u8>(LENGTHS + <usize>(i - 1));
      repeats = 3 + take(2);
    } else if (symbol == 17) repeats = 3 + take(3);
    else repeats = 11 + take(7);
    if (i + repeats > total) return CORRUPT;
    memory.fill(LENGTHS + <usize>i, length, repeats);
    i += repeats;
  }
  if (isOverrun()) return TRUNCATED;
  // A block that can never end is refused, as zlib does.
  if (load<u8>(LENGTHS + 256) == 0) return CORRUPT;
  if (
    !buildTable(LITERALS, LITERALS_PRIMARY, LITERALS_CAPACITY, LENGTHS, literalCount, LITERAL_ALPHABET) ||
    !buildTable(
      DISTANCES,
      DISTANCES_PRIMARY,
      DISTANCES_CAPACITY,
      LENGTHS + <usize>literalCount,
      distanceCount,
      DISTANCE_ALPHABET,
    )
  ) {
    return CORRUPT;
  }
  return 0;
}

/** The value of an entry: its base plus the extra bits that follow its code in `source`. */
// @ts-ignore: decorator
@inline function entryValue(entry: u32, source: u32): u32 {
  return (entry >>> 16) + ((source & ~(<u32>-1 << entry)) >>> (entry >>> 8));
}

// @ts-ignore: decorator
@inline function literalEntry(buffer: u64): u32 {
  return load<u32>(LITERALS + (<usize>(<u32>buffer & 2047) << 2));
}

// @ts-ignore: decorator
@inline function subEntry(table: usize, parent: u32, buffer: u64): u32 {
  const index = (parent >>> 16) + (<u32>buffer & ((1 << ((parent >>> 8) & 15)) - 1));
  return load<u32>(table + (<usize>index << 2));
}

/**
 * Decodes symbols up to the end of the block (RFC 1951 §3.2.3). Output is checked once a turn: up to four
 * literals and the tail of a 16-byte store may run into the slack, never further.
 */
function decodeBlock(outBase: usize, outEnd: usize): i32 {
  // `count` is right in its low eight bits only: whole entries are subtracted from it.
  let buffer = bits;
  let count = bitCount;
  let from = inAt;
  let to = outAt;
  const fromEnd = inEnd;
  let status: i32 = 0;

  while (true) {
    if (from - <usize>((count >>> 3) & 7) > fromEnd) break;
    if (to > outEnd) break;
    buffer |= load<u64>(from) << <u64>count;
    from += <usize>(7 - ((count >>> 3) & 7));
    count |= 56;

    let entry = literalEntry(buffer);
    if (entry & LITERAL) {
      buffer >>= <u64>entry;
      count -= entry;
      store<u8>(to++, <u8>(entry >>> 16));
      entry = literalEntry(buffer);
      if (entry & LITERAL) {
        buffer >>= <u64>entry;
        count -= entry;
        store<u8>(to++, <u8>(entry >>> 16));
        entry = literalEntry(buffer);
        if (entry & LITERAL) {
          buffer >>= <u64>entry;
          count -= entry;
          store<u8>(to++, <u8>(entry >>> 16));
          entry = literalEntry(buffer);
          if (entry & LITERAL) {
            buffer >>= <u64>entry;
            count -= entry;
            store<u8>(to++, <u8>(entry >>> 16));
            continue;
          }
        }
      }
      buffer |= load<u64>(from) << <u64>count;
      from += <usize>(7 - ((count >>> 3) & 7));
      count |= 56;
    }

    if (entry & EXCEPTION) {
      buffer >>= <u64>entry;
      count -= entry;
      if (entry & END) break;
      if (entry & INVALID) {
        status = CORRUPT;
        break;
      }
      entry = subEntry(LITERALS, entry, buffer);
      if (entry & LITERAL) {
        buffer >>= <u64>entry;
        count -= entry;
        store<u8>(to++, <u8>(entry >>> 16));
        continue;
      }
      if (entry & EXCEPTION) {
        buffer >>= <u64>entry;
        count -= entry;
        if (!(entry & END)) status = CORRUPT;
        break;
      }
    }
    const length = <usize>entryValue(entry, <u32>buffer);
    buffer >>= <u64>entry;
    count -= entry;

    entry = load<u32>(DISTANCES + (<usize>(<u32>buffer & 255) << 2));
    if (entry & EXCEPTION) {
      buffer >>= <u64>entry;
      count -= entry;
      if (!(entry & INVALID)) entry = subEntry(DISTANCES, entry, buffer);
      if (entry & EXCEPTION) {
        status = CORRUPT;
        break;
      }
    }
    const distance = <usize>entryValue(entry, <u32>buffer);
    buffer >>= <u64>entry;
    count -= entry;

    if (distance > to - outBase) {
      status = CORRUPT;
      break;
    }
    const end = to + length;
    if (end > outEnd) {
      status = OVERFLOW;
      break;
    }
    let source = to - distance;
    if (distance >= 16) {
      v128.store(to, v128.load(source));
      while ((to += 16) < end) {
        source += 16;
        v128.store(to, v128.load(source));
      }
    } else {
      const pattern = i8x16.swizzle(v128.load(source), v128.load(PATTERNS + (distance << 4)));
      const step = <usize>load<u8>(PATTERN_STEPS + distance);
      do {
        v128.store(to, pattern);
        to += step;
      } while (to < end);
    }
    to = end;
  }

  bits = buffer;
  bitCount = count & 63;
  inAt = from;
  outAt = to;
  return to > outEnd ? OVERFLOW : status;
}
