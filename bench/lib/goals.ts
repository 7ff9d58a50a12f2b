/**
 * The goals of docs/design/wasm.md §5, those of single formats, and how results are held against them.
 *
 * @module
 */
import type { Row } from "./host.js";
import { geometricMean } from "./measure.js";

export interface Goal {
  readonly what: string;
  /** Rows that count: their names begin with one of these. */
  readonly rows: readonly string[];
  /** A ratio against this alternative; or this one's own rate, of which a floor takes the best (capacity) and a ceiling the median. */
  readonly against?: string;
  readonly rate?: string;
  /** Or the requests of this one. */
  readonly requests?: string;
  /** Smallest value that meets the goal; of milliseconds and shares, the largest. */
  readonly atLeast?: number;
  readonly atMost?: number;
  /** `mean`: geometric, over the rows (default). `each`: the worst row decides. */
  readonly over?: "mean" | "each";
}

export interface Verdict {
  readonly what: string;
  readonly goal: string;
  /** The value that decides, and the worst of the rows; undefined when it was not measured. */
  readonly value: number | undefined;
  readonly worst: { readonly row: string; readonly value: number } | undefined;
  readonly isMet: boolean;
  /** "met", "short by 12 %", "not measured". */
  readonly verdict: string;
}

const ratio = (
  what: string,
  rows: string[],
  against: string,
  atLeast: number,
  over: Goal["over"] = "mean",
): Goal => ({
  what,
  rows,
  against,
  atLeast,
  over,
});

export const goals: Readonly<Record<string, readonly Goal[]>> = {
  codecs: [
    ratio("blosc-lz4-shuffle, numcodecs", ["blosc-lz4-shuffle"], "numcodecs", 8),
    ratio("blosc-lz4-shuffle, native c-blosc", ["blosc-lz4-shuffle"], "native", 1),
    ratio("blosc-lz4-bitshuffle, numcodecs", ["blosc-lz4-bitshuffle"], "numcodecs", 7.5),
    ratio("blosc-lz4-bitshuffle, native c-blosc", ["blosc-lz4-bitshuffle"], "native", 1.35),
    ratio("blosc-zstd-shuffle, numcodecs, everywhere", ["blosc-zstd-shuffle"], "numcodecs", 2.8, "each"),
    ratio("blosc-zstd-shuffle, numcodecs, smooth grid", ["blosc-zstd-shuffle climate"], "numcodecs", 5),
    ratio("blosc-zstd-shuffle, native c-blosc", ["blosc-zstd-shuffle"], "native", 0.9),
    ratio("zstd, numcodecs", ["zstd-"], "numcodecs", 1.8),
    ratio("zstd, zstddec", ["zstd-"], "zstddec", 1.4),
    ratio("zstd, native", ["zstd-"], "native", 0.7),
    ratio("gzip and zlib, fflate", ["gzip-", "zlib-"], "fflate", 2.5),
    ratio("gzip and zlib, DecompressionStream", ["gzip-", "zlib-"], "DecompressionStream", 1.5),
    ratio("gzip and zlib, native", ["gzip-", "zlib-"], "native", 1.15),
    ratio("lz4, numcodecs", ["lz4 "], "numcodecs", 3),
    ratio("lz4, native", ["lz4 "], "native", 0.72),
  ],
  kernels: [
    {
      what: "box filter f32, at most 25 % hits",
      rows: ["box f32 0 %", "box f32 1 %", "box f32 25 %"],
      rate: "in place",
      atLeast: 2,
      over: "each",
    },
    {
      what: "box filter f64, at most 25 % hits",
      rows: ["box f64 0 %", "box f64 1 %", "box f64 25 %"],
      rate: "in place",
      atLeast: 1.3,
      over: "each",
    },
    {
      what: "decode, filter, rows out: times decode, all out",
      rows: ["decode + filter"],
      rate: "cost",
      atMost: 1.1,
      over: "each",
    },
    { what: "unshuffle, GB/s", rows: ["unshuffle"], rate: "in place", atLeast: 40, over: "each" },
    { what: "bit-unshuffle, GB/s", rows: ["bit-unshuffle"], rate: "in place", atLeast: 8.5, over: "each" },
    { what: "module, KiB", rows: ["module"], rate: "KiB", atMost: 64, over: "each" },
    { what: "module, KiB gzip", rows: ["module"], rate: "KiB gzip", atMost: 25, over: "each" },
    {
      what: "first decode, beyond a warm one, ms",
      rows: ["first decode"],
      rate: "extra",
      atMost: 3,
      over: "each",
    },
  ],
  pool: [
    { what: "two workers, shared memory, GB/s", rows: ["two workers"], rate: "shared", atLeast: 6.5 },
    { what: "two workers, recycled buffers, GB/s", rows: ["two workers"], rate: "recycled", atLeast: 4.5 },
    { what: "the second worker adds, shared", rows: ["second worker"], rate: "shared", atLeast: 1.6 },
    { what: "the second worker adds, recycled", rows: ["second worker"], rate: "recycled", atLeast: 1.6 },
  ],
  profiles: [
    ratio("a thousand profiles, zarrita: time", ["a thousand profiles"], "zarrita", 10),
    ratio("a thousand profiles, zarrita: requests", ["requests"], "zarrita", 50),
  ],
  "shard-box": [
    {
      what: "one shard, 1000², 30 ms: requests",
      rows: ["128² in 2048², 1000², one shard, 30 ms"],
      requests: "cloudcrop",
      atMost: 4,
      over: "each",
    },
    ratio(
      "one shard, 1000², 30 ms: zarrita merged, no-store",
      ["128² in 2048², 1000², one shard, 30 ms"],
      "zarrita, merged, no-store",
      1 / 0.6,
      "each",
    ),
    ratio(
      "four shards, 1000², 30 ms: zarrita merged, no-store",
      ["128² in 2048², 1000², four shards, 30 ms"],
      "zarrita, merged, no-store",
      1,
      "each",
    ),
  ],
  read: [
    {
      what: "one object a chunk, 1 MiB, lz4: time, times raw fetch",
      rows: ["1 MiB blosc-lz4"],
      rate: "times raw fetch",
      atMost: 1.12,
    },
    ratio("1 MiB, lz4, zarrita", ["1 MiB blosc-lz4"], "zarrita", 1.6),
    ratio("1 MiB, zstd, zarrita", ["1 MiB zstd"], "zarrita", 1.5),
    ratio("1 MiB, gzip, zarrita", ["1 MiB gzip"], "zarrita", 2.1),
    ratio("4 MiB, zarrita", ["4 MiB"], "zarrita", 1.9),
    ratio("shards of 10 MiB, zarrita on 1 MiB objects", ["shards of 10"], "zarrita, 1 MiB objects", 3.5),
    ratio("shards of 40 MiB, zarrita on 1 MiB objects", ["shards of 40"], "zarrita, 1 MiB objects", 4),
    {
      what: "page's thread blocked during 256 MiB, %",
      rows: ["page's thread"],
      rate: "blocked %",
      atMost: 3,
    },
    { what: "longest task of the page, ms", rows: ["page's thread"], rate: "longest gap", atMost: 16 },
    { what: "frames a second", rows: ["page's thread"], rate: "frames/s", atLeast: 58 },
  ],
};

