/**
 * Lines, graphs, skeletons and meshes of both formats against what was written and against the reference's answers.
 */
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { AbsolutePath, RangeQuery } from "../../src/core/plan.js";
import {
  type Column,
  type GraphSource,
  type GraphTable,
  isReaderError,
  type MeshTable,
  type NetworkQuery,
  open,
  type PolylineQuery,
  type PolylineTable,
  type SourceInfo,
  type TypedArray,
} from "../../src/index.js";
import { NodeFsStore } from "../../src/store/node-fs.js";
import { createPool } from "../../src/worker/pool.js";
import {
  canonicalOrder,
  type ExpectedLines,
  type Fixture,
  type LineAnswers,
  listFixtures,
  loadFixture,
  type NetworkAnswers,
  type TextReference,
  takeRows,
  type ValuesReference,
} from "../support/fixtures.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const fixtures = listFixtures("zarr-vectors-shapes");
const isLines = (fixture: (typeof fixtures)[number]): fixture is Fixture<LineAnswers> =>
  fixture.answers.kind === "polylines";

function numbersOf<T extends TypedArray>(
  fixture: Fixture<LineAnswers | NetworkAnswers>,
  reference: ValuesReference,
  Type: new (buffer: ArrayBufferLike) => T,
): T {
  return new Type(fixture.bytes(reference)!.buffer);
}

/** Rows of a column, whatever its width. */
function rowsOf(column: ArrayLike<unknown>, width: number, picks: readonly number[]): unknown[] {
  return picks.flatMap((row) => Array.from({ length: width }, (_, item) => column[row * width + item]));
}

