/**
 * Arrays of one dataset with the coordinates they share. Each value of the store tells the indices that it lies at.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { isReaderError } from "../../src/core/error.js";
import { type GridQuery, type GridTable, open, slice } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const path = fileURLToPath(new URL("../fixtures/atlas-profiles/atlas14-labels.atlas", import.meta.url));
const openGrid = async () => (await open(path, { pool })).grid("month/sst");

/** Of the numbers along each axis, the indices that they tell. */
function indicesOf({ data, shape }: GridTable): number[][] {
  const digits = [...(data as Int32Array)].map((value) => String(value).padStart(4, "0"));
  return shape.map((_, axis) => [...new Set(digits.map((text) => Number(text[axis])))]);
}

interface Shown {
  readonly coordinates: Readonly<Record<string, readonly unknown[]>>;
  readonly variables: Readonly<
    Record<
      string,
      {
        readonly dims: readonly string[];
        readonly shape: readonly number[];
        readonly values: readonly unknown[];
      }
    >
  >;
}

const shown: {
  readonly stores: readonly { readonly store: string; readonly datasets: Readonly<Record<string, Shown>> }[];
} = JSON.parse(
  readFileSync(new URL("../fixtures/atlas-profiles/atlas14-xarray.json", import.meta.url), "utf8"),
);

/** 64-bit integers as the answers have them. */
function plain(values: ArrayLike<unknown>): unknown[] {
  return Array.from(values, (value) => (typeof value === "bigint" ? String(value) : value));
}

it.each(
  shown.stores.flatMap(({ store, datasets }) =>
    Object.entries(datasets).map(([name, dataset]) => [store, name, dataset] as const),
  ),
)("%s, %s: variables share axes as xarray shows them", async (store, name, { coordinates, variables }) => {
  const dataset = await open(fileURLToPath(new URL(`../fixtures/${store}`, import.meta.url)), { pool });
  const own = [...dataset.sources.keys()].filter((source) => source.startsWith(`${name}/`));
  expect(own.toSorted()).toEqual(
    Object.keys(variables)
      .map((variable) => `${name}/${variable}`)
      .sort(),
  );
  for (const [variable, { dims, shape, values }] of Object.entries(variables)) {
    const grid = dataset.grid(`${name}/${variable}`);
    const table = await grid.query();
    expect(table.shape, variable).toEqual(shape);
    expect(plain(table.data), variable).toEqual(values);
    for (const axes of [table.axes, await grid.axes()]) {
      expect(
        axes.map((axis) => axis.name),
        variable,
      ).toEqual(dims);
      for (const { name: dim, labelled, values } of axes) {
        expect(labelled, `${variable} ${dim}`).toBe(dim in coordinates);
        if (labelled) expect(plain(values), `${variable} ${dim}`).toEqual(coordinates[dim]);
      }
    }
  }
  dataset.close();
});

describe("a grid with coordinates", () => {
  it("tells labels and units, and indices where there are none", async () => {
    const axes = await (await openGrid()).axes();
    expect(axes.map(({ name, labelled }) => [name, labelled])).toEqual([
      ["time", true],
      ["lat", true],
      ["lon", true],
      ["band", false],
    ]);
    expect(axes[0]).toMatchObject({ unit: "nanoseconds since 1970-01-01T00:00:00Z" });
    expect(axes[1]).toMatchObject({ values: Float64Array.of(50, 47.5, 45, 42.5), unit: "degrees_north" });
    expect(axes[2]!.values).toEqual(Float32Array.of(-180, -120, -60, 0, 60, 120));
  });

  it.each<[string, GridQuery, number[][]]>([
    [
      "a box",
      { bbox: [-130, 44, 10, 48] },
      [
        [0, 1, 2],
        [1, 2],
        [1, 2, 3],
        [0, 1],
      ],
    ],
    [
      "a box over the antimeridian",
      { bbox: [100, 40, -100, 50] },
      [
        [0, 1, 2],
        [0, 1, 2, 3],
        [5, 0, 1],
        [0, 1],
      ],
    ],
    [
      "a day",
      { ranges: { time: ["2023-01-02", "2023-01-02"] } },
      [[1], [0, 1, 2, 3], [0, 1, 2, 3, 4, 5], [0, 1]],
    ],
    [
      "indices of an axis without labels",
      { ranges: { band: [1, 9], lat: [45, 45] } },
      [[0, 1, 2], [2], [0, 1, 2, 3, 4, 5], [1]],
    ],
  ])("%s", async (_, query, expected) => {
    const table = await (await openGrid()).query(query);
    expect(table.shape).toEqual(expected.map(({ length }) => length));
    expect(indicesOf(table)).toEqual(expected);
    expect(table.axes.map(({ values }) => values.length)).toEqual(table.shape);
  });

  it("tells longitudes without a jump", async () => {
    const { axes } = await (await openGrid()).query({ bbox: [100, 40, -100, 50] });
    expect([...axes[2]!.values]).toEqual([120, 180, 240]);
  });

  it("reads by index without labels, which would cost requests", async () => {
    const { axes } = await (await openGrid()).read([0, slice(1, 3), null, 0]);
    expect(axes.map(({ name, labelled }) => [name, labelled])).toEqual([
      ["lat", false],
      ["lon", false],
    ]);
  });

  it("says what labels there are where nothing is inside", async () => {
    const { notes } = await (await openGrid()).explain({ ranges: { lat: [0, 10] } });
    expect(notes[0]).toContain("run from 42.5 to 50");
  });

  it.each<[string, GridQuery, string]>([
    ["a dimension that is not there", { ranges: { depth: [0, 1] } }, "depth"],
    ["a box with a third axis", { bbox: [0, 0, 0, 1, 1, 1] }, "z coordinate"],
    ["dates on a latitude", { ranges: { lat: ["2023", "2024"] } }, "lat"],
  ])("refuses %s, naming it", async (_, query, word) => {
    const thrown = await (await openGrid()).query(query).catch((error: unknown) => error);
    expect(isReaderError(thrown, "invalid-query") && thrown.message).toContain(word);
  });

  it("knows its coordinates from its data", async () => {
    const { sources } = await open(path, { pool });
    expect([...sources].map(([name, { info }]) => [name, info.role])).toEqual([
      ["month/time", "coordinate"],
      ["month/lat", "coordinate"],
      ["month/lon", "coordinate"],
      ["month/sst", "data"],
    ]);
  });
});
