import { describe, expect, it } from "vitest";
import { loadCodecs } from "../../../src/codec/on-demand.js";
import { decodeChunk } from "../../../src/codec/pipeline.js";
import { isReaderError } from "../../../src/core/error.js";
import type { CodecSpec } from "../../../src/core/plan.js";
import { twinKernels } from "../../../src/kernel/twin/kernels.js";

/** A block of two tiles of 16-bit numbers behind one number of something else. */
const block = new Uint8Array(Uint16Array.of(99, 1, 2, 4, 5, 3, 6).buffer);

async function decode(tiles: readonly number[], total = block.length) {
  const codecs: CodecSpec[] = [
    { name: "bytes", configuration: { endian: "little" } },
    { name: "tiles", configuration: { total, size: 2, shape: [2, 3], tiles: [...tiles] } },
  ];
  const options = { kernels: twinKernels, label: "test", registry: await loadCodecs([codecs]) };
  return decodeChunk(block, codecs, { dtype: "uint16", shape: [2, 3] }, options).values;
}

describe("tiles", () => {
  it("puts each where it belongs", async () => {
    expect(await decode([2, 0, 0, 2, 2, 10, 0, 2, 2, 1])).toEqual(Uint16Array.of(1, 2, 3, 4, 5, 6));
  });

  it.each([
    ["a tile behind the end of the block", [2, 0, 0, 2, 2, 12, 0, 2, 2, 1], 14],
    ["a tile beyond the array", [2, 0, 0, 2, 2, 10, 0, 3, 2, 1], 14],
    ["a block of another length", [2, 0, 0, 2, 2, 10, 0, 2, 2, 1], 16],
  ])("refuses %s", async (_, tiles, total) => {
    const thrown = await decode(tiles, total).catch((error: unknown) => error);
    expect(isReaderError(thrown, "corrupt")).toBe(true);
  });
});
