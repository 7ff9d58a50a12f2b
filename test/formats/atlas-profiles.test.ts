/**
 * Profiles as points: rows of many datasets against what the packages read of each.
 */
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { isReaderError } from "../../src/core/error.js";
import type { PointTable } from "../../src/core/table.js";
import { open, type PointQuery } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { listProfileStores } from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const stores = listProfileStores();
const [sample] = stores;
const openSample = async () => (await open(sample!.path, { pool })).points();

/** What the answers say of rows whose dataset has no salinity. */
const none = -9999;

function numbersOf(table: PointTable, name: string): ArrayBufferView {
  const column = table.fields[name] as Int16Array & { readonly validity?: Uint8Array };
  if (column.validity === undefined) return column;
  return column.map((value, row) => (column.validity![row] === 0 ? none : value));
}

describe.each(stores)("atlas-profiles/$name", ({ path, fixture }) => {
  it.each(fixture.answers.queries)("$name", async ({ query, rows, positions, fields }) => {
    const points = (await open(path, { pool })).points("profiles");
    const table = await points.query(query as PointQuery);
    expect(table.length).toBe(rows);
    expect(table.dims).toBe(3);
    expect(fixture.difference(positions, table.positions)).toBeUndefined();
    for (const [name, expected] of Object.entries(fields)) {
      expect(fixture.difference(expected, numbersOf(table, name)), name).toBeUndefined();
    }
  });
});

function stringsOf(values: object | null | undefined): readonly string[] {
  return (values as { readonly strings: readonly string[] }).strings;
}

/** What the package reads of each dataset, by its name. */
function qualityOf(fixture: (typeof stores)[number]["fixture"]): ReadonlyMap<string, readonly string[]> {
  const { datasets, values } = fixture.answers.cases.find(({ name }) => name === "text")!;
  return new Map(datasets.map((dataset, at) => [dataset, stringsOf(values[at])]));
}

describe.each(stores)("atlas-profiles/$name: text", ({ path, fixture }) => {
  it("of every row, beside what a box leaves, and alone", async () => {
    const points = (await open(path, { pool })).points("profiles");
    const expected = qualityOf(fixture);
    for (const query of [{}, { bbox: [-25, 25, 15, 25, 38, 35] }, { fields: ["quality", "dataset"] }]) {
      const { fields, positions, length } = await points.query(query as PointQuery);
      const { categories } = fields.dataset!;
      expect(length).toBeGreaterThan(20);
      const told = Array.from({ length }, (_, row) => {
        const level = (Number(positions[3 * row + 2]) - 5) / 10;
        return expected.get(categories![fields.dataset![row] as number]!)![level];
      });
      expect(fields.quality).toEqual(told);
    }
  });
});