const arrays: Record<string, new (buffer: ArrayBufferLike) => TypedArray> = {
  int8: Int8Array,
  int16: Int16Array,
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

function arrayOf(fixture: Fixture<LineAnswers>, reference: ValuesReference): TypedArray {
  return numbersOf(fixture, reference, arrays[reference.dtype]!);
}

/** A run of vertices of a line: place of the line in its level, first vertex, number. */
type Run = readonly [line: number, first: number, count: number];

function expectLines(
  fixture: Fixture<LineAnswers>,
  expected: ExpectedLines,
  runs: readonly Run[],
  table: PolylineTable,
): void {
  const ids = numbersOf(fixture, expected.ids, BigInt64Array);
  const starts = numbersOf(fixture, expected.startIndices, Uint32Array);
  const vertices = runs.flatMap(([line, first, count]) =>
    Array.from({ length: count }, (_, vertex) => starts[line]! + first + vertex),
  );
  expect([...(table.ids ?? [])]).toEqual(runs.map(([line]) => ids[line]));
  expect(table.length).toBe(runs.length);
  let end = 0;
  expect([...table.startIndices]).toEqual([0, ...runs.map(([, , count]) => (end += count))]);
  const positions = arrayOf(fixture, expected.positions);
  const axes = positions.length / starts.at(-1)!;
  const wanted = vertices.flatMap((row) =>
    Array.from({ length: table.dims }, (_, axis) => positions[row * axes + axis]),
  );
  expect(table.positions.constructor).toBe(positions.constructor);
  expect([...table.positions]).toEqual(wanted);
  for (const [name, reference] of Object.entries(expected.vertexFields)) {
    const values = "strings" in reference ? reference.strings : arrayOf(fixture, reference);
    const width = values.length / starts.at(-1)!;
    const wanted = rowsOf(values, width, vertices);
    if (["cost", "pair", "joint"].includes(name)) {
      // A link that leads out of a clipped run is not in the result.
      const nothing = "strings" in reference ? "" : 0;
      for (const next of table.startIndices.subarray(1))
        wanted.fill(nothing, (next - 1) * width, next * width);
    }
    expect([...(table.vertexFields[name] as Float64Array)], name).toEqual(wanted);
  }
  for (const [name, reference] of Object.entries(expected.fields)) {
    if ("strings" in reference) {
      expect(table.fields[name], name).toEqual(runs.map(([line]) => reference.strings[line]));
      continue;
    }
    const values = arrayOf(fixture, reference);
    const lines = runs.map(([line]) => line);
    expect([...(table.fields[name] as Float64Array)], name).toEqual(
      rowsOf(values, values.length / ids.length, lines),
    );
  }
}

/** Half of a source's space. */
function boxOf({ bounds, dimensions }: SourceInfo): number[] {
  const dims = dimensions.length;
  return bounds!.map((value, at) => (at < dims ? value : (value + bounds![at - dims]!) / 2));
}

/** Lines as text: id, positions, and what they and their vertices carry. */
function linesOf({
  ids,
  startIndices,
  positions,
  dims,
  fields,
  vertexFields,
  length,
}: PolylineTable): string[] {
  const cut = (column: Column, width: number, first: number, end: number): unknown[] => [
    ...(column as Float64Array).slice(first * width, end * width),
  ];
  return Array.from({ length }, (_, line) => {
    const [first, end] = [startIndices[line]!, startIndices[line + 1]!];
    const ofVertices = Object.entries(vertexFields).map(([name, column]) => [
      name,
      cut(column, column.width ?? 1, first, end).join(),
    ]);
    const ofLine = Object.entries(fields).map(([name, column]) => [
      name,
      cut(column, column.width ?? 1, line, line + 1).join(),
    ]);
    return [ids![line], ...positions.slice(first * dims, end * dims), ...ofVertices, ...ofLine].join(" ");
  });
}

describe.each(fixtures.filter(isLines))("$name", (fixture) => {
  const { answers } = fixture;
  const ask = async (query: PolylineQuery): Promise<PolylineTable> =>
    (await open(fixture.path, { kind: "polylines", pool })).query(query);
  const levelOf = (level = 0): ExpectedLines => answers.levels.find((item) => item.level === level)!;
  const wholeLines = (expected: ExpectedLines, ids: readonly number[]): Run[] => {
    const all = numbersOf(fixture, expected.ids, BigInt64Array);
    const starts = numbersOf(fixture, expected.startIndices, Uint32Array);
    return ids.map((id): Run => {
      const line = all.indexOf(BigInt(id));
      return [line, 0, starts[line + 1]! - starts[line]!];
    });
  };

  it.each(answers.levels.map((level) => [level.level, level] as const))(
    "reads level %i whole",
    async (level, expected) => {
      const ids = [...numbersOf(fixture, expected.ids, BigInt64Array)].map(Number);
      expectLines(fixture, expected, wholeLines(expected, ids), await ask({ level }));
    },
  );

  it.each(answers.queries.map((item) => [item.name, item] as const))(
    "answers %s",
    async (_, { query, whole, clip, chunks }) => {
      const expected = levelOf(query.level);
      expectLines(fixture, expected, wholeLines(expected, whole), await ask(query));
      if (chunks !== undefined) {
        expectLines(
          fixture,
          expected,
          wholeLines(expected, chunks),
          await ask({ ...query, lines: "chunks" }),
        );
      }
      if (clip !== undefined) {
        const flat = numbersOf(fixture, clip, Int32Array);
        const runs = Array.from({ length: flat.length / 3 }, (_, run): Run => {
          const [line, first, count] = flat.subarray(3 * run, 3 * run + 3);
          return [line!, first!, count!];
        });
        expectLines(fixture, expected, runs, await ask({ ...query, lines: "clip" }));
      }
    },
  );

  it("streams the lines that the query returns, each in one piece", async () => {
    const source = await open(fixture.path, { kind: "polylines", pool });
    const bbox = boxOf(source.info);
    for (const query of [{}, { bbox }, { bbox, lines: "clip" }, { bbox, lines: "chunks" }] as const) {
      const parts: string[] = [];
      let tables = 0;
      for await (const part of source.stream(query)) {
        expect(part.length).toBeGreaterThan(0);
        parts.push(...linesOf(part));
        tables++;
      }
      expect(parts.sort()).toEqual(linesOf(await source.query(query)).sort());
      if (query.bbox === undefined) expect(tables).toBeGreaterThan(1);
    }
  });

  it("stops after so many lines", async () => {
    const table = await ask({ limit: 2 });
    expect(table.length).toBe(2);
    expect((await ask({ limit: 2, lines: "clip" })).startIndices).toEqual(table.startIndices);
  });

  it("streams the first lines that the query returns", async () => {
    const source = await open(fixture.path, { kind: "polylines", pool });
    const bbox = boxOf(source.info);
    for (const lines of ["whole", "clip", "chunks"] as const) {
      const all = linesOf(await source.query({ bbox, lines }));
      for (const limit of [1, 3, all.length + 1]) {
        const query = { bbox, lines, limit };
        const parts: string[] = [];
        for await (const part of source.stream(query)) parts.push(...linesOf(part));
        expect(linesOf(await source.query(query))).toEqual(all.slice(0, limit));
        expect(parts.sort()).toEqual(all.slice(0, limit).sort());
      }
    }
  });
});

/** Ids beyond 2^53 are text in the answers. */
function withBigIds(query: Readonly<Record<string, unknown>>): NetworkQuery {
  if (!Array.isArray(query.objects)) return query;
  return { ...query, objects: query.objects.map((id) => (typeof id === "string" ? BigInt(id) : id)) };
}

/** Vertices in order of position, links in ascending order of those; edges of graphs have no direction, faces no first. */
function canonical(
  table: GraphTable | MeshTable,
  isTree: boolean,
): { order: Uint32Array; positions: TypedArray; links: number[][]; linkOrder: Uint32Array } {
  const order = canonicalOrder(table.positions as Float64Array, table.dims, []);
  const place = new Uint32Array(order.length);
  order.forEach((row, index) => {
    place[row] = index;
  });
  const [flat, width] = table.kind === "graph" ? [table.edges, 2] : [table.indices, table.faceSize];
  const links = Array.from({ length: flat.length / width }, (_, link) =>
    [...flat.subarray(link * width, link * width + width)].map((vertex) => place[vertex]!),
  ).map((link) => {
    if (table.kind === "graph") return isTree ? link : link.sort((a, b) => a - b);
    const first = link.indexOf(Math.min(...link));
    return [...link.slice(first), ...link.slice(0, first)];
  });
  const linkOrder = Uint32Array.from(links.keys()).sort(
    (a, b) =>
      links[a]!.map((vertex, k) => vertex - links[b]![k]!).find((difference) => difference !== 0) ?? 0,
  );
  const positions = takeRows(table.positions as Float64Array, order, table.dims);
  return { order, positions, links: [...linkOrder].map((link) => links[link]!), linkOrder };
}

function expectColumn(
  fixture: Fixture<LineAnswers | NetworkAnswers>,
  reference: ValuesReference | TextReference,
  column: TypedArray,
  name: string,
): void {
  if ("strings" in reference) expect(column, name).toEqual(reference.strings);
  else expect(fixture.difference(reference, column), name).toBeUndefined();
}

const neurons = loadFixture("demo", "neurons") as Fixture<NetworkAnswers>;

describe.each([
  ...fixtures.filter((fixture): fixture is Fixture<NetworkAnswers> => !isLines(fixture)),
  neurons,
])("$name", (fixture) => {
  const { answers } = fixture;

  it.each(answers.queries.map((item) => [item.name, item] as const))(
    "answers %s",
    async (_, { query, ...expected }) => {
      const source = await open(fixture.path, { kind: answers.kind, pool });
      const table = await source.query(withBigIds(query));
      const { order, positions, links, linkOrder } = canonical(table, answers.isTree);
      expect(fixture.difference(expected.positions, positions)).toBeUndefined();
      expect(fixture.difference(expected.links, Uint32Array.from(links.flat()))).toBeUndefined();
      for (const [name, reference] of Object.entries(expected.vertexFields)) {
        expectColumn(fixture, reference, takeRows(table.vertexFields[name] as Float64Array, order), name);
      }
      for (const [name, { data, valid }] of Object.entries(expected.fields ?? {})) {
        const { width = 1, validity } = table.fields[name]!;
        const column = takeRows(table.fields[name] as Float64Array, linkOrder, width);
        expectColumn(fixture, data, column, name);
        const flags = validity ?? new Uint8Array(links.length).fill(1);
        expect(fixture.difference(valid, takeRows(flags, linkOrder)), `${name}, validity`).toBeUndefined();
      }
      if ("objects" in query) {
        const wanted = new Set((query.objects as (number | string)[]).map(BigInt));
        expect([...table.ids!].every((id) => wanted.has(id))).toBe(true);
        expect(table.ids).toHaveLength(table.length);
      }
    },
  );
});

describe("what networks carry, and how they stream", () => {
  const networks = fixtures.filter((fixture): fixture is Fixture<NetworkAnswers> => !isLines(fixture));

  /** Vertices and links as text: by position, and what they carry. */
  function contentOf(table: GraphTable | MeshTable): { vertices: string[]; links: string[] } {
    const { positions, dims, vertexFields, fields, length, repeated = 0 } = table;
    const row = (columns: Readonly<Record<string, Column>>, at: number): string =>
      Object.entries(columns)
        .map(([name, column]) => {
          const { width = 1, validity } = column;
          return `${name} ${(column as Float64Array).slice(at * width, (at + 1) * width)} ${validity?.[at] ?? 1}`;
        })
        .join();
    const place = (vertex: number): string => positions.slice(vertex * dims, (vertex + 1) * dims).join();
    const vertices = Array.from(
      { length: length - repeated },
      (_, at) => `${place(at)} ${row(vertexFields, at)}`,
    );
    const [flat, width] = table.kind === "graph" ? [table.edges, 2] : [table.indices, table.faceSize];
    const links = Array.from({ length: flat.length / width }, (_, at) => {
      const ends = [...flat.subarray(at * width, (at + 1) * width)].map(place);
      return `${ends.join(" > ")} ${row(fields, at)}`;
    });
    return { vertices, links };
  }

  it.each(networks.map((fixture) => [fixture.name, fixture] as const))(
    "%s: a stream has every vertex and every link once",
    async (name, fixture) => {
      const source = await open(fixture.path, { kind: fixture.answers.kind, pool });
      const [bbox] = fixture.answers.queries.flatMap(
        ({ query }) => (query.bbox as number[] | undefined) ?? [],
      );
      expect(bbox).toBeDefined();
      const half = boxOf(source.info);
      for (const query of [{}, { bbox: half }]) {
        const found: { vertices: string[]; links: string[] } = { vertices: [], links: [] };
        let tables = 0;
        for await (const part of source.stream(query)) {
          const { vertices, links } = contentOf(part);
          found.vertices.push(...vertices);
          found.links.push(...links);
          tables++;
        }
        const whole = contentOf(await source.query(query));
        expect(found.vertices.sort()).toEqual(whole.vertices.sort());
        expect(found.links.sort()).toEqual(whole.links.sort());
        if (!("bbox" in query)) expect(tables, name).toBeGreaterThan(1);
      }
    },
  );

  it("tells the fields of links, and those of vertices, fragments and objects", async () => {
    const { path } = loadFixture("zarr-vectors-shapes", "graph-attributes");
    const { info } = await open(path, { kind: "graph", pool });
    expect(info.fields.map((field) => field.name)).toEqual(["big", "ends", "weight"]);
    expect(info.fields[1]).toMatchObject({ dtype: "int32", width: 2 });
    expect(info.vertexFields!.map((field) => field.name)).toEqual(["row", "object_id", "mass"]);
  });

  it("keeps edges whose attribute lies in a range, and returns the fields that are asked for", async () => {
    const { path } = loadFixture("zarr-vectors-shapes", "graph-attributes");
    const source = await open(path, { kind: "graph", pool });
    const whole = await source.query();
    const weights = [...(whole.fields.weight as Float32Array)];
    const found = await source.query({ ranges: { weight: [0.5, 1] }, fields: ["weight", "mass"] });
    expect(Object.keys(found.fields)).toEqual(["weight"]);
    expect(Object.keys(found.vertexFields)).toEqual(["mass"]);
    expect([...(found.fields.weight as Float32Array)]).toEqual(weights.filter((weight) => weight >= 0.5));
    expect(found.length).toBe(whole.length);
    expect((await source.query({ ranges: { mass: [2, 3] } })).ids!.every((id) => id === 2n ** 60n + 5n)).toBe(
      true,
    );
    expect(await source.query({ fields: [] })).toMatchObject({ fields: {}, vertexFields: {} });
    const failure = await source.query({ ranges: { object_id: [0, 1] } }).catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "invalid-query") && failure.message).toContain("fragments");
  });

  it("attributes of groups are those of their objects: the first group's where several hold one, told of", async () => {
    const { path } = loadFixture("zarr-vectors-shapes", "streamlines-attributes");
    const told: string[] = [];
    const onDiagnostic = ({ code }: { code: string }): number => told.push(code);
    const source = await open(path, { kind: "polylines", pool, onDiagnostic });
    const tracts = async (groups?: number[]) => {
      const { ids, fields } = await source.query({ fields: ["tract"], ...(groups && { groups }) });
      const { validity } = fields.tract!;
      return [...ids!].map((id, line) => [
        Number(id),
        validity?.[line] === 0 ? undefined : (fields.tract as Float32Array)[line],
      ]);
    };
    const known = new Map([
      [0, 1.5],
      [1, 1.5],
      [3, 1.5],
      [4, 2.5],
      [5, 3.5],
    ]);
    expect(await tracts()).toEqual(Array.from({ length: 16 }, (_, id) => [id, known.get(id)]));
    expect(told).toContain("groups-overlap");
    expect(await tracts([1])).toEqual([
      [3, 2.5],
      [4, 2.5],
    ]);
  });

  it("links of lines: what the one that leads on carries, null where none is stored; asked for by name, never a filter", async () => {
    const { path } = loadFixture("zarr-vectors-shapes", "streamlines-links");
    const source = await open(path, { kind: "polylines", pool });
    expect(source.info.vertexFields!.map((field) => field.name)).toEqual(["cost", "pair"]);
    const { vertexFields, startIndices } = await source.query({ fields: ["cost"] });
    expect(Object.keys(vertexFields)).toEqual(["cost"]);
    const cost = vertexFields.cost as Float32Array;
    const { validity } = vertexFields.cost!;
    // Costs of stored links begin at a half; the last vertex of a line has none.
    expect([...validity!]).toEqual(Array.from(cost, (value) => (value > 0 ? 1 : 0)));
    for (const end of startIndices.subarray(1)) expect(validity![end - 1]).toBe(0);
    expect((await source.query({ fields: [] })).vertexFields).toEqual({});
    const failure = await source.query({ ranges: { cost: [0, 1] } }).catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "invalid-query") && failure.message).toContain("links");
  });

  it.each(["v07-streamlines", "v07-streamlines-consolidated"])("%s: groups of format 0.7", async (name) => {
    const { path } = loadFixture("zarr-vectors-shapes", name);
    const source = await open(path, { kind: "polylines", pool });
    expect(source.info.fields.map((field) => field.name)).toContain("tract");
    const { ids, fields } = await source.query({ ranges: { tract: [2, 3] } });
    expect([...ids!]).toEqual([3n, 4n]);
    expect([...(fields.tract as Float32Array)]).toEqual([2.5, 2.5]);
  });

  it("one object of a graph that is not compressed costs the bytes of its rows, not of its chunks", async () => {
    const { path } = loadFixture("zarr-vectors-shapes", "graph-attributes");
    let bytes = 0;
    const files = new NodeFsStore(path);
    const count = (key: string, found: Uint8Array | undefined): Uint8Array | undefined => {
      if (key.includes("/vertices/c/")) bytes += found?.length ?? 0;
      return found;
    };
    const store = {
      get: async (key: AbsolutePath) => count(key, await files.get(key)),
      getRange: async (key: AbsolutePath, range: RangeQuery) => count(key, await files.getRange(key, range)),
      list: (prefix: AbsolutePath) => files.list(prefix),
    };
    const source = await open(store, { kind: "graph", pool, cache: 0 });
    const vertexBytes = async (query: NetworkQuery): Promise<number> => {
      bytes = 0;
      await source.query({ ...query, fields: [] });
      return bytes;
    };
    const [whole, one] = [await vertexBytes({}), await vertexBytes({ objects: [2n ** 60n + 1n] })];
    expect(whole).toBeGreaterThan(60 * 12);
    expect(one).toBe(30 * 12);
  });
});

