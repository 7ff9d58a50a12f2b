/**
 * @module Recorded output of real encoders and the seeded inputs it was made from: the counterpart of
 * `test/generate/codecs-blosc.py`, rule for rule.
 */
import { readFileSync } from "node:fs";
import type { RawModule } from "../../support/wasm.js";

type Kind = "noise" | "walk" | "runs" | "periods" | "plateaus" | "echo";

/** One row of a `cases.json`. */
export interface CodecCase {
  readonly kind: Kind;
  readonly size: number;
  readonly typesize: number;
  readonly seed: number;
  readonly cname?: string;
  readonly clevel?: number;
  readonly shuffle?: number;
  readonly blocksize?: number;
  readonly name: string;
  readonly encoded: Uint8Array;
}

/** Numerical Recipes' 32-bit LCG. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  bits(count: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state >>> (32 - count);
  }
  below(limit: number): number {
    return Math.floor((this.bits(32) / 2 ** 32) * limit);
  }
}

/** The cases recorded in `test/fixtures/codecs/<folder>`. */
export function loadCases(folder: string): CodecCase[] {
  const root = new URL(`../../fixtures/codecs/${folder}/`, import.meta.url);
  const blob = readFileSync(new URL("cases.bin", root));
  const rows = JSON.parse(readFileSync(new URL("cases.json", root), "utf8")) as Record<string, number>[];
  return rows.map((row) => {
    const { at, length, ...rest } = row as unknown as CodecCase & { at: number; length: number };
    return {
      ...rest,
      name: Object.entries(rest)
        .map(([key, value]) => `${key} ${value}`)
        .join(", "),
      encoded: new Uint8Array(blob.subarray(at, at + length)),
    };
  });
}

/** The input a case was encoded from. */
export function makeInput(kind: Kind, size: number, typesize: number, seed: number): Uint8Array {
  const random = new Random(seed);
  const out = new Uint8Array(size);
  let at = 0;
  if (kind === "noise") {
    while (at < size) out[at++] = random.bits(8);
  } else if (kind === "echo") {
    for (; at < size; at++) out[at] = at < 9000 ? random.bits(8) : (out[at - 9000] as number);
  } else if (kind === "walk") {
    let value = 1 << 20;
    while (at < size) {
      value = (value + random.bits(6) - 30) >>> 0;
      for (let k = 0; k < typesize && at < size; k++) out[at++] = k < 4 ? value >>> (8 * k) : 0;
    }
  } else if (kind === "runs") {
    while (at < size) {
      const byte = random.bits(8);
      const end = at + 1 + (random.bits(2) === 0 ? random.bits(11) : random.bits(5));
      out.fill(byte, at, end);
      at = end;
    }
  } else if (kind === "plateaus") {
    while (at < size) {
      const element = Uint8Array.from({ length: typesize }, (_, k) => (k < 2 ? random.bits(8) : 0));
      const end = at + typesize * (500 + random.bits(13));
      for (let i = 0; at < end && at < size; i++) out[at++] = element[i % typesize] as number;
    }
  } else {
    while (at < size) {
      const pattern = Uint8Array.from({ length: 1 + random.bits(random.bits(2) === 0 ? 6 : 4) }, () =>
        random.bits(8),
      );
      const length = pattern.length + 8 + random.bits(8);
      for (let i = 0; i < length && at < size; i++) out[at++] = pattern[i % pattern.length] as number;
    }
  }
  return out;
}

/** What a mutated input may lead to. */
export interface Mutations {
  errors: number;
  results: number;
}

/**
 * Cuts `encoded` at `lengths` and damages it `rounds` times with up to four changed bytes. Each run must come back with a
 * length or a clean negative error; {@link RawModule.run} itself throws on a trap or a byte written outside.
 */
export function runMutated(
  raw: RawModule,
  kernel: string,
  encoded: Uint8Array,
  capacity: number,
  options: { lengths: Iterable<number>; rounds: number; seed: number },
): Mutations {
  const outcome: Mutations = { errors: 0, results: 0 };
  const count = (code: number): void => {
    if (code < -7) throw new Error(`${kernel} returned ${code}, which is no error`);
    if (code < 0) outcome.errors++;
    else outcome.results++;
  };
  for (const length of options.lengths) count(raw.run(kernel, encoded.slice(0, length), capacity).code);
  const random = new Random(options.seed);
  for (let round = 0; round < options.rounds; round++) {
    const damaged = encoded.slice(
      0,
      random.bits(2) === 0 ? 1 + random.below(encoded.length) : encoded.length,
    );
    const reach = random.bits(1) === 0 ? Math.min(64, damaged.length) : damaged.length;
    for (let i = random.bits(2); i >= 0; i--) {
      const at = random.below(reach);
      damaged[at] = random.bits(1) === 0 ? (damaged[at] as number) ^ (1 << random.bits(3)) : random.bits(8);
    }
    count(raw.run(kernel, damaged, capacity).code);
  }
  return outcome;
}
