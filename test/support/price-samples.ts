/**
 * Stores of each format whose prices are checked in browsers, and what is asked of them.
 *
 * @module
 */
import type { Bbox } from "../../src/core/bbox.js";
import type { SourceKind } from "../../src/core/source.js";

export interface PriceSample {
  /** Below the fixtures. */
  readonly path: string;
  readonly kind: SourceKind;
  readonly bbox?: Bbox;
}

export const priceSamples: Readonly<Record<string, PriceSample>> = {
  "zarr-chunks": {
    path: "zarr/topobathy-v2-consolidated-blosc.zarr",
    kind: "grid",
    bbox: [235.4, 48.5, 236, 49],
  },
  "zarr-shards": { path: "zarr/topobathy-v3-sharded.zarr", kind: "grid", bbox: [235.4, 48.5, 236, 49] },
  "zarr-archive": { path: "stores/stored-v3.zip", kind: "grid" },
  points: { path: "demo/airports.zarrvectors", kind: "points", bbox: [0, 40, 20, 60] },
  lines: { path: "zarr-vectors-shapes/streamlines.zarrvectors", kind: "polylines" },
  "tiledb-sparse": { path: "demo/forest.tdb", kind: "points" },
  "tiledb-dense": { path: "tiledb/dense-cube.tdb", kind: "grid" },
  "atlas-directory": { path: "atlas/atlas14-zstd-msgpack.atlas", kind: "grid" },
  "atlas-container": { path: "atlas/atlas172-zstd.atlas", kind: "grid" },
  "atlas-profiles": { path: "demo/ocean-profiles.atlas", kind: "points" },
};

/** Where each is asked what: a place of its own, so that no cache of the browser's knows it. */
export const priceWays = ["workers", "page"] as const;
export const priceQuestions = ["whole", "box"] as const;

export function placeOfSample(
  way: (typeof priceWays)[number],
  question: (typeof priceQuestions)[number],
  name: string,
): string {
  const { path } = priceSamples[name]!;
  return `${way}/${question}/${name}${path.slice(path.lastIndexOf("."))}`;
}
