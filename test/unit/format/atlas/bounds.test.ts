/**
 * What statistics prove of the cells of an array.
 */
import { expect, it } from "vitest";
import type { FillValue } from "../../../../src/format/atlas/footer.js";
import type { LayeredEntry } from "../../../../src/format/atlas/layers.js";
import { boundsOf } from "../../../../src/format/atlas/statistics.js";

const [float64, int32, text] = [10, 3, 11];

function entryOf(type: number, flushes: number | undefined, fill?: FillValue): LayeredEntry {
  const entry = {
    type,
    shape: [2, 3],
    chunkShape: [2, 3],
    dimensions: [],
    chunks: new Map(),
    isDeleted: false,
    attributesAt: 0,
  };
  const own = fill === undefined ? entry : { ...entry, fill };
  return { entry: own, isFull: true, flushes, chunk: () => undefined };
}

const whole = { rows: 6n, nulls: 0n, min: -2, max: 5 };
const some = { ...whole, nulls: 1n };

it.each([
  ["one flush", whole, entryOf(float64, 1), { min: -2, max: 5 }],
  ["several flushes", whole, entryOf(float64, 2), undefined],
  ["an array over a deleted one", whole, entryOf(float64, undefined), undefined],
  ["another shape", { ...whole, rows: 7n }, entryOf(float64, 1), undefined],
  ["no statistics", undefined, entryOf(float64, 1), undefined],
  ["nothing written", undefined, entryOf(float64, 0, { kind: "float", value: 9 }), { min: 9, max: 9 }],
  [
    "nothing written, fill values of NaN",
    undefined,
    entryOf(float64, 0, { kind: "float", value: Number.NaN }),
    { min: Infinity, max: -Infinity },
  ],
  ["cells of the fill value", some, entryOf(float64, 1, { kind: "float", value: 9 }), { min: -2, max: 9 }],
  ["cells that were never written", some, entryOf(float64, 1), { min: -2, max: 5 }],
  [
    "fill values of NaN",
    some,
    entryOf(float64, 1, { kind: "float", value: Number.NaN }),
    { min: -2, max: 5 },
  ],
  ["a NaN among the values", { ...whole, max: Number.NaN }, entryOf(float64, 1), { min: -2, max: Infinity }],
  ["integers", { rows: 6n, nulls: 1n, min: 1n, max: 5n }, entryOf(int32, 1), { min: 0n, max: 5n }],
  ["a bound of another kind", whole, entryOf(int32, 1), undefined],
  ["text", { rows: 6n, nulls: 0n }, entryOf(text, 1), undefined],
])("%s", (_, statistics, entry, expected) => {
  expect(boundsOf(statistics, entry)).toEqual(expected);
});
