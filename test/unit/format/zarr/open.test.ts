import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../../src/core/dataset.js";
import type { BlockPart } from "../../../../src/core/plan.js";
import { slice } from "../../../../src/core/slice.js";
import type { Plan } from "../../../../src/core/source.js";
import { openZarr } from "../../../../src/format/zarr/open.js";
import { arrayV3, bytesOf, groupV3, ListingStore, TestStore, testEngine, thrownBy } from "./support.js";

const open = (store: TestStore, reports: string[] = []): Promise<Dataset> =>
  openZarr({ engine: testEngine(store, reports), url: "https://host/air.zarr" });

async function partsOf(plan: Plan): Promise<BlockPart[]> {
  const parts: BlockPart[] = [];
  for await (const part of plan) parts.push(part as BlockPart);
  return parts;
}

const float64 = { data_type: "float64", fill_value: "NaN" };

function coordinate(
  name: string,
  values: readonly number[],
  attributes: object = {},
): [object, Float64Array] {
  const array = arrayV3([values.length], [values.length], {
    ...float64,
    dimension_names: [name],
    attributes,
  });
  return [array, Float64Array.from(values)];
}

/** A 4 × 6 grid of chunks 3 × 4, value = 10 × row + column, with its coordinates. */
function gridStore(
  lat: readonly number[] = [50, 40, 30, 20],
  lon: readonly number[] = [0, 10, 20, 30, 40, 50],
  others: Record<string, object> = {},
): TestStore {
  const store = new TestStore();
  const [latArray, latValues] = coordinate("lat", lat, { units: "degrees_north" });
  const [lonArray, lonValues] = coordinate("lon", lon, { units: "degrees_east" });
  const air = arrayV3([4, 6], [3, 4], { dimension_names: ["lat", "lon"], attributes: { units: "K" } });
  store.put("/zarr.json", groupV3({ air, lat: latArray, lon: lonArray, ...others }, { title: "Air" }));
  store.put("/lat/c/0", bytesOf(latValues)).put("/lon/c/0", bytesOf(lonValues));
  for (const row of [0, 1]) {
    for (const column of [0, 1]) {
      const chunk = Int16Array.from({ length: 12 }, (_, at) => {
        return 10 * (3 * row + Math.floor(at / 4)) + 4 * column + (at % 4);
      });
      store.put(`/air/c/${row}/${column}`, bytesOf(chunk));
    }
  }
  return store;
}

