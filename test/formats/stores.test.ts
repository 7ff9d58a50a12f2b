/**
 * Zarr in zip archives and behind kerchunk references, opened by `open` from every place such files lie in: whole arrays and
 * selections as the reference packages read them.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GridSelection } from "../../src/core/source.js";
import { open } from "../../src/open.js";
import type { StorageOptions } from "../../src/store/storage-options.js";
import { createStore } from "../../src/store/url.js";
import { listFixtures } from "../support/fixtures.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";

const folder = new URL("../fixtures/stores/", import.meta.url);
const fixtures = listFixtures("stores");

let server: S3Server;
beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("private");
  server.createBucket("public", { publicRead: true });
  for (const bucket of ["private", "public"]) server.mount(bucket, "a b/", folder.pathname);
});
afterAll(() => server.close());

type Place = readonly [string, (file: string) => readonly [string | URL | File, StorageOptions]];

const places: readonly Place[] = [
  ["a path", (file) => [new URL(file, folder).pathname, {}]],
  ["a file: URL", (file) => [new URL(file, folder), {}]],
  ["http", (file) => [`${server.url}/public/a%20b/${file}`, {}]],
  [
    "s3, signed",
    (file) => {
      const { accessKeyId, secretAccessKey } = server.account;
      const credentials = { accessKeyId, secretAccessKey };
      return [`s3://private/a b/${file}`, { endpoint: server.url, region: "eu-central-1", credentials }];
    },
  ],
];

describe.each(fixtures.map((fixture) => [basename(fixture.path), fixture] as const))(
  "%s",
  (file, fixture) => {
    it.each(places)("from %s", async (_, place) => {
      const [location, options] = place(file);
      const data = await open(location as string, { ...options, pool: 0 });
      const { arrays, formatVersion } = fixture.answers;
      expect(data.formatVersion).toBe(formatVersion);
      expect([...data.sources.keys()].sort()).toEqual(Object.keys(arrays).sort());
      for (const [name, expected] of Object.entries(arrays)) {
        const source = data.grid(name);
        const whole = await source.read();
        expect(whole.shape).toEqual(expected.shape);
        expect(fixture.difference(expected.data, whole.data as ArrayBufferView), name).toBeUndefined();
        for (const { selection, data: wanted } of expected.selections) {
          const part = await source.read(selection as unknown as GridSelection);
          expect(
            fixture.difference(wanted, part.data as ArrayBufferView),
            `${name} ${JSON.stringify(selection)}`,
          ).toBeUndefined();
        }
      }
      data.close();
    });
  },
);

const archives = fixtures.filter(({ path }) => path.endsWith(".zip"));

it.each(archives.map((fixture) => [basename(fixture.path), fixture] as const))(
  "%s, dropped on the page",
  async (file, fixture) => {
    const data = await open(new File([readFileSync(new URL(file, folder))], file), { pool: 0 });
    for (const [name, expected] of Object.entries(fixture.answers.arrays)) {
      expect(
        fixture.difference(expected.data, (await data.grid(name).read()).data as ArrayBufferView),
        name,
      ).toBeUndefined();
    }
    data.close();
  },
);

it("a box over a zip archive: labels, and few requests", async () => {
  server.reset();
  const data = await open(`${server.url}/public/a%20b/stored-v3.zip`, { pool: 0 });
  // The size, the end of the archive with all of its directory, the root's metadata, and the others' in one range.
  expect(server.counters.requests).toBeLessThanOrEqual(4);
  const before = server.counters.requests;
  const table = await data.grid("plain").query({ bbox: [-2, 42, 3, 46] });
  expect(table.shape).toEqual([5, 6]);
  expect(table.axes.map((axis) => [...axis.values])).toEqual([
    [42, 43, 44, 45, 46],
    [-2, -1, 0, 1, 2, 3],
  ]);
  expect(server.counters.requests - before).toBeLessThanOrEqual(2);
  data.close();
});

// Not of deflated shards: their index is read by inflating them, which leaves nothing to pay.
describe("the price told is the price paid", () => {
  it.each(["stored-v3.zip", "stored-v2.zip", "references-v1.json", "references-generated.json"])(
    "%s",
    async (file) => {
      const { store } = await createStore(`${server.url}/public/a%20b/${file}`, { cache: 0 });
      const data = await open(store, { cache: 0, pool: 0 });
      for (const [name, source] of data.sources) {
        if (source.kind !== "grid" || source.info.role !== "data") continue;
        await source.axes();
        const { requests, bytes } = await source.explain();
        const before = store.stats();
        await source.query();
        const after = store.stats();
        const spent = {
          requests: after.requests - before.requests,
          bytes: after.bytesReceived - before.bytesReceived,
        };
        expect(spent.requests, name).toBe(requests);
        expect(spent.bytes, name).toBeLessThanOrEqual(bytes * 1.1);
        expect(spent.bytes, name).toBeGreaterThanOrEqual(bytes * 0.9);
      }
    },
  );
});
