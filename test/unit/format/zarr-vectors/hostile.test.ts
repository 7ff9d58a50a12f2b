/**
 * Stores that lie: truncated tables, huge counts, overlapping ranges, wrong magic, manifests that go in circles. Each ends in a
 * typed error, without an allocation that only a count asked for.
 */
import { afterAll, describe, expect, it } from "vitest";
import { isReaderError, open } from "../../../../src/index.js";
import { createPool } from "../../../../src/worker/pool.js";
import {
  fragmentTable,
  items,
  manifestOf,
  type VectorObjects,
  writeVectors,
} from "../../../support/vector-store.js";

const pool = createPool({ workers: 0 });
afterAll(() => pool.dispose());

const line = Float32Array.of(1, 1, 1, 9, 1, 1, 11, 1, 1);
const lines = [line, Float32Array.of(2, 2, 2, 3, 3, 3)];
const fragments = "/0/vertex_fragments/c/0/0/0";
const manifests = "/0/object_index/manifests/c/0";
const vertices = "/0/vertices/c/0/0/0";

function made(): VectorObjects {
  return writeVectors({ chunkSize: 10, dims: 3, lines, geometry: "streamline" });
}

async function read(objects: VectorObjects, query: object = {}): Promise<unknown> {
  const store = { get: async (key: string) => objects.get(key)?.slice() };
  try {
    const source = await open(store, { kind: "polylines", pool, cache: 0 });
    return await source.query(query);
  } catch (thrown) {
    return thrown;
  }
}

/** The item of a cell, with some of its bytes changed. */
function change(
  objects: VectorObjects,
  key: string,
  edit: (bytes: Uint8Array, view: DataView) => void,
): void {
  const bytes = objects.get(key)!.slice();
  edit(bytes, new DataView(bytes.buffer));
  objects.set(key, bytes);
}

const table = (bytes: Uint8Array): Uint8Array => items([bytes]);
const headerBytes = 8;

