import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../../src/core/dataset.js";
import { slice } from "../../../../src/core/slice.js";
import { openZarr } from "../../../../src/format/zarr/open.js";
import { loadFixture } from "../../../support/fixtures.js";
import { arrayV3, bytesOf, groupV3, ListingStore, TestStore, testEngine, thrownBy } from "./support.js";

const open = (store: TestStore, reports: string[] = []): Promise<Dataset> =>
  openZarr({ engine: testEngine(store, reports), url: "https://host/image.zarr" });

/** The files of a fixture; whether its keys can be listed is the store's choice. */
function fill<S extends TestStore>(store: S, name: string, keep: (key: string) => boolean = () => true): S {
  const { path } = loadFixture("grids", name);
  for (const entry of readdirSync(path, { recursive: true }) as string[]) {
    const key = `/${entry.replaceAll("\\", "/")}`;
    if (statSync(join(path, entry)).isFile() && keep(key)) store.put(key, readFileSync(join(path, entry)));
  }
  return store;
}

const isChunk = (key: string): boolean => !/\.json|\.z(array|group|attrs|metadata)$/.test(key);

/** Two levels of a plain pyramid: 8 × 8 cells in four chunks, 4 × 4 in one. */
function pyramidStore(): TestStore {
  const store = new TestStore();
  const level = (path: string, scale: number): object => ({
    path,
    coordinateTransformations: [{ type: "scale", scale: [scale, scale] }],
  });
  const axes = ["y", "x"].map((name) => ({ name, type: "space" }));
  const multiscales = [{ axes, datasets: [level("0", 1), level("1", 2)] }];
  const nodes = { 0: arrayV3([8, 8], [4, 4]), 1: arrayV3([4, 4], [4, 4]) };
  store.put("/zarr.json", groupV3(nodes, { ome: { version: "0.5", multiscales } }));
  for (const key of ["/0/c/0/0", "/0/c/0/1", "/0/c/1/0", "/0/c/1/1", "/1/c/0/0"]) {
    store.put(key, bytesOf(Int16Array.from({ length: 16 }, (_, at) => at)));
  }
  return store;
}

