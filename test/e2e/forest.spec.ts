/**
 * The made forest: points coloured by height, a switch between the years of its surveys, the canopy height model beside it.
 */
import type { Page } from "@playwright/test";
import { downloadRows, expect, settle, test } from "./support.js";

async function openForest(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByRole("button", { name: /forest, flown over/ }).click();
  await settle(page);
}

test("the price beside a first look is what it took, and names of fields are not cut", async ({ page }) => {
  await openForest(page);
  for (const part of ["requests", "bytes"]) {
    await expect(page.locator("#price")).toContainText((await page.locator(`#sum-${part}`).textContent())!);
  }
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const cut = await page
      .locator(".interval .name")
      .evaluateAll((names) => names.filter((name) => name.scrollWidth > name.clientWidth).length);
    expect(cut).toBe(0);
  }
});

test("points are coloured by height, and may be by class", async ({ page }) => {
  await openForest(page);
  await expect(page.getByLabel("Colour by")).toHaveValue("Z");
  await page.getByLabel("Colour by").selectOption("Classification");
  await expect(page.locator("#legend .swatch")).toHaveCount(3);
});

test("a year is chosen by a switch, in the picture, the form and the model beside", async ({ page }) => {
  await openForest(page);
  const years = page.locator("#switches").getByRole("group", { name: "Year" });
  await expect(years.getByRole("button")).toHaveText(["all", "2019", "2021"]);
  await expect(years.getByRole("button", { name: "all" })).toHaveAttribute("aria-pressed", "true");
  await years.getByRole("button", { name: "2019" }).click();
  await settle(page);
  await expect(page.locator("#sum-rows")).toHaveText("14\u202f000 rows");
  await expect(page.getByLabel("Year, from", { exact: true })).toHaveValue("2019");
  const rows = await downloadRows(page);
  expect(new Set(rows.get("Year"))).toEqual(new Set(["2019"]));
  await expect(page.locator("#beside figcaption")).toContainText("2019");
  await years.getByRole("button", { name: "2021" }).click();
  await settle(page);
  await expect(page.locator("#beside figcaption")).toContainText("2021");
});

test("the canopy height model lies beside the points, of the same box", async ({ page }) => {
  await openForest(page);
  const canvas = page.locator("#beside canvas");
  await expect(canvas).toHaveAttribute("width", "100");
  for (const [name, [min, max]] of Object.entries({ X: [308_100, 308_180], Y: [4_688_100, 4_688_160] })) {
    await page.getByLabel(`${name}, from`, { exact: true }).fill(String(min));
    await page.getByLabel(`${name}, to`, { exact: true }).fill(String(max));
  }
  await page.getByRole("button", { name: "Query", exact: true }).click();
  await settle(page);
  await expect(canvas).toHaveAttribute("width", "20");
  await expect(canvas).toHaveAttribute("height", "15");
  await page.getByRole("button", { name: "open it" }).click();
  await settle(page);
  await expect(page.getByLabel("address")).toHaveValue(/forest-canopy/);
  await expect(page.locator("#beside")).toBeHidden();
});
