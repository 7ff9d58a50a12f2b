/**
 * What must work in WebKit too, where it is installed: the demo opens and draws, reads the reference's values, signs without
 * preflights; and a body that breaks off, which WebKit takes for a whole one, is read again.
 */
import { type Fixture, loadFixture, type ZarrAnswers } from "../support/fixtures.js";
import type { S3Server } from "../support/s3-server/server.js";
import { startWebKit, type WebKitPage } from "../support/webkit.js";
import { expect, keys, test as withServer } from "./support.js";

const test = withServer.extend<{ webkit: WebKitPage }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from this pattern.
  webkit: async ({}, use) => {
    const page = await startWebKit(process.env.CLOUDCROP_SCREEN!);
    await page.goto(process.env.CLOUDCROP_DEMO!);
    await use(page);
    await page.close();
  },
});

const jacksboro = loadFixture("demo", "jacksboro-v3") as Fixture<ZarrAnswers>;

function queryOf(name: string): NonNullable<ZarrAnswers["queries"]>[number] {
  return jacksboro.answers.queries!.find((query) => query.name === name)!;
}

function expectHeights(heights: readonly number[], query: string): void {
  expect(jacksboro.difference(queryOf(query).data, Int16Array.from(heights))).toBeUndefined();
}

async function openJacksboro(page: WebKitPage, s3: S3Server): Promise<void> {
  await page.run("document.querySelector('#keys').open = true");
  await page.fill("#url", "s3://private/jacksboro.zarr");
  await page.fill("#endpoint", s3.url);
  await page.fill("#region", "eu-central-1");
  await page.fill("#accessKeyId", keys.accessKeyId);
  await page.fill("#secretAccessKey", keys.secretAccessKey);
  await page.click("#open");
  await expect.poll(() => page.text("#sum-rows"), patience).toContain("138\u202f632 cells");
}

/** One column of the file of all rows, looked at as the page makes it. */
async function download(page: WebKitPage, name: string): Promise<number[]> {
  await page.run(`
    const createUrl = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      blob.text().then((text) => { globalThis.csv = text; });
      return createUrl.call(URL, blob);
    }`);
  await page.click("#download-csv");
  const text = (): Promise<string> => page.run("return globalThis.csv ?? ''");
  await expect.poll(text, patience).not.toBe("");
  const [head, ...rows] = (await text()).trimEnd().split("\r\n");
  const column = head!.split(",").findIndex((label) => label.startsWith(name));
  return rows.map((row) => Number(row.split(",")[column]));
}

/** Starting a browser is part of each test. */
const patience = { timeout: 60_000 };
test.setTimeout(180_000);

test("one click on a sample of the private bucket: read and drawn", async ({ webkit }) => {
  await expect.poll(() => webkit.text("#cards"), patience).toMatch(/private bucket/);
  await webkit.run(`
    const cards = [...document.querySelectorAll(".card")];
    cards.find(({ textContent }) => /Jacksboro.*private bucket/.test(textContent)).id = "wanted"`);
  await webkit.click("#wanted");
  await expect.poll(() => webkit.text("#sum-rows"), patience).toBe("138\u202f632 cells (344 × 403)");
  const colours = (): Promise<number> =>
    webkit.run(`
      const drawn = document.querySelector("#canvas canvas");
      const copy = Object.assign(document.createElement("canvas"), { width: drawn.width, height: drawn.height });
      const context = copy.getContext("2d");
      context.drawImage(drawn, 0, 0);
      return new Set(new Uint32Array(context.getImageData(0, 0, copy.width, copy.height).data.buffer)).size`);
  await expect.poll(colours, patience).toBeGreaterThan(50);
});

test("a signed query gives the reference's cells, without a preflight", async ({ webkit, s3 }) => {
  const [west, south, east, north] = queryOf("middle").query.bbox!;
  await openJacksboro(webkit, s3);
  for (const [label, end] of [
    ["lon, from", west],
    ["lon, to", east],
    ["lat, from", south],
    ["lat, to", north],
  ] as const) {
    await webkit.fill(`[aria-label="${label}"]`, String(end));
  }
  await webkit.click("#run");
  await expect.poll(() => webkit.text("#sum-rows"), patience).toBe("5\u202f762 cells (86 × 67)");
  expectHeights(await download(webkit, "height"), "middle");
  expect(s3.counters.OPTIONS).toBe(0);
  expect(new Set(s3.log.map(({ auth }) => auth))).toEqual(new Set(["query"]));
});

test("a body that breaks off is read again", async ({ webkit, s3 }) => {
  const fault = s3.addFault({
    fault: { kind: "cut", afterBytes: 1000, chunked: true },
    path: /height\/c\//,
    count: 2,
  });
  await openJacksboro(webkit, s3);
  expect(fault.hits).toBe(2);
  expectHeights(await download(webkit, "height"), "no bbox");
});