describe("levels", () => {
  test("the finest level within the budget is read", async () => {
    const source = (await open(pyramidStore())).grid();
    const shapes = async (budget: object): Promise<readonly number[]> =>
      (await source.query({ level: "auto", budget })).shape;
    expect(await shapes({ requests: 4 })).toEqual([8, 8]);
    expect(await shapes({ requests: 3 })).toEqual([4, 4]);
    expect(await shapes({ rows: 63 })).toEqual([4, 4]);
    expect(await shapes({ bytes: 127 })).toEqual([4, 4]);
    expect(await shapes({ bytes: 128, rows: 64, requests: 4 })).toEqual([8, 8]);
    const { level, rowsAtMost } = await source.explain({ level: "auto", budget: { rows: 20 } });
    expect([level, rowsAtMost]).toEqual([1, 16]);
  });

  test("a level beyond the budget is refused before anything of it is read", async () => {
    const store = pyramidStore();
    const source = (await open(store)).grid();
    store.asked.length = 0;
    for (const query of [
      { level: 0, budget: { requests: 3 } },
      { level: 0, budget: { bytes: 100 } },
      { level: "auto" as const, budget: { rows: 15 } },
    ]) {
      const error = await thrownBy(() => source.query(query));
      expect(error.code).toBe("limit-exceeded");
    }
    expect(store.asked.filter((asked) => !asked.endsWith(" size"))).toEqual([]);
  });

  test("a level there is not is refused by name; auto needs a budget", async () => {
    const source = (await open(pyramidStore())).grid();
    const error = await thrownBy(() => source.query({ level: 2 }));
    expect(error.code).toBe("invalid-query");
    expect(error.message).toMatch(/level 2.*levels 0 to 1/);
    expect((await thrownBy(() => source.query({ level: "auto" }))).code).toBe("invalid-query");
    expect((await thrownBy(() => source.read([], { level: 7 }))).code).toBe("invalid-query");
  });

  test("reading by index and the axes go by level too; the arrays are there under their names", async () => {
    const dataset = await open(pyramidStore());
    const source = dataset.grid();
    expect(source.info.name).toBe("image.zarr");
    const corner = await source.read([slice(-1, null), 2], { level: 1 });
    expect([...(corner.data as Int16Array)]).toEqual([14]);
    expect((await source.axes({ level: 1 })).map((axis) => [...axis.values])).toEqual([
      [0, 2, 4, 6],
      [0, 2, 4, 6],
    ]);
    expect(dataset.grid("1").info).toMatchObject({ role: "level", shape: [4, 4] });
    expect([...(await dataset.grid("1").axes())[1]!.values]).toEqual([0, 2, 4, 6]);
  });

  test("transforms of the image follow those of its levels; what cannot be placed says so", async () => {
    const withOuter = async (outer: object[]): Promise<Dataset> => {
      const store = pyramidStore();
      const root = JSON.parse(new TextDecoder().decode(store.objects.get("/zarr.json"))) as {
        attributes: { ome: { multiscales: [Record<string, unknown>] } };
      };
      root.attributes.ome.multiscales[0].coordinateTransformations = outer;
      return open(store.put("/zarr.json", root));
    };
    const placed = await withOuter([
      { type: "translation", translation: [5, 0] },
      { type: "scale", scale: [10, 1] },
    ]);
    const [y, x] = await placed.grid().axes({ level: 1 });
    expect([...y!.values]).toEqual([50, 70, 90, 110]);
    expect([...x!.values]).toEqual([0, 2, 4, 6]);
    const turned = (await withOuter([{ type: "rotation", rotation: [0, 1] }])).grid();
    expect((await turned.axes())[0]!.labelled).toBe(false);
    const error = await thrownBy(() => turned.query({ bbox: [0, 0, 1, 1] }));
    expect(error.code).toBe("unsupported");
    expect(error.message).toContain("rotation");
  });

  test("axes of 0.6 come from the system that the level's transform leads to; before 0.3 they are fixed", async () => {
    const withMultiscales = async (entry: object, rank: number): Promise<Dataset> => {
      const nodes = { 0: arrayV3(new Array(rank).fill(2), new Array(rank).fill(2)) };
      return open(new TestStore().put("/zarr.json", groupV3(nodes, { multiscales: [entry] })));
    };
    const axis = (name: string): object => ({ name, type: "space", unit: "meter" });
    const newest = await withMultiscales(
      {
        coordinateSystems: [
          { name: "world", axes: [axis("a"), axis("b")] },
          { name: "image", axes: [axis("y"), axis("x")] },
        ],
        coordinateTransformations: [
          { type: "rotation", input: { name: "image" }, output: { name: "world" } },
        ],
        datasets: [
          {
            path: "0",
            coordinateTransformations: [
              {
                type: "sequence",
                output: { name: "image" },
                transformations: [
                  { type: "scale", scale: [2, 3] },
                  { type: "translation", translation: [1, 0] },
                ],
              },
            ],
          },
        ],
      },
      2,
    );
    expect((await newest.grid().axes()).map(({ name, values }) => [name, ...values])).toEqual([
      ["y", 1, 3],
      ["x", 0, 3],
    ]);
    const oldest = await withMultiscales({ version: "0.2", datasets: [{ path: "0" }] }, 5);
    expect(oldest.grid().info.dimensions).toEqual(["t", "c", "z", "y", "x"]);
    expect((await oldest.grid().axes()).some((one) => one.labelled)).toBe(false);
  });

  test("sets of tile matrices and drafts of the convention name their levels too", async () => {
    const level = (size: number): object =>
      arrayV3([size, size], [size, size], { dimension_names: ["y", "x"] });
    const nodes = { "0/b02": level(2), "1/b02": level(4), 0: {}, 1: {} };
    for (const multiscales of [
      { tile_matrix_set: { tileMatrices: [{ id: "0" }, { id: "1" }] } },
      { tile_matrix_set: "WebMercatorQuad", tile_matrix_limits: { 0: {}, 1: {} } },
      { layout: [{ group: "1" }, { group: "0", from_group: "1" }] },
    ]) {
      const group = { zarr_format: 3, node_type: "group", attributes: {} };
      const root = groupV3({ ...nodes, 0: group, 1: group }, { multiscales });
      const source = (await open(new TestStore().put("/zarr.json", root))).grid();
      expect([source.info.name, source.info.shape]).toEqual(["b02", [4, 4]]);
      expect(source.info.levels.map((one) => one.name)).toEqual(["1", "0"]);
    }
  });

  test("a level that is not stored is left out and reported", async () => {
    const store = pyramidStore();
    const root = JSON.parse(new TextDecoder().decode(store.objects.get("/zarr.json"))) as {
      attributes: { ome: { multiscales: [{ datasets: object[] }] } };
    };
    root.attributes.ome.multiscales[0].datasets.push({ path: "2" }, { path: "../3" });
    const reports: string[] = [];
    const source = (await open(store.put("/zarr.json", root), reports)).grid();
    expect(source.info.levels.map((level) => level.name)).toEqual(["0", "1"]);
    expect(reports.join()).toMatch(/level-not-opened.*2/);
  });
});

