/**
 * Levels that hold only what the next coarser one lacks (0.9.3, a proposal): no package on PyPI writes them, so that these stores
 * are made here.
 */
import { afterAll, describe, expect, it } from "vitest";
import { isReaderError, open, type PolylineTable } from "../../../../src/index.js";
import { createPool } from "../../../../src/worker/pool.js";
import { writeNetwork } from "../../../support/network-store.js";
import { type VectorObjects, writeVectors } from "../../../support/vector-store.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

interface Root {
  attributes: { multiscales?: unknown; zarr_vectors: Record<string, unknown> };
  consolidated_metadata: {
    metadata: Record<string, { attributes: { zarr_vectors_level: Record<string, unknown> } }>;
  };
}

const rootOf = (objects: VectorObjects): Root =>
  JSON.parse(new TextDecoder().decode(objects.get("/zarr.json"))) as Root;

/** One store of the level 0 of several, the finest first; all but the last add to the one behind them. */
function stack(stores: readonly VectorObjects[], isLastWhole = true): VectorObjects {
  const stacked: VectorObjects = new Map();
  const root = rootOf(stores[0]!);
  const nodes: Root["consolidated_metadata"]["metadata"] = {};
  stores.forEach((objects, level) => {
    for (const [key, bytes] of objects)
      if (key !== "/zarr.json") stacked.set(key.replace("/0/", `/${level}/`), bytes);
    for (const [path, node] of Object.entries(rootOf(objects).consolidated_metadata.metadata)) {
      nodes[path.replace(/^0/, String(level))] = node;
    }
    const isWhole = isLastWhole && level === stores.length - 1;
    Object.assign(nodes[level]!.attributes.zarr_vectors_level, {
      level,
      refinement: isWhole ? "replace" : "add",
    });
  });
  root.consolidated_metadata.metadata = nodes;
  root.attributes.zarr_vectors.required_capabilities = ["additive_levels"];
  root.attributes.multiscales = [
    {
      axes: ["x", "y", "z"].map((name) => ({ name, type: "space" })),
      datasets: stores.map((_, level) => ({ path: String(level) })),
    },
  ];
  return stacked.set("/zarr.json", new TextEncoder().encode(JSON.stringify(root)));
}

const storeOf = (objects: VectorObjects) => ({ get: async (key: string) => objects.get(key)?.slice() });
const lines = [
  Float32Array.of(1, 1, 1, 9, 1, 1, 11, 1, 1),
  Float32Array.of(2, 2, 2, 3, 3, 3),
  Float32Array.of(31, 1, 1, 39, 1, 1),
  Float32Array.of(4, 4, 4, 5, 5, 5, 6, 6, 6),
];
const written = (
  ids: readonly number[],
  geometry: "streamline" | "point_cloud" = "streamline",
): VectorObjects =>
  writeVectors({
    chunkSize: 10,
    dims: 3,
    lines: ids.map((id) => lines[id]!),
    geometry,
    ...(geometry === "streamline" ? { denseIds: ids.map(BigInt) } : {}),
  });

describe("additive levels of lines", () => {
  // Level 2 holds line 0; level 1 adds line 1; level 0 adds lines 2 and 3.
  const source = () =>
    open(storeOf(stack([written([2, 3]), written([1]), written([0])])), {
      kind: "polylines",
      pool,
      cache: 0,
    });
  const idsOf = (table: PolylineTable): number[] => [...table.ids!].map(Number);

  it("a level is the union of itself and of those it rests on", async () => {
    const polylines = await source();
    expect(idsOf(await polylines.query({ level: 2 }))).toEqual([0]);
    expect(idsOf(await polylines.query({ level: 1 }))).toEqual([1, 0]);
    const table = await polylines.query();
    expect(idsOf(table)).toEqual([2, 3, 1, 0]);
    expect([...table.startIndices]).toEqual([0, 2, 5, 7, 10]);
    expect([...table.positions]).toEqual([2, 3, 1, 0].flatMap((id) => [...lines[id]!]));
    expect(polylines.info.levels.map((level) => level.rows)).toEqual([10, 5, 3]);
  });

  it("boxes, objects, limits, streams and prices go through all of them", async () => {
    const polylines = await source();
    const bbox = [0, 0, 0, 3, 3, 3];
    expect(idsOf(await polylines.query({ bbox }))).toEqual([1, 0]);
    expect(idsOf(await polylines.query({ limit: 3 }))).toEqual([2, 3, 1]);
    expect((await polylines.query({ limit: 1 })).positions).toEqual(lines[2]);
    const streamed: number[] = [];
    for await (const part of polylines.stream()) streamed.push(...idsOf(part));
    expect(streamed.sort()).toEqual([0, 1, 2, 3]);
    const [fine, coarse] = await Promise.all([
      polylines.explain({ level: 0 }),
      polylines.explain({ level: 2 }),
    ]);
    expect(fine.requests).toBeGreaterThan(coarse.requests);
    expect(fine.notes.join()).toContain("3 levels are read");
    expect(idsOf(await polylines.query({ objects: [0, 3] }))).toEqual([3, 0]);
  });

  it("an object is not at a level only if none of its chain has it", async () => {
    const holed = stack([written([2, 3]), written([1])]);
    // Line 3 keeps its id and has an empty manifest.
    holed.set(
      "/0/object_index/manifest_spans/c/0/0",
      new Uint8Array(BigInt64Array.of(0n, 1n, 0n, 0n).buffer),
    );
    const polylines = await open(storeOf(holed), { kind: "polylines", pool, cache: 0 });
    expect((await polylines.explain({ objects: [1, 2] })).notes.join()).not.toContain("not at level");
    expect((await polylines.explain({ objects: [1, 3] })).notes.join()).toContain(
      "1 of the objects are not at level 0",
    );
  });

  it("the coarsest level must be whole", async () => {
    const polylines = await open(storeOf(stack([written([0]), written([1])], false)), {
      kind: "polylines",
      pool,
      cache: 0,
    });
    const failure = await polylines.query().catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "invalid-metadata") && failure.message).toContain("coarsest level");
  });
});

it("additive levels of points", async () => {
  const stacked = stack([written([2, 3], "point_cloud"), written([0], "point_cloud")]);
  const points = await open(storeOf(stacked), { kind: "points", pool, cache: 0 });
  const xs = async (query: object): Promise<number[]> =>
    [...((await points.query(query)).positions as Float32Array)]
      .filter((_, at) => at % 3 === 0)
      .sort((a, b) => a - b);
  expect(await xs({ level: 1 })).toEqual([1, 9, 11]);
  expect(await xs({})).toEqual([1, 4, 5, 6, 9, 11, 31, 39]);
  expect(await xs({ bbox: [0, 0, 0, 5, 9, 9] })).toEqual([1, 4, 5]);
});

it("additive levels of graphs: edges are renumbered behind those of the finer level", async () => {
  const graph = await open(storeOf(stack([writeNetwork(), writeNetwork()])), {
    kind: "graph",
    pool,
    cache: 0,
  });
  const [table, one] = await Promise.all([graph.query({ level: 0 }), graph.query({ level: 1 })]);
  expect(table.length).toBe(10);
  expect([...table.edges]).toEqual([...one.edges, ...one.edges.map((vertex) => vertex + 5)]);
  expect([...(table.fields.weight as Float32Array)]).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  expect([...(table.vertexFields.tag as Float32Array)]).toEqual([7, 7, 8, 9, 9, 7, 7, 8, 9, 9]);
});
