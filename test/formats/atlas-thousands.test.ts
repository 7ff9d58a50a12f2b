/**
 * Stores of thousands of datasets: what is asked for is decoded, the rest is left, and what takes long is done in slices.
 */
import { afterAll, expect, it, vi } from "vitest";
import { Archive } from "../../src/format/atlas/archive.js";
import { open } from "../../src/index.js";
import { MemoryStore } from "../../src/store/memory.js";
import { createPool } from "../../src/worker/pool.js";
import { profileNames, writeMetadata } from "../support/atlas-directory.js";
import { writeArrayFile } from "../support/atlas-index.js";

const count = 5000;
const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

function storeOf(version: 1 | 3): MemoryStore {
  const arrays = ["temperature", "salinity", "oxygen"];
  const objects = [
    ["/atlas.json", writeMetadata(profileNames(count), arrays, { version })],
    ["/temperature/data.af", writeArrayFile(count, 0)],
  ] as const;
  return new MemoryStore(new Map(objects));
}

it("decodes the entry asked for, of five thousand", async () => {
  const dataset = await open(storeOf(3), { pool });
  const lists = vi.spyOn(Archive.prototype, "run");
  const texts = vi.spyOn(Archive.prototype, "text");
  const { data } = await dataset.grid("profile_4321/temperature").query();
  expect(data).toEqual(new Float32Array(5).fill(4321));
  // Names are looked through once; of one entry five lists are read, of the root four.
  expect(texts.mock.calls.length).toBeLessThan(count + 10);
  expect(lists.mock.calls.length).toBeLessThan(20);
  texts.mockClear();
  lists.mockClear();
  await dataset.grid("profile_17/temperature").query();
  expect(texts.mock.calls.length).toBeLessThan(5);
  expect(lists.mock.calls.length).toBeLessThan(10);
  vi.restoreAllMocks();
  dataset.close();
});

it.each([1, 3] as const)(
  "lets others have their turn while metadata of version %i are parsed",
  async (version) => {
    const store = storeOf(version);
    let turns = 0;
    let isOpen = false;
    const count = (): void => {
      turns++;
      if (!isOpen) setImmediate(count);
    };
    // The clock goes fast, so that slices end soon on any machine.
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 5));
    setImmediate(count);
    const dataset = await open(store, { pool, format: "atlas" });
    isOpen = true;
    clock.mockRestore();
    expect(turns).toBeGreaterThan(10);
    expect(dataset.sources.size).toBe(3 * 5000);
    expect(dataset.sources.has("profile_4999/oxygen")).toBe(true);
    expect(dataset.sources.has("profile_5000/oxygen")).toBe(false);
    dataset.close();
  },
);

it("reads one variable of all of them", async () => {
  const dataset = await open(storeOf(3), { pool });
  const { data, shape } = await dataset.acrossDatasets("temperature", { stacked: true });
  expect(shape).toEqual([count, 5]);
  expect(data).toEqual(Float32Array.from({ length: 5 * count }, (_, cell) => Math.floor(cell / 5)));
  dataset.close();
});