describe("a store that lies", () => {
  it("is read when it does not", async () => {
    expect(await read(made())).toMatchObject({ kind: "polylines", length: 2 });
  });

  it.each<[name: string, damage: (objects: VectorObjects) => void, code: string, word: string]>([
    [
      "wrong magic",
      (objects) => change(objects, fragments, (bytes) => (bytes[headerBytes] = 0)),
      "corrupt",
      "magic",
    ],
    [
      "another version of the table",
      (objects) => change(objects, fragments, (_, view) => view.setUint16(headerBytes + 4, 9, true)),
      "corrupt",
      "version 9",
    ],
    [
      "four thousand million fragments",
      (objects) => change(objects, fragments, (_, view) => view.setUint32(headerBytes + 8, 0xffffffff, true)),
      "corrupt",
      "vertex_fragments",
    ],
    [
      "more ranges than fragments",
      (objects) => change(objects, fragments, (_, view) => view.setUint32(headerBytes + 12, 3, true)),
      "corrupt",
      "vertex_fragments",
    ],
    [
      "a fragment beyond the rows",
      (objects) =>
        objects.set(
          fragments,
          table(
            fragmentTable([
              [0, 2],
              [2, 3],
            ]),
          ),
        ),
      "corrupt",
      "3 rows from 2",
    ],
    [
      "a fragment before the rows",
      (objects) =>
        objects.set(
          fragments,
          table(
            fragmentTable([
              [-1, 2],
              [2, 2],
            ]),
          ),
        ),
      "corrupt",
      "from -1",
    ],
    [
      "a fragment beyond 2^53",
      (objects) =>
        change(objects, fragments, (_, view) => view.setBigInt64(headerBytes + 24, 2n ** 60n, true)),
      "corrupt",
      "out of range",
    ],
    [
      "a truncated table",
      (objects) =>
        objects.set(
          fragments,
          table(
            fragmentTable([
              [0, 2],
              [2, 2],
            ]).slice(0, -9),
          ),
        ),
      "corrupt",
      "bytes are expected",
    ],
    [
      "bytes after the table",
      (objects) =>
        objects.set(
          fragments,
          table(
            Uint8Array.of(
              ...fragmentTable([
                [0, 2],
                [2, 2],
              ]),
              0,
            ),
          ),
        ),
      "corrupt",
      "left at the end",
    ],
    ["no table", (objects) => void objects.delete(fragments), "corrupt", "vertex_fragments"],
    ["no vertices", (objects) => void objects.delete(vertices), "corrupt", "vertices"],
    [
      "half a vertex",
      (objects) => objects.set(vertices, table(new Uint8Array(4 * 10))),
      "corrupt",
      "0/vertices 0.0.0",
    ],
    [
      "a fragment that is not there",
      (objects) =>
        objects.set(manifests, items([manifestOf([[[0, 0, 0], 7]]), manifestOf([[[0, 0, 0], 1]])])),
      "corrupt",
      "fragment 7",
    ],
    [
      "a chunk that is not there",
      (objects) =>
        objects.set(manifests, items([manifestOf([[[5, 5, 5], 0]]), manifestOf([[[0, 0, 0], 1]])])),
      "corrupt",
      "5.5.5",
    ],
    [
      "a manifest of a thousand million blocks",
      (objects) => change(objects, manifests, (_, view) => view.setUint32(8, 1_000_000_000, true)),
      "corrupt",
      "bytes are expected",
    ],
    [
      "a block of an unknown mode",
      (objects) => change(objects, manifests, (bytes) => (bytes[8 + 4 + 24] = 7)),
      "corrupt",
      "mode 7",
    ],
    [
      "a truncated manifest",
      (objects) =>
        objects.set(manifests, items([manifestOf([[[0, 0, 0], 0]]).slice(0, 20), new Uint8Array(0)])),
      "corrupt",
      "row 0",
    ],
    [
      "fewer manifests than objects",
      (objects) => objects.set(manifests, items([manifestOf([[[0, 0, 0], 0]])])),
      "corrupt",
      "1 items are stored of 2",
    ],
    [
      "a manifest longer than the array",
      (objects) => change(objects, manifests, (_, view) => view.setUint32(4, 0xfffffff0, true)),
      "corrupt",
      "bytes are expected",
    ],
  ])("%s", async (_, damage, code, word) => {
    const objects = made();
    damage(objects);
    const failure = await read(objects);
    expect(isReaderError(failure) && failure.code, String(failure)).toBe(code);
    expect(String(failure)).toContain(word);
  });

  it("a manifest that names a run of all fragments there could be is refused", async () => {
    const objects = made();
    const blob = new DataView(new ArrayBuffer(4 + 24 + 1 + 16));
    blob.setUint32(0, 1, true);
    blob.setUint8(28, 1);
    blob.setBigInt64(37, 2n ** 32n - 2n, true);
    objects.set(manifests, items([new Uint8Array(blob.buffer), new Uint8Array(0)]));
    const failure = await read(objects);
    expect(isReaderError(failure, "limit-exceeded"), String(failure)).toBe(true);
  });

  it("objects by the thousand million, of which nothing is stored, end at a limit", async () => {
    const objects = made();
    const root = JSON.parse(new TextDecoder().decode(objects.get("/zarr.json")));
    const { metadata } = root.consolidated_metadata;
    const count = 2 ** 30;
    metadata["0/object_index"].attributes.num_objects = count;
    const array = metadata["0/object_index/manifests"];
    array.shape = [count];
    array.chunk_grid.configuration.chunk_shape = [count];
    objects.set("/zarr.json", new TextEncoder().encode(JSON.stringify(root)));
    objects.delete(manifests);
    const failure = await read(objects);
    expect(isReaderError(failure, "limit-exceeded"), String(failure)).toBe(true);
    expect(String(failure)).toContain("manifests");
  });

  it("overlapping fragments are what they are, and circles of manifests end at a limit", async () => {
    const rows = 100_000;
    const long = new Float32Array(3 * rows).map((_, at) => at % 7);
    const objects = writeVectors({ chunkSize: 10, dims: 3, lines: [long], geometry: "streamline" });
    objects.set(
      fragments,
      table(
        fragmentTable([
          [0, rows],
          [0, rows],
        ]),
      ),
    );
    const twice = manifestOf([
      [[0, 0, 0], 0],
      [[0, 0, 0], 1],
    ]);
    objects.set(manifests, items([twice]));
    expect(await read(objects)).toMatchObject({ length: 1, startIndices: Uint32Array.of(0, 2 * rows) });
    const circle = manifestOf(Array.from({ length: 2000 }, (_, at) => [[0, 0, 0], at % 2] as const));
    objects.set(manifests, items([circle]));
    const failure = await read(objects);
    expect(isReaderError(failure, "limit-exceeded"), String(failure)).toBe(true);
  });

  it.each([
    ["0.8.0", "0.8.0"],
    ["0.10", "0.10"],
    ["0.5.1", "0.5.1"],
    ["1.0", "1.0"],
  ])("format %s is refused by name, with what can be read", async (version, word) => {
    const objects = made();
    const root = JSON.parse(new TextDecoder().decode(objects.get("/zarr.json")));
    root.attributes.zarr_vectors.zv_version = version;
    objects.set("/zarr.json", new TextEncoder().encode(JSON.stringify(root)));
    const failure = await read(objects);
    expect(isReaderError(failure, "unsupported")).toBe(true);
    expect(String(failure)).toContain(word);
    expect(String(failure)).toContain("0.6, 0.7, 0.9");
  });

  it("a level that holds only what coarser ones lack is not taken for whole where there are none", async () => {
    const objects = made();
    const root = JSON.parse(new TextDecoder().decode(objects.get("/zarr.json")));
    root.consolidated_metadata.metadata["0"].attributes.zarr_vectors_level.refinement = "add";
    objects.set("/zarr.json", new TextEncoder().encode(JSON.stringify(root)));
    const failure = await read(objects);
    expect(isReaderError(failure, "invalid-metadata") && failure.message).toContain(
      'its refinement is "add"',
    );
  });
});
