/**
 * A source of each kind and format among the fixtures, for rules that hold for all.
 *
 * @module
 */
import type { AnySource, Dataset } from "../../src/index.js";
import type { FixtureFamily } from "./fixtures.js";

/** What it is, the fixture's family and name, and how it is taken from the dataset. */
export const kindsOfSources: readonly (readonly [
  string,
  FixtureFamily,
  string,
  (dataset: Dataset) => AnySource,
])[] = [
  ["a grid of Zarr", "zarr", "made-time-lat-lon-v3", (dataset) => dataset.grid("air")],
  ["a grid of TileDB", "tiledb", "dense-cube", (dataset) => dataset.grid()],
  ["a grid of ATLAS", "demo", "ocean-profiles", (dataset) => dataset.grid("float 01 cycle 1/temperature")],
  ["points of Zarr-Vectors", "zarr-vectors", "pyramid", (dataset) => dataset.points()],
  ["points of TileDB", "tiledb", "als-fragments", (dataset) => dataset.points()],
  ["points of ATLAS", "demo", "ocean-profiles", (dataset) => dataset.points()],
  ["polylines", "zarr-vectors-shapes", "streamlines-attributes", (dataset) => dataset.polylines()],
  ["a graph", "zarr-vectors-shapes", "graph-attributes", (dataset) => dataset.graph()],
  ["a mesh", "zarr-vectors-shapes", "mesh-attributes", (dataset) => dataset.mesh()],
];
