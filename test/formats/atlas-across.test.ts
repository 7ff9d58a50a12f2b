/**
 * One variable of many datasets: what the packages answer, in one plan.
 */
import { afterAll, describe, expect, it } from "vitest";
import { isReaderError } from "../../src/core/error.js";
import { open, slice } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { type AtlasProfileAnswers, listProfileStores } from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const stores = listProfileStores();
const [sample] = stores;

type Case = AtlasProfileAnswers["cases"][number];

function optionsOf({ datasets, start, shape }: Case) {
  const selection = start?.map((first, axis) => slice(first, first + shape![axis]!)) ?? [];
  return { datasets, selection };
}

describe.each(stores)("atlas-profiles/$name", ({ path, fixture }) => {
  it.each(fixture.answers.cases)("$name", async (asked) => {
    const dataset = await open(path, { pool });
    const table = await dataset.acrossDatasets(asked.array, optionsOf(asked));
    expect(table.datasets).toEqual(asked.datasets);
    expect(table.shapes).toEqual(asked.values.map((values) => values?.shape));
    expect(table.startIndices.at(-1)).toBe(table.data.length);
    asked.values.forEach((values, index) => {
      const own = table.data.slice(table.startIndices[index], table.startIndices[index + 1]);
      if (values === null) expect(own).toHaveLength(0);
      else if ("strings" in values) expect(own).toEqual(values.strings);
      else expect(fixture.difference(values, own as Float32Array)).toBeUndefined();
    });
  });

  it.each(fixture.answers.cases.filter(({ stacked }) => stacked !== undefined))(
    "$name, stacked",
    async (asked) => {
      const dataset = await open(path, { pool });
      const table = await dataset.acrossDatasets(asked.array, { ...optionsOf(asked), stacked: true });
      expect(table.shape).toEqual(asked.stacked!.shape);
      expect(table.axes.map(({ values }) => values.length)).toEqual(table.shape);
      expect(fixture.difference(asked.stacked!, table.data as Float32Array)).toBeUndefined();
    },
  );
});

describe("acrossDatasets", () => {
  const openSample = () => open(sample!.path, { pool });

  it("takes every dataset that has the variable where none are named", async () => {
    const dataset = await openSample();
    const { datasets, data, shapes, startIndices } = await dataset.acrossDatasets("salinity");
    expect(datasets).toHaveLength(14);
    expect(shapes.every((shape) => shape !== undefined)).toBe(true);
    expect(data).toHaveLength(startIndices[14]!);
  });

  it("drops axes that an index selects", async () => {
    const dataset = await openSample();
    const whole = await dataset.acrossDatasets("image", { datasets: ["cast_01", "cast_02"], stacked: true });
    const rows = await dataset.acrossDatasets("image", {
      datasets: ["cast_01", "cast_02"],
      selection: [-1, slice(undefined, undefined, -2)],
      stacked: true,
    });
    const at = (set: number, y: number, x: number) => (whole.data as Uint16Array)[(set * 5 + y) * 4 + x];
    expect(rows.shape).toEqual([2, 2]);
    expect(rows.axes.map(({ name }) => name)).toEqual(["dataset", "x"]);
    expect([...rows.axes[1]!.values]).toEqual([3, 1]);
    expect([...(rows.data as Uint16Array)]).toEqual([at(0, 4, 3), at(0, 4, 1), at(1, 4, 3), at(1, 4, 1)]);
  });

  it.each([
    ["a dataset of another shape", "image", undefined, "cast_07/image"],
    ["other lengths", "depth", undefined, "cast_01/depth"],
    ["a dataset without the variable", "salinity", ["cast_00", "cast_02"], "cast_02"],
  ])("refuses to stack %s, naming it", async (_, array, datasets, named) => {
    const dataset = await openSample();
    const options = { ...(datasets && { datasets }), stacked: true } as const;
    const thrown = await dataset.acrossDatasets(array, options).catch((error: unknown) => error);
    expect(isReaderError(thrown, "invalid-query") && thrown.message).toContain(named);
  });

  it.each([
    ["no such variable", "oxygen", undefined, "not-found"],
    ["no such dataset", "depth", ["cast_99"], "not-found"],
    ["no dataset that has it", "salinity", ["cast_02"], "not-found"],
    ["no dataset at all", "depth", [], "not-found"],
  ])("refuses %s", async (_, array, datasets, code) => {
    const dataset = await openSample();
    const thrown = await dataset
      .acrossDatasets(array, datasets && { datasets })
      .catch((error: unknown) => error);
    expect(isReaderError(thrown) && thrown.code).toBe(code);
  });

  it.each([0, 1.5, -1, Number.NaN])("refuses a concurrency of %s", async (concurrency) => {
    const dataset = await openSample();
    await expect(dataset.acrossDatasets("depth", { concurrency })).rejects.toThrow("concurrency");
  });

  it("stops when it is aborted", async () => {
    const dataset = await openSample();
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(dataset.acrossDatasets("depth", { signal })).rejects.toBe(reason);
  });
});