describe("demo/fornix", () => {
  const fixture = loadFixture("demo", "fornix") as Fixture<LineAnswers>;
  const { levels, queries } = fixture.answers;

  it.each(levels.map((level) => [level.level, level] as const))(
    "reads level %i whole",
    async (level, expected) => {
      const table = await (await open(fixture.path, { kind: "polylines", pool })).query({ level });
      expect(fixture.difference(expected.ids, table.ids!)).toBeUndefined();
      expect(fixture.difference(expected.startIndices, table.startIndices)).toBeUndefined();
      expect(fixture.difference(expected.positions, table.positions)).toBeUndefined();
      for (const [name, reference] of Object.entries(expected.vertexFields)) {
        expectColumn(fixture, reference, table.vertexFields[name] as Float32Array, name);
      }
    },
  );

  it.each(queries.map((item) => [item.name, item] as const))(
    "answers %s",
    async (_, { query, whole, chunks }) => {
      const source = await open(fixture.path, { kind: "polylines", pool });
      expect([...(await source.query(query)).ids!].map(Number)).toEqual(whole);
      const table = await source.query({ ...query, lines: "chunks" });
      expect([...table.ids!].map(Number)).toEqual(chunks);
    },
  );
});

describe("what else a query of lines may ask", () => {
  const { path } = loadFixture("zarr-vectors-shapes", "streamlines");
  const source = () => open(path, { kind: "polylines", pool });
  const polygon = [
    [
      [-30, -30],
      [20, -30],
      [-30, 20],
      [-30, -30],
    ],
  ];
  const isInside = (x: number, y: number): boolean => x >= -30 && y >= -30 && x + y <= -10;

  it("a polygon: lines with a vertex in it, or the runs inside", async () => {
    const all = await (await source()).query();
    const inside = (vertex: number): boolean =>
      isInside(Number(all.positions[3 * vertex]), Number(all.positions[3 * vertex + 1]));
    const hits = [...all.ids!].filter((_, line) => {
      const [first, end] = [all.startIndices[line]!, all.startIndices[line + 1]!];
      return Array.from({ length: end - first }, (__, at) => first + at).some(inside);
    });
    expect(hits.length).toBeGreaterThan(2);
    expect(hits.length).toBeLessThan(all.length);
    expect([...(await (await source()).query({ polygon })).ids!]).toEqual(hits);
    const clipped = await (await source()).query({ polygon, lines: "clip" });
    const count = Array.from({ length: all.startIndices.at(-1)! }, (_, vertex) => vertex).filter(
      inside,
    ).length;
    expect(clipped.startIndices.at(-1)).toBe(count);
  });

  it("a range on a vertex field: lines with such a vertex", async () => {
    const all = await (await source()).query();
    const values = all.vertexFields.curvature as Float32Array;
    const hits = [...all.ids!].filter((_, line) =>
      values.subarray(all.startIndices[line]!, all.startIndices[line + 1]!).some((value) => value >= 0.98),
    );
    const found = await (await source()).query({ ranges: { curvature: [0.98, 1] }, fields: [] });
    expect([...found.ids!]).toEqual(hits);
    expect(found.vertexFields).toEqual({});
    expect(found.fields).toEqual({});
  });

  it("a price: lines at most, and what is read", async () => {
    const price = await (await source()).explain({ objects: [3, 4] });
    expect(price).toMatchObject({ rowsAtMost: 2, level: 0 });
    expect(price.requests).toBeGreaterThan(0);
  });

  it.each([
    ["a field there is not", { fields: ["nope"] }, "nope"],
    ["a group there is not", { groups: [7] }, "group 7"],
    ["an id that is none", { objects: [1.5] }, "1.5"],
    ["a key there is not", { colour: "red" }, "colour"],
    ["a vertex field at a level that has none", { fields: ["curvature"], level: 1 }, "level 1"],
  ])("%s is refused", async (_, query, word) => {
    const { path: pyramid } = loadFixture("zarr-vectors-shapes", "streamlines-pyramid");
    const asked = "level" in query ? await open(pyramid, { kind: "polylines", pool }) : await source();
    const failure = await asked.query(query as PolylineQuery).catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "invalid-query"), String(failure)).toBe(true);
    expect(String(failure)).toContain(word);
  });

  it("one object of a store that is not compressed costs the bytes of its rows, not of its chunks", async () => {
    const { path: objects } = loadFixture("zarr-vectors", "object-ids");
    const points = await open(objects, { kind: "points", pool });
    const [one, whole] = await Promise.all([
      points.explain({ objects: [3], fields: [] }),
      points.explain({ fields: [] }),
    ]);
    expect(one.bytes).toBeLessThan(whole.bytes / 4);
    expect((await points.query({ objects: [3], fields: [] })).length).toBe(
      (await points.query({ objects: [3] })).length,
    );
  });
});