describe("opening", () => {
  test("a consolidated group is one request; coordinates are told from data", async () => {
    const store = gridStore();
    const dataset = await open(store);
    expect(store.asked).toEqual(["/zarr.json"]);
    expect(dataset.attributes).toEqual({ title: "Air" });
    expect([...dataset.sources].map(([name, source]) => [name, source.info.role])).toEqual([
      ["air", "data"],
      ["lat", "coordinate"],
      ["lon", "coordinate"],
    ]);
    const { info } = dataset.grid();
    expect(info).toMatchObject({
      name: "air",
      dimensions: ["lat", "lon"],
      units: ["degrees_north", "degrees_east"],
      shape: [4, 6],
      chunkShape: [3, 4],
      dtype: "int16",
      fields: [{ name: "air", dtype: "int16", width: 1, unit: "K" }],
      levels: [{ level: 0, chunks: 4 }],
    });
  });

  test("a root that is an array is named by the URL", async () => {
    const dataset = await open(new TestStore().put("/zarr.json", arrayV3([3], [3])));
    expect([...dataset.sources.keys()]).toEqual(["air.zarr"]);
    expect((await dataset.grid().query()).data).toEqual(Int16Array.of(-1, -1, -1));
  });

  test("a group that cannot be listed says what to do", async () => {
    const store = new TestStore().put("/zarr.json", { zarr_format: 3, node_type: "group" });
    const error = await thrownBy(() => open(store));
    expect(error.code).toBe("unsupported");
    expect(error.message).toMatch(/consolidate.*array.*listing/is);
  });

  test("one bad array does not keep the others from opening, and throws its own error by name", async () => {
    const store = gridStore(undefined, undefined, {
      odd: arrayV3([2], [2], { codecs: [{ name: "bytes" }, { name: "lzham" }] }),
      inner: arrayV3([2], [2], { codecs: [{ name: "bytes" }] }),
      "../up": arrayV3([2], [2]),
    });
    const reports: string[] = [];
    const dataset = await open(store, reports);
    expect([...dataset.sources.keys()]).toEqual(["air", "lat", "lon"]);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatch(/"\.\.\/up", "inner", "odd"/);
    expect((await thrownBy(() => dataset.source("odd"))).code).toBe("unknown-codec");
    expect((await thrownBy(() => dataset.source("inner"))).message).toContain("endian");
    expect((await thrownBy(() => dataset.source("../up"))).code).toBe("invalid-metadata");
    expect((await thrownBy(() => dataset.source("none"))).code).toBe("not-found");
  });

  test("nothing there, and nothing allowed, are told apart", async () => {
    expect((await thrownBy(() => open(new TestStore()))).code).toBe("not-found");
    const store = new TestStore();
    store.forbidden.add("/zarr.json");
    expect((await thrownBy(() => open(store))).code).toBe("forbidden");
    store.put("/.zmetadata", {
      zarr_consolidated_format: 1,
      metadata: { ".zgroup": { zarr_format: 2 }, ".zattrs": { a: 1 } },
    });
    const dataset = await open(store);
    expect(dataset.formatVersion).toBe("2");
    expect(dataset.attributes).toEqual({ a: 1 });
  });

  test.each([
    [{ zarr_format: 3, node_type: "group", consolidated_metadata: { kind: "elsewhere" } }, "elsewhere"],
    [groupV3({ air: 3 as never }), "air"],
    [{ zarr_format: 3, node_type: "group", extension: {} }, "extension"],
  ])("refuses the root %j", async (root, mentions) => {
    const error = await thrownBy(() => open(new TestStore().put("/zarr.json", root)));
    expect(["invalid-metadata", "unsupported"]).toContain(error.code);
    expect(error.message).toContain(mentions);
  });

  test("unconsolidated groups are found by listing; a broken document fails its node only", async () => {
    const store = new ListingStore();
    store.put("/.zgroup", { zarr_format: 2 }).put("/.zattrs", { title: "Listed" });
    const array = { zarr_format: 2, shape: [2], chunks: [2], dtype: "<i2", fill_value: 5, order: "C" };
    for (const path of ["a", "deep/er/b", "broken", "c"]) {
      store.put(`/${path}/.zarray`, { ...array, compressor: null, filters: null });
    }
    store.put("/broken/.zattrs", new TextEncoder().encode("{"));
    store.put("/c/.zarray", new TextEncoder().encode("[]")).put("/deep/er/b/.zattrs", { units: "m" });
    const reports: string[] = [];
    const dataset = await open(store, reports);
    expect(dataset.attributes).toEqual({ title: "Listed" });
    expect([...dataset.sources.keys()]).toEqual(["a", "deep/er/b"]);
    expect(dataset.grid("deep/er/b").info.attributes).toEqual({ units: "m" });
    expect([...(await dataset.grid("a").query()).data]).toEqual([5, 5]);
    expect(reports.join()).toMatch(/"broken", "c"/);
    for (const name of ["broken", "c"]) {
      expect((await thrownBy(() => dataset.source(name))).code).toBe("invalid-metadata");
    }
  });

  test("nested consolidated metadata is flattened; coordinates are found in groups above", async () => {
    const [lat, values] = coordinate("lat", [1, 2, 3]);
    const temp = arrayV3([3], [3], { dimension_names: ["lat"] });
    const store = new TestStore().put(
      "/zarr.json",
      groupV3({ lat, sub: groupV3({ temp }), "sub/other": arrayV3([1], [1]) }),
    );
    store.put("/lat/c/0", bytesOf(values));
    const dataset = await open(store);
    expect([...dataset.sources.keys()].sort()).toEqual(["lat", "sub/other", "sub/temp"]);
    const table = await dataset.grid("sub/temp").query({ ranges: { lat: [2, 9] } });
    expect(table.axes[0]!.values).toEqual(Float64Array.of(2, 3));
  });
});

