/**
 * Budgets of queries: kept within, by a coarser level where one may be chosen, or refused before a chunk is read.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Dataset } from "../../src/index.js";
import { startFixtureServer } from "../support/fixture-server.js";
import { askedTwice, chunksAmong, type Trial, tryPrice } from "../support/price-trials.js";
import type { S3Server } from "../support/s3-server/server.js";

let server: S3Server;
let openFixture: (path: string) => Promise<Dataset>;
beforeAll(async () => {
  ({ server, openFixture } = await startFixtureServer());
});
afterAll(() => server.close());

it.each([
  ["zarr, sharded", "zarr/topobathy-v3-sharded.zarr", "grid"],
  ["zarr, whole chunks", "zarr/topobathy-v2-consolidated-blosc.zarr", "grid"],
  ["points", "zarr-vectors/airports-west.zarrvectors", "points"],
  ["polylines", "zarr-vectors-shapes/streamlines.zarrvectors", "polylines"],
  ["graph", "zarr-vectors-shapes/graph.zarrvectors", "graph"],
  ["mesh", "zarr-vectors-shapes/mesh.zarrvectors", "mesh"],
  ["tiledb, sparse", "tiledb/als-raw.tdb", "points"],
  ["tiledb, dense", "tiledb/dense-cube.tdb", "grid"],
  ["atlas, directory", "atlas/atlas14-zstd-msgpack.atlas", "grid"],
  ["atlas, container", "atlas/atlas172-zstd.atlas", "grid"],
  ["archive", "stores/stored-v3.zip", "grid"],
] as const)("%s: kept within, or refused before anything is read", async (_, path, kind) => {
  const dataset = await openFixture(path);
  const wanted = [...dataset.sources].filter(([, one]) => one.kind === kind && one.info.role === "data");
  const prices = await Promise.all(wanted.map(([, one]) => one.explain()));
  const index = prices.findIndex(({ requests }) => requests > 0);
  const [name] = wanted[index]!;
  const { requests, bytes } = prices[index]!;
  await (await openFixture(path)).source(name).query({ budget: { requests, bytes } } as never);
  const fresh = (await openFixture(path)).source(name);
  const before = server.log.length;
  for (const budget of [{ requests: requests - 1 }, { bytes: bytes - 1 }]) {
    await expect(fresh.query({ budget } as never)).rejects.toMatchObject({ code: "limit-exceeded" });
  }
  const refused = server.log.slice(before);
  const { chunks, queried } = (await tryPrice(fresh, {}, server.log)) as Trial;
  expect(chunksAmong(refused, path, chunks)).toEqual([]);
  expect(askedTwice(refused, queried)).toEqual([]);
});

it.each([
  ["grid", "grids/ndpyramid.zarr"],
  ["points", "zarr-vectors/pyramid.zarrvectors"],
  ["polylines", "zarr-vectors-shapes/streamlines-pyramid.zarrvectors"],
  ["graph", "demo/neurons.zarrvectors"],
  ["mesh", "zarr-vectors-shapes/mesh-pyramid.zarrvectors"],
] as const)("%s: the finest level that fits", async (kind, path) => {
  const { sources } = await openFixture(path);
  const source = [...sources.values()].find((one) => one.kind === kind && one.info.levels.length > 1)!;
  const [finest, coarser] = source.info.levels;
  const fine = await source.explain({ level: finest!.level });
  const coarse = await source.explain({ level: coarser!.level });
  expect(fine.notes.join()).toContain(`Level ${coarser!.level} would cost about 1/`);
  expect(coarse.bytes).toBeLessThan(fine.bytes);
  const query = { level: "auto", budget: { bytes: coarse.bytes } } as const;
  expect((await source.explain(query)).level).toBe(coarser!.level);
  expect(await source.query(query)).toEqual(await source.query({ level: coarser!.level }));
});
