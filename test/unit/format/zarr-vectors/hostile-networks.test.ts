/**
 * Graphs and skeletons that lie: truncated tables of links, ends that are not there, counts without end. Each ends in a typed
 * error, soon, without an allocation that only a count asked for.
 */
import { afterAll, describe, expect, it } from "vitest";
import { type GraphTable, isReaderError, type NetworkQuery, open } from "../../../../src/index.js";
import { createPool } from "../../../../src/worker/pool.js";
import { int64s, networkKeys as keys, writeNetwork } from "../../../support/network-store.js";
import { fragmentTable, items, manifestOf, type VectorObjects } from "../../../support/vector-store.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

async function read(objects: VectorObjects, query: NetworkQuery = {}): Promise<unknown> {
  const store = { get: async (key: string) => objects.get(key)?.slice() };
  try {
    return await (await open(store, { kind: "graph", pool, cache: 0 })).query(query);
  } catch (thrown) {
    return thrown;
  }
}

const cell = (bytes: Uint8Array): Uint8Array => items([bytes]);
/** A manifest of one block of mode 1: `count` fragments of chunk 0.0.0 from `first` on, so many times. */
function runs(first: number, count: number, times: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 41 * times));
  view.setUint32(0, times, true);
  for (let at = 4; at < view.byteLength; at += 41) {
    view.setUint8(at + 24, 1);
    view.setBigInt64(at + 25, BigInt(first), true);
    view.setBigInt64(at + 33, BigInt(count), true);
  }
  return new Uint8Array(view.buffer);
}

describe("a network that does not lie", () => {
  it("graph: links within and across chunks, with what they, fragments and objects carry", async () => {
    const table = (await read(writeNetwork())) as GraphTable;
    expect([...table.edges]).toEqual([0, 1, 1, 2, 2, 3, 3, 4]);
    expect([...(table.fields.weight as Float32Array)]).toEqual([1, 2, 3, 4]);
    expect([...(table.vertexFields.tag as Float32Array)]).toEqual([7, 7, 8, 9, 9]);
    const one = (await read(writeNetwork(), { objects: [1] })) as GraphTable;
    expect([...one.positions]).toEqual([9, 1, 1, 11, 1, 1, 12, 1, 1]);
    expect([...one.edges]).toEqual([0, 1, 1, 2]);
    expect([...(one.fields.weight as Float32Array)]).toEqual([3, 4]);
    expect([...(one.vertexFields.tag as Float32Array)]).toEqual([8, 9, 9]);
  });

  it("skeleton: the row before, unless a link names another; edges that are not stored have no value", async () => {
    const table = (await read(writeNetwork("skeleton"))) as GraphTable;
    // Vertex 0 is the child of 1 by a stored link, 1 of 2, 2 of 3, 3 of 4.
    expect([...table.edges]).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 3]);
    expect([...(table.fields.weight as Float32Array)]).toEqual([1, 2, 3, 4, 0]);
    expect([...table.fields.weight!.validity!]).toEqual([1, 1, 1, 1, 0]);
  });
});

