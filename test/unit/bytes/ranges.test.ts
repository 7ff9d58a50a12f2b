/**
 * Byte-range algebra against its definition.
 *
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutRange, mergeRanges, splitRange } from "../../../src/bytes/ranges.js";

const rangeList = fc.array(fc.record({ offset: fc.nat(5000), length: fc.integer({ min: 1, max: 400 }) }), {
  maxLength: 30,
});

describe("mergeRanges", () => {
  it("covers every range once, within its limits", () => {
    fc.assert(
      fc.property(
        rangeList,
        fc.integer({ min: -1, max: 300 }),
        fc.integer({ min: 400, max: 3000 }),
        (ranges, maxGapBytes, maxMergedBytes) => {
          const merged = mergeRanges(ranges, { maxGapBytes, maxMergedBytes });
          const seen = merged.flatMap(({ members }) => members).sort((a, b) => a - b);
          expect(seen).toEqual(ranges.map((_, index) => index));
          for (const span of merged) {
            expect(span.length).toBeLessThanOrEqual(maxMergedBytes);
            const own = span.members.map((index) => ranges[index]!);
            expect(Math.min(...own.map(({ offset }) => offset))).toBe(span.offset);
            expect(Math.max(...own.map(({ offset, length }) => offset + length))).toBe(
              span.offset + span.length,
            );
            let end = span.offset;
            for (const { offset, length } of own) {
              expect(offset - end).toBeLessThanOrEqual(Math.max(0, maxGapBytes));
              end = Math.max(end, offset + length);
            }
          }
        },
      ),
    );
  });

  it("does not read more for nothing than it uses, beyond 256 KiB", () => {
    const kib = 1024;
    const limits = { maxGapBytes: 1024 * kib, maxMergedBytes: 8192 * kib };
    const sparse = [0, 300, 600].map((start) => ({ offset: start * kib, length: kib }));
    expect(mergeRanges(sparse, limits)).toHaveLength(3);
    const dense = [0, 400, 800].map((start) => ({ offset: start * kib, length: 200 * kib }));
    expect(mergeRanges(dense, limits)).toHaveLength(1);
  });

  it("reads little for nothing where reads are thrifty", () => {
    const kib = 1024;
    const limits = { maxGapBytes: 1024 * kib, maxMergedBytes: 8192 * kib };
    const strips = [0, 250, 500].map((start) => ({ offset: start * kib, length: 100 * kib }));
    expect(mergeRanges(strips, limits)).toHaveLength(1);
    expect(mergeRanges(strips, limits, true)).toHaveLength(3);
    const small = [0, 100, 200].map((start) => ({ offset: start * kib, length: kib }));
    expect(mergeRanges(small, limits, true)).toHaveLength(2);
  });
});

describe("splitRange and cutRange", () => {
  it("splits into touching parts that add up", () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 800 }),
        (offset, length, max) => {
          const parts = splitRange({ offset, length }, max);
          expect(parts[0]!.offset).toBe(offset);
          expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(length);
          parts.forEach((part, index) => {
            expect(part.length).toBeGreaterThan(0);
            expect(part.length).toBeLessThanOrEqual(max);
            if (index > 0) expect(part.offset).toBe(parts[index - 1]!.offset + parts[index - 1]!.length);
          });
        },
      ),
    );
  });

  it("cuts, and is short where the bytes are", () => {
    const bytes = Uint8Array.from({ length: 10 }, (_, index) => index);
    const span = { offset: 100, length: 20 };
    expect([...cutRange(bytes, span, { offset: 103, length: 4 })]).toEqual([3, 4, 5, 6]);
    expect([...cutRange(bytes, span, { offset: 108, length: 4 })]).toEqual([8, 9]);
    expect([...cutRange(bytes, span, { offset: 115, length: 4 })]).toEqual([]);
  });
});
