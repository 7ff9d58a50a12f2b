/**
 * Layouts that no package on PyPI writes, and hosts that neither list nor hold consolidated metadata.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { AbsolutePath, RangeQuery } from "../../../../src/core/plan.js";
import { type GraphTable, type MeshTable, open, type PolylineTable } from "../../../../src/index.js";
import { NodeFsStore } from "../../../../src/store/node-fs.js";
import { createPool } from "../../../../src/worker/pool.js";
import { loadFixture } from "../../../support/fixtures.js";
import { writeVectors } from "../../../support/vector-store.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

describe("dense manifests (0.9.4)", () => {
  const lines = [
    Float32Array.of(1, 1, 1, 9, 1, 1, 11, 1, 1, -3, 1, 1),
    Float32Array.of(2, 2, 2, 3, 3, 3),
    Float32Array.of(-15, 4, 4, 5, 4, 4),
  ];
  const ids = [5n, 2n ** 60n + 1n, 2n ** 60n + 3n];
  const read = async (denseIds: readonly bigint[] | undefined, query = {}): Promise<PolylineTable> => {
    const input = { chunkSize: 10, dims: 3, lines, geometry: "streamline" } as const;
    const objects = writeVectors(denseIds === undefined ? input : { ...input, denseIds });
    const store = { get: async (key: string) => objects.get(key)?.slice() };
    return (await open(store, { kind: "polylines", pool, cache: 0 })).query(query);
  };

  it("hold the lines that manifests of bytes hold, under ids of 64 bits", async () => {
    const [dense, plain] = [await read(ids), await read(undefined)];
    expect([...dense.ids!]).toEqual(ids);
    expect(dense.positions).toEqual(plain.positions);
    expect(dense.startIndices).toEqual(plain.startIndices);
  });

  it("give one object by its id", async () => {
    const one = await read(ids, { objects: [2n ** 60n + 3n, 2n ** 60n + 4n] });
    expect([...one.ids!]).toEqual([2n ** 60n + 3n]);
    expect([...one.positions]).toEqual([...lines[2]!]);
  });
});

describe("a host that does not list, without consolidated metadata", () => {
  /** The files of a fixture, and no way to list them. */
  async function openBlind<K extends "graph" | "mesh">(name: string, kind: K) {
    const { path } = loadFixture("zarr-vectors-shapes", name);
    const files = new NodeFsStore(path);
    const told: string[] = [];
    const store = {
      get: (key: AbsolutePath) => files.get(key),
      getRange: (key: AbsolutePath, range: RangeQuery) => files.getRange(key, range),
    };
    const onDiagnostic = ({ code }: { code: string }): number => told.push(code);
    const blind = await open(store, { kind, pool, onDiagnostic });
    const seeing = await open(path, { kind, pool });
    return { told, blind: await blind.query({}), seeing: await seeing.query({}) };
  }

  it.each(["graph", "skeleton"])(
    "%s: links of neighbouring chunks are looked for, which is told",
    async (name) => {
      const { told, blind, seeing } = await openBlind(name, "graph");
      expect(told).toContain("links-probed");
      expect((blind as GraphTable).edges.length).toBeGreaterThan(0);
      expect([...(blind as GraphTable).edges].sort()).toEqual([...(seeing as GraphTable).edges].sort());
    },
  );

  it("mesh: faces over three chunks too", async () => {
    const { told, blind, seeing } = await openBlind("mesh", "mesh");
    expect(told).toContain("links-probed");
    const faces = (table: MeshTable): string[] =>
      Array.from({ length: table.indices.length / 3 }, (_, at) =>
        table.indices.slice(3 * at, 3 * at + 3).join(),
      ).sort();
    expect(faces(blind as MeshTable)).toEqual(faces(seeing as MeshTable));
  });
});

describe("what a box of points with one attribute asks for", () => {
  it("its cells of two arrays and nothing else, to the byte", async () => {
    const { path } = loadFixture("zarr-vectors", "consolidated");
    const files = new NodeFsStore(path);
    const asked = new Map<string, number>();
    const get = async (key: AbsolutePath): Promise<Uint8Array | undefined> => {
      const found = await files.get(key);
      asked.set(key, found?.length ?? 0);
      return found;
    };
    const source = await open({ get }, { kind: "points", pool, cache: 0 });
    expect([...asked.keys()]).toEqual(["/zarr.json"]);
    asked.clear();
    const { bounds, chunkShape } = source.info;
    // Less than one chunk edge from the lowest corner.
    const low = bounds!.slice(0, 3);
    const bbox = [...low, ...low.map((value, axis) => value + 0.2 * chunkShape![axis]!)];
    const cells = low.reduce((count, from, axis) => {
      const chunk = (value: number): number => Math.floor(value / chunkShape![axis]!);
      return count * (chunk(bbox[axis + 3]!) - chunk(from) + 1);
    }, 1);
    let bytes = 0;
    const table = await source.query(
      { bbox, fields: ["intensity"] },
      { onProgress: (progress) => (bytes = progress.bytes) },
    );
    expect(table.length).toBeGreaterThan(0);
    const keys = [...asked.keys()];
    expect(keys.every((key) => /^\/0\/(vertices|vertex_attributes\/intensity)\/c\//.test(key))).toBe(true);
    expect(keys.length).toBeLessThanOrEqual(2 * cells);
    expect(keys.filter((key) => key.includes("/vertices/"))).toHaveLength(keys.length / 2);
    expect(bytes).toBe([...asked.values()].reduce((sum, size) => sum + size, 0));
  });
});
