/**
 * A page that is closed, or left for another, while it reads: its workers end, and nothing asks for more.
 *
 * @module
 */
import type { Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { engines, type Pages, startPages } from "../../support/pages.js";
import { createS3Server, RECOMMENDED_CORS, type S3Server } from "../../support/s3-server/server.js";

const chunks = 400;
const cells = 4096;
const metadata = {
  zarr_format: 3,
  node_type: "array",
  shape: [chunks * cells],
  data_type: "int16",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [cells] } },
  chunk_key_encoding: { name: "default" },
  fill_value: 0,
  codecs: [{ name: "bytes", configuration: { endian: "little" } }],
};

let server: S3Server;

beforeEach(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("open", { publicRead: true, cors: RECOMMENDED_CORS });
  server.put("open", "long.zarr/zarr.json", JSON.stringify(metadata));
  const body = new Uint8Array(2 * cells);
  for (let chunk = 0; chunk < chunks; chunk++) server.put("open", `long.zarr/c/${chunk}`, body);
});
afterEach(() => server.close());

describe.each(engines)("%s", (engine) => {
  let pages: Pages;
  beforeAll(async () => {
    pages = await startPages(engine);
  }, 60_000);
  afterAll(() => pages.close());

  it.each([
    ["is closed", (page: Page) => page.close()],
    ["is left for another", (page: Page) => page.goto("about:blank")],
  ])(
    "a page that %s mid-read leaves no worker and no request",
    async (_, leave) => {
      const page = await pages.newPage();
      server.latencyMs = 100;
      const url = `${server.url}/open/long.zarr`;
      await page.evaluate((url) => {
        const { open } = (globalThis as unknown as { cloudcrop: typeof import("../../../src/index.js") })
          .cloudcrop;
        // Nobody waits for it: the page is gone before it settles.
        void open(url, { kind: "grid", pool: 2 }).then((grid) => grid.read());
      }, url);
      await expect.poll(() => server.counters.GET, { timeout: 20_000 }).toBeGreaterThan(20);
      expect(page.workers()).toHaveLength(2);
      await leave(page);
      // Of a page that is closed Playwright tells no more; its workers would go on asking.
      await expect.poll(() => page.isClosed() || page.workers().length === 0, { timeout: 10_000 }).toBe(true);
      await expect.poll(() => server.counters.concurrent, { timeout: 10_000 }).toBe(0);
      const { GET } = server.counters;
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(server.counters.GET).toBe(GET);
      expect(GET).toBeLessThan(chunks);
      await page.context().close();
    },
    60_000,
  );
});
