/**
 * @module Frames of the reference encoder and the seeded contents they were made from: the counterpart of
 * `test/generate/codecs-zstd.py`, rule for rule.
 */
import { readFileSync } from "node:fs";

type Kind = "noise" | "skewed" | "zeros" | "words" | "walk" | "periods" | "stretches" | "distant" | "record";

/** One row of `cases.json`. */
export interface ZstdCase {
  readonly kind: Kind;
  readonly size: number;
  readonly seed: number;
  readonly level: number;
  readonly checksum: boolean;
  readonly contentSize: boolean;
  readonly dictionary?: "trained" | "raw";
  /** XXH64 of the content, hexadecimal, by another implementation. */
  readonly xxh64: string;
  readonly name: string;
  readonly frame: Uint8Array;
}

const folder = new URL("../../fixtures/codecs/zstd/", import.meta.url);

/** Numerical Recipes' 32-bit LCG. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  bits(count: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return count === 0 ? 0 : this.#state >>> (32 - count);
  }
  below(limit: number): number {
    return Math.floor((this.bits(32) / 2 ** 32) * limit);
  }
}

export function loadZstdCases(): ZstdCase[] {
  const frames = readFileSync(new URL("cases.bin", folder));
  const rows = JSON.parse(readFileSync(new URL("cases.json", folder), "utf8")) as (ZstdCase & {
    at: number;
    length: number;
  })[];
  return rows.map(({ at, length, ...row }) => ({
    ...row,
    name: `${row.kind} ${row.size} level ${row.level}${row.dictionary ? ` ${row.dictionary} dictionary` : ""} (seed ${row.seed})`,
    frame: new Uint8Array(frames.subarray(at, at + length)),
  }));
}

export function loadDictionary(name: "trained" | "raw"): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.dict`, folder)));
}

/** The content a frame was made from. */
export function makeContent(kind: Kind, size: number, seed: number): Uint8Array {
  return Uint8Array.from(KINDS[kind](size, new Random(seed)).slice(0, size));
}

const KINDS: Record<Kind, (size: number, random: Random) => ArrayLike<number> & { slice: Slice }> = {
  noise: (size, random) => bytes(size, random),
  skewed(size, random) {
    const out = new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      let value = 0;
      while (value < 40 && random.bits(2) !== 0) value++;
      out[i] = value;
    }
    return out;
  },
  zeros: (size) => new Uint8Array(size),
  words,
  walk(size, random) {
    const out: number[] = [];
    let value = 900;
    while (out.length < size) {
      value = (value + random.bits(3) - 4) & 0xffff;
      out.push(value & 255, value >> 8);
    }
    return out;
  },
  periods: (size, random) => patterns(size, random, 6, () => random.bits(8)),
  stretches: (size, random) => patterns(size, random, 7, () => random.bits(5 + random.bits(4))),
  distant(size, random) {
    const pieces = [bytes(8200, random), bytes(4200, random), bytes(16500, random)];
    const tail = pieces.flatMap((piece) => [...piece, ...bytes(piece.length, random)]);
    const out = new Uint8Array(size);
    out.set(pieces.flatMap((piece) => [...piece]));
    out.set(tail, size - tail.length);
    return out;
  },
  record(size, random) {
    const tile = random.bits(12);
    const kind = ["points", "mesh", "raster", "lines"][random.bits(2)];
    const box = Array.from({ length: 4 }, () => random.bits(16)).join(",");
    const text = `{"tile":${tile},"kind":"${kind}","bbox":[${box}],"name":"`;
    return [...new TextEncoder().encode(text), ...words(size, random)];
  },
};

type Slice = (from: number, to: number) => ArrayLike<number>;

function bytes(count: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.bits(8));
}

function words(size: number, random: Random): number[] {
  const vocabulary = Array.from({ length: 256 }, () =>
    Array.from({ length: 2 + random.bits(3) }, () => 97 + random.bits(4)),
  );
  const out: number[] = [];
  while (out.length < size) out.push(...vocabulary[random.bits(random.bits(3) + 1)]!, 32);
  return out.slice(0, size);
}

function patterns(size: number, random: Random, widthBits: number, extra: () => number): number[] {
  const out: number[] = [];
  while (out.length < size) {
    const pattern = bytes(1 + random.bits(widthBits), random);
    const length = pattern.length + 8 + extra();
    for (let i = 0; i < length; i++) out.push(pattern[i % pattern.length]!);
  }
  return out;
}
