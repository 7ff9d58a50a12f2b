/**
 * Queries of the page against the answers that lie beside the fixtures; they are read from the file the page hands out.
 */
import {
  type CoordinateAnswers,
  canonicalOrder,
  type ExpectedPoints,
  expectedStrings,
  type Fixture,
  loadFixture,
  type PointAnswers,
  takeRows,
  type ZarrAnswers,
} from "../support/fixtures.js";
import { downloadRows, expect, keys, openAndSettle, runQuery, settle, test, typeBox } from "./support.js";

const airports = loadFixture("demo", "airports") as Fixture<PointAnswers>;
const jacksboro = loadFixture("demo", "jacksboro-v3") as Fixture<ZarrAnswers>;

function numbers(rows: Map<string, string[]>, name: string): number[] {
  const column = rows.get(name);
  expect(column, `column ${name}`).toBeDefined();
  return column!.map(Number);
}

/** Compares every value of every row, to the bit. */
function expectPoints(rows: Map<string, string[]>, expected: ExpectedPoints): void {
  const axes = ["x", "y", "z"].map((name) => numbers(rows, name));
  expect(axes[0]).toHaveLength(expected.rows);
  const interleaved = Array.from(
    { length: 3 * expected.rows },
    (_, at) => axes[at % 3]![Math.floor(at / 3)]!,
  );
  const isDouble = expected.positions.dtype === "float64";
  const positions = isDouble ? Float64Array.from(interleaved) : Float32Array.from(interleaved);
  const ties = rows.has("row") ? [numbers(rows, "row")] : [];
  const order = canonicalOrder(positions, 3, ties);
  expect(airports.difference(expected.positions, takeRows(positions, order, 3))).toBeUndefined();
  const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const;
  for (const [name, field] of Object.entries(expected.fields)) {
    const strings = expectedStrings(airports, field);
    if (strings !== undefined) {
      expect(takeRows(rows.get(name)!, order)).toEqual(strings);
    } else if ("data" in field) {
      const column = arrays[field.dtype as keyof typeof arrays].from(numbers(rows, name));
      expect(airports.difference(field.data, takeRows(column as Float32Array, order)), name).toBeUndefined();
    }
  }
}

function findQuery<A extends PointAnswers | ZarrAnswers>(
  { answers }: Fixture<A>,
  name: string,
): NonNullable<A["queries"]>[number] {
  const found = answers.queries?.find((query) => query.name === name);
  if (found === undefined) throw new Error(`The fixture has no query "${name}".`);
  return found;
}

test("an anonymous query gives the reference's rows, for the price it was told", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "airports.zarrvectors" });
  const expected = findQuery(airports, "across zero");
  const [x0, y0, z0, x1, y1, z1] = expected.query.bbox!;
  // A page opened anew has an empty cache: the price is that of a cold one.
  await typeBox(page, { x: [x0!, x1!], y: [y0!, y1!], z: [z0!, z1!] });
  await expect(page).toHaveURL(/in=/);
  const link = page.url();
  await page.goto("about:blank");
  s3.reset();
  await page.goto(link);
  const summary = await settle(page);
  expect(summary).toContain(`${expected.rows} rows`);
  const price = await page.locator("#price").textContent();
  const [priced] = /^\d+ requests/.exec(price ?? "") ?? [];
  expect(summary).toContain(priced);
  expectPoints(await downloadRows(page), expected);
  expect(s3.log.filter(({ auth }) => auth !== "anonymous")).toEqual([]);
});

test("a coarse level gives the reference's rows", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "airports.zarrvectors" });
  await page.getByLabel("level").selectOption("2");
  expect(await runQuery(page)).toContain("459 rows");
  expectPoints(await downloadRows(page), findQuery(airports, "no bbox, level 2"));
});

test("a signed query gives the reference's cells, without a single OPTIONS request", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "private", store: "jacksboro.zarr", keys });
  const expected = findQuery(jacksboro, "middle");
  const [west, south, east, north] = expected.query.bbox!;
  await typeBox(page, { lon: [west!, east!], lat: [south!, north!] });
  expect(await runQuery(page)).toContain("5\u202f762 cells (86 × 67)");
  const rows = await downloadRows(page);
  expect(jacksboro.difference(expected.data, Int16Array.from(numbers(rows, "height")))).toBeUndefined();
  const [lat, lon] = expected.axes;
  expect(
    jacksboro.difference(
      lat!.values,
      Float64Array.from(numbers(rows, "lat").filter((_, at) => at % 67 === 0)),
    ),
  ).toBeUndefined();
  expect(
    jacksboro.difference(lon!.values, Float64Array.from(numbers(rows, "lon").slice(0, 67))),
  ).toBeUndefined();
  expect(s3.counters.OPTIONS).toBe(0);
  expect(s3.counters.GET).toBeGreaterThan(5);
  expect(new Set(s3.log.map(({ auth }) => auth))).toEqual(new Set(["query"]));
});