/** Holds rows against the goals of their suite. */
export function judge(suite: string, rows: readonly Row[]): Verdict[] {
  return (goals[suite] ?? []).map((goal) => judgeOne(goal, rows));
}

/** Data that stayed as it was is copied, not decoded: it would flatter whoever copies. */
function isHardlyCompressed({ notes }: Row): boolean {
  return typeof notes?.compression === "number" && notes.compression < 1.05;
}

function judgeOne(goal: Goal, rows: readonly Row[]): Verdict {
  const isCeiling = goal.atMost !== undefined;
  const bound = goal.atMost ?? goal.atLeast!;
  const measured = rows.flatMap((row) => {
    const counts = goal.rows.some((prefix) => row.name.startsWith(prefix)) && !isHardlyCompressed(row);
    const rate = goal.rate === undefined ? undefined : row.rates[goal.rate];
    const value =
      goal.requests !== undefined
        ? row.requests?.[goal.requests]
        : goal.against !== undefined
          ? row.ratios[goal.against]
          : isCeiling
            ? rate?.median
            : rate?.best;
    return counts && value !== undefined ? [{ row: row.name, value }] : [];
  });
  const wanted = `${isCeiling ? "≤" : "≥"} ${bound}`;
  if (measured.length === 0) {
    return {
      what: goal.what,
      goal: wanted,
      value: undefined,
      worst: undefined,
      isMet: false,
      verdict: "not measured",
    };
  }
  const worst = measured.reduce((a, b) => (isCeiling === b.value > a.value ? b : a));
  const value = goal.over === "each" ? worst.value : geometricMean(measured.map((one) => one.value));
  const isMet = isCeiling ? value <= bound : value >= bound;
  const shortBy = isCeiling ? value / bound - 1 : 1 - value / bound;
  const verdict = isMet
    ? "met"
    : `${isCeiling ? "over" : "short"} by ${Math.max(1, Math.round(shortBy * 100))} %`;
  return { what: goal.what, goal: wanted, value, worst, isMet, verdict };
}
