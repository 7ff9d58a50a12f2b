/**
 * What a damaged or strange store over a real server comes to: an error that names it, through the public door.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isReaderError, open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { type FixtureFamily, loadFixture } from "../support/fixtures.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";
import type { Fault } from "../support/s3-server/types.js";

let server: S3Server;
const pool = createPool({ workers: 0 });

beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("open", { publicRead: true });
  for (const [family, name] of [
    ["zarr", "v3-codecs"],
    ["zarr", "v3-sharded"],
    ["zarr-vectors", "zstd"],
  ] as const satisfies readonly (readonly [FixtureFamily, string])[]) {
    server.mount("open", `${name}/`, loadFixture(family, name).path);
  }
});
afterEach(() => server.clearFaults());
afterAll(async () => {
  pool.dispose();
  await server.close();
});

async function failure(
  path: string,
  fault?: Fault,
  hit = "/c/0",
): Promise<{ code: string; message: string }> {
  if (fault !== undefined) server.addFault({ fault, path: new RegExp(hit), method: "GET" });
  try {
    const data = await open(`${server.url}/open/${path}`, { pool, cache: 0, retries: { attempts: 1 } });
    const source = data.source();
    await source.query();
  } catch (thrown) {
    if (!isReaderError(thrown)) throw thrown;
    return { code: thrown.code, message: thrown.message };
  }
  throw new Error("the damage went unnoticed");
}

describe("a store that was damaged on its way or at rest", () => {
  it.each(["v3-codecs/crc32c", "v3-codecs/zstd-checksum", "v3-codecs/gzip"])(
    "a flipped bit in a chunk of %s, which carries a checksum, is corrupt by key and codec",
    async (path) => {
      const { code, message } = await failure(path, { kind: "flip-bit", at: 200 });
      // A bit may also break the compressed stream before its checksum is reached.
      expect(["corrupt", "codec-failed"]).toContain(code);
      expect(message).toContain("c/0");
      expect(message).toMatch(/crc32c|zstd|gzip/);
    },
  );

  it.each([
    "v3-codecs/none",
    "v3-codecs/blosc-lz4-shuffle",
    "v3-codecs/blosc-zstd-bitshuffle",
    "v3-codecs/gzip",
    "v3-codecs/zstd",
    "v3-codecs/crc32c",
    "v3-codecs/transpose",
  ])("a truncated chunk of %s is refused by key", async (path) => {
    const { code, message } = await failure(path, { kind: "truncate", dropBytes: 7 });
    expect(["corrupt", "codec-failed", "short-body"]).toContain(code);
    expect(message).toContain("c/0");
  });

  it("a truncated cell of points is refused by key", async () => {
    const { code, message } = await failure("zstd", { kind: "truncate", dropBytes: 7 }, "/vertices/c/");
    expect(["corrupt", "codec-failed"]).toContain(code);
    expect(message).toContain("0/vertices");
  });
});

describe("metadata that is not what it should be", () => {
  async function withMetadata(
    change: (metadata: Record<string, unknown>) => void,
  ): Promise<{ code: string; message: string }> {
    const { path } = loadFixture("zarr", "v3-codecs");
    const { readFileSync } = await import("node:fs");
    const metadata = JSON.parse(readFileSync(`${path}/gzip/zarr.json`, "utf8")) as Record<string, unknown>;
    change(metadata);
    server.put("open", "changed/zarr.json", JSON.stringify(metadata));
    return failure("changed");
  }

  it("an unknown codec is refused by its name", async () => {
    const told = await withMetadata((metadata) => {
      metadata.codecs = [{ name: "bytes", configuration: { endian: "little" } }, { name: "pcodec" }];
    });
    expect(told).toMatchObject({ code: "unknown-codec", message: expect.stringContaining("pcodec") });
  });

  it.each([
    ["shape", [-4, 4], "shape"],
    ["shape", "four", "shape"],
    ["data_type", "float31", "float31"],
    ["fill_value", "plenty", "fill_value"],
    ["chunk_grid", { name: "spiral" }, "spiral"],
    ["chunk_key_encoding", { name: "morse" }, "morse"],
    ["storage_transformers", [{ name: "rot13" }], "rot13"],
    ["must_be_new", { must_understand: true }, "must_be_new"],
  ])("%s = %j is refused by name", async (key, value, word) => {
    const told = await withMetadata((metadata) => {
      metadata[key] = value;
    });
    expect(["invalid-metadata", "unsupported"]).toContain(told.code);
    expect(told.message).toContain(word);
  });
});

describe("what a source with one level and one field does not know is refused, by query and by read", () => {
  const openFixture = (family: FixtureFamily, name: string): ReturnType<typeof open> =>
    open(loadFixture(family, name).path, { pool });

  it("a dense array of TileDB", async () => {
    const name = "value";
    const grid = (await openFixture("tiledb", "dense-row-col")).grid(name);
    for (const [query, message] of [
      [{ level: 3 }, `${name} has no level 3`],
      [{ decode: "cf" }, '"decode"'],
      [{ fields: ["other"] }, `${name} has one field`],
    ] as const) {
      await expect(grid.query(query)).rejects.toThrow(message);
      if (!("fields" in query)) await expect(grid.read([], query)).rejects.toThrow(message);
    }
    expect((await grid.query({ level: 0, fields: [name] })).data).toEqual((await grid.read()).data);
  });

  it.each([
    ["tiledb", "als-raw"],
    ["atlas-profiles", "atlas10-profiles"],
  ] as const)("points of %s", async (family, name) => {
    const dataset = await openFixture(family, name);
    const points = dataset.points(name === "als-raw" ? undefined : "profiles");
    await expect(points.query({ level: 3 })).rejects.toThrow(/ha(s|ve) no level 3/);
    expect((await points.query({ level: 0, limit: 1 })).length).toBe(1);
  });
});