describe("dictionaries", () => {
  it.each([
    ["streamlines-dictionary-consolidated", "polylines"],
    ["graph-dictionary", "graph"],
    ["skeleton-dictionary", "graph"],
    ["mesh-dictionary", "mesh"],
  ] as const)(
    "%s: codes with their categories, nulls apart, one category asked for by name",
    async (name, kind) => {
      const { path } = loadFixture("zarr-vectors-shapes", name);
      const source = (await open(path, { kind, pool })) as GraphSource;
      const { categories, validity, length } = (await source.query()).vertexFields.label!;
      expect(new Set(categories)).toEqual(new Set(["leaf", "wood", "näher", "空"]));
      expect(source.info.vertexFields!.find((field) => field.name === "label")!.categories).toEqual(
        categories,
      );
      const nulls = validity!.filter((flag) => flag === 0).length;
      expect(nulls).toBeGreaterThan(length / 6);
      const some = await source.query({ ranges: { label: ["wood", "wood"] } });
      const codes = [...(some.vertexFields.label as Int8Array)];
      const wood = categories!.indexOf("wood");
      if (kind === "polylines") expect(codes).toContain(wood);
      else expect(new Set(codes)).toEqual(new Set([wood]));
    },
  );
});

describe("text in rows of one length", () => {
  it.each([
    ["zarr-vectors-shapes", "streamlines-text", "polylines", "region"],
    ["zarr-vectors-shapes", "graph-text", "graph", "label"],
    ["zarr-vectors-shapes", "mesh-text", "mesh", "label"],
    ["zarr-vectors-shapes", "v07-streamlines-text", "polylines", "region"],
    ["zarr-vectors", "points-text", "points", "label"],
  ] as const)("%s/%s: a field of text, by workers as on this thread", async (family, name, kind, field) => {
    const { path } = loadFixture(family, name);
    const workers = createPool({ workers: 1 });
    try {
      const [here, there] = await Promise.all(
        [pool, workers].map(async (each) => (await open(path, { kind, pool: each })) as GraphSource),
      );
      const fields = here!.info.vertexFields ?? here!.info.fields;
      expect(fields.find((info) => info.name === field)).toMatchObject({ dtype: "string" });
      expect(await there!.query()).toEqual(await here!.query());
    } finally {
      workers.dispose();
    }
  });

  it("ranges on it are two strings in order; on links too", async () => {
    const { path } = loadFixture("zarr-vectors-shapes", "graph-text");
    const source = await open(path, { kind: "graph", pool });
    const { fields, length } = await source.query({ ranges: { kind: ["k2", "k4"] } });
    expect(new Set(fields.kind as string[])).toEqual(new Set(["k2", "k3", "k4"]));
    expect(length).toBe(50);
    const labels = (await source.query({ ranges: { label: ["wood", "wood"] } })).vertexFields.label;
    expect(labels).toEqual(new Array(10).fill("wood"));
    for (const range of [
      ["wood", "leaf"],
      [1, 2],
    ] as const) {
      const failure = await source.query({ ranges: { label: range } }).catch((thrown: unknown) => thrown);
      expect(isReaderError(failure, "invalid-query") && failure.message).toContain("ranges.label");
    }
  });

  it("a chunk with text of another length than the metadata says is refused, never cut otherwise", async () => {
    const files = new NodeFsStore(loadFixture("zarr-vectors-shapes", "graph-text").path);
    const store = {
      // Half as long as said, so that two of them would fit each row.
      get: async (key: AbsolutePath) => {
        const found = await files.get(key);
        if (found === undefined || key !== "/0/vertex_attributes/label/zarr.json") return found;
        return new TextEncoder().encode(new TextDecoder().decode(found).replace("<U5", "<U1"));
      },
      getRange: (key: AbsolutePath, range: RangeQuery) => files.getRange(key, range),
      list: (prefix: AbsolutePath) => files.list(prefix),
    };
    const source = await open(store, { kind: "graph", pool });
    const failure = await source.query().catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "corrupt") && failure.message).toContain("label");
    expect((await source.query({ fields: ["code"] })).length).toBe(50);
  });
});