test("a level of a grid by choice, and the finest within a budget", async ({ page, s3 }) => {
  const levels = loadFixture("grids", "jacksboro-levels") as Fixture<CoordinateAnswers>;
  const expected = levels.answers.queries.find(({ name }) => name === "level 2")!;
  const [west, south, east, north] = expected.query.bbox as number[];
  await openAndSettle(page, s3, { bucket: "public", store: "levels.zarr" });
  await page.locator("#level").selectOption("2");
  await typeBox(page, { lon: [west!, east!], lat: [south!, north!] });
  const [rows, columns] = expected.data.shape;
  expect(await runQuery(page)).toContain(`(${rows} × ${columns})`);
  const read = await downloadRows(page);
  expect(levels.difference(expected.data, Float32Array.from(numbers(read, "height")))).toBeUndefined();
  await page.locator("#level").selectOption("auto");
  // The finest one was read when the store was opened: what is in memory costs nothing.
  await expect(page.locator("#price")).toContainText("in memory already");
  await page.reload();
  await settle(page);
  // Unread, it is beyond the budget.
  await expect(page.locator("#price")).toContainText("level 1");
});

test("the same signed in headers costs preflights, which the server counts", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "private", store: "jacksboro.zarr", keys, signing: "header" });
  await expect(page.locator("#sum-rows")).toContainText("138\u202f632 cells");
  expect(s3.counters.OPTIONS).toBeGreaterThan(0);
  expect(s3.log.some(({ auth }) => auth === "header")).toBe(true);
});

test("a grid with a time axis: dates in the form, a slider for what the picture does not show", async ({
  page,
  s3,
}) => {
  const made = loadFixture("zarr", "made-time-lat-lon-v3") as Fixture<ZarrAnswers>;
  const expected = findQuery(made, "box and times");
  await openAndSettle(page, s3, { bucket: "public", store: "air.zarr" });
  // It begins with one plane of the seven, not with all.
  await expect(page.locator("#sum-rows")).toHaveText("187 cells (1 × 11 × 17)");
  await expect(page.getByRole("slider")).toHaveCount(0);
  await typeBox(page, { lon: [-10, 15], lat: [20, 50] });
  await page.getByLabel("time, from").fill("2020-01-31");
  await page.getByLabel("time, to").fill("2020-04-10");
  expect(await runQuery(page)).toContain("120 cells (3 × 5 × 8)");
  const rows = await downloadRows(page);
  expect(made.difference(expected.data, Int16Array.from(numbers(rows, "air")))).toBeUndefined();
  const dates = rows.get("time")!.filter((_, at) => at % 40 === 0);
  const since = Date.UTC(2020, 0, 1);
  const times = BigInt64Array.from(dates, (date) => BigInt((Date.parse(date) - since) / 86_400_000));
  expect(made.difference(expected.axes[0]!.values, times)).toBeUndefined();
  const range = page.getByRole("slider", { name: "time" });
  await range.focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("#sliders output")).toHaveText(`${times[1]} days since 2020-01-01`);
  await page.getByLabel("source").selectOption("quality");
  await settle(page);
  await expect(page.locator("#sum-rows")).toHaveText("187 cells (11 × 17)");
});

test("a range on a field and on a category keep just their rows", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "airports.zarrvectors" });
  await page.getByLabel("country is").selectOption("IE");
  await page.getByLabel("elevation_ft, from").fill("200");
  await page.getByLabel("row", { exact: true }).uncheck();
  await runQuery(page);
  const rows = await downloadRows(page);
  expect([...rows.keys()]).toEqual(["x", "y", "z", "country", "elevation_ft", "has_iata"]);
  expect(new Set(rows.get("country"))).toEqual(new Set(["IE"]));
  const all = airports.answers.queries.find(({ name }) => name === "no bbox")!;
  const heights = numbers(rows, "elevation_ft");
  expect(Math.min(...heights)).toBeGreaterThanOrEqual(200);
  expect(heights.length).toBeGreaterThan(5);
  expect(heights.length).toBeLessThan(all.rows);
});

test("nulls are null in the table, in the file and in the legend", async ({ page, s3 }) => {
  const strings = loadFixture("zarr-vectors", "strings") as Fixture<PointAnswers>;
  const level = strings.answers.levels[0]!;
  const missing = expectedStrings(strings, level.fields.label!)!.filter(
    (label) => label === undefined,
  ).length;
  expect(missing).toBeGreaterThan(0);
  await openAndSettle(page, s3, { bucket: "public", store: "strings.zarrvectors" });
  await page.getByLabel("Colour by").selectOption("label");
  await expect(page.locator("#legend")).toContainText(`no value (${missing})`);
  const rows = await downloadRows(page);
  expect(rows.get("label")!.filter((text) => text === "")).toHaveLength(missing);
  await page.getByRole("button", { name: "Table" }).click();
  await page.getByRole("button", { name: "label", exact: true }).click();
  await expect(page.locator("#tab-table td.null").first()).toHaveText("null");
});

test("an empty box says so, and reads nothing", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "topobathy.zarr" });
  s3.reset();
  await typeBox(page, { lon: [225, 229], lat: [39, 43] });
  await expect(page.locator("#price")).toContainText("0 requests");
  await expect(page.locator("#price")).toContainText("they run from");
  expect(await runQuery(page)).toContain("nothing lies in this box");
  await expect(page.locator("#sum-rows")).toHaveText("0 cells (0 × 0)");
  await expect(page.locator("#legend")).toBeHidden();
  expect(s3.counters.requests).toBe(0);
  // A longitude may run over the antimeridian, a latitude may not.
  await typeBox(page, { lon: [225, 229], lat: [43, 39] });
  await expect(page.locator("#price")).toContainText("exceeds");
});
