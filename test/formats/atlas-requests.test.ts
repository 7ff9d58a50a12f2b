/**
 * What ATLAS stores cost: requests, counted by a server.
 */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { open } from "../../src/index.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";

let server: S3Server;
beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("atlas", { publicRead: true });
  server.mount("atlas", "", fileURLToPath(new URL("../fixtures/", import.meta.url)));
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const openStore = (path: string) => open(`${server.url}/atlas/${path}`, { format: "atlas", pool: 0 });

it("one array, cold: the metadata, two files, and its block", async () => {
  const dataset = await openStore("atlas-profiles/atlas14-thousand.atlas");
  expect(server.counters.requests).toBe(1);
  await dataset.grid("cast_500/temperature").query();
  dataset.close();
  // The index of a thousand datasets is longer than what is read of an end at first; the last file is looked for once.
  expect(server.counters.requests).toBeLessThanOrEqual(1 + 2 + 2 + 1);
});

it("a small store, cold: three requests and the block", async () => {
  const dataset = await openStore("atlas/atlas14-compacted.atlas");
  await dataset.grid("2024/v").query();
  dataset.close();
  expect(server.counters.requests).toBeLessThanOrEqual(3 + 1);
});

it.each([undefined, 1, 8])(
  "a thousand datasets in one plan, at once at most %s blocks",
  async (concurrency) => {
    const dataset = await openStore("atlas-profiles/atlas14-thousand.atlas");
    const table = await dataset.acrossDatasets("temperature", {
      stacked: true,
      ...(concurrency && { concurrency }),
    });
    dataset.close();
    const expected = Float32Array.from({ length: 5000 }, (_, at) => Math.floor(at / 5) + (at % 5));
    expect(table.shape).toEqual([1000, 5]);
    expect(table.data).toEqual(expected);
    expect(server.counters.requests).toBeLessThanOrEqual(1 + 2 + 2 + 1);
  },
);

it("a box over all profiles: what each array costs, once", async () => {
  const dataset = await openStore("demo/ocean-profiles.atlas");
  const { length } = await dataset.points().query({ bbox: [-45, 30, -25, 45], fields: ["temperature"] });
  expect(length).toBeGreaterThan(0);
  // Longitude, latitude, depth, temperature: two files, the look for a third, and a block.
  expect(server.counters.requests).toBeLessThanOrEqual(1 + 4 * 4);
  const before = server.counters.requests;
  await dataset.points().query({ bbox: [-30, 20, -15, 35], fields: ["temperature"] });
  expect(server.counters.requests).toBe(before);
  dataset.close();
});
