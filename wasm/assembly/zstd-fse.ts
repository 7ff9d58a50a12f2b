/**
 * Finite state entropy tables: reading a distribution and building its decoding table (RFC 8878 §4.1.1).
 *
 * A decoding table has one u64 a state, so that one load tells everything a state means:
 *
 *   bits  0-31  baseline of the value the symbol stands for
 *   bits 32-39  number of extra bits to add to it
 *   bits 40-47  number of bits to read for the next state
 *   bits 48-63  baseline of the next state
 *
 * The sum of three entries is the sums of their fields: none but the last, which nobody reads from it, overflows.
 * The lower 40 bits depend on the symbol alone and come from a table of u64 "meanings".
 */
import { CORRUPT } from "./errors";
import { forwardBits, highestBit } from "./zstd-bits";

/** One i16 a symbol: its probability, -1 for "less than one". */
const PROBABILITIES: usize = memory.data(128, 16);
/** One u16 a symbol: how many of its states were numbered already, plus its probability. */
const NEXT_STATES: usize = memory.data(128, 16);
/** One u8 a state: its symbol. */
const STATE_SYMBOLS: usize = memory.data(512, 16);

const MIN_ACCURACY_LOG: u32 = 5;

/** Set by `readDistribution`: the log2 of the table's size, and how many symbols it names. */
export let accuracyLog: u32 = 0;
let symbolCount: u32 = 0;

// @ts-ignore: decorator
@inline export function extraBits(state: u64): u64 {
  return (state >> 32) & 255;
}

// @ts-ignore: decorator
@inline export function stateBits(state: u64): u64 {
  return (state >> 40) & 255;
}

// @ts-ignore: decorator
@inline export function stateBaseline(state: u64): u32 {
  return <u32>(state >> 48);
}

/** Reads a distribution from [start, end) and returns how many bytes it took, or an error. */
export function readDistribution(start: usize, end: usize, maxSymbol: u32, maxAccuracyLog: u32): i32 {
  const endBit = <u32>(end - start) << 3;
  if (endBit == 0) return CORRUPT;
  let position: u32 = 4;
  let symbol: u32 = 0;
  accuracyLog = forwardBits(start, 0, 4) + MIN_ACCURACY_LOG;
  if (accuracyLog > maxAccuracyLog) return CORRUPT;
  let remaining = 1 << accuracyLog;
  while (remaining > 0) {
    if (symbol > maxSymbol || position >= endBit) return CORRUPT;
    // A value lies in 0 … remaining + 1; the smallest ones are written with one bit less.
    const width = highestBit(<u32>remaining + 1) + 1;
    const shortValues = (<u32>1 << width) - 1 - (<u32>remaining + 1);
    const lowMask = (<u32>1 << (width - 1)) - 1;
    let value = forwardBits(start, position, width);
    if ((value & lowMask) < shortValues) {
      value &= lowMask;
      position += width - 1;
    } else {
      if (value > lowMask) value -= shortValues;
      position += width;
    }
    const probability = <i32>value - 1;
    remaining -= probability < 0 ? 1 : probability;
    store<i16>(PROBABILITIES + (<usize>symbol << 1), <i16>probability);
    symbol++;
    if (probability != 0) continue;
    for (let repeat: u32 = 3; repeat == 3; ) {
      repeat = forwardBits(start, position, 2);
      position += 2;
      if (symbol + repeat > maxSymbol + 1) return CORRUPT;
      for (let i: u32 = 0; i < repeat; i++, symbol++) store<i16>(PROBABILITIES + (<usize>symbol << 1), 0);
    }
  }
  if (position > endBit) return CORRUPT;
  symbolCount = symbol;
  return <i32>((position + 7) >> 3);
}

/** Builds, into `table`, the distribution read last. */
export function buildReadTable(table: usize, meanings: usize): i32 {
  return buildTable(table, meanings, PROBABILITIES, symbolCount, accuracyLog);
}

/** Builds the decoding table of a distribution whose probabilities must add up to 1 << log; 0 or an error. */
export function buildTable(table: usize, meanings: usize, probabilities: usize, symbols: u32, log: u32): i32 {
  const size: u32 = 1 << log;
  const mask = size - 1;
  const step = (size >> 1) + (size >> 3) + 3;
  let high = size;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    if (load<i16>(probabilities + (<usize>symbol << 1)) != -1) continue;
    store<u8>(STATE_SYMBOLS + --high, <u8>symbol);
    store<u16>(NEXT_STATES + (<usize>symbol << 1), 1);
  }
  let position: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const probability = <i32>load<i16>(probabilities + (<usize>symbol << 1));
    if (probability <= 0) continue;
    store<u16>(NEXT_STATES + (<usize>symbol << 1), <u16>probability);
    for (let i = 0; i < probability; i++) {
      store<u8>(STATE_SYMBOLS + position, <u8>symbol);
      do position = (position + step) & mask;
      while (position >= high);
    }
  }
  if (position != 0) return CORRUPT;
  for (let state: u32 = 0; state < size; state++) {
    const symbol = <usize>load<u8>(STATE_SYMBOLS + state);
    const next = <u32>load<u16>(NEXT_STATES + (symbol << 1));
    store<u16>(NEXT_STATES + (symbol << 1), <u16>(next + 1));
    const bits = log - highestBit(next);
    const baseline = (next << bits) - size;
    store<u64>(
      table + (<usize>state << 3),
      load<u64>(meanings + (symbol << 3)) | ((<u64>bits) << 40) | ((<u64>baseline) << 48),
    );
  }
  return 0;
}