describe("stores that cannot be listed", () => {
  test.each(["ome-0.4", "ome-0.5"])("%s opens by the names in its attributes", async (name) => {
    const store = fill(new TestStore(), name);
    const dataset = await open(store);
    expect([...dataset.sources].filter(([, { info }]) => info.role !== "level").map(([key]) => key)).toEqual([
      "image.zarr",
      "labels/nuclei",
    ]);
    expect(dataset.grid().info.levels).toHaveLength(3);
    expect(store.asked.filter(isChunk)).toEqual([]);
    // Three nodes of the image, the labels, three of their own: one document each in v3, up to three in v2.
    expect(store.asked.length).toBeLessThanOrEqual(name === "ome-0.5" ? 9 : 32);
  });

  test("a plate opens with the images of its wells", async () => {
    const dataset = await open(fill(new TestStore(), "ome-plate"));
    const images = [...dataset.sources].filter(([, { info }]) => info.role === "data").map(([key]) => key);
    expect(images.sort()).toEqual(["A/1/0", "A/1/1", "B/2/0"]);
    expect((await thrownBy(async () => dataset.grid())).message).toContain("3 sources");
  });

  test("a plate of too many wells says what to open instead", async () => {
    const wells = Array.from({ length: 5000 }, (_, at) => ({ path: `A/${at}` }));
    const store = new TestStore().put("/.zgroup", { zarr_format: 2 }).put("/.zattrs", { plate: { wells } });
    const error = await thrownBy(() => open(store));
    expect(error.code).toBe("limit-exceeded");
    expect(error.message).toContain("well");
  });

  test("products of alsdb are tried by their usual names", async () => {
    const dataset = await open(fill(new TestStore(), "als"));
    const data = [...dataset.sources].filter(([, { info }]) => info.role === "data").map(([key]) => key);
    expect(data.sort()).toEqual(["chm", "chm_quality", "dtm", "lai"]);
    expect(dataset.grid("chm").info.levels.map((level) => level.name)).toEqual(["1m", "10m"]);
  });

  test("a group that names nothing still says what to do", async () => {
    const store = new TestStore().put("/zarr.json", { zarr_format: 3, node_type: "group" });
    const error = await thrownBy(() => open(store));
    expect(error.code).toBe("unsupported");
    expect(error.message).toMatch(/consolidate/i);
  });
});

describe("ALSZarrStore", () => {
  test("years that were never written are missing, and cost no request", async () => {
    const store = fill(new ListingStore(), "als");
    const source = (await open(store)).grid("dtm");
    await source.axes();
    store.asked.length = 0;
    const table = await source.query({ ranges: { time: [2010, 2010] } });
    expect(table.shape).toEqual([1, 40, 62]);
    expect([...(table.data as Float32Array)].every(Number.isNaN)).toBe(true);
    expect(store.asked).toEqual([]);
    expect((await source.explain({ ranges: { time: [2010, 2010] } })).requests).toBe(0);
  });

  test("one resolution opens by its own address", async () => {
    const whole = fill(new ListingStore(), "als");
    const store = new ListingStore();
    for (const [key, bytes] of whole.objects) if (key.startsWith("/10m/")) store.put(key.slice(4), bytes);
    const dataset = await open(store);
    expect([...dataset.sources.keys()].sort()).toEqual(["chm", "lai", "time", "x", "y"]);
    const { info } = dataset.grid("lai");
    expect(info).toMatchObject({ role: "data", crs: "EPSG:25830", dimensions: ["time", "y", "x"] });
    expect((await dataset.grid("chm").query({ ranges: { time: [2021, 2021] } })).shape).toEqual([1, 4, 7]);
  });
});
