/**
 * @module Mutation fuzzing of one codec (docs/design/wasm.md §5): no trap, no stray write, no call over 50 ms, and no wrong bytes under a
 * checksum. Every input follows from the seed and its number alone.
 */
import { Arena, type ArenaRun } from "./arena.js";
import { mutate, randomFor } from "./mutate.js";
import { loadOracle, type Oracle } from "./oracle.js";
import { type FuzzCodec, type FuzzSample, type FuzzTarget, loadTarget } from "./samples.js";

export interface FuzzOptions {
  readonly codec: FuzzCodec;
  readonly seed: number;
  readonly count: number;
  /** Number of the first input (default 0). */
  readonly from?: number;
}

export interface FuzzReport {
  readonly codec: FuzzCodec;
  readonly inputs: number;
  readonly refused: number;
  /** Decoded to what an untouched sample holds: the damage did not matter. */
  readonly same: number;
  /** Decoded to something else, as another decoder does. */
  readonly agreed: number;
  /** Decoded to something else, which nothing can be held against. */
  readonly other: number;
  readonly slowestMs: number;
  /** Number of the slowest input. */
  readonly slowest: number;
  /** What must not happen, with the input's number. */
  readonly failures: readonly string[];
}

const MAX_MS = 50;
/** The scheduler may take the processor away in the middle of a call: the best of so many counts. */
const ATTEMPTS = 4;
const WORTH_REPEATING_MS = 2;
const LARGE_CAPACITY = 4 << 20;
const ARENA_BYTES: number = LARGE_CAPACITY + (1 << 20);
const SMALL_ENCODED_BYTES = 4096;
const SMALL_DECODED_BYTES = 32 << 10;
/** An untouched sample is decoded this often, to see that no state or table was damaged. */
const CHECK_EVERY = 256;
const MAX_FAILURES = 20;

/** Fuzzes one codec. */
export async function fuzz({ codec, seed, count, from = 0 }: FuzzOptions): Promise<FuzzReport> {
  const target = loadTarget(codec);
  const oracle = await loadOracle(codec);
  const small = target.samples.filter(
    ({ encoded, decoded }) => encoded.length <= SMALL_ENCODED_BYTES && decoded.length <= SMALL_DECODED_BYTES,
  );
  const tally = { refused: 0, same: 0, agreed: 0, other: 0 };
  const failures: string[] = [];
  let slowestMs = 0;
  let slowest = from;
  let arena = await Arena.create(ARENA_BYTES);
  for (let index = from; index < from + count && failures.length < MAX_FAILURES; index++) {
    const random = randomFor(seed, index);
    // Most inputs are small, as more of them fit the time.
    const pool = random.below(8) > 0 && small.length > 0 ? small : target.samples;
    const sample = pool[random.below(pool.length)]!;
    const lender = pool[random.below(pool.length)]!;
    const input = mutate(sample.encoded, lender.encoded, random);
    const capacity = pickCapacity(sample.decoded.length, random);
    let run = arena.run(target.kernel, input, capacity);
    let { ms } = run;
    for (let again = 1; again < ATTEMPTS && ms > WORTH_REPEATING_MS && run.offence === undefined; again++) {
      run = arena.run(target.kernel, input, capacity);
      ms = Math.min(ms, run.ms);
    }
    if (ms > slowestMs) {
      slowestMs = ms;
      slowest = index;
    }
    const fail = (what: string): number => failures.push(`input ${index} (${sample.name}): ${what}`);
    if (ms > MAX_MS) fail(`took ${ms.toFixed(1)} ms`);
    if (run.offence !== undefined) {
      fail(run.offence);
      arena = await Arena.create(ARENA_BYTES);
      continue;
    }
    const verdict = judge(run, [sample, lender], input, codec, target, oracle);
    if (verdict in tally) tally[verdict as keyof typeof tally]++;
    else fail(verdict);
    if (index % CHECK_EVERY === 0) {
      const wrong = checkUntouched(arena, target, random.below(target.samples.length));
      if (wrong !== undefined) fail(wrong);
    }
  }
  const inputs = tally.refused + tally.same + tally.agreed + tally.other + failures.length;
  return { codec, inputs, ...tally, slowestMs, slowest, failures };
}

/** Mostly what the sample needs; also less, more, hardly anything, and far more. */
function pickCapacity(decoded: number, random: ReturnType<typeof randomFor>): number {
  const choice = random.below(50);
  if (choice === 0) return LARGE_CAPACITY;
  if (choice < 5) return random.below(decoded + 1);
  if (choice < 10) return decoded + random.below(4096);
  return choice < 12 ? random.below(64) : decoded;
}

/** `refused`, `same`, `agreed` or `other`; anything else says what is wrong. */
function judge(
  { code, output }: ArenaRun,
  parents: readonly FuzzSample[],
  input: Uint8Array,
  codec: FuzzCodec,
  { isChecked }: FuzzTarget,
  oracle: Oracle | undefined,
): string {
  if (code < 0) return "refused";
  // A splice may leave nothing but the whole of the other sample.
  if (parents.some(({ decoded }) => Buffer.compare(output, decoded) === 0)) return "same";
  const theirs = oracle?.(input, output.length);
  if (theirs !== undefined) {
    if (Buffer.compare(output, theirs) === 0) return "agreed";
    return `decoded ${output.length} bytes, ${theirs.length} by another decoder, and they differ`;
  }
  return isChecked && isProtected(codec, input)
    ? `passed ${output.length} wrong bytes under a checksum`
    : "other";
}

/** A zstd frame is as safe as its descriptor's checksum flag says. */
function isProtected(codec: FuzzCodec, input: Uint8Array): boolean {
  return codec !== "zstd" || ((input[4] ?? 0) & 4) !== 0;
}

function checkUntouched(arena: Arena, { kernel, samples }: FuzzTarget, which: number): string | undefined {
  const { name, encoded, decoded } = samples[which]!;
  const { code, output, offence } = arena.run(kernel, encoded, decoded.length);
  if (offence === undefined && code === decoded.length && Buffer.compare(output, decoded) === 0)
    return undefined;
  return `the untouched sample ${name} decodes wrongly afterwards (${offence ?? code})`;
}