describe("queries", () => {
  test("a box takes the cells whose labels are inside, from the chunks that hold them", async () => {
    const store = gridStore();
    const source = (await open(store)).grid();
    const table = await source.query({ bbox: [10, 20, 20, 40] });
    expect(table.shape).toEqual([3, 2]);
    expect([...table.data]).toEqual([11, 12, 21, 22, 31, 32]);
    expect(table.axes[0]).toEqual({
      name: "lat",
      values: Float64Array.of(40, 30, 20),
      unit: "degrees_north",
      labelled: true,
    });
    expect(store.asked.sort()).toEqual(["/air/c/0/0", "/air/c/1/0", "/lat/c/0", "/lon/c/0", "/zarr.json"]);
    store.asked.length = 0;
    await source.query({ bbox: [50, 50, 50, 50] });
    expect(store.asked).toEqual(["/air/c/0/1"]);
  });

  test("labels out of order: every hit, none else, in the order of the array", async () => {
    const source = (await open(gridStore([20, 50, 30, 40], [350, 0, 340, 10, 355, 20]))).grid();
    const table = await source.query({ bbox: [340, 30, 360, 45] });
    expect([...table.data]).toEqual([20, 21, 22, 24, 30, 31, 32, 34]);
    expect([...table.axes[1]!.values]).toEqual([350, 360, 340, 355]);
    const scattered = await source.query({ ranges: { lon: [0, 350] } });
    expect([...scattered.axes[1]!.values]).toEqual([350, 0, 340, 10, 20]);
    expect([...scattered.data].slice(0, 5)).toEqual([0, 1, 2, 3, 5]);
    // Columns 0, 2 and 3 are two parts of one chunk, which the byte cache has to keep for the second.
    expect((await source.plan({ ranges: { lon: [10, 350] } })).readsOnce).toBe(false);
    expect((await source.plan()).readsOnce).toBe(true);
  });

  test("an empty box is an empty table, says where the labels run, and reads no payload", async () => {
    const store = gridStore();
    const source = (await open(store)).grid();
    await source.axes();
    store.asked.length = 0;
    const table = await source.query({ bbox: [-120, 30, -110, 40] });
    expect(table.shape).toEqual([2, 0]);
    expect(table.data).toHaveLength(0);
    expect(store.asked).toEqual([]);
    const { notes } = await source.explain({ bbox: [-120, 30, -110, 40] });
    expect(notes.join()).toContain("from 0 to 50");
  });

  test("box and interval on one dimension meet", async () => {
    const source = (await open(gridStore())).grid();
    const table = await source.query({ bbox: [0, 20, 50, 50], ranges: { lon: [15, 25], lat: [30, 60] } });
    expect([...table.data]).toEqual([2, 12, 22]);
  });

  test("dimensions without coordinates are ranged by index", async () => {
    const store = new TestStore().put(
      "/zarr.json",
      arrayV3([3, 4], [3, 4], { dimension_names: ["row", null] }),
    );
    store.put("/c/0/0", bytesOf(Int16Array.from({ length: 12 }, (_, at) => at)));
    const source = (await open(store)).grid();
    const table = await source.query({ ranges: { row: [1, 1.9], dim_1: [2, 99] } });
    expect([...table.data]).toEqual([6, 7]);
    expect(table.axes[1]).toEqual({ name: "dim_1", values: Int32Array.of(2, 3), labelled: false });
  });

  test.each([
    [{ fields: ["wind"] }, /air.*wind/],
    [{ level: 1 }, /level 1/],
    [{ ranges: { time: [0, 1] as const } }, /time.*lat, lon/],
    [{ bbox: [0, 0, 1] }, /3 numbers/],
    [{ bbox: [0, 0, 0, 1, 1, 1] }, /no z coordinate.*"lat", "lon".*ranges/],
  ])("refuses %j", async (query, message) => {
    const source = (await open(gridStore())).grid();
    const error = await thrownBy(() => source.query(query));
    expect(error.code).toBe("invalid-query");
    expect(error.message).toMatch(message);
  });

  test("a box without coordinates, or with two that could be meant, is refused by name", async () => {
    const bare = new TestStore().put("/zarr.json", arrayV3([3, 4], [3, 4], { dimension_names: ["y", "x"] }));
    const error = await thrownBy(async () => (await open(bare)).grid().query({ bbox: [0, 0, 1, 1] }));
    expect(error.code).toBe("invalid-query");
    expect(error.message).toMatch(/"y" \(no coordinates\), "x" \(no coordinates\).*ranges/);

    const [a, values] = coordinate("a", [1, 2], { axis: "X" });
    const [b] = coordinate("b", [1, 2], { axis: "X" });
    const two = arrayV3([2, 2], [2, 2], { dimension_names: ["a", "b"] });
    const store = new TestStore().put("/zarr.json", groupV3({ two, a, b }));
    store.put("/a/c/0", bytesOf(values)).put("/b/c/0", bytesOf(values));
    const ambiguous = await thrownBy(async () => (await open(store)).grid().query({ bbox: [0, 0, 1, 1] }));
    expect(ambiguous.message).toMatch(/Several dimensions.*"a", "b"/);
  });

  test("an array of a dimension's name with other axes or another length labels nothing", async () => {
    const air = arrayV3([4, 6], [4, 6], { dimension_names: ["lat", "lon"] });
    const lat = arrayV3([4, 6], [4, 6], { dimension_names: ["lat", "lon"] });
    const lon = arrayV3([5], [5], { dimension_names: ["lon"] });
    const source = (await open(new TestStore().put("/zarr.json", groupV3({ air, lat, lon })))).grid("air");
    expect((await source.axes()).map((axis) => axis.labelled)).toEqual([false, false]);
    expect((await thrownBy(() => source.query({ bbox: [0, 0, 1, 1] }))).code).toBe("invalid-query");
  });

  test("coordinates that cannot be used leave indices, but never answer a label query", async () => {
    const store = gridStore();
    const air = arrayV3([2, 6], [2, 6], { dimension_names: ["name", "lon"] });
    const name = arrayV3([2], [2], {
      data_type: "string",
      fill_value: "",
      codecs: [{ name: "vlen-utf8" }],
      dimension_names: ["name"],
    });
    const [lon, values] = coordinate("lon", [0, 10, 20, 30, 40, 50]);
    store.put("/zarr.json", groupV3({ air, name, lon })).put("/lon/c/0", bytesOf(values));
    const reports: string[] = [];
    const source = (await open(store, reports)).grid("air");
    const table = await source.query({ ranges: { lon: [10, 10] } });
    expect(table.axes[0]).toEqual({ name: "name", values: Int32Array.of(0, 1), labelled: false });
    expect(reports.join()).toMatch(/unlabelled-axis.*"name".*string/);
    const error = await thrownBy(() => source.query({ ranges: { name: [0, 1] } }));
    expect(error.code).toBe("unsupported");
    expect(error.message).toContain("string");
  });

  test("packed coordinates are compared unpacked", async () => {
    const store = gridStore();
    const lat = arrayV3([4], [4], {
      dimension_names: ["lat"],
      attributes: { standard_name: "latitude", scale_factor: 0.5, add_offset: 10 },
    });
    const [lon, values] = coordinate("lon", [0, 10, 20, 30, 40, 50]);
    const air = arrayV3([4, 6], [3, 4], { dimension_names: ["lat", "lon"] });
    store.put("/zarr.json", groupV3({ air, lat, lon })).put("/lon/c/0", bytesOf(values));
    store.put("/lat/c/0", bytesOf(Int16Array.of(80, 60, 40, 20)));
    const table = await (await open(store)).grid().query({ bbox: [0, 30, 0, 40] });
    expect(table.axes[0]!.values).toEqual(Float64Array.of(40, 30));
    expect([...table.data]).toEqual([10, 20]);
  });

  test("reading by index crosses chunks, goes backwards, drops axes", async () => {
    const source = (await open(gridStore())).grid();
    const backwards = await source.read([slice(null, null, -1), slice(5, 0, -2)]);
    expect(backwards.shape).toEqual([4, 3]);
    expect([...backwards.data]).toEqual([35, 33, 31, 25, 23, 21, 15, 13, 11, 5, 3, 1]);
    expect([...backwards.axes[0]!.values]).toEqual([20, 30, 40, 50]);
    const row = await source.read([-1, null]);
    expect(row.shape).toEqual([6]);
    expect(row.axes.map((axis) => axis.name)).toEqual(["lon"]);
    expect([...row.data]).toEqual([30, 31, 32, 33, 34, 35]);
    const error = await thrownBy(() => source.read([4, null]));
    expect(error.message).toMatch(/axis 0 \(lat\).*-4 … 3/);
  });

  test("coordinates are read once, though asked for by many at once; one who leaves does not stop the others", async () => {
    const store = gridStore();
    const source = (await open(store)).grid();
    let release = (): void => {};
    store.gate = new Promise((resolve) => {
      release = resolve;
    });
    const leaving = new AbortController();
    const left = source.query({ bbox: [0, 0, 9, 99] }, { signal: leaving.signal });
    const stays = source.query({ bbox: [0, 0, 9, 99] });
    const reason = new Error("enough");
    leaving.abort(reason);
    expect(await thrownBy(() => left)).toBe(reason);
    release();
    expect([...(await stays).data]).toEqual([0, 10, 20, 30]);
    expect(store.asked.filter((key) => key.startsWith("/lat/c"))).toHaveLength(1);
  });

  test("coordinates that failed once are read again", async () => {
    const store = gridStore();
    const source = (await open(store)).grid();
    store.forbidden.add("/lat/c/0");
    expect((await thrownBy(() => source.query({ bbox: [0, 0, 9, 99] }))).code).toBe("forbidden");
    store.forbidden.clear();
    expect((await source.query({ bbox: [0, 0, 9, 99] })).shape).toEqual([4, 1]);
  });
});

