import { describe, expect, test } from "vitest";
import { isReaderError } from "../../../src/core/error.js";
import { slice } from "../../../src/core/slice.js";
import { cutRuns, groupPieces, product } from "../../../src/engine/chunk-grid.js";
import { countRuns, type Run, resolveSelection, runsOfIndices } from "../../../src/engine/selection.js";

/** The indices that runs stand for, in the order of the result. */
function expand(runs: readonly Run[]): number[] {
  const out: number[] = [];
  for (const run of runs) {
    for (let at = 0; at < run.count; at++) out[run.offset + at] = run.start + at * run.step;
  }
  return out;
}

/** Python's `range(length)[start:stop:step]`, by its definition: walk and look. */
function pythonSlice(length: number, start?: number, stop?: number, step = 1): number[] {
  const out: number[] = [];
  const wrap = (value: number): number => (value < 0 ? value + length : value);
  if (step > 0) {
    const from = start === undefined ? 0 : Math.max(0, wrap(start));
    const to = stop === undefined ? length : wrap(stop);
    for (let at = from; at < to && at < length; at += step) out.push(at);
  } else {
    const from = start === undefined ? length - 1 : Math.min(length - 1, wrap(start));
    const to = stop === undefined ? -1 : wrap(stop);
    for (let at = from; at > to && at >= 0; at += step) out.push(at);
  }
  return out;
}

describe("selections", () => {
  test("slices walk as Python's do, for every start, stop and step near the ends", () => {
    const ends = [undefined, -9, -8, -7, -6, -3, -1, 0, 1, 3, 6, 7, 8, 9];
    let cases = 0;
    for (const length of [0, 1, 7]) {
      for (const start of ends) {
        for (const stop of ends) {
          for (const step of [undefined, 1, 2, 3, 8, -1, -2, -3, -8]) {
            const { runs } = resolveSelection([{ start, stop, step }], [length], ["x"]);
            expect(expand(runs[0]!), `[${start}:${stop}:${step}] of ${length}`).toEqual(
              pythonSlice(length, start, stop, step),
            );
            cases++;
          }
        }
      }
    }
    expect(cases).toBe(3 * 14 * 14 * 9);
  });

  test("integers drop their axis and count from the end when negative", () => {
    const { runs, dropped } = resolveSelection([-1, null, slice(1, 3)], [4, 5, 6], ["t", "y", "x"]);
    expect(dropped).toEqual([0]);
    expect(runs.map(expand)).toEqual([[3], [0, 1, 2, 3, 4], [1, 2]]);
  });

  test("no entries mean everything, zarrita's nulls mean open ends", () => {
    expect(resolveSelection([], [2, 3], ["y", "x"]).runs.map(countRuns)).toEqual([2, 3]);
    const zarrita = { start: null, stop: null, step: null } as never;
    expect(resolveSelection([zarrita], [4], ["x"]).runs.map(expand)).toEqual([[0, 1, 2, 3]]);
  });

  test.each([
    [[4], /axis 0 \(x\).*-4 … 3/],
    [[-5], /axis 0 \(x\).*-4 … 3/],
    [[1.5], /axis 0 \(x\)/],
    [[slice(0, 3, 0)], /axis 0 \(x\).*step 0/],
    [[slice(0.5, 3)], /axis 0 \(x\).*0\.5/],
    [[null, null], /2 entries, the array 1 axes/],
  ])("refuses %j", (selection, message) => {
    expect(() => resolveSelection(selection, [4], ["x"])).toThrow(message);
    try {
      resolveSelection(selection, [4], ["x"]);
    } catch (error) {
      expect(isReaderError(error, "invalid-query")).toBe(true);
    }
  });

  test("indices become as few arithmetic runs as they allow, placed one after another", () => {
    expect(runsOfIndices([])).toEqual([]);
    expect(runsOfIndices([5])).toEqual([{ start: 5, count: 1, step: 1, offset: 0 }]);
    expect(runsOfIndices([1, 2, 3])).toHaveLength(1);
    expect(runsOfIndices([0, 2, 4, 9, 10, 11])).toEqual([
      { start: 0, count: 3, step: 2, offset: 0 },
      { start: 9, count: 3, step: 1, offset: 3 },
    ]);
    const scattered = [0, 1, 5, 6, 2, 9, 3];
    expect(expand(runsOfIndices(scattered))).toEqual(scattered);
  });
});

