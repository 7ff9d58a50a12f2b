/**
 * Tables of Arrow made of results: written as IPC, read again, value by value. `test/conformance/arrow.mjs` lets pyarrow read the same.
 */
import { type Table, tableFromIPC, tableToIPC } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { toArrow } from "../../../src/arrow/to-arrow.js";
import { isReaderError } from "../../../src/core/error.js";
import { annotate, type GridTable, type PointTable } from "../../../src/core/table.js";
import { open } from "../../../src/open.js";
import { arrowSamples } from "../../support/arrow-samples.js";
import { loadFixture } from "../../support/fixtures.js";

const { points, lines, grid } = arrowSamples;
const reread = (table: Table): Table => tableFromIPC(tableToIPC(table));
const column = (table: Table, name: string): unknown[] =>
  [...table.getChild(name)!].map((value) => (value?.toJSON === undefined ? value : deep(value)));
/** Lists of lists as arrays. */
const deep = (value: { toJSON(): unknown[] }): unknown[] =>
  [...value.toJSON()].map((item) =>
    (item as typeof value)?.toJSON === undefined ? item : deep(item as typeof value),
  );
const fieldOf = (table: Table, name: string) => table.schema.fields.find((field) => field.name === name)!;

describe("points", () => {
  const info = { crs: "EPSG:25830", fields: [{ name: "ok", dtype: "bool", unit: "1" } as const] };
  const table = reread(toArrow(points, { info }));

  it("have a GeoArrow geometry with its reference system", () => {
    const { metadata, type, nullable } = fieldOf(table, "geometry");
    expect(metadata.get("ARROW:extension:name")).toBe("geoarrow.point");
    expect(JSON.parse(metadata.get("ARROW:extension:metadata")!)).toEqual({
      crs: "EPSG:25830",
      crs_type: "authority_code",
    });
    expect(String(type)).toBe("FixedSizeList[3]<Float64>");
    expect((type.children as { name: string }[])[0]!.name).toBe("xyz");
    expect(nullable).toBe(false);
    expect(column(table, "geometry")).toEqual([
      [1.5, 2.5, 3.5],
      [4.5, 5.5, 6.5],
      [-7.5, 8.5, 9.5],
    ]);
  });

  it("keep types, nulls, categories, strings, widths and units", () => {
    expect(table.numRows).toBe(3);
    expect(Object.fromEntries(table.schema.fields.map(({ name, type }) => [name, String(type)]))).toEqual({
      geometry: "FixedSizeList[3]<Float64>",
      height: "Float32",
      id: "Int64",
      kind: "Dictionary<Int32, Utf8>",
      name: "Utf8",
      blob: "Binary",
      ok: "Bool",
      rgb: "FixedSizeList[3]<Uint8>",
    });
    expect(column(table, "height")).toEqual([1, null, 3]);
    expect(table.getChild("height")!.nullCount).toBe(1);
    expect(fieldOf(table, "height").metadata.get("unit")).toBe("m");
    expect(column(table, "id")).toEqual([2n ** 62n, -1n, 0n]);
    expect(column(table, "kind")).toEqual(["tree", null, "rock"]);
    expect(column(table, "name")).toEqual(["ü", "", "日本"]);
    expect(column(table, "blob")).toEqual([Uint8Array.of(0, 255), new Uint8Array(0), Uint8Array.of(1)]);
    expect(column(table, "ok")).toEqual([true, false, true]);
    expect(column(table, "rgb")).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
  });

  it("are the results' own buffers where the layouts agree", () => {
    const made = toArrow(points);
    expect(made.getChild("geometry")!.data[0]!.children[0]!.values).toBe(points.positions);
    expect(made.getChild("height")!.data[0]!.values).toBe(points.fields.height);
  });

  it("of other types are widened, exactly or not at all", () => {
    const at = (positions: PointTable["positions"]): Table =>
      reread(toArrow({ kind: "points", length: 1, dims: 2, positions, fields: {} }));
    expect(column(at(Float32Array.of(0.1, 2)), "geometry")).toEqual([[Math.fround(0.1), 2]]);
    expect(column(at(BigInt64Array.of(2n ** 53n - 1n, -5n)), "geometry")).toEqual([[2 ** 53 - 1, -5]]);
    expect(() => at(BigInt64Array.of(2n ** 53n + 1n, 0n))).toThrow("unsupported");
  });

  it("take names that are not taken", () => {
    const taken = { ...points, fields: { geometry: Float64Array.of(1, 2, 3) } };
    expect(toArrow(taken).schema.names).toEqual(["geometry_", "geometry"]);
    expect(toArrow(taken, { geometry: "shape" }).schema.names).toEqual(["shape", "geometry"]);
  });

  it("refuse codes without a category", () => {
    const kind = annotate(Int8Array.of(0, 5, 1), { categories: ["a", "b"] });
    expect(() => toArrow({ ...points, fields: { kind } })).toThrow(/corrupt.*code 5/);
  });

  it("are tables when there are none", () => {
    const none = reread(
      toArrow({
        kind: "points",
        length: 0,
        dims: 2,
        positions: new Float32Array(0),
        fields: { a: new Int16Array(0), s: [] },
      }),
    );
    expect(none.numRows).toBe(0);
    expect(none.schema.names).toEqual(["geometry", "a", "s"]);
  });
});