describe("damage", () => {
  test("a chunk that is too short or too long is refused by its key", async () => {
    for (const length of [0, 10, 26]) {
      const store = gridStore().put("/air/c/0/1", new Uint8Array(length));
      const error = await thrownBy(async () => (await open(store)).grid().query());
      expect(error.code).toBe("corrupt");
      expect(error.message).toContain("/air/c/0/1");
    }
  });

  test("labels that come short are refused, never filled up", async () => {
    const store = gridStore().put("/lat/c/0", new Uint8Array(24));
    const error = await thrownBy(async () => (await open(store)).grid().query({ bbox: [0, 0, 1, 1] }));
    expect(error.code).toBe("corrupt");
    expect(error.message).toContain("/lat/c/0");
  });
});

describe("plans", () => {
  test("whole objects hint at their decoded size; a plan can be walked twice", async () => {
    const plan = await (await open(gridStore())).grid().plan({ bbox: [0, 20, 50, 50] });
    expect(plan.partsTotal).toBe(4);
    const parts = await partsOf(plan);
    expect(parts.map((part) => [part.column.read?.key, part.column.read?.bytesHint, part.offset])).toEqual([
      ["/air/c/0/0", 24, [0, 0]],
      ["/air/c/0/1", 24, [0, 4]],
      ["/air/c/1/0", 24, [3, 0]],
      ["/air/c/1/1", 24, [3, 4]],
    ]);
    expect(await partsOf(plan)).toEqual(parts);
  });
});
