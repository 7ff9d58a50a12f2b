/**
 * Every Zarr-Vectors fixture against the answers written beside it: whole levels, then every box.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { AbsolutePath, RangeQuery } from "../../src/core/plan.js";
import type { Column, PointTable } from "../../src/core/table.js";
import { isReaderError, open, type PointSource } from "../../src/index.js";
import { NodeFsStore } from "../../src/store/node-fs.js";
import { createPool } from "../../src/worker/pool.js";
import {
  canonicalOrder,
  type ExpectedField,
  type ExpectedPoints,
  expectedStrings,
  type Fixture,
  listFixtures,
  type PointAnswers,
  takeRows,
} from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

/** Text, which is stored as such of objects, in a dictionary of vertices. */
function stringsOf(column: Column): (string | undefined)[] {
  return Array.from(column as ArrayLike<number | string>, (value, row) => {
    if (column.validity?.[row] === 0) return undefined;
    return typeof value === "string" ? value : column.categories?.[value];
  });
}

function expectField(fixture: Fixture, field: ExpectedField, column: Column, order: Uint32Array): void {
  const width = column.width ?? 1;
  const sorted = takeRows(column as Float64Array, order, width);
  if ("data" in field) {
    expect(fixture.difference(field.data, sorted)).toBeUndefined();
    if (field.validity === undefined) return;
    const flags = column.validity ?? new Uint8Array(order.length).fill(1);
    expect(fixture.difference(field.validity, takeRows(flags, order))).toBeUndefined();
    return;
  }
  const strings = takeRows(stringsOf(column) as string[], order);
  const expected = expectedStrings(fixture, field);
  if (expected !== undefined) expect(strings).toEqual(expected);
  else expect(fixture.difference(field.codes, codesIn(strings, field.categories))).toBeUndefined();
}

function codesIn(strings: readonly (string | undefined)[], categories: readonly string[]): Int32Array {
  const codes = new Map(categories.map((name, code) => [name, code]));
  return Int32Array.from(strings, (name) => (name === undefined ? -1 : codes.get(name)!));
}

function expectRows(fixture: Fixture<PointAnswers>, expected: ExpectedPoints, table: PointTable): void {
  expect(table.length).toBe(expected.rows);
  const keys = fixture.answers.sortedBy.flatMap((name) => {
    const column = table.fields[name];
    return column === undefined ? [] : [column as unknown as ArrayLike<number>];
  });
  const order = canonicalOrder(table.positions as Float64Array, table.dims, keys);
  const positions = takeRows(table.positions as Float64Array, order, table.dims);
  expect(fixture.difference(expected.positions, positions)).toBeUndefined();
  for (const [name, field] of Object.entries(expected.fields)) {
    expect(table.fields, name).toHaveProperty(name);
    expectField(fixture, field, table.fields[name]!, order);
  }
}

const demo = listFixtures("demo").filter(
  ({ answers }) => answers.format === "zarr-vectors" && answers.kind === "points",
);

describe.each([...listFixtures("zarr-vectors"), ...(demo as Fixture<PointAnswers>[])])(
  "$family/$name",
  (fixture) => {
    const points = (): Promise<PointSource> => open(fixture.path, { kind: "points", pool });
    const { answers } = fixture;

    it.each(answers.levels.map((level) => [level.level, level] as const))(
      "reads level %i whole",
      async (level, expected) => {
        expectRows(fixture, expected, await (await points()).query({ level }));
      },
    );

    const boxes = answers.queries.filter(({ query }) => query.objects === undefined);
    it.each(answers.queries.map((item) => [item.name, item] as const))(
      "answers %s",
      async (_, { query, ...expected }) => {
        expectRows(fixture, expected, await (await points()).query(query));
      },
    );

    it("tells level, bounds and rows on opening", async () => {
      const { info } = await points();
      expect(info.levels.map((level) => level.level)).toEqual(answers.levels.map((level) => level.level));
      expect(info.rows).toBe(answers.levels[0]!.rows);
      expect(info.bounds).toHaveLength(2 * answers.levels[0]!.dims);
    });

    it("streams the rows that the query returns", async () => {
      const source = await points();
      const { bbox } = boxes.find((item) => item.rows > 0 && item.query.bbox !== undefined)?.query ?? {};
      const query = bbox === undefined ? {} : { bbox };
      const whole = await source.query(query);
      let rows = 0;
      for await (const part of source.stream(query)) rows += part.length;
      expect(rows).toBe(whole.length);
    });
  },
);

describe("what a point query refuses", () => {
  const [plain] = listFixtures("zarr-vectors").filter((fixture) => fixture.name === "plain");
  const ask = async (query: Parameters<PointSource["query"]>[0]): Promise<unknown> => {
    const source = await open(plain!.path, { kind: "points", pool });
    return source.query(query).catch((thrown: unknown) => thrown);
  };

  it.each([
    ["a field there is not", { fields: ["nope"] }, "nope"],
    ["a range on a field there is not", { ranges: { nope: [0, 1] as const } }, "nope"],
    ["a level there is not", { level: 9 }, "9"],
    ["a box upside down", { bbox: [1, 0, 0, 0, 1, 1] }, "exceeds"],
    ["a box of five numbers", { bbox: [1, 0, 0, 0, 1] }, "5 numbers"],
    ["a category there is not", { ranges: { label: ["no", "no"] as const } }, "label"],
  ])("%s", async (_, query, word) => {
    const failure = await ask(query);
    expect(isReaderError(failure, "invalid-query")).toBe(true);
    expect(String(failure)).toContain(word);
  });

  it("nothing: a range on an attribute and on a category keep just their rows", async () => {
    const table = (await ask({ ranges: { label: ["leaf", "leaf"], row: [0, 249] } })) as PointTable;
    expect(new Set(stringsOf(table.fields.label!))).toEqual(new Set(["leaf"]));
    expect(Math.max(...(table.fields.row as Int32Array))).toBeLessThan(250);
    expect(table.length).toBeGreaterThan(0);
  });

  it("nothing: a limit takes the first rows of the plan", async () => {
    const all = (await ask({})) as PointTable;
    const some = (await ask({ limit: 37 })) as PointTable;
    expect(some.length).toBe(37);
    expect([...(some.positions as Float32Array)]).toEqual([...(all.positions as Float32Array)].slice(0, 111));
  });
});

