/**
 * What `estimate` tells of whole stores, against the files on disk.
 */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { open } from "../../src/index.js";
import { type FixtureFamily, listFixtures } from "../support/fixtures.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";

const root = fileURLToPath(new URL("../fixtures/", import.meta.url));
const families: readonly FixtureFamily[] = [
  "zarr",
  "grids",
  "zarr-vectors",
  "zarr-vectors-shapes",
  "tiledb",
  "atlas",
];

let server: S3Server;
beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("listed", { publicRead: true, publicList: true });
  server.createBucket("bare", { publicRead: true, publicList: false });
  for (const bucket of ["listed", "bare"]) server.mount(bucket, "", root);
});
afterAll(() => server.close());

interface OnDisk {
  readonly objects: number;
  readonly bytes: number;
}

function filesOf(folder: string, isCounted: (name: string) => boolean = () => true): OnDisk {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && isCounted(entry.name),
  );
  const sizes = files.map((file) => statSync(join(file.parentPath, file.name)).size);
  return { objects: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

const place = (bucket: string, path: string): string => `s3://${bucket}/${path.slice(root.length)}`;
const anonymous = { region: "us-east-1", credentials: "anonymous", pool: 0 } as const;

describe.each(families)("%s", (family) => {
  it.each(listFixtures(family).map(({ path }) => [basename(path), path] as const))(
    "%s, listed",
    async (_, path) => {
      const data = await open(place("listed", path), { ...anonymous, endpoint: server.url });
      const before = server.counters.requests;
      const { objects, bytes, from, usdPerMonth } = await data.estimate();
      expect({ objects, bytes, from }).toEqual({ ...filesOf(path), from: "listing" });
      expect(usdPerMonth).toBeCloseTo((bytes * 0.023) / 1e9, 12);
      expect(server.counters.requests - before).toBe(1);
      data.close();
    },
  );
});

it("rates of the user's", async () => {
  const path = `${root}zarr/topobathy-v3-sharded.zarr`;
  const data = await open(place("listed", path), { ...anonymous, endpoint: server.url });
  const rates = { usdPerGBMonth: 1e9, usdPerMillionGets: 1e6, usdPerGB: 0 };
  const { objects, bytes, usdPerMonth, usdToReadOnce, usdPerMillionGets } = await data.estimate({ rates });
  expect({ usdPerMonth, usdToReadOnce, usdPerMillionGets }).toEqual({
    usdPerMonth: bytes,
    usdToReadOnce: objects,
    usdPerMillionGets: 1e6,
  });
});

it("an archive is one object", async () => {
  const data = await open(`${server.url}/listed/stores/stored-v3.zip`, { pool: 0 });
  const { objects, bytes } = await data.estimate();
  expect(objects).toBe(1);
  const { size } = statSync(`${root}stores/stored-v3.zip`);
  expect(bytes).toBeLessThanOrEqual(size);
});

describe("where nothing is listed", () => {
  it.each([
    ["zarr/topobathy-v2-consolidated-blosc.zarr", (name: string) => !name.startsWith(".z")],
    ["zarr/topobathy-v3-sharded.zarr", (name: string) => name !== "zarr.json"],
    ["grids/ndpyramid.zarr", (name: string) => !name.startsWith(".z")],
  ])("%s: the chunks that metadata tell of", async (path, isChunk) => {
    const data = await open(`${server.url}/bare/${path}`, { pool: 0 });
    const before = server.log.length;
    const { objects, bytes, from, notes } = await data.estimate();
    expect({ objects, bytes, from }).toEqual({ ...filesOf(root + path, isChunk), from: "metadata" });
    expect(notes.join()).toMatch(/does not list/);
    // Indexes of shards and labels are read, chunks of data are not.
    const whole = server.log
      .slice(before)
      .filter(({ method, range, status = 0 }) => method === "GET" && range === undefined && status < 300);
    expect(whole.filter(({ key }) => !/\/(lat|lon|time|x|y)\//.test(key) && isChunk(basename(key)))).toEqual(
      [],
    );
  });
});
