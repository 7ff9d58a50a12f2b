/**
 * What the end-to-end tests share: an S3 server of their own that they can look into, and the page in the words of a user.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { createS3Server, RECOMMENDED_CORS, type S3Server } from "../support/s3-server/server.js";

export { expect };

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const stores = {
  "airports.zarrvectors": "demo/airports.zarrvectors",
  "ocean-profiles.atlas": "demo/ocean-profiles.atlas",
  "fornix.zarrvectors": "demo/fornix.zarrvectors",
  "neurons.zarrvectors": "demo/neurons.zarrvectors",
  "jacksboro.zarr": "demo/jacksboro-v3.zarr",
  "topobathy.zarr": "demo/topobathy-v2.zarr",
  "levels.zarr": "grids/jacksboro-levels.zarr",
  "air.zarr": "zarr/made-time-lat-lon-v3.zarr",
  "types.zarr": "zarr/v3-types.zarr",
  "strings.zarrvectors": "zarr-vectors/strings.zarrvectors",
} as const;

/** Unlike the demo's own keys, so that no test passes by what the page knows. */
export const keys = { accessKeyId: "AKIAE2E", secretAccessKey: "e2e/secret+of/the=tests" } as const;

export type StoreName = keyof typeof stores;

/** The folder a store is served from. */
export function fixtureOf(store: StoreName): string {
  return `${fixtures}${stores[store]}`;
}

/** A fresh server for each test: buckets `public`, `private`, and `bare`, which has no CORS rule. */
export const test = base.extend<{
  s3: S3Server;
}>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from this pattern.
  s3: async ({}, use) => {
    const server = await createS3Server({ region: "eu-central-1", accounts: [keys] });
    server.createBucket("public", { publicRead: true, cors: RECOMMENDED_CORS });
    server.createBucket("private", { cors: RECOMMENDED_CORS });
    server.createBucket("bare", { publicRead: true });
    for (const bucket of ["public", "private", "bare"]) {
      for (const name of Object.keys(stores)) server.mount(bucket, `${name}/`, fixtureOf(name as StoreName));
    }
    await use(server);
    await server.close();
  },
});

export interface Location {
  readonly bucket: "public" | "private" | "bare";
  readonly store: StoreName | `files/${string}`;
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly signing?: "query" | "header";
}

/** Fills in the address, the endpoint and the keys, and opens it. */
export async function openStore(page: Page, s3: S3Server, location: Location): Promise<void> {
  if (page.url() === "about:blank") await page.goto("/");
  await page.locator("#keys").evaluate((details) => details.setAttribute("open", ""));
  await page.getByLabel("address").fill(`s3://${location.bucket}/${location.store}`);
  await page.getByLabel("endpoint", { exact: true }).fill(s3.url);
  await page.getByLabel("region").fill("eu-central-1");
  await page.getByLabel("access key").fill(location.keys?.accessKeyId ?? "");
  await page.getByLabel("secret key").fill(location.keys?.secretAccessKey ?? "");
  if (location.signing !== undefined) await page.getByLabel("signature in").selectOption(location.signing);
  await page.getByRole("button", { name: "Open" }).click();
}

/** Opens a store and waits until its first look is over. */
export async function openAndSettle(page: Page, s3: S3Server, location: Location): Promise<void> {
  await openStore(page, s3, location);
  await settle(page);
}

/** Waits until a query has come to its end, and says what the page says of it. */
export async function settle(page: Page): Promise<string> {
  await expect(page.locator("#results")).toHaveAttribute("aria-busy", "false");
  await expect(page.locator("#sum-ms")).toBeVisible();
  await expect(page.locator("#open")).toHaveText("Open");
  return (await page.locator("#summary").textContent()) ?? "";
}

