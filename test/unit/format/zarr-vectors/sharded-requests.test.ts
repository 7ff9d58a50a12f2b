/**
 * Points in shards: the requests of a query that was not explained before, in workers and on this thread.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { open } from "../../../../src/index.js";
import { listFixtures } from "../../../support/fixtures.js";
import { startedPool } from "../../../support/loopback-worker.js";
import { createS3Server, type S3Server } from "../../../support/s3-server/server.js";

let server: S3Server;
const sharded = listFixtures("zarr-vectors").filter(({ name }) => /^airports-west-sharded/.test(name));

beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("open", { publicRead: true });
  for (const { name, path } of listFixtures("zarr-vectors")) server.mount("open", `${name}/`, path);
});
afterAll(() => server.close());

const chunkLog = (): string[] =>
  server.log
    .filter(({ key }) => key.includes("/c/"))
    .map(({ method, key, range }) => `${method} ${key} ${range}`);

describe.each(sharded.map(({ name }) => name))("%s", (name) => {
  it.each(["workers", "page"] as const)("all points: one request for each shard (%s)", async (where) => {
    const { pool } = await startedPool({ workers: where === "workers" ? 2 : 0 });
    try {
      const explained = await open(`${server.url}/open/${name}`, { kind: "points", pool });
      await explained.explain();
      const expected = await explained.query();
      server.reset();
      const points = await open(`${server.url}/open/${name}`, { kind: "points", pool });
      server.reset();
      expect(await points.query()).toEqual(expected);
      const asked = chunkLog();
      expect(asked.length).toBeGreaterThan(1);
      expect(new Set(asked).size).toBe(asked.length);
      expect(asked.filter((one) => !/^GET .* undefined$/.test(one))).toEqual([]);
    } finally {
      pool.dispose();
    }
  });

  it("a box: its rows are those of all that lie in it", async () => {
    const points = await open(`${server.url}/open/${name}`, { kind: "points", pool: 0 });
    const [x0, y0] = points.info.bounds!;
    server.reset();
    const bbox = [x0!, y0!, x0! + 1, y0! + 1] as const;
    const few = await points.query({ bbox });
    const all = await (await open(`${server.url}/open/${name}`, { kind: "points", pool: 0 })).query();
    const inside = Array.from({ length: all.length }, (_, row) => row).filter((row) => {
      const [x, y] = [all.positions[row * all.dims]!, all.positions[row * all.dims + 1]!];
      return x >= bbox[0] && x <= bbox[2] && y >= bbox[1] && y <= bbox[3];
    });
    expect(few.length).toBe(inside.length);
  });
});
