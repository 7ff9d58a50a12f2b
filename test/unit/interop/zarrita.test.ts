/**
 * zarrita and this library over each other's stores, and zarrita's arrays decoded by this library.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, expectTypeOf, it } from "vitest";
import * as zarr from "zarrita";
import type { AbsolutePath } from "../../../src/core/plan.js";
import { workerChunks } from "../../../src/exports/zarrita.js";
import { open } from "../../../src/open.js";
import type { BlobStore } from "../../../src/store/blob.js";
import type { HttpStore } from "../../../src/store/http.js";
import { MemoryStore } from "../../../src/store/memory.js";
import { NodeFsStore } from "../../../src/store/node-fs.js";
import type { S3Store } from "../../../src/store/s3.js";
import type { StoreLike } from "../../../src/store/types.js";
import { createStore, type StoreHandle } from "../../../src/store/url.js";
import type { ZipStore } from "../../../src/store/zip.js";
import { createPool } from "../../../src/worker/pool.js";
import { type Fixture, listFixtures, loadFixture, type ZarrAnswers } from "../../support/fixtures.js";
import { createS3Server } from "../../support/s3-server/server.js";
import { openZip } from "../../support/unzip.js";

describe("types", () => {
  it("every store of ours is one of zarrita's", () => {
    expectTypeOf<HttpStore>().toExtend<zarr.AsyncReadable>();
    expectTypeOf<S3Store>().toExtend<zarr.AsyncReadable>();
    expectTypeOf<MemoryStore>().toExtend<zarr.AsyncReadable>();
    expectTypeOf<BlobStore>().toExtend<zarr.AsyncReadable>();
    expectTypeOf<NodeFsStore>().toExtend<zarr.AsyncReadable>();
    expectTypeOf<ZipStore>().toExtend<zarr.AsyncReadable>();
    expectTypeOf<StoreHandle>().toExtend<zarr.AsyncReadable>();
  });

  it("every store of zarrita's is taken by open", () => {
    expectTypeOf<zarr.Readable>().toExtend<StoreLike>();
    expectTypeOf<zarr.FetchStore>().toExtend<StoreLike>();
    expectTypeOf<Map<string, Uint8Array>>().toExtend<StoreLike>();
    expectTypeOf<zarr.Readable>().toExtend<Parameters<typeof open>[0]>();
  });

  it("the extension is one of zarrita's", () => {
    expectTypeOf(workerChunks()).toExtend<zarr.ArrayExtension>();
  });
});

/** zarrita keeps the order of the encoded array. */
function inOrder(data: Int32Array, shape: readonly number[], stride: readonly number[]): Int32Array {
  return data.slice().map((_, index) => {
    let rest = index;
    let at = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (rest % shape[axis]!) * stride[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return data[at]!;
  });
}

const made = loadFixture("zarr", "made-time-lat-lon-v3") as Fixture<ZarrAnswers>;

describe("stores", () => {
  it("ours serve zarrita, and zarrita's serve us", async () => {
    const server = await createS3Server();
    try {
      server.createBucket("zarr", { publicRead: true });
      server.mount("zarr", "", made.path);
      const { store } = await createStore(`${server.url}/zarr`);
      const theirs = new zarr.FetchStore(`${server.url}/zarr/`);
      const expected = made.answers.arrays.air!;
      const array = await zarr.open(zarr.root(store).resolve("air"), { kind: "array" });
      expect(made.difference(expected.data, (await zarr.get(array)).data as Int16Array)).toBeUndefined();
      const air = await open(await zarr.extendStore(theirs), { pool: 0 }).catch((thrown: unknown) => thrown);
      // A store that cannot list has no way to a group's arrays but consolidated metadata.
      expect(String(air)).toContain("consolidate");
      const { data } = await (
        await open({ get: (key, options) => theirs.get(`/air${key}`, options) }, { pool: 0 })
      )
        .grid()
        .read();
      expect(made.difference(expected.data, data as Int16Array)).toBeUndefined();
    } finally {
      await server.close();
    }
  });

  it("are told of the signal alone, unless they call meters", async () => {
    const told: unknown[] = [];
    const store = {
      get: async (_key: string, options?: object) => {
        told.push(options);
        return undefined;
      },
    };
    await open(store, { pool: 0 }).catch(() => {});
    expect(told.length).toBeGreaterThan(0);
    for (const options of told)
      expect(Object.keys(options as object).filter((name) => name !== "signal")).toEqual([]);
  });
});

describe("zarrita's arrays in our workers", () => {
  const pool = createPool({ workers: 2, inlineBytes: 0 });
  const messages: string[] = [];
  const workers = workerChunks({ pool, onDiagnostic: ({ message }) => messages.push(message) });
  afterAll(() => pool.dispose());

  /** Types that zarrita has too, and arrays whose layout it reads right. */
  const fixtures = listFixtures("zarr").filter(({ name }) =>
    /-(types|layout|codecs|sharded|fill|numcodecs|root-array)$/.test(name),
  );

  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
    const root = zarr.root(new NodeFsStore(fixture.path));
    let read = 0;
    for (const [path, expected] of Object.entries(fixture.answers.arrays)) {
      const opened = await zarr.open(root.resolve(path), { kind: "array" }).catch(() => undefined);
      if (opened === undefined) continue;
      // zarrita leaves the transpose out: see below.
      if (path === "outer-transpose") continue;
      const array = await zarr.extendArray(opened, workers);
      // Left to zarrita: its own types and grids. It cannot select nothing, and gives scalars as they are.
      if (array === opened || array.shape.length === 0 || array.shape.includes(0)) continue;
      read++;
      const { data, shape, stride } = await zarr.get(array);
      const values = inOrder(data as Int32Array, shape, stride);
      expect(fixture.difference(expected.data, values), path).toBeUndefined();
    }
    expect(read).toBeGreaterThan(0);
  });

  it("refuses shards whose codecs zarrita would leave out", async () => {
    const objects = openZip(
      readFileSync(new URL("../../fixtures/zarr-types/v3-shards.zip", import.meta.url)),
    );
    const { consolidated_metadata } = JSON.parse(new TextDecoder().decode(objects.get("zarr.json")));
    const nodes = Object.entries(consolidated_metadata.metadata).map(([path, node]) => {
      return [`${path}/zarr.json`, new TextEncoder().encode(JSON.stringify(node))] as const;
    });
    const entries = [...objects, ...nodes].map(([key, bytes]) => [`/${key}` as AbsolutePath, bytes] as const);
    const root = zarr.root(new MemoryStore(new Map(entries)));
    const extend = async (path: string): Promise<unknown> =>
      zarr.extendArray(await zarr.open(root.resolve(path), { kind: "array" }), workers);
    for (const path of ["int16/after-zstd", "bool/after-crc32c", "int16/before-cast-fill-6-part"]) {
      const outcome = await extend(path).catch((thrown: unknown) => String(thrown));
      // Codecs that work on each item by themselves are undone here, in zarrita's own grid.
      if (path.includes("cast")) expect((await zarr.get(outcome as zarr.Array<"int16">)).data).toContain(6);
      else expect(outcome).toMatch(/unsupported: .*leaves out the codecs around its shards/);
    }
  });

  it("says what stays with zarrita", () => {
    expect(messages.join()).toContain("is decoded by zarrita");
  });

  it("gives chunks whole, at the edge and where nothing is stored, in shared memory too", async () => {
    const fixture = loadFixture("zarr", "v3-fill") as Fixture<ZarrAnswers>;
    const root = zarr.root(new NodeFsStore(fixture.path));
    for (const path of Object.keys(fixture.answers.arrays).slice(0, 6)) {
      const plain = await zarr.open(root.resolve(path), { kind: "array" }).catch(() => undefined);
      if (plain === undefined) continue;
      const array = await zarr.extendArray(plain, workers);
      const coordinates = array.shape.map((length, axis) => Math.ceil(length / array.chunks[axis]!) - 1);
      const [mine, theirs] = await Promise.all([array.getChunk(coordinates), plain.getChunk(coordinates)]);
      expect(mine.shape).toEqual(theirs.shape);
      expect(mine.data, path).toEqual(theirs.data);
      if (array === plain) continue;
      const shared = await array.getChunk(coordinates, {}, { useSharedArrayBuffer: true });
      expect((shared.data as Uint8Array).buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(shared.data).toEqual(mine.data);
    }
  });

  it("stops when it is asked to", async () => {
    const array = await zarr.extendArray(
      await zarr.open(zarr.root(new NodeFsStore(made.path)).resolve("quality"), { kind: "array" }),
      workers,
    );
    const reason = new Error("left");
    await expect(array.getChunk([0, 0], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("a pool of its own ends when it is disposed of", async () => {
    const own = workerChunks();
    const opened = await zarr.open(zarr.root(new NodeFsStore(made.path)).resolve("quality"), {
      kind: "array",
    });
    const array = await zarr.extendArray(opened, own);
    await array.getChunk([0, 0]);
    own.dispose();
    await expect(array.getChunk([1, 0])).rejects.toMatchObject({ code: expect.any(String) });
  });
});