describe("chunk grids", () => {
  test("pieces of a run cover its cells once, in order, whatever chunk length and step", () => {
    for (const chunkLength of [1, 2, 3, 5, 7, 20]) {
      for (const step of [1, 2, 3, 7, -1, -2, -4, -13]) {
        const start = step > 0 ? 1 : 16;
        const count = Math.floor((step > 0 ? 17 - start : start) / Math.abs(step)) + 1;
        const run = { start, count, step, offset: 2 };
        const cells: number[] = [];
        for (const piece of cutRuns([run], chunkLength)) {
          expect(piece.offset).toBe(2 + cells.length);
          for (let at = 0; at < piece.count; at++) {
            const inner = piece.start + at * piece.step;
            expect(inner >= 0 && inner < chunkLength).toBe(true);
            cells.push(piece.chunk * chunkLength + inner);
          }
        }
        expect(cells).toEqual(expand([{ ...run, offset: 0 }]));
      }
    }
  });

  test("chunks that differ in length: every cell in its chunk, and no chunk overrun", () => {
    const lengths = [3, 1, 1, 4, 2, 2, 2];
    const edges = [
      { chunk: 0, from: 0, length: 3 },
      { chunk: 1, from: 3, length: 1 },
      { chunk: 3, from: 5, length: 4 },
      { chunk: 4, from: 9, length: 2 },
    ];
    const owner = lengths.flatMap((length, chunk) => new Array<number>(length).fill(chunk));
    for (const step of [1, 2, 3, 5, -1, -2, -3]) {
      const start = step > 0 ? 0 : 14;
      const count = Math.floor(14 / Math.abs(step)) + 1;
      const cells: number[] = [];
      for (const piece of cutRuns([{ start, count, step, offset: 0 }], edges)) {
        expect(piece.length).toBe(lengths[piece.chunk]);
        for (let at = 0; at < piece.count; at++) {
          const inner = piece.start + at * piece.step;
          expect(inner >= 0 && inner < piece.length).toBe(true);
          expect(owner[piece.from + inner]).toBe(piece.chunk);
          cells.push(piece.from + inner);
        }
      }
      expect(cells).toEqual(Array.from({ length: count }, (_, index) => start + index * step));
    }
  });

  test("more pieces than a plan can hold are refused before they are made", () => {
    const all = (count: number, step = 1): Run[] => [{ start: 0, count, step, offset: 0 }];
    const refused = expect.objectContaining({ code: "limit-exceeded" });
    expect(() => cutRuns(all(2 ** 31 + 3), 2)).toThrow(refused);
    expect(() => cutRuns(all(2 ** 30, 7), 2)).toThrow(refused);
    expect(() => cutRuns(all(2 ** 40), 2 ** 10)).toThrow(refused);
    expect(() => cutRuns(all(2 ** 23), [{ chunk: 0, from: 0, length: 1 }])).toThrow(refused);
    expect(cutRuns(all(2 ** 40), 2 ** 30)).toHaveLength(2 ** 10);
    expect(cutRuns(all(3, 2 ** 40), 2)).toHaveLength(3);
  });

  test("neighbouring pieces of one shard are grouped", () => {
    const pieces = cutRuns([{ start: 0, count: 10, step: 1, offset: 0 }], 2);
    const groups = groupPieces(pieces, 4);
    expect(groups.map((group) => [group.object, group.pieces.map((piece) => piece.chunk)])).toEqual([
      [0, [0, 1]],
      [1, [2, 3]],
      [2, [4]],
    ]);
  });

  test("the product runs the last axis fastest, knows scalars and empty axes", () => {
    expect(
      [
        ...product<number | string>([
          [1, 2],
          ["a", "b"],
        ]),
      ].map((row) => row.join("")),
    ).toEqual(["1a", "1b", "2a", "2b"]);
    expect([...product([])]).toEqual([[]]);
    expect([...product([[1], []])]).toEqual([]);
  });
});
