/** @module Consolidated metadata that tell less, or something else, than what is stored; and collections of images without any. */
import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../../src/core/dataset.js";
import { openZarr } from "../../../../src/format/zarr/open.js";
import { arrayV3, bytesOf, groupV3, ListingStore, TestStore, testEngine, thrownBy } from "./support.js";

const open = (store: TestStore, reports: string[] = []): Promise<Dataset> =>
  openZarr({ engine: testEngine(store, reports), url: "https://host/data" });

const two = arrayV3([2], [2]);
const numbers = (...values: readonly number[]): Uint8Array => bytesOf(Int16Array.from(values));
const group = { zarr_format: 3, node_type: "group", attributes: {} };

describe("stale metadata of v3", () => {
  test("are believed: a node that is gone has nothing stored, one that is new is opened by its address", async () => {
    const store = new ListingStore().put("/zarr.json", groupV3({ gone: two, kept: two }));
    store.put("/kept/zarr.json", two).put("/kept/c/0", numbers(1, 2));
    store.put("/new/zarr.json", two).put("/new/c/0", numbers(3, 4));
    const dataset = await open(store);
    expect([...dataset.sources.keys()]).toEqual(["gone", "kept"]);
    expect([...(await dataset.grid("gone").read()).data]).toEqual([-1, -1]);
    expect([...(await dataset.grid("kept").read()).data]).toEqual([1, 2]);
    const error = await thrownBy(() => dataset.grid("new"));
    expect(error.code).toBe("not-found");
    expect(error.message).toContain("gone");
    expect(store.asked.filter((key) => key.endsWith("zarr.json"))).toEqual(["/zarr.json"]);
  });

  test.each([
    ["of other chunks", arrayV3([8], [4])],
    ["of another type", arrayV3([2], [2], { data_type: "int64" })],
    [
      "with other codecs",
      arrayV3([2], [2], {
        codecs: [{ name: "bytes", configuration: { endian: "little" } }, { name: "crc32c" }],
      }),
    ],
  ])("chunks of an array that is now %s are refused, not mistaken", async (_, stale) => {
    const store = new TestStore().put("/zarr.json", groupV3({ a: stale })).put("/a/c/0", numbers(1, 2));
    const error = await thrownBy(async () => (await open(store)).grid("a").read());
    expect(error.code).toMatch(/corrupt/);
    expect(error.message).toContain("/a/c/0");
  });
});

describe("partial metadata of v3", () => {
  test("groups that are not named between root and array", async () => {
    const store = new TestStore()
      .put("/zarr.json", groupV3({ "a/b/c": two }))
      .put("/a/b/c/c/0", numbers(5, 6));
    const dataset = await open(store);
    expect([...(await dataset.grid("a/b/c").read()).data]).toEqual([5, 6]);
  });

  test("a group below consolidates its own, which is told above or not", async () => {
    const inner = groupV3({ x: two, deep: groupV3({ y: two }) });
    const store = new ListingStore().put("/zarr.json", groupV3({ inner, empty: groupV3({}) }));
    store.put("/inner/x/c/0", numbers(1, 2)).put("/inner/deep/y/c/0", numbers(3, 4));
    const dataset = await open(store);
    expect([...dataset.sources.keys()].sort()).toEqual(["inner/deep/y", "inner/x"]);
    expect([...(await dataset.grid("inner/deep/y").read()).data]).toEqual([3, 4]);
    // The root tells nothing: what is stored is listed.
    store.put("/zarr.json", group).put("/inner/zarr.json", inner).put("/inner/x/zarr.json", two);
    expect([...(await open(store)).sources.keys()]).toEqual(["inner/x"]);
  });

  test.each([
    ["null", null],
    ["of a kind that need not be understood", { kind: "elsewhere", must_understand: false }],
  ])("metadata that are %s count for none", async (_, consolidated_metadata) => {
    const store = new ListingStore().put("/zarr.json", { ...group, consolidated_metadata });
    store.put("/a/zarr.json", two).put("/a/c/0", numbers(7, 8));
    expect([...(await (await open(store)).grid("a").read()).data]).toEqual([7, 8]);
  });

  test("metadata of a kind that must be understood are refused by it", async () => {
    const store = new ListingStore().put("/zarr.json", {
      ...group,
      consolidated_metadata: { kind: "elsewhere" },
    });
    const error = await thrownBy(() => open(store));
    expect(error.code).toBe("unsupported");
    expect(error.message).toContain("elsewhere");
  });

  test("storage transformers refuse their array, and no other", async () => {
    const changed = { ...two, storage_transformers: [{ name: "mirror" }] };
    const store = new TestStore().put("/zarr.json", groupV3({ changed, two })).put("/two/c/0", numbers(1, 2));
    const dataset = await open(store);
    expect([...dataset.sources.keys()]).toEqual(["two"]);
    expect((await thrownBy(() => dataset.grid("changed"))).message).toContain("mirror");
  });
});