describe("a mesh in Draco", () => {
  it("is refused by name: whoever decoded it would get other vertices than its attributes mean", async () => {
    const path = fileURLToPath(
      new URL("../fixtures/zarr-vectors-shapes/mesh-draco.zarrvectors", import.meta.url),
    );
    const failure = await open(path, { pool }).catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "unsupported") && failure.message).toContain('"draco"');
  });
});

describe("levels", () => {
  it("are listed with rows, chunks and bytes on opening, without a further request where metadata is consolidated", async () => {
    const { path, answers } = loadFixture(
      "zarr-vectors-shapes",
      "streamlines-pyramid",
    ) as Fixture<LineAnswers>;
    const files = new NodeFsStore(path);
    const asked: string[] = [];
    const get = (key: AbsolutePath) => {
      asked.push(key);
      return files.get(key);
    };
    const { info } = await open({ get }, { kind: "polylines", pool, cache: 0 });
    expect(new Set(asked)).toEqual(new Set(["/zarr.json"]));
    expect(info.levels).toHaveLength(answers.levels.length);
    const finest = answers.levels[0]!.positions;
    expect(info.levels[0]).toMatchObject({ level: 0, rows: finest.shape[0], bytes: finest.length });
    info.levels.slice(1).forEach((level, at) => {
      expect(level.bytes).toBe(level.rows! * 12);
      expect(level.rows).toBeLessThan(info.levels[at]!.rows!);
      expect(level.chunks).toBeGreaterThan(0);
    });
  });

  it.each([
    ["zarr-vectors", "pyramid", "points"],
    ["zarr-vectors", "v07-pyramid", "points"],
    ["zarr-vectors-shapes", "streamlines-pyramid", "polylines"],
    ["zarr-vectors-shapes", "v07-streamlines-pyramid", "polylines"],
    ["zarr-vectors-shapes", "graph-pyramid", "graph"],
    ["demo", "neurons", "graph"],
    ["zarr-vectors-shapes", "mesh-pyramid", "mesh"],
  ] as const)('%s/%s: level "auto" takes the finest within a budget', async (family, name, kind) => {
    const { path } = loadFixture(family, name);
    const source = await open(path, { kind, pool });
    const levels = source.info.levels.map((level) => level.level);
    const prices = await Promise.all(levels.map((level) => source.explain({ level })));
    const [fine, coarse] = [prices[0]!, prices.at(-1)!];
    expect(coarse.bytes).toBeLessThan(fine.bytes);
    const chosen = async (bytes: number) =>
      (await source.explain({ level: "auto", budget: { bytes } })).level;
    expect(await chosen(fine.bytes)).toBe(0);
    expect(await chosen(coarse.bytes)).toBe(levels.at(-1));
    const table = await source.query({ level: "auto", budget: { bytes: coarse.bytes } });
    expect(table.length).toBe((await source.query({ level: levels.at(-1)! })).length);
    // What is in memory costs nothing, so the least budget is one for a store that was not read.
    const unread = await open(path, { kind, pool });
    const failure = await unread
      .query({ level: "auto", budget: { bytes: 1 } })
      .catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "limit-exceeded")).toBe(true);
  });
});