/** Types a box: one pair of ends per dimension. */
export async function typeBox(
  page: Page,
  ends: Readonly<Record<string, readonly [number, number]>>,
): Promise<void> {
  for (const [name, [min, max]] of Object.entries(ends)) {
    await page.getByLabel(`${name}, from`, { exact: true }).fill(String(min));
    await page.getByLabel(`${name}, to`, { exact: true }).fill(String(max));
  }
}

export async function runQuery(page: Page): Promise<string> {
  await expect(page.locator("#price")).not.toHaveText("pricing…");
  await page.getByRole("button", { name: "Query", exact: true }).click();
  return settle(page);
}

export function isFirefox(page: Page): boolean {
  return page.context().browser()?.browserType().name() === "firefox";
}

/** What looks at pictures is not tested in a Firefox that has no screen to draw on; Chromium always draws. */
export async function needsWebGL2(page: Page): Promise<void> {
  const draws = await page.evaluate(() => document.createElement("canvas").getContext("webgl2") !== null);
  base.skip(isFirefox(page) && !draws, "needs WebGL2, which this browser lacks");
}

/** Picks a folder of this computer on the page. */
export async function pickFolder(page: Page, folder: string): Promise<void> {
  const input = page.locator("#folder-input");
  if (!isFirefox(page)) return input.setInputFiles(folder);
  // Playwright cannot fill an input for folders in stock Firefox: the page gets files of the same bytes and paths.
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      path: basename(folder) + file.slice(folder.length),
      base64: readFileSync(file, "base64"),
    }));
  await input.evaluate((element, files) => {
    const made = files.map(({ path, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const file = new File([bytes], path.split("/").at(-1)!);
      Object.defineProperty(file, "webkitRelativePath", { value: path });
      return file;
    });
    Object.defineProperty(element, "files", { value: made });
    element.dispatchEvent(new Event("change"));
  }, files);
}

/** The text of the file of all rows that the page hands out. */
export function downloadCsv(page: Page): Promise<string> {
  return textOfSaved(page, "Download CSV");
}

/** The text of the file that a button hands out. */
export async function textOfSaved(page: Page, name: string): Promise<string> {
  return (await bytesOfSaved(page, name)).toString("utf8");
}

/** The file that a button hands out. */
export function bytesOfSaved(page: Page, name: string): Promise<Buffer> {
  const button = page.getByRole("button", { name });
  return isFirefox(page) ? bytesOfFile(page, button) : bytesOfDownload(page, button);
}

/** All rows by column, from the file the page hands out; the names are without units. */
export async function downloadRows(page: Page): Promise<Map<string, string[]>> {
  const [head, ...rows] = (await downloadCsv(page)).trimEnd().split("\r\n").map(splitLine);
  return new Map(
    head!.map((name, column) => [name.replace(/ \([^)]*\)$/, ""), rows.map((row) => row[column]!)]),
  );
}

async function bytesOfDownload(page: Page, button: Locator): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return readFile(await download.path());
}

/** Stock Firefox tells nobody of its downloads: the file is looked at as the page makes it, and told as one long text. */
async function bytesOfFile(page: Page, button: Locator): Promise<Buffer> {
  const made = await page.evaluateHandle(() => {
    const createUrl = URL.createObjectURL;
    const file = new Promise<string>((resolve) => {
      URL.createObjectURL = (blob: Blob) => {
        URL.createObjectURL = createUrl;
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result));
        reader.readAsDataURL(blob);
        return createUrl.call(URL, blob);
      };
    });
    return { file };
  });
  await button.click();
  const [, base64 = ""] = (await made.evaluate(({ file }) => file)).split(",");
  return Buffer.from(base64, "base64");
}

function splitLine(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
  );
}

/** Milliseconds without a new request, after which a server counts as left alone. */
export async function quietRequests(s3: S3Server, forMs: number): Promise<number> {
  let seen = -1;
  while (seen !== s3.counters.requests) {
    seen = s3.counters.requests;
    await new Promise((resolve) => setTimeout(resolve, forMs));
  }
  return seen;
}
