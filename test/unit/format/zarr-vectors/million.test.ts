/**
 * A box of a hundredth of a million vertices: which cells are read, counted to the byte.
 */
import { afterAll, describe, expect, it } from "vitest";
import { open } from "../../../../src/index.js";
import { createPool } from "../../../../src/worker/pool.js";
import { type VectorObjects, writeVectors } from "../../../support/vector-store.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

/** Numbers in [0, 1), the same every time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const side = 1000;
const bbox = [400, 400, 400, 615.4, 615.4, 615.4];
const isInside = (line: Float32Array, at: number): boolean =>
  [0, 1, 2].every((axis) => line[at + axis]! >= bbox[axis]! && line[at + axis]! <= bbox[axis + 3]!);

/** A store that notes what is asked of it. */
function countingStore(objects: VectorObjects) {
  const asked: string[] = [];
  return {
    asked,
    get: async (key: string) => {
      asked.push(key);
      return objects.get(key);
    },
    async *list(prefix: string) {
      asked.push(`list ${prefix}`);
      for (const key of objects.keys()) if (key.startsWith(prefix)) yield { key: key as `/${string}` };
    },
  };
}

describe("a million points", () => {
  const random = createRandom(3);
  const lines = Array.from({ length: 1_000_000 }, () =>
    Float32Array.of(random() * side, random() * side, random() * side),
  );
  const objects = writeVectors({ chunkSize: 100, dims: 3, lines, geometry: "point_cloud" });

  it("opens with one request, and reads the 27 cells that the box touches", async () => {
    const store = countingStore(objects);
    const source = await open(store, { kind: "points", pool, cache: 0 });
    expect(new Set(store.asked)).toEqual(new Set(["/zarr.json"]));
    const price = await source.explain({ bbox });
    store.asked.length = 0;
    const table = await source.query({ bbox });
    expect(store.asked).toHaveLength(27);
    expect(price).toMatchObject({ requests: 27, chunks: 27 });
    const bytes = store.asked.reduce((sum, key) => sum + objects.get(key)!.length, 0);
    expect(Math.abs(price.bytes - bytes)).toBeLessThan(0.1 * bytes);
    expect(table.length).toBe(lines.filter((point) => isInside(point, 0)).length);
  });
});

describe("a million vertices of lines", () => {
  const random = createRandom(5);
  const lines = Array.from({ length: 20_000 }, () => {
    const line = new Float32Array(150);
    for (let at = 0; at < 150; at++) {
      const before = at < 3 ? random() * side : line[at - 3]!;
      line[at] = Math.min(side - 1, Math.max(0, before + (random() - 0.5) * 20));
    }
    return line;
  });
  const objects = writeVectors({ chunkSize: 100, dims: 3, lines, geometry: "streamline" });
  const inside = lines.flatMap((line, index) =>
    line.some((_, at) => at % 3 === 0 && isInside(line, at)) ? [BigInt(index)] : [],
  );
  const cellsOf = (asked: readonly string[]): string[] => asked.filter((key) => key.includes("/vertices/"));

  it("clipped: the 27 cells that the box touches and their fragment tables, and the manifests once", async () => {
    const store = countingStore(objects);
    const source = await open(store, { kind: "polylines", pool, cache: 0 });
    expect(new Set(store.asked)).toEqual(new Set(["/zarr.json"]));
    store.asked.length = 0;
    const table = await source.query({ bbox, lines: "clip" });
    expect(cellsOf(store.asked)).toHaveLength(27);
    expect(store.asked.filter((key) => key.includes("/manifests/"))).toHaveLength(2);
    expect(store.asked).toHaveLength(2 * 27 + 2);
    expect(new Set(table.ids)).toEqual(new Set(inside));
  });

  it("whole: besides those only the cells that the lines go on in", async () => {
    const store = countingStore(objects);
    const source = await open(store, { kind: "polylines", pool, cache: 0 });
    const price = await source.explain({ bbox });
    store.asked.length = 0;
    const table = await source.query({ bbox });
    const touched = new Set<string>();
    for (const id of inside) {
      const line = lines[Number(id)]!;
      for (let at = 0; at < 150; at += 3) {
        touched.add([0, 1, 2].map((axis) => Math.floor(line[at + axis]! / 100)).join("/"));
      }
    }
    for (let a = 4; a < 7; a++)
      for (let b = 4; b < 7; b++) for (let c = 4; c < 7; c++) touched.add(`${a}/${b}/${c}`);
    expect(new Set(cellsOf(store.asked))).toEqual(new Set([...touched].map((key) => `/0/vertices/c/${key}`)));
    expect(cellsOf(store.asked).length).toBe(touched.size);
    expect([...table.ids!]).toEqual(inside);
    expect(price.requests).toBeGreaterThanOrEqual(2 * touched.size);
    const first = lines[Number(inside[0])]!;
    expect([...table.positions.subarray(0, 150)]).toEqual([...first]);
  });

  it("the first three: the cells of the lines that are looked at, streamed or not", async () => {
    const store = countingStore(objects);
    const source = await open(store, { kind: "polylines", pool, cache: 0 });
    const all = [0, 0, 0, side, side, side];
    const query = { bbox: all, limit: 3 };
    store.asked.length = 0;
    const table = await source.query(query);
    expect([...table.ids!]).toEqual([0n, 1n, 2n]);
    const cells = new Set(
      [0, 1, 2].flatMap((id) =>
        Array.from({ length: 50 }, (_, at) =>
          [0, 1, 2].map((axis) => Math.floor(lines[id]![3 * at + axis]! / 100)).join("/"),
        ),
      ),
    );
    expect(new Set(cellsOf(store.asked))).toEqual(new Set([...cells].map((cell) => `/0/vertices/c/${cell}`)));
    const before = store.asked.length;
    for await (const part of source.stream(query)) expect([...part.ids!]).toEqual([0n, 1n, 2n]);
    expect(store.asked.length - before).toBeLessThanOrEqual(before);
  });
});