it.each([
  [{ type: "GeographicCRS", name: "WGS 84" }, "projjson"],
  ['GEOGCRS["WGS 84",…]', "wkt2:2019"],
  ['GEOGCS["WGS 84",…]', undefined],
  ["OGC:CRS84", "authority_code"],
] as const)("the reference system %j is of type %s", (crs, type) => {
  const metadata = fieldOf(toArrow(points, { crs }), "geometry").metadata.get("ARROW:extension:metadata")!;
  expect(JSON.parse(metadata)).toEqual({ crs, ...(type === undefined ? {} : { crs_type: type }) });
});

it("polylines are lines, with lists of what their vertices have", () => {
  const table = reread(toArrow(lines));
  expect(fieldOf(table, "geometry").metadata.get("ARROW:extension:name")).toBe("geoarrow.linestring");
  expect(JSON.parse(fieldOf(table, "geometry").metadata.get("ARROW:extension:metadata")!)).toEqual({});
  expect(column(table, "geometry")).toEqual([
    [
      [0, 1],
      [2, 3],
    ],
    [],
    [
      [4, 5],
      [6, 7],
      [8, 9],
    ],
  ]);
  expect(column(table, "id")).toEqual([7n, 8n, 9n]);
  expect(column(table, "length")).toEqual([1.5, null, 2.5]);
  expect(column(table, "speed")).toEqual([[10, 20], [], [30, null, 50]]);
  expect(column(table, "length_")).toEqual([[1, 2], [], [3, 4, 5]]);
});

it("grids are one row per cell, with the labels of its axes", () => {
  const table = reread(toArrow(grid, { info: { name: "air" } }));
  expect(table.schema.names).toEqual(["lat", "lon", "air"]);
  expect(fieldOf(table, "lat").metadata.get("unit")).toBe("degrees_north");
  expect(fieldOf(table, "air").metadata.get("unit")).toBe("K");
  expect(column(table, "lat")).toEqual([50, 50, 50, 40, 40, 40]);
  expect(column(table, "lon")).toEqual([1, 2, 3, 1, 2, 3]);
  expect(column(table, "air")).toEqual([0, 1, 2, 3, 4, 5]);
});

it("cells without a value are null, each number of a cell of several", () => {
  const axes = [0, 1].map((axis) => ({ ...grid.axes[axis]!, values: Int32Array.of(0, 1) }));
  const cells = { data: Int32Array.of(1, 2, 3, 4), dtype: "int32", shape: [2, 2], stride: [2, 1], axes };
  const nulls = { ...grid, ...cells, validity: Uint8Array.of(1, 0) } as GridTable;
  const value = reread(toArrow(nulls, { info: { name: "count" } })).getChild("count")!;
  expect([...value]).toEqual([1, 2, null, null]);
});

it("grids of complex numbers, raw items and text", () => {
  const of = (dtype: GridTable["dtype"], data: unknown): Table =>
    reread(toArrow({ ...grid, dtype, data, shape: [2], stride: [1], axes: [grid.axes[0]!] } as GridTable));
  expect(column(of("complex64", Float32Array.of(1, 2, 3, 4)), "value")).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(column(of("r24", Uint8Array.of(1, 2, 3, 4, 5, 6)), "value")).toEqual([
    Uint8Array.of(1, 2, 3),
    Uint8Array.of(4, 5, 6),
  ]);
  expect(column(of("string", ["a", "b"]), "value")).toEqual(["a", "b"]);
  expect(column(of("bool", Uint8Array.of(1, 0)), "value")).toEqual([true, false]);
});

it("lists of numbers are lists, whatever holds them", () => {
  const of = (items: unknown[], dtype?: string, validity?: Uint8Array): Table => {
    const column = annotate(items as Int16Array[], validity === undefined ? {} : { validity });
    const info = { fields: dtype === undefined ? [] : [{ name: "l", dtype: dtype as "list<int16>" }] };
    return reread(
      toArrow(
        {
          ...points,
          length: items.length,
          positions: new Float64Array(3 * items.length),
          fields: { l: column },
        },
        { info },
      ),
    );
  };
  const lists = [Int16Array.of(1, -2), new Int16Array(0), Int16Array.of(3)];
  expect(String(fieldOf(of(lists), "l").type)).toBe("List<Int16>");
  expect(column(of(lists), "l")).toEqual([[1, -2], [], [3]]);
  expect(column(of(lists, "list<int16>", Uint8Array.of(1, 0, 1)), "l")).toEqual([[1, -2], null, [3]]);
  // Byte strings and lists of bytes look the same; their type tells them apart.
  const bytes = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  expect(String(fieldOf(of(bytes), "l").type)).toBe("Binary");
  expect(column(of(bytes, "list<uint8>"), "l")).toEqual([[1, 2], [3]]);
});

it("graphs and meshes are refused by name", () => {
  const mesh = { ...lines, kind: "mesh", indices: new Uint32Array(3), faceSize: 3 } as never;
  let thrown: unknown;
  try {
    toArrow(mesh);
  } catch (error) {
    thrown = error;
  }
  expect(isReaderError(thrown, "unsupported")).toBe(true);
});

it("what open() reads becomes a table with as many rows", async () => {
  const airports = await open(loadFixture("demo", "airports").path, { kind: "points", pool: 0 });
  const found = await airports.query({ bbox: [-10, 40, 0, 50] });
  const table = reread(toArrow(found, { info: airports.info }));
  expect(table.numRows).toBe(found.length);
  expect(found.length).toBeGreaterThan(100);
  const country = found.fields.country!;
  const first = country.categories![Number(country[0])];
  expect(table.getChild("country")!.get(0)).toBe(first);
  expect([...(table.getChild("geometry")!.get(5) as Iterable<number>)]).toEqual([
    ...found.positions.slice(5 * found.dims, 6 * found.dims),
  ]);
});
