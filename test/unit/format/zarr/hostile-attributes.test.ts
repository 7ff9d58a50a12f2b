/**
 * Attributes are anybody's: whatever they hold, a store opens or is refused by a typed error, and so is a query.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isReaderError } from "../../../../src/core/error.js";
import type { GridQuery } from "../../../../src/core/source.js";
import { openZarr } from "../../../../src/format/zarr/open.js";
import { arrayV3, bytesOf, groupV3, TestStore, testEngine } from "./support.js";

const sample = {
  multiscales: [
    {
      version: "0.4",
      axes: [
        { name: "y", type: "space", unit: "micrometer" },
        { name: "x", type: "space" },
      ],
      datasets: [
        { path: "0", coordinateTransformations: [{ type: "scale", scale: [1, 2] }] },
        {
          path: "1",
          crs: "EPSG:3857",
          coordinateTransformations: [
            { type: "scale", scale: [2, 4] },
            { type: "translation", translation: [0.5, 1] },
          ],
        },
      ],
      coordinateTransformations: [{ type: "scale", scale: [1, 1] }],
    },
  ],
  ome: {
    multiscales: { layout: [{ asset: "0", "spatial:transform": [1, 0, 0, 0, -1, 4] }, { asset: "g" }] },
  },
  "spatial:dimensions": ["y", "x"],
  "spatial:transform": [1, 0.5, 0, 0, -1, 4],
  "spatial:bbox": [0, 0, 4, 4],
  "proj:code": "EPSG:4326",
  resolution: 1,
  x_origin: 0,
  y_origin: 4,
  nx: 4,
  ny: 4,
  coordinates: "lon lat time",
  grid_mapping: "crs",
  GeoTransform: "0 1 0 4 0 -1",
  units: "days since 2000-01-01",
  calendar: "360_day",
  standard_name: "longitude",
  scale_factor: 0.5,
  add_offset: [1],
  _FillValue: "AAAAAAAA8H8=",
  missing_value: [-1, 3],
  valid_range: [0, 9],
  _Unsigned: "true",
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The places in a document, as paths of keys. */
function placesOf(value: Json, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner as Json, [...path, key]))];
}

function withValue(value: Json, [key, ...rest]: string[], replacement: Json): Json {
  if (key === undefined) return replacement;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const inside = (copy as Record<string, Json>)[key]!;
  (copy as Record<string, Json>)[key] = withValue(inside, rest, replacement);
  return copy as Json;
}

const queries: readonly GridQuery[] = [
  {},
  { bbox: [1, 1, 3, 3], level: 0 },
  { bbox: [170, 0, -170, 4], decode: "cf" },
  { ranges: { x: [0, 2], y: ["2000-01-01", "2000-02-30"] } },
  { ranges: { lon: [0, 5], lat: [0, 5] } },
  { level: "auto", budget: { rows: 8 } },
];

test("changed attributes never cause an untyped error", async () => {
  const places = placesOf(sample);
  const change = fc.record({
    place: fc.nat(places.length - 1),
    value: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
  });
  const run = async (root: Json, own: Json): Promise<void> => {
    const array = arrayV3([4, 4], [4, 4], { dimension_names: ["y", "x"], attributes: own });
    const lon = arrayV3([4, 4], [4, 4], { dimension_names: ["y", "x"], attributes: own });
    const line = arrayV3([4], [4], { dimension_names: ["x"], attributes: own });
    const nodes = {
      0: array,
      1: arrayV3([2, 2], [2, 2], { attributes: own }),
      air: array,
      lon,
      lat: lon,
      time: line,
      x: line,
    };
    const group = { "g/air": array, g: { zarr_format: 3, node_type: "group", attributes: root as object } };
    const store = new TestStore().put("/zarr.json", groupV3({ ...nodes, ...group }, root as object));
    for (const name of ["0", "air", "lon", "lat", "g/air"]) {
      store.put(`/${name}/c/0/0`, bytesOf(Int16Array.from({ length: 16 }, (_, at) => at)));
    }
    const dataset = await openZarr({ engine: testEngine(store), url: "https://host/x.zarr" });
    for (const [, source] of dataset.sources) {
      if (source.kind !== "grid") continue;
      for (const query of queries) {
        await source.query(query).catch((thrown: unknown) => {
          if (!isReaderError(thrown)) throw thrown;
        });
      }
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 0, maxLength: 4 }), async (changes) => {
      const changed = changes.reduce<Json>((value, { place, value: next }) => {
        try {
          return withValue(value, places[place]!, next);
        } catch {
          return value; // the place went with an earlier change
        }
      }, sample as Json);
      const attributes =
        typeof changed === "object" && changed !== null && !Array.isArray(changed) ? changed : {};
      await run(attributes, attributes).catch((thrown: unknown) => {
        if (!isReaderError(thrown)) throw thrown;
      });
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
  );
  expect(places.length).toBeGreaterThan(50);
}, 390_000);