describe("what points have of their fragments, objects and groups", () => {
  const { path } = listFixtures("zarr-vectors").find((fixture) => fixture.name === "points-owned")!;

  it("is told on opening, after the fields of the vertices", async () => {
    const { info } = await open(path, { kind: "points", pool });
    expect(info.fields.map((field) => field.name)).toEqual([
      ...["row", "piece", "tag", "centre", "mass", "side", "tract"],
    ]);
    expect(info.fields.find((field) => field.name === "centre")).toMatchObject({
      dtype: "float64",
      width: 3,
    });
  });

  it("costs nothing where it is not asked for; of one object its rows alone are read", async () => {
    const asked: string[] = [];
    const files = new NodeFsStore(path);
    const store = {
      get: async (key: AbsolutePath) => {
        asked.push(key);
        return files.get(key);
      },
      getRange: async (key: AbsolutePath, range: RangeQuery) => {
        asked.push(key);
        return files.getRange(key, range);
      },
      list: (prefix: AbsolutePath) => files.list(prefix),
    };
    const source = await open(store, { kind: "points", pool, cache: 0 });
    asked.length = 0;
    await source.query({ fields: ["row"] });
    expect(asked.filter((key) => !/\/(vertices|vertex_attributes\/row)\/c\//.test(key))).toEqual([]);
    const one = await source.query({ objects: [12], fields: ["mass", "piece", "row"] });
    const whole = await source.query({ fields: ["mass", "piece", "row"] });
    expect(new Set(one.fields.mass as Float32Array)).toEqual(new Set([18]));
    const pieceOf = new Map(
      [...(whole.fields.row as Int32Array)].map((row, at) => [row, whole.fields.piece![at]]),
    );
    expect([...(one.fields.piece as Int32Array)]).toEqual(
      [...(one.fields.row as Int32Array)].map((row) => pieceOf.get(row)),
    );
  });

  it("cannot be filtered by what fragments carry", async () => {
    const source = await open(path, { kind: "points", pool });
    const failure = await source.query({ ranges: { piece: [0, 1] } }).catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "invalid-query") && failure.message).toContain("fragments");
  });
});

describe("a polygon", () => {
  const airports = listFixtures("demo").find((fixture) => fixture.name === "airports")!;
  // A ring with a notch, and a hole.
  const polygon = [
    [
      [-10, 35],
      [30, 35],
      [30, 60],
      [10, 45],
      [-10, 60],
      [-10, 35],
    ],
    [
      [0, 38],
      [5, 38],
      [5, 44],
      [0, 44],
      [0, 38],
    ],
  ];

  /** Even-odd by crossings, in plain words; no airport lies on an edge. */
  function isInside(x: number, y: number): boolean {
    let crossings = 0;
    for (const ring of polygon) {
      for (let index = 1; index < ring.length; index++) {
        const [ax, ay] = ring[index - 1] as [number, number];
        const [bx, by] = ring[index] as [number, number];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) crossings++;
      }
    }
    return crossings % 2 === 1;
  }

  function rowsOf(table: PointTable, keep: (x: number, y: number) => boolean): number[] {
    const ids = table.fields.row as Int32Array;
    return [...ids]
      .filter((_, row) => keep(Number(table.positions[row * 3]), Number(table.positions[row * 3 + 1])))
      .sort((a, b) => a - b);
  }

  it.each([
    ["alone", {}, () => true],
    ["with a box", { bbox: [0, 30, 40, 50] }, (x: number, y: number) => x >= 0 && y <= 50],
  ])("keeps the rows inside it, %s", async (_, rest, isInBox) => {
    const source = await open(airports.path, { kind: "points", pool });
    const wanted = rowsOf(await source.query(), (x, y) => isInside(x, y) && isInBox(x, y));
    const found = await source.query({ polygon, ...rest });
    expect(wanted.length).toBeGreaterThan(100);
    expect(rowsOf(found, () => true)).toEqual(wanted);
  });

  it("reads the chunks of its box only", async () => {
    const source = await open(airports.path, { kind: "points", pool });
    const price = await source.explain({ polygon });
    expect(price.chunks).toBe((await source.explain({ bbox: [-10, 35, 30, 60] })).chunks);
  });

  it.each([
    [[]],
    [
      [
        [
          [0, 0],
          [1, 1],
          [0, 0],
        ],
      ],
    ],
    [
      [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      ],
    ],
    [
      [
        [
          [0, 0],
          [1, Number.NaN],
          [1, 1],
          [0, 0],
        ],
      ],
    ],
  ])("that is none is refused: %j", async (rings) => {
    const source = await open(airports.path, { kind: "points", pool });
    const failure = await source.query({ polygon: rings }).catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "invalid-query")).toBe(true);
  });
});