describe("profiles", () => {
  it("tells its positions and fields", async () => {
    const { info } = await openSample();
    expect(info.dimensions).toEqual(["lon", "lat", "depth"]);
    expect(info.fields.map(({ name, dtype }) => [name, dtype])).toEqual([
      ["time", "int64"],
      ["temperature", "float32"],
      ["salinity", "int16"],
      ["quality", "string"],
      ["dataset", "int32"],
    ]);
    expect(info.rows).toBe(sample!.fixture.answers.queries[0]!.rows);
  });

  it("names the dataset of each row", async () => {
    const { fields } = await (await openSample()).query({ bbox: [-7.5, 33.25, -7.5, 33.25] });
    const { dataset } = fields;
    expect(dataset!.categories![dataset![0] as number]).toBe("cast_09");
  });

  it("takes other positions, whose type holds them all; the rest are fields", async () => {
    const points = await openSample();
    const all = await points.query();
    const table = await points.query({ positions: ["depth", "temperature"] });
    expect(table.dims).toBe(2);
    expect(table.positions).toBeInstanceOf(Float32Array);
    expect(Object.keys(table.fields)).toEqual(["lon", "lat", "time", "salinity", "quality", "dataset"]);
    expect([...table.positions].filter((_, at) => at % 2 === 1)).toEqual([...all.fields.temperature!]);
  });

  it("knows a polygon, and a limit", async () => {
    const points = await openSample();
    const ring = [
      [-30, 40],
      [-20, 40],
      [-20, 36],
      [-30, 36],
      [-30, 40],
    ]; // prettier-ignore
    const boxed = await points.query({ bbox: [-30, 36, -20, 40] });
    const within = await points.query({ polygon: [ring] });
    expect(within.positions).toEqual(boxed.positions);
    expect((await points.query({ limit: 7 })).length).toBe(7);
  });

  it("returns positions alone", async () => {
    const table = await (await openSample()).query({ fields: [] });
    expect(table.fields).toEqual({});
    expect(table.length).toBeGreaterThan(0);
  });

  it("prices a box before it is read, and reads nothing for an empty one", async () => {
    const points = await openSample();
    const [box, nothing] = await Promise.all([
      points.explain({ bbox: [-20, 30, -4.9, 37] }),
      points.explain({ bbox: [100, 0, 110, 10] }),
    ]);
    expect(box.rowsAtMost).toBeLessThan(points.info.rows!);
    expect(box.notes[0]).toBe("7 of 20 profiles may hold rows.");
    expect([nothing.requests, nothing.bytes]).toEqual([0, 0]);
  });

  it.each([
    [{ ranges: { quality: ["a", "b"] } }, "quality"],
    [{ positions: ["lon", "quality"] }, "quality"],
    [{ fields: ["image"] }, "image"],
    [{ ranges: { oxygen: [0, 1] } }, "oxygen"],
    [{ ranges: { dataset: ["cast_99", "cast_99"] } }, "dataset"],
    [{ ranges: { temperature: ["2021", "2022"] } }, "temperature"],
    [{ positions: ["lon"] }, "positions"],
    [{ positions: ["lon", "lat", "time"] }, "time"],
    [{ positions: ["lon", "lat"], bbox: [0, 0, 0, 1, 1, 1] }, "bbox"],
    [{ level: 1 }, "level"],
  ])("refuses %j, naming it", async (query, word) => {
    const thrown = await (await openSample()).query(query as PointQuery).catch((error: unknown) => error);
    expect(isReaderError(thrown, "invalid-query") && thrown.message).toContain(word);
  });
});

describe("profiles whose names tell nothing", () => {
  const path = fileURLToPath(new URL("../fixtures/atlas-profiles/atlas14-deep.atlas", import.meta.url));
  const openDeep = async () => (await open(path, { pool })).points("profiles");

  it("finds positions by attributes, and rows where no position runs along them", async () => {
    const { info, query } = await openDeep();
    expect(info.dimensions).toEqual(["where_a", "where_b"]);
    expect(info.fields.map(({ name }) => name)).toEqual(["oxygen", "dataset"]);
    const { positions, fields, length } = await query({ bbox: [20, 2, 20, 2] });
    expect(length).toBe(600);
    expect(positions).toEqual(Float32Array.from({ length: 1200 }, (_, at) => (at % 2 === 0 ? 20 : 2)));
    expect(fields.oxygen).toEqual(Float32Array.from({ length: 600 }, (_, level) => 20 + (level % 5)));
  });

  it("leaves out by statistics what they prove, and nothing else", async () => {
    const points = await openDeep();
    const told = async (low: number, high: number) => {
      const ranges = { oxygen: [low, high] } as const;
      const [{ notes }, { length }] = await Promise.all([
        points.explain({ ranges }),
        points.query({ ranges }),
      ]);
      return [notes[0], length];
    };
    // Cast 3, whose levels are 30 to 34, was flushed twice: its statistics prove nothing.
    expect(await told(20, 24)).toEqual(["2 of 6 profiles may hold rows.", 600]);
    expect(await told(33, 33)).toEqual(["1 of 6 profiles may hold rows.", 300 + 60]);
    expect(await told(48, 49)).toEqual(["1 of 6 profiles may hold rows.", 0]);
  });
});
