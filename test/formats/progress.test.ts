/**
 * What `onProgress` promises of every kind of source: counts never fall, and nothing is told once the query has settled.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { open, type Progress, type SourceKind } from "../../src/index.js";
import { fixturesRoot } from "../support/price-trials.js";

const counts = ["partsDone", "partsTotal", "requests", "bytes", "rows"] as const;

const samples: readonly (readonly [SourceKind, string])[] = [
  ["grid", "zarr/topobathy-v3-sharded.zarr"],
  ["grid", "tiledb/dense-cube.tdb"],
  ["grid", "atlas/atlas14-zstd-msgpack.atlas"],
  ["points", "tiledb/als-raw.tdb"],
  ["points", "demo/ocean-profiles.atlas"],
  ["points", "zarr-vectors/airports-west-sharded-zstd.zarrvectors"],
  ["polylines", "zarr-vectors-shapes/streamlines.zarrvectors"],
  ["graph", "zarr-vectors-shapes/graph.zarrvectors"],
  ["mesh", "zarr-vectors-shapes/mesh.zarrvectors"],
];

describe.each(samples)("%s of %s", (kind, path) => {
  it.each(["query", "stream"] as const)("%s", async (way) => {
    const dataset = await open(`${fixturesRoot}${path}`, { pool: 0 });
    const source = [...dataset.sources.values()].find(
      (one) => one.kind === kind && one.info.role === "data",
    )!;
    const told: Progress[] = [];
    const onProgress = (progress: Progress): void => {
      told.push({ ...progress });
    };
    if (way === "query") await source.query({}, { onProgress });
    else for await (const _ of source.stream({}, { onProgress })) void _;
    const settled = told.length;
    expect(settled).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told.length).toBe(settled);
    for (const [index, later] of told.slice(1).entries()) {
      const earlier = told[index]!;
      for (const count of counts) {
        if (earlier[count] === undefined) continue;
        expect(later[count], count).toBeGreaterThanOrEqual(earlier[count]);
      }
    }
    const { partsDone, partsTotal = partsDone } = told.at(-1)!;
    expect(partsDone).toBe(partsTotal);
    dataset.close();
  });
});

it("an archive by the name that OME-Zarr gives it", async () => {
  const file = new File([readFileSync(`${fixturesRoot}stores/stored-v3.zip`)], "stored.ozx");
  const { sources } = await open(file, { pool: 0 });
  expect(sources.size).toBeGreaterThan(0);
});
