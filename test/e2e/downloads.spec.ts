/**
 * A result as a file: CSV, GeoJSON and Arrow hold the same rows, and what a format cannot hold is not offered.
 */
import { tableFromIPC } from "apache-arrow";
import {
  bytesOfSaved,
  downloadRows,
  expect,
  openAndSettle,
  runQuery,
  test,
  textOfSaved,
  typeBox,
} from "./support.js";

interface Collection {
  readonly crs?: unknown;
  readonly features: readonly {
    readonly geometry: { readonly type: string; readonly coordinates: readonly unknown[] };
    readonly properties: Readonly<Record<string, unknown>>;
  }[];
}

test("points: GeoJSON and Arrow hold the rows of the CSV", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "airports.zarrvectors" });
  await typeBox(page, { x: [5, 15], y: [45, 50] });
  await runQuery(page);
  const rows = await downloadRows(page);
  const [x, y, country, elevation] = ["x", "y", "country", "elevation_ft"].map((name) => rows.get(name)!);
  expect(x!.length).toBeGreaterThan(50);

  const { features } = JSON.parse(await textOfSaved(page, "Download GeoJSON")) as Collection;
  expect(features.map(({ geometry }) => geometry.type)).toEqual(x!.map(() => "Point"));
  expect(features.map(({ geometry }) => String(geometry.coordinates[0]))).toEqual(x);
  expect(features.map(({ geometry }) => String(geometry.coordinates[1]))).toEqual(y);
  expect(features.map(({ properties }) => properties.country)).toEqual(country);
  expect(features.map(({ properties }) => String(properties.elevation_ft))).toEqual(elevation);

  const table = tableFromIPC(await bytesOfSaved(page, "Download Arrow"));
  expect(table.numRows).toBe(x!.length);
  expect([...table.getChild("country")!].map(String)).toEqual(country);
  expect([...table.getChild("elevation_ft")!].map(String)).toEqual(elevation);
});

test("lines are one feature and one row each, with what they carry", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "fornix.zarrvectors" });
  const vertices = (await downloadRows(page)).get("x")!;
  const { features } = JSON.parse(await textOfSaved(page, "Download GeoJSON")) as Collection;
  expect(features).toHaveLength(300);
  expect(new Set(features.map(({ geometry }) => geometry.type))).toEqual(new Set(["LineString"]));
  const read = features.flatMap(({ geometry }) =>
    (geometry.coordinates as readonly number[][]).map(([first]) => first!),
  );
  // The CSV has the digits of a float32.
  expect(read).toEqual(vertices.map((text) => Math.fround(Number(text))));
  const lengths = features.map(({ properties }) => properties.length);

  const table = tableFromIPC(await bytesOfSaved(page, "Download Arrow"));
  expect(table.numRows).toBe(300);
  expect([...table.getChild("length")!]).toEqual(lengths);
  expect([...table.getChild("geometry")!].flatMap((line) => [...line]).length).toBe(vertices.length);
});

test("edges are features; a grid is none, and a graph no Arrow table", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "neurons.zarrvectors" });
  const { features } = JSON.parse(await textOfSaved(page, "Download GeoJSON")) as Collection;
  expect(features.length).toBeGreaterThan(8000);
  expect(features[0]!.geometry.coordinates).toHaveLength(2);
  await expect(page.getByRole("button", { name: "Download Arrow" })).toBeDisabled();

  await openAndSettle(page, s3, { bucket: "public", store: "topobathy.zarr" });
  await expect(page.getByRole("button", { name: "Download GeoJSON" })).toBeDisabled();
  const values = (await downloadRows(page)).get("topo")!;
  const table = tableFromIPC(await bytesOfSaved(page, "Download Arrow"));
  expect([...table.getChild("topo")!].map(String)).toEqual(values);
});
