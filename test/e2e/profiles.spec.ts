/**
 * Ocean profiles: a box on the map picks them, a plot shows a variable against depth.
 */
import { readFileSync } from "node:fs";
import { expect, openAndSettle, runQuery, settle, test, typeBox } from "./support.js";

const expected = JSON.parse(
  readFileSync(new URL("../fixtures/demo/ocean-profiles.expected.json", import.meta.url), "utf8"),
) as { rows: number; found: number; profiles: number; query: { bbox: [number, number, number, number] } };

const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");

test("a box picks profiles; their curves are drawn", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "ocean-profiles.atlas" });
  const curves = page.locator("#profiles path");
  // Statistics tell the ends.
  await expect(page.locator("#found")).toContainText("depth5 … 2");
  await expect(page.locator("#sum-rows")).toHaveText(`${count(expected.rows)} rows`);
  await expect(curves).toHaveCount(108);
  const [west, south, east, north] = expected.query.bbox;
  await typeBox(page, { lon: [west, east], lat: [south, north] });
  await runQuery(page);
  await expect(page.locator("#sum-rows")).toHaveText(`${count(expected.found)} rows`);
  await expect(curves).toHaveCount(expected.profiles);
  await expect(
    page.getByRole("img", { name: `temperature against depth, ${expected.profiles} profiles` }),
  ).toBeVisible();
  // A float32 in the digits that it holds.
  await page.getByRole("button", { name: "Table", exact: true }).click();
  const row = page.locator("#tab-table tbody tr").first();
  await expect(row.locator("td").nth(4)).toHaveText(/^\d+(\.\d{1,4})?$/);
  // Nanoseconds since 1970 as a date; the number of the row is no cell.
  const heads = await page.locator("#tab-table thead th").allTextContents();
  await expect(row.locator("td").nth(heads.indexOf("time") - 1)).toHaveText(
    /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  );
  await page.getByLabel("Variable").selectOption("salinity");
  await expect(page.getByRole("img", { name: /salinity against depth/ })).toBeVisible();
});

test("times are dates in the legend too", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "ocean-profiles.atlas" });
  await page.getByLabel("Colour by").selectOption("time");
  const ends = page.locator("#legend .ends input");
  for (const end of await ends.all()) await expect(end).toHaveValue(/^20\d\d-\d\d-\d\d$/);
  await expect(page.locator("#legend")).toContainText("UTC");
});

test("the sample opens with one click, on a phone too", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  await page.getByRole("button", { name: /made ocean/ }).click();
  await settle(page);
  await expect(page.locator("#profiles path")).toHaveCount(108);
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
});
