/**
 * The list of checks: by its button, and by itself when an address does not open.
 */
import { expect, keys, openAndSettle, openStore, test } from "./support.js";

test("a button checks the address, and what is open stays open", async ({ page, s3 }) => {
  await openAndSettle(page, s3, { bucket: "public", store: "jacksboro.zarr" });
  await page.getByRole("button", { name: "Check this address" }).click();
  const list = page.locator("#doctor");
  await expect(list).toContainText("Everything is in order");
  await expect(list.getByRole("listitem")).toHaveCount(16);
  await expect(list.getByRole("listitem").filter({ hasText: "Region" })).toContainText("eu-central-1");
  await expect(page.locator("#sum-rows")).toBeVisible();
  expect((await page.locator("#stage").boundingBox())!.height).toBeGreaterThan(200);
  await expect(page.locator("#cors-rule")).toHaveCount(0);
  await list.getByRole("button", { name: "Dismiss the checks" }).click();
  await expect(list).toBeHidden();
});

test("without an address the button asks for one", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Check this address" }).click();
  await expect(page.getByLabel("address", { exact: true })).toBeFocused();
  await expect(page.locator("#doctor")).toBeHidden();
});

test("an address that does not open is checked by itself", async ({ page, s3 }) => {
  await openStore(page, s3, { bucket: "bare", store: "jacksboro.zarr" });
  const list = page.locator("#doctor");
  await expect(list).toContainText("1 of 16 checks failed");
  await expect(list.locator(".failed")).toContainText("CORS rule");
  await expect(list.locator(".failed")).toContainText('check the name "bare"');
  await expect(list.locator(".finding.ok").filter({ hasText: "Reachable" })).toHaveCount(1);
  await expect(list.locator(".finding.unknown").filter({ hasText: "Format" })).toContainText("Not looked at");
  await expect(list.getByRole("group").filter({ hasText: "nginx" })).toContainText("add_header", {
    useInnerText: false,
  });
  const wrong = { ...keys, secretAccessKey: "not-the-secret" };
  await openStore(page, s3, { bucket: "private", store: "jacksboro.zarr", keys: wrong });
  await expect(list.locator(".failed")).toContainText("wrong secret key");
  await expect(page.locator("#cors-rule")).toHaveCount(0);
  await openAndSettle(page, s3, { bucket: "private", store: "jacksboro.zarr", keys });
  await expect(list).toBeHidden();
});

test("the list fits a phone", async ({ page, s3 }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openStore(page, s3, { bucket: "bare", store: "jacksboro.zarr" });
  await expect(page.locator("#cors-rule")).toBeVisible();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
