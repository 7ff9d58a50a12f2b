import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/json.js";
import { openZarr } from "../../../../src/format/zarr/open.js";
import { arrayV3, bytesOf, TestStore, testEngine, thrownBy } from "./support.js";

/** The first row is stored, the second is fill. */
async function decoded(
  attributes: JsonObject,
  other: object = {},
): Promise<{ dtype: string; values: number[] }> {
  const store = new TestStore().put("/zarr.json", arrayV3([2, 6], [1, 6], { attributes, ...other }));
  store.put("/c/0/0", bytesOf(Int16Array.of(-2, -1, 0, 1, 2, 300)));
  const source = (await openZarr({ engine: testEngine(store), url: "x" })).grid();
  const { dtype, data } = await source.query({ decode: "cf" });
  return { dtype, values: [...(data as Float64Array)] };
}

const none = Number.NaN;

describe('decode: "cf"', () => {
  test("a valid range, closed, in stored numbers; what is not stored is unpacked too", async () => {
    expect(await decoded({ valid_range: [-1, 2], scale_factor: 10 })).toEqual({
      dtype: "float64",
      values: [none, -10, 0, 10, 20, none, ...new Array(6).fill(-10)],
    });
    expect((await decoded({ valid_min: 0 })).values.slice(0, 6)).toEqual([none, none, 0, 1, 2, 300]);
    expect((await decoded({ valid_max: 0.5 })).values).toEqual([
      -2,
      -1,
      0,
      none,
      none,
      none,
      -1,
      -1,
      -1,
      -1,
      -1,
      -1,
    ]);
  });

  test("marks are lists as well, and those that no such number can be mark nothing", async () => {
    expect(await decoded({ missing_value: [300, -1], _FillValue: "NaN" })).toEqual({
      dtype: "float32",
      values: [-2, none, 0, 1, 2, none, ...new Array(6).fill(none)],
    });
    expect((await decoded({ _FillValue: "NaN" })).dtype).toBe("int16");
    expect((await decoded({ _FillValue: 1.5 })).values.slice(0, 6)).toEqual([-2, -1, 0, 1, 2, 300]);
  });

  test.each([
    ["scale_factor", "two"],
    ["add_offset", [1, 2]],
    ["_FillValue", {}],
    ["valid_range", ["low", "high"]],
  ])("an attribute %s that is no number is refused by name", async (key, value) => {
    const error = await thrownBy(() => decoded({ [key]: value as never }));
    expect(error.code).toBe("invalid-metadata");
    expect(error.message).toContain(key);
  });

  test("dates of a type of their own stay as they are", async () => {
    const array = { zarr_format: 2, shape: [2], chunks: [2], dtype: "<M8[D]", fill_value: 0, order: "C" };
    const store = new TestStore().put("/.zarray", { ...array, compressor: null, filters: null });
    store.put("/0", bytesOf(BigInt64Array.of(0n, 19_000n)));
    const source = (await openZarr({ engine: testEngine(store), url: "x" })).grid();
    const { data } = await source.query({ decode: "cf" });
    expect([...(data as BigInt64Array)]).toEqual([0n, 19_000n]);
  });

  test("nothing to decode leaves the type; another way to decode is refused", async () => {
    expect((await decoded({ units: "m" })).dtype).toBe("int16");
    const store = new TestStore().put("/zarr.json", arrayV3([1], [1]));
    const source = (await openZarr({ engine: testEngine(store), url: "x" })).grid();
    for (const ask of [
      () => source.query({ decode: "netcdf" as "cf" }),
      () => source.read([0], { decode: true as never }),
    ]) {
      expect((await thrownBy(ask)).code).toBe("invalid-query");
    }
  });
});
