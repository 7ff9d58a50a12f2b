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

function storeOf(version: 1 | 3, arrays = ["temperature", "salinity", "oxygen"]): MemoryStore {
  const file = writeArrayFile(count, 0);
  const objects = arrays.map((name) => [`/${name}/data.af`, file] as const);
  const metadata = writeMetadata(profileNames(count), arrays, { version });
  return new MemoryStore(new Map([["/atlas.json", metadata], ...objects]));
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

/** How often work waits so that others have their turn. The clock goes fast, so that slices end as soon on any machine. */
async function countWaits<T>(
  work: () => Promise<T>,
): Promise<{ readonly waits: number; readonly result: T }> {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 5));
  const timers = vi.spyOn(globalThis, "setTimeout");
  try {
    const result = await work();
    return { result, waits: timers.mock.calls.filter(([, delay]) => delay === 0).length };
  } finally {
    timers.mockRestore();
    clock.mockRestore();
  }
}

it.each([1, 3] as const)(
  "lets others have their turn while metadata of version %i are parsed",
  async (version) => {
    const store = storeOf(version);
    const { result: dataset, waits } = await countWaits(() => open(store, { pool, format: "atlas" }));
    expect(waits).toBeGreaterThan(5);
    expect(dataset.sources.size).toBe(3 * 5000);
    expect(dataset.sources.has("profile_4999/oxygen")).toBe(true);
    expect(dataset.sources.has("profile_5000/oxygen")).toBe(false);
    dataset.close();
  },
);

it("lets others have their turn while profiles, and one variable of all of them, are planned", async () => {
  const arrays = ["lon", "lat", "temperature"];
  const dataset = await open(storeOf(3, arrays), { pool, format: "atlas" });
  const points = dataset.points();
  const box = { bbox: [100, 100, 4000, 4000] } as const;
  const { result: price, waits } = await countWaits(() => points.explain(box));
  expect(price.notes[0]).toBe("5000 of 5000 profiles may hold rows.");
  // Rows, the entries of three arrays, their blocks and the parts: each looks at every dataset, and asks for the time some 20 times.
  expect(waits).toBeGreaterThan(150);
  const { result: table, waits: again } = await countWaits(() => points.query(box));
  expect(table.length).toBe(5 * 3901);
  expect(again).toBeGreaterThan(120);
  const across = await countWaits(() => dataset.acrossDatasets("temperature"));
  expect(across.result.data).toHaveLength(5 * count);
  expect(across.waits).toBeGreaterThan(45);
  dataset.close();
});

it("reads one variable of all of them", async () => {
  const dataset = await open(storeOf(3), { pool });
  const { data, shape } = await dataset.acrossDatasets("temperature", { stacked: true });
  expect(shape).toEqual([count, 5]);
  expect(data).toEqual(Float32Array.from({ length: 5 * count }, (_, cell) => Math.floor(cell / 5)));
  dataset.close();
});