describe("a network that lies", () => {
  it.each<[name: string, damage: (objects: VectorObjects) => unknown, code: string, word: string]>([
    ["half a link", (objects) => objects.set(keys.inner, cell(int64s(0, 1, 1))), "corrupt", "no rows of 2"],
    ["half a number", (objects) => objects.set(keys.inner, cell(new Uint8Array(12))), "corrupt", "64-bit"],
    [
      "an end that is not there",
      (objects) => objects.set(keys.inner, cell(int64s(0, 3))),
      "corrupt",
      "vertex 3",
    ],
    ["a negative end", (objects) => objects.set(keys.inner, cell(int64s(0, -1))), "corrupt", "entry 1"],
    [
      "an end beyond 2^53",
      (objects) => objects.set(keys.inner, cell(int64s(0, 2n ** 60n))),
      "corrupt",
      "entry 1",
    ],
    [
      "an end in the next chunk that is not there",
      (objects) => objects.set(keys.across, cell(int64s(1, 0, 0, 2, 9))),
      "corrupt",
      "vertex 9",
    ],
    [
      "an empty table across chunks",
      (objects) => objects.set(keys.across, cell(new Uint8Array(3))),
      "corrupt",
      "8 bytes",
    ],
    [
      "a thousand million groups of links",
      (objects) => objects.set(keys.across, cell(int64s(2n ** 30n, 0, 0, 2, 0))),
      "corrupt",
      "groups of links",
    ],
    [
      "groups without end",
      (objects) => objects.set(keys.across, cell(int64s(-1, 0))),
      "corrupt",
      "groups of links",
    ],
    [
      "a group that begins behind the end",
      (objects) => objects.set(keys.across, cell(int64s(2, 0, 800, 0, 2, 0))),
      "corrupt",
      "begin at 800",
    ],
    [
      "an order that is none",
      (objects) => objects.set(keys.across, cell(int64s(1, 0, 7, 2, 0))),
      "corrupt",
      "no order",
    ],
    [
      "more values than links",
      (objects) => objects.set(keys.weights, cell(new Uint8Array(8))),
      "corrupt",
      "weight has 2 values for 1 rows",
    ],
    [
      "fewer values than fragments",
      (objects) => objects.set(keys.ofFragments, cell(new Uint8Array(4))),
      "corrupt",
      "tag has 1 values for 2 rows",
    ],
    ["no vertices", (objects) => objects.delete(keys.vertices), "corrupt", "/0/vertices/c/0/0/0"],
  ])("%s", async (_, damage, code, word) => {
    const objects = writeNetwork();
    damage(objects);
    const failure = await read(objects);
    expect(isReaderError(failure) && failure.code, String(failure)).toBe(code);
    expect(String(failure)).toContain(word);
  });

  it.each<[name: string, damage: (objects: VectorObjects) => unknown, code: string]>([
    ["no fragment table", (objects) => objects.delete(keys.fragments), "corrupt"],
    [
      "a fragment beyond the rows",
      (objects) =>
        objects.set(
          keys.fragments,
          cell(
            fragmentTable([
              [0, 2],
              [2, 5_000_000],
            ]),
          ),
        ),
      "corrupt",
    ],
    [
      "a fragment that is not there",
      (objects) => objects.set(keys.manifests, items([manifestOf([[[0, 0, 0], 7]]), new Uint8Array(0)])),
      "corrupt",
    ],
    [
      "a run of fragments without end",
      (objects) => objects.set(keys.manifests, items([runs(0, 2 ** 31, 1), new Uint8Array(0)])),
      "limit-exceeded",
    ],
    [
      "all fragments again and again",
      (objects) => objects.set(keys.manifests, items([runs(0, 2, 20_000), new Uint8Array(0)])),
      "answered",
    ],
  ])("one object: %s", async (_, damage, code) => {
    const objects = writeNetwork();
    damage(objects);
    const found = await read(objects, { objects: [0, 1] });
    expect(isReaderError(found) ? found.code : "answered", String(found)).toBe(code);
  });

  it("fragments that all share the same rows end at a limit", async () => {
    const objects = writeNetwork("skeleton");
    const rows = 200_000;
    objects.set(keys.vertices, cell(new Uint8Array(12 * rows).fill(1)));
    const fragments = Array.from({ length: 20_000 }, () => [0, rows] as const);
    objects.set(keys.fragments, cell(fragmentTable(fragments)));
    objects.set(keys.ofFragments, cell(new Uint8Array(4 * fragments.length)));
    const failure = await read(objects);
    expect(isReaderError(failure, "limit-exceeded"), String(failure)).toBe(true);
  }, 60_000);

  it.each([0, 1, 17, 1e9, -2])("links of %d vertices are refused", async (width) => {
    const objects = writeNetwork();
    const root = JSON.parse(new TextDecoder().decode(objects.get("/zarr.json")));
    root.consolidated_metadata.metadata["0/links/0"].attributes.link_width = width;
    objects.set("/zarr.json", new TextEncoder().encode(JSON.stringify(root)));
    const failure = await read(objects);
    expect(isReaderError(failure, "unsupported") && failure.message).toContain(`links of ${width} vertices`);
  });
});