describe("edges of trees in every box", () => {
  const trees = fixtures.filter((fixture) => "isTree" in fixture.answers && fixture.answers.isTree);

  /** Edges by the positions of their ends. */
  function edgesOf(
    { positions, edges }: GraphTable,
    isKept: (vertex: number) => boolean = () => true,
  ): string[] {
    const at = (vertex: number): string => [0, 1, 2].map((axis) => positions[3 * vertex + axis]).join(" ");
    return Array.from({ length: edges.length / 2 }, (_, edge) => [edges[2 * edge]!, edges[2 * edge + 1]!])
      .filter((ends) => ends.every(isKept))
      .map(([node, parent]) => `${at(node!)} > ${at(parent!)}`)
      .sort();
  }

  it.each(trees.map((fixture) => [fixture.name, fixture] as const))(
    "%s: those of the whole that lie inside, none invented",
    async (_, fixture) => {
      const source = await open(fixture.path, { kind: "graph", pool });
      const whole = await source.query();
      const size = source.info.chunkShape![0]!;
      const corners = [-2, -1, 0, 1].map((corner) => corner * size);
      for (const x of corners) {
        for (const y of corners) {
          for (const z of corners) {
            // Not to the face, so that the neighbouring chunk is not read.
            const bbox = [x, y, z, x + size * 0.999, y + size * 0.999, z + size * 0.999];
            const isInside = (vertex: number): boolean =>
              [0, 1, 2].every((axis) => {
                const value = Number(whole.positions[3 * vertex + axis]);
                return value >= bbox[axis]! && value <= bbox[axis + 3]!;
              });
            expect(edgesOf(await source.query({ bbox }))).toEqual(edgesOf(whole, isInside));
          }
        }
      }
    },
  );
});