describe("metadata of v2", () => {
  const array = {
    ...{ zarr_format: 2, shape: [2], chunks: [2], dtype: "<i2", fill_value: -1, order: "C" },
    ...{ compressor: null, filters: null },
  };
  const consolidated = (metadata: object): object => ({ zarr_consolidated_format: 1, metadata });

  test("arrays without attributes and groups in between; attributes of no node", async () => {
    const metadata = { ".zgroup": { zarr_format: 2 }, "a/b/.zarray": array, "lost/.zattrs": { units: "K" } };
    const store = new TestStore().put("/.zmetadata", consolidated(metadata)).put("/a/b/0", numbers(1, 2));
    const dataset = await open(store);
    expect([...dataset.sources.keys()]).toEqual(["a/b"]);
    expect([...(await dataset.grid("a/b").read()).data]).toEqual([1, 2]);
  });

  test("without the root's own documents", async () => {
    const store = new TestStore()
      .put("/.zmetadata", consolidated({ "a/.zarray": array }))
      .put("/a/0", numbers(1, 2));
    expect([...(await (await open(store)).grid("a").read()).data]).toEqual([1, 2]);
  });

  test("stale metadata are believed here too", async () => {
    const metadata = {
      ".zgroup": { zarr_format: 2 },
      "gone/.zarray": array,
      "a/.zarray": { ...array, dtype: "<i8" },
    };
    const store = new TestStore().put("/.zmetadata", consolidated(metadata)).put("/a/0", numbers(1, 2));
    const dataset = await open(store);
    expect([...(await dataset.grid("gone").read()).data]).toEqual([-1, -1]);
    expect((await thrownBy(() => dataset.grid("a").read())).code).toBe("corrupt");
  });
});

describe("collections of images that cannot be listed (bioformats2raw)", () => {
  const image = (name: string): object => ({
    multiscales: [{ version: "0.4", name, axes: [{ name: "x", type: "space" }], datasets: [{ path: "0" }] }],
  });
  const layout = { "bioformats2raw.layout": 3 };
  const v2Array = {
    ...{ zarr_format: 2, shape: [2], chunks: [2], dtype: "<i2", fill_value: -1, order: "C" },
    compressor: null,
    filters: null,
  };

  function collection(names: readonly string[], zarrFormat: 2 | 3): TestStore {
    const store = new TestStore();
    names.forEach((name, index) => {
      if (zarrFormat === 3) {
        store.put(`/${name}/zarr.json`, {
          ...group,
          attributes: { ome: { version: "0.5", ...image(name) } },
        });
        store.put(`/${name}/0/zarr.json`, two).put(`/${name}/0/c/0`, numbers(index, 9));
        return;
      }
      store.put(`/${name}/.zgroup`, { zarr_format: 2 }).put(`/${name}/.zattrs`, image(name));
      store.put(`/${name}/0/.zarray`, v2Array).put(`/${name}/0/0`, numbers(index, 9));
    });
    return zarrFormat === 3
      ? store.put("/zarr.json", { ...group, attributes: { ome: { version: "0.5", ...layout } } })
      : store.put("/.zgroup", { zarr_format: 2 }).put("/.zattrs", layout);
  }

  async function images(store: TestStore): Promise<Record<string, number>> {
    const dataset = await open(store);
    const names = [...dataset.sources].filter(([, { info }]) => info.role === "data").map(([name]) => name);
    const read = names.map(
      async (name) => [name, Number((await dataset.grid(name).read()).data[0])] as const,
    );
    return Object.fromEntries(await Promise.all(read));
  }

  test.each([2, 3] as const)("v%d: counted, as far as they go", async (zarrFormat) => {
    expect(await images(collection(["0", "1", "2", "3", "4"], zarrFormat))).toEqual({
      0: 0,
      1: 1,
      2: 2,
      3: 3,
      4: 4,
    });
    expect(await images(collection(["0", "2"], zarrFormat))).toEqual({ 0: 0 });
  });

  test.each([2, 3] as const)("v%d: by the list of the group OME", async (zarrFormat) => {
    const store = collection(["first", "1", "b/c"], zarrFormat);
    const series = ["first", "b/c", "../x"];
    if (zarrFormat === 3)
      store.put("/OME/zarr.json", { ...group, attributes: { ome: { version: "0.5", series } } });
    else store.put("/OME/.zgroup", { zarr_format: 2 }).put("/OME/.zattrs", { series });
    expect(await images(store)).toEqual({ first: 0, "b/c": 2 });
    expect(store.asked.join()).not.toContain("..");
  });

  test("an image that has the layout too names its levels itself", async () => {
    const store = collection(["0"], 3).put("/labels/zarr.json", {
      ...group,
      attributes: { ome: { labels: ["0"] } },
    });
    store.put("/zarr.json", { ...group, attributes: { ome: { version: "0.5", ...layout, ...image("x") } } });
    store.put("/0/zarr.json", two).put("/0/c/0", numbers(4, 5));
    store.put("/labels/0/zarr.json", { ...group, attributes: { ome: { ...image("y"), "image-label": {} } } });
    store.put("/labels/0/0/zarr.json", two);
    expect([...(await open(store)).sources.keys()].sort()).toEqual(["0", "data", "labels/0", "labels/0/0"]);
  });

  test("a collection of nothing says what to do", async () => {
    const error = await thrownBy(() => open(collection([], 3)));
    expect(error.code).toBe("unsupported");
    expect(error.message).toMatch(/consolidate/i);
  });
});
