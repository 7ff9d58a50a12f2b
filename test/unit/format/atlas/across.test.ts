/**
 * One variable of many datasets, from indexes that no writer would make.
 */
import { expect, it } from "vitest";
import { readAcross } from "../../../../src/format/atlas/across.js";
import type { FillValue } from "../../../../src/format/atlas/footer.js";
import type { LayeredEntry } from "../../../../src/format/atlas/layers.js";
import type { AtlasStore } from "../../../../src/format/atlas/schema.js";
import { MemoryStore } from "../../../../src/store/memory.js";
import { testEngine } from "../zarr/support.js";

const fill: FillValue = { kind: "float", value: 9 };

/** Two datasets with a `time` of so many cells, none of them written. */
function storeOf(cells: number, chunk: number): AtlasStore {
  const schema = { type: "float64", layout: { shape: [cells], chunkShape: [chunk], dimensions: ["t"] } };
  const dataset = { arrays: new Map([["time", schema]]) };
  const layered: LayeredEntry = {
    entry: {
      type: 10,
      shape: [cells],
      chunkShape: [chunk],
      dimensions: ["t"],
      chunks: new Map(),
      isDeleted: false,
      attributesAt: 0,
      fill,
    },
    isFull: true,
    flushes: 1,
    chunk: () => undefined,
  };
  return {
    version: "test",
    datasets: new Map([
      ["a", dataset],
      ["b", dataset],
    ]),
    entries: async (_, names) => names.map(() => layered),
    attributeFiles: "_global",
    readAttributes: () => Promise.reject(new Error("not asked for")),
    statistics: async () => undefined,
  };
}

const engine = testEngine(new MemoryStore(new Map()));

it("holds fill values where no chunk was written", async () => {
  expect(await readAcross(storeOf(3, 2), "time", {}, engine)).toMatchObject({
    data: new Float64Array(6).fill(9),
    shapes: [[3], [3]],
  });
});

it("refuses a shape of more chunks than a plan holds before gigabytes are filled", async () => {
  const before = process.memoryUsage().rss;
  await expect(readAcross(storeOf(2 ** 29, 2), "time", {}, engine)).rejects.toMatchObject({
    code: "limit-exceeded",
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
});
