import { describe, expect, it } from "vitest";
import { type Ragged, toItems } from "../../../src/bytes/ragged.js";
import { loadCodecs } from "../../../src/codec/on-demand.js";
import { decodeChunk } from "../../../src/codec/pipeline.js";
import type { DataType } from "../../../src/core/dtype.js";
import { isReaderError } from "../../../src/core/error.js";
import type { CodecSpec } from "../../../src/core/plan.js";
import { twinKernels } from "../../../src/kernel/twin/kernels.js";

async function decode(bytes: Uint8Array, codecs: readonly CodecSpec[], dtype: DataType) {
  const options = { kernels: twinKernels, label: "test", registry: await loadCodecs([codecs]) };
  return decodeChunk(bytes, codecs, { dtype }, options).values;
}

const stored = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const sectionsOf = (pieces: readonly number[], total = 8): CodecSpec[] => [
  { name: "bytes" },
  { name: "sections", configuration: { total, fill: [9], pieces: [...pieces] } },
];

describe("sections", () => {
  it.each([
    ["in any order", [6, 2, 1, 0, 1, 1], [7, 8, 1]],
    ["as often as they count", [1, 2, 3, 4, 1, 5], [2, 3, 2, 3, 2, 3, 5, 5, 5, 5, 5]],
    ["with the fill value between", [0, 1, 1, -1, 1, 2, 7, 1, 1], [1, 9, 9, 8]],
    ["not at all", [3, 2, 0, 2, 0, 4], []],
  ])("takes pieces %s", async (_, pieces, expected) => {
    expect([...((await decode(stored, sectionsOf(pieces), "uint8")) as Uint8Array)]).toEqual(expected);
  });

  it.each([
    ["a piece behind the end", sectionsOf([7, 2, 1])],
    ["a block of another length", sectionsOf([0, 1, 1], 7)],
  ])("refuses %s", async (_, codecs) => {
    const thrown = await decode(stored, codecs, "uint8").catch((error: unknown) => error);
    expect(isReaderError(thrown, "corrupt")).toBe(true);
  });
});

it("runs: values as often as they count, out of nothing", async () => {
  const codecs = [{ name: "runs", configuration: { values: [7, -1, 0], counts: [2, 3, 1] } }];
  expect(await decode(new Uint8Array(0), codecs, "int32")).toEqual(Int32Array.of(7, 7, -1, -1, -1, 0));
});

describe("text-sections", () => {
  /** Three items, "a", "" and "é", behind two bytes of something else. */
  const head = [0, 1, 1, 3].flatMap((offset) => [offset, 0, 0, 0]);
  const block = Uint8Array.from([8, 8, ...head, ...new TextEncoder().encode("aé")]);
  const textsOf = (pieces: readonly number[], total = block.length): CodecSpec[] => [
    { name: "text-sections", configuration: { total, pieces: [...pieces] } },
  ];

  it.each([
    ["all items of a chunk", [2, 19, 3, 0, 3, 1], ["a", "", "é"]],
    ["some of them", [2, 19, 3, 1, 2, 1], ["", "é"]],
    ["one as often as it counts", [2, 19, 3, 2, 1, 3], ["é", "é", "é"]],
    ["empty text between", [2, 19, 3, 0, 1, 1, -1, 0, 0, 0, 2, 1, 2, 19, 3, 2, 1, 1], ["a", "", "", "é"]],
  ])("takes %s", async (_, pieces, expected) => {
    const values = (await decode(block, textsOf(pieces), "string")) as Ragged;
    expect(toItems(values, "string", "test")).toEqual(expected);
  });

  it.each([
    ["a chunk behind the end", textsOf([3, 19, 3, 0, 3, 1])],
    ["items that the chunk does not hold", textsOf([2, 19, 3, 2, 2, 1])],
    ["another number of items than fill it", textsOf([2, 19, 2, 0, 2, 1])],
    ["a block of another length", textsOf([2, 19, 3, 0, 3, 1], 20)],
  ])("refuses %s", async (_, codecs) => {
    const thrown = await decode(block, codecs, "string").catch((error: unknown) => error);
    expect(isReaderError(thrown, "corrupt")).toBe(true);
  });
});
