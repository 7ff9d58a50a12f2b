/**
 * Data on the user's own computer: archives and folders, picked or dropped on the page, read there.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { downloadRows, expect, keys, openStore, pickFolder, settle, test } from "./support.js";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** The values the page shows, against those that the reference package read. */
async function expectValues(page: Page, name: string, array: string, found: string): Promise<void> {
  const answers = JSON.parse(readFileSync(fixture(`stores/${name}.expected.json`), "utf8"));
  const { offset, length } = answers.arrays[array].data;
  const bytes = readFileSync(fixture(`stores/${name}.expected.bin`)).subarray(offset, offset + length);
  const wanted = new Float32Array(new Uint8Array(bytes).buffer);
  const rows = await downloadRows(page);
  expect(rows.get(found)!.map((text) => Math.fround(Number(text)))).toEqual([...wanted]);
}

test("a zip archive picked from the disk is read and drawn, and no link is made of it", async ({ page }) => {
  await page.goto("/");
  await page.locator("#file-input").setInputFiles(fixture("stores/stored-v3.zip"));
  await settle(page);
  await expect(page.getByLabel("address")).toHaveValue("this computer: stored-v3.zip");
  await expectValues(page, "stored-v3", "plain", "plain");
  expect(new URL(page.url()).hash).toBe("");
  await page.getByRole("button", { name: "Code" }).click();
  await expect(page.locator("#tab-code pre")).toContainText("await open(picked,");
});

test("a zip archive dropped on the page is read", async ({ page }) => {
  await page.goto("/");
  const base64 = readFileSync(fixture("stores/folder.zip")).toString("base64");
  const transfer = await page.evaluateHandle((text) => {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], "air.zarr.zip"));
    return files;
  }, base64);
  await page.dispatchEvent("#stage", "dragenter", { dataTransfer: transfer });
  await expect(page.locator("body")).toHaveClass(/dropping/);
  await page.dispatchEvent("#stage", "drop", { dataTransfer: transfer });
  await settle(page);
  await expect(page.locator("body")).not.toHaveClass(/dropping/);
  await expectValues(page, "folder", "plain", "plain");
});

test("a folder picked from the disk is read like the same store in a bucket", async ({ page, s3 }) => {
  await page.goto("/");
  await pickFolder(page, fixture("zarr/made-time-lat-lon-v3.zarr"));
  await settle(page);
  const local = await downloadRows(page);
  await openStore(page, s3, { bucket: "public", store: "air.zarr" });
  await settle(page);
  expect(local).toEqual(await downloadRows(page));
});

test("a file that holds no data is refused in words", async ({ page }) => {
  await page.goto("/");
  await page
    .locator("#file-input")
    .setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await expect(page.locator("#problem")).toContainText("neither a zip archive nor kerchunk references");
});

test("archives and references are opened by their address, in a private bucket too", async ({ page, s3 }) => {
  for (const name of ["stored-v3.zip", "references-v1.json", "wind.h5"]) {
    s3.put("private", `files/${name}`, readFileSync(fixture(`stores/${name}`)));
  }
  const openFile = async (name: string): Promise<void> => {
    await openStore(page, s3, { bucket: "private", store: `files/${name}`, keys });
    await settle(page);
  };
  await openFile("stored-v3.zip");
  await expectValues(page, "stored-v3", "plain", "plain");
  await openFile("references-v1.json");
  expect((await downloadRows(page)).get("count")?.length ?? 0).toBe(120);
});
