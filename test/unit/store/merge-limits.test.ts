/**
 * Gaps between ranges follow the line, from one query to the next.
 */
import { describe, expect, it } from "vitest";
import { mergeRanges } from "../../../src/bytes/ranges.js";
import { LineLimits } from "../../../src/store/merge-limits.js";

const kib = 1024;

/** As in a browser. */
const usual = { maxGapBytes: 256 * kib, maxMergedBytes: 8192 * kib };

describe("limits that follow the line", () => {
  it("are the usual ones until it is known, and wider up to 1 MiB from the next query on", () => {
    const line: { roundTripBytes: number | undefined } = { roundTripBytes: undefined };
    const limits = new LineLimits(usual);
    limits.follow(line);
    const now = (): readonly number[] => [
      limits.maxGapBytes / kib,
      limits.maxMergedBytes / kib,
      limits.wasteShare,
    ];
    expect(now()).toEqual([256, 8192, 1]);
    line.roundTripBytes = 900 * kib;
    expect(now()).toEqual([256, 8192, 1]);
    limits.settle();
    expect(now()).toEqual([900, 8192, 3]);
    line.roundTripBytes = 9000 * kib;
    limits.settle();
    expect(now()).toEqual([1024, 8192, 3]);
    line.roundTripBytes = 10 * kib;
    limits.settle();
    expect(now()).toEqual([256, 8192, 1]);
  });

  it("of a quick line read three times what is wanted along with it, not more", () => {
    const rows = (gap: number): { offset: number; length: number }[] =>
      [0, 1, 2, 3].map((row) => ({ offset: row * (100 + gap) * kib, length: 100 * kib }));
    const quick = { maxGapBytes: 1024 * kib, maxMergedBytes: 8192 * kib, wasteShare: 3 };
    expect(mergeRanges(rows(300), quick)).toHaveLength(1);
    expect(mergeRanges(rows(300), { ...quick, wasteShare: 1 })).toHaveLength(4);
    expect(mergeRanges(rows(700), quick)).toHaveLength(4);
    // Those that are thrifty stay so.
    expect(mergeRanges(rows(300), quick, true)).toHaveLength(4);
  });
});
