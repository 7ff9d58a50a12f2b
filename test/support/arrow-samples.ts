/**
 * Results with everything that a column may carry, for tests of Arrow tables: the unit tests', and those that pyarrow reads.
 *
 * @module
 */
import { annotate, type GridTable, type PointTable, type PolylineTable } from "../../src/core/table.js";

const validity = Uint8Array.of(1, 0, 1);

const points: PointTable = {
  kind: "points",
  length: 3,
  dims: 3,
  positions: Float64Array.of(1.5, 2.5, 3.5, 4.5, 5.5, 6.5, -7.5, 8.5, 9.5),
  fields: {
    height: annotate(Float32Array.of(1, 2, 3), { unit: "m", validity }),
    id: BigInt64Array.of(2n ** 62n, -1n, 0n),
    // A code that no category has stands where there is no value.
    kind: annotate(Int8Array.of(1, -1, 0), { categories: ["rock", "tree"], validity }),
    name: ["ü", "", "日本"],
    blob: [Uint8Array.of(0, 255), new Uint8Array(0), Uint8Array.of(1)],
    ok: Uint8Array.of(1, 0, 1),
    rgb: annotate(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), { width: 3 }),
  },
};

const lines: PolylineTable = {
  kind: "polylines",
  length: 3,
  dims: 2,
  positions: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
  startIndices: Uint32Array.of(0, 2, 2, 5),
  fields: { length: annotate(Float64Array.of(1.5, 0, 2.5), { validity }) },
  vertexFields: {
    speed: annotate(Int16Array.of(10, 20, 30, 40, 50), { validity: Uint8Array.of(1, 1, 1, 0, 1) }),
    length: Uint8Array.of(1, 2, 3, 4, 5),
  },
  ids: BigInt64Array.of(7n, 8n, 9n),
};

const grid: GridTable = {
  kind: "grid",
  dtype: "float32",
  data: Float32Array.of(0, 1, 2, 3, 4, 5),
  unit: "K",
  shape: [2, 3],
  stride: [3, 1],
  axes: [
    { name: "lat", values: Float64Array.of(50, 40), unit: "degrees_north", labelled: true },
    { name: "lon", values: Int16Array.of(1, 2, 3), unit: "degrees_east", labelled: true },
  ],
};

export const arrowSamples = { points, lines, grid } as const;
