/** What a consolidated array of alsdb costs, counted at the store. */
import { describe, expect, it } from "vitest";
import { open } from "../../../../src/index.js";
import { CountingStore } from "../../../support/counting-store.js";
import { filesOf, loadFixture } from "../../../support/fixtures.js";

function storeOf(family: "tiledb" | "demo", name: string): CountingStore {
  return new CountingStore(filesOf(loadFixture(family, name).path));
}

describe("a consolidated array of alsdb", () => {
  it("opens in eight requests", async () => {
    const store = storeOf("demo", "forest");
    const points = await open(store, { format: "tiledb", kind: "points", pool: 0 });
    expect(store.asked.length).toBeLessThanOrEqual(8);
    expect(points.info.crs).toBe("EPSG:25830");
    expect(points.info.bounds).toHaveLength(4);
  });

  it("answers a box with the index of one fragment and one run of tiles a column", async () => {
    const store = storeOf("demo", "forest");
    const points = await open(store, { format: "tiledb", kind: "points", pool: 0 });
    store.asked.length = 0;
    const query = {
      bbox: [308_100, 4_688_100, 308_150, 4_688_150],
      ranges: { Year: [2021, 2021] },
      fields: ["Z", "Classification"],
    } as const;
    const { requests } = await points.explain(query);
    const indexes = store.asked.length;
    // Its size, and its end: the library consolidates the metadata of several fragments only.
    expect(indexes).toBe(2);
    const table = await points.query(query);
    expect(table.length).toBeGreaterThan(100);
    expect(store.asked.length - indexes).toBe(requests);
    expect(requests).toBeLessThanOrEqual(5);
  });

  it("reads nothing of fragments that miss the box", async () => {
    const store = storeOf("tiledb", "als-commits");
    const points = await open(store, { format: "tiledb", kind: "points", pool: 0 });
    store.asked.length = 0;
    const table = await points.query({ bbox: [308_000, 4_688_000, 308_050, 4_688_050] });
    expect(table.length).toBeGreaterThan(0);
    const fragments = new Set(store.asked.map((line) => line.split("/")[2]));
    expect(fragments.size).toBe(1);
  });
});

describe("statistics of tiles", () => {
  it.each([
    ["rank", [23, 41], 3],
    ["height", [5, 6.5], 1],
    // Nulls count in no statistic.
    ["maybe", [5000, 6000], 0],
    // Tiles with a NaN say nothing of their values, and are read.
    ["gappy", [1e6, 2e6], 20],
  ] as const)("pass over tiles without a value of %s in %j", async (name, range, tiles) => {
    const store = storeOf("tiledb", "statistics");
    const points = await open(store, { format: "tiledb", kind: "points", pool: 0 });
    const { chunks } = await points.explain({ ranges: { [name]: range }, fields: [name] });
    expect(chunks).toBe(tiles);
  });

  it("of cells that may be overwritten say nothing", async () => {
    const store = storeOf("tiledb", "distinct");
    const points = await open(store, { format: "tiledb", kind: "points", pool: 0 });
    const all = await points.explain({ fields: ["value"] });
    const some = await points.explain({ ranges: { value: [100_000, 100_001] }, fields: ["value"] });
    expect(some.chunks).toBe(all.chunks);
  });
});

describe("what an array covers", () => {
  it("is told by alsdb's notes when it is opened: files, their years and footprints", async () => {
    const store = storeOf("tiledb", "als-raw");
    const { info } = await open(store, { format: "tiledb", kind: "points", pool: 0 });
    expect(payloadOf(store)).toEqual([]);
    expect(info.crs).toBe("EPSG:25830");
    expect(info.coverage?.map(({ name, ranges, rows }) => [name, ranges.Year, rows])).toEqual([
      ["flight_1.laz", [2021, 2021], 260],
      ["flight_2.laz", [2019, 2019], 240],
      ["flight_3.laz", [2021, 2021], 150],
    ]);
  });

  it("is told by the fragments' own index as by the notes", async () => {
    const store = storeOf("tiledb", "als-raw");
    const points = await open(store, { format: "tiledb", kind: "points", pool: 0 });
    const coverage = await points.coverage!();
    expect(payloadOf(store)).toEqual([]);
    expect(coverage.map((part, index) => ({ name: `flight_${index + 1}.laz`, ...part }))).toEqual(
      points.info.coverage,
    );
  });

  it("comes apart by year where surveys were consolidated into one fragment", async () => {
    const store = storeOf("tiledb", "als-vacuumed");
    const points = await open(store, { format: "tiledb", kind: "points", pool: 0 });
    const coverage = await points.coverage!();
    expect(payloadOf(store)).toEqual([]);
    expect(new Set(coverage.flatMap(({ ranges }) => ranges.Year))).toEqual(new Set([2019, 2021]));
    expect(coverage.reduce((sum, { rows = 0 }) => sum + rows, 0)).toBe(650);
    const only = coverage.find(({ ranges }) => String(ranges.Year) === "2019,2019")!;
    const { length } = await points.query({ bbox: only.bounds, ranges: only.ranges, fields: [] });
    expect(length).toBeGreaterThanOrEqual(only.rows!);
  });
});

/** Files of coordinates and attributes among those that were read. */
function payloadOf({ asked }: CountingStore): string[] {
  return asked.filter((line) => /\/[ad]\d+(_var|_validity)?\.tdb$/.test(line));
}
