/**
 * What is kept for the next visit, in real Chromium: when it answers, when it must not, what it may never hold, and how
 * it does without room (docs/design/object-storage.md §6, §13).
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createStore } from "../../../src/store/url.js";
import { sampleBytes } from "../../contract/store.contract.js";
import { type Pages, startPages } from "../../support/pages.js";
import { createS3Server, RECOMMENDED_CORS, type S3Server } from "../../support/s3-server/server.js";

type Options = Record<string, unknown>;
interface Read {
  key: string;
  range?: { offset: number; length: number };
}
interface Outcome {
  bytes: (number[] | undefined)[];
  told: string[];
  hits: number;
}
interface Loaded {
  stores: typeof import("../../../src/exports/store.js");
}

const data = sampleBytes(60_000, 5);
let pages: Pages;
let page: Page;
let server: S3Server;

beforeAll(async () => {
  pages = await startPages();
}, 60_000);
beforeEach(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("open", { publicRead: true, cors: RECOMMENDED_CORS });
  server.createBucket("closed", { cors: RECOMMENDED_CORS });
  for (const bucket of ["open", "closed"]) server.put(bucket, "data", data);
  page = await pages.newPage();
});
afterEach(async () => {
  await page.context().close();
  await server.close();
});
afterAll(() => pages?.close());

/** Reads all at once through a store of its own, and waits until what is to be kept is. */
function read(location: string, options: Options, reads: readonly Read[]): Promise<Outcome> {
  return page.evaluate(
    async ({ location, options, reads }) => {
      const { createStore } = (globalThis as unknown as Loaded).stores;
      const told: string[] = [];
      const { store } = await createStore(location, {
        ...options,
        onDiagnostic: ({ code }) => told.push(code),
      });
      const bytes = await Promise.all(
        reads.map(({ key, range }) =>
          range === undefined ? store.get(`/${key}`) : store.getRange!(`/${key}`, range),
        ),
      );
      const hits = store.stats().cacheHits;
      await new Promise((resolve) => setTimeout(resolve, 150));
      return { bytes: bytes.map((each) => each && [...each]), told, hits };
    },
    { location, options, reads },
  );
}

/** The next visit: the page is loaded again. */
async function visitAgain(): Promise<void> {
  await page.reload();
  await page.waitForFunction(() => "stores" in globalThis);
  server.reset();
}

/** Every address and body that is kept, as text. */
function kept(): Promise<{ urls: string[]; bodies: string[]; bytes: number }> {
  return page.evaluate(async () => {
    const found = { urls: [] as string[], bodies: [] as string[], bytes: 0 };
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const body = await (await cache.match(request))!.arrayBuffer();
        found.urls.push(decodeURIComponent(request.url));
        found.bodies.push(new TextDecoder("latin1").decode(body));
        found.bytes += body.byteLength;
      }
    }
    return found;
  });
}

const persisting = (persist: unknown = true, more: Options = {}): Options => ({
  endpoint: server.url,
  cache: { bytes: 0, persist },
  ...more,
});
const parts: readonly Read[] = [
  { key: "data" },
  { key: "data", range: { offset: 10, length: 100 } },
  { key: "data", range: { offset: 50_000, length: 5000 } },
];
const expected = [[...data], [...data.slice(10, 110)], [...data.slice(50_000, 55_000)]];

describe("the next visit", () => {
  it("asks for the ETag, and for no byte", async () => {
    expect((await read("s3://open", persisting(), parts)).bytes).toEqual(expected);
    await visitAgain();
    const again = await read("s3://open", persisting(), parts);
    expect(again.bytes).toEqual(expected);
    expect(again.hits).toBe(3);
    expect(again.told).toEqual([]);
    expect(server.counters).toMatchObject({ GET: 0, OPTIONS: 0 });
    expect(server.counters.HEAD).toBeGreaterThanOrEqual(1);
  });

  it("asks for nothing at all where objects never change", async () => {
    await read("s3://open", persisting({ immutable: true }), parts);
    await visitAgain();
    expect((await read("s3://open", persisting({ immutable: true }), parts)).bytes).toEqual(expected);
    expect(server.counters.requests).toBe(0);
  });

  it('reads all again after `caches.delete("cloudcrop")`, which leaves nothing, and is kept once more', async () => {
    await read("s3://open", persisting(), parts);
    expect((await kept()).urls).not.toEqual([]);
    expect(await page.evaluate(() => caches.delete("cloudcrop"))).toBe(true);
    expect(await page.evaluate(() => caches.keys())).toEqual([]);
    await visitAgain();
    const again = await read("s3://open", persisting(), parts);
    expect(again).toMatchObject({ bytes: expected, hits: 0, told: [] });
    expect(server.counters.GET).toBeGreaterThan(0);
    await visitAgain();
    expect((await read("s3://open", persisting(), parts)).hits).toBe(3);
  });

  it("asks for nothing while the server's promise that an object does not change holds", async () => {
    const cases: [string, string, number][] = [
      ["promised", "public, max-age=31536000, immutable", 0],
      ["fresh-only", "max-age=31536000", 1],
      ["never-fresh", "immutable", 1],
    ];
    for (const [key, cacheControl, heads] of cases) {
      server.put("open", key, data, { headers: { "Cache-Control": cacheControl } });
      const ranges = parts.map((each) => ({ ...each, key })).slice(1);
      await read("s3://open", persisting(), ranges);
      await visitAgain();
      const again = await read("s3://open", persisting(), ranges);
      expect(again.bytes).toEqual(expected.slice(1));
      expect([again.hits, server.counters.GET]).toEqual([2, 0]);
      expect(Math.min(1, server.counters.HEAD), cacheControl).toBe(heads);
    }
  });

  it.each([
    ["zip", "stored-v3.zip"],
    ["kerchunk", "references-v1.json"],
  ])("is served by what was read of a file that holds a store: %s", async (_, name) => {
    await server.putDirectory(
      "open",
      "files/",
      fileURLToPath(new URL("../../fixtures/stores/", import.meta.url)),
    );
    const readAll = (): Promise<Outcome> =>
      read(`s3://open/files/${name}`, persisting(), [{ key: "zarr.json" }, { key: ".zgroup" }]);
    const first = await readAll();
    expect(first.bytes.some((each) => each !== undefined)).toBe(true);
    expect(server.counters.GET).toBeGreaterThan(0);
    await visitAgain();
    const again = await readAll();
    expect(again.bytes).toEqual(first.bytes);
    expect(again.told).toEqual([]);
    expect(server.counters.GET).toBe(0);
  });

  it("reads what has changed anew", async () => {
    await read("s3://open", persisting(), parts);
    const other = sampleBytes(60_000, 6);
    server.put("open", "data", other);
    await visitAgain();
    const { bytes } = await read("s3://open", persisting(), parts.slice(1));
    expect(bytes).toEqual([[...other.slice(10, 110)], [...other.slice(50_000, 55_000)]]);
    await visitAgain();
    await read("s3://open", persisting(), parts.slice(1));
    expect(server.counters.GET).toBe(0);
  });

  it("keeps nothing without being asked to, nor where no ETag is shown", async () => {
    await read("s3://open", { endpoint: server.url }, parts);
    const cors = [{ AllowedOrigins: ["*"], AllowedMethods: ["GET", "HEAD"] }];
    server.createBucket("bare", { publicRead: true, cors });
    server.put("bare", "data", data);
    expect((await read("s3://bare", persisting(), parts)).bytes).toEqual(expected);
    expect((await kept()).urls).toEqual([]);
  });
});

describe("reading with it", () => {
  it("still reads the same bytes once, and joins ranges", async () => {
    const ranges = Array.from({ length: 40 }, (_, index) => ({
      key: "data",
      range: { offset: index * 1000, length: 200 },
    }));
    await read("s3://open", persisting(), [...ranges]);
    expect(server.counters.GET).toBe(1);
    server.reset();
    const same = Array.from({ length: 10 }, () => ({ key: "data" }));
    await read("s3://open", { endpoint: server.url, cache: { persist: true } }, same);
    expect(server.counters.GET).toBeLessThanOrEqual(1);
  });

  it("works in a worker", async () => {
    const run = () =>
      page.evaluate(
        async ({ origin, endpoint }) => {
          const script = `
            const { createStore } = await import("${origin}/src/exports/store.ts");
            const { store } = await createStore("s3://open", { endpoint: "${endpoint}", cache: { persist: { immutable: true } } });
            const bytes = await store.get("/data");
            await new Promise((resolve) => setTimeout(resolve, 150));
            postMessage(bytes.length);`;
          const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
          const worker = new Worker(url, { type: "module" });
          return new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = ({ message }) => reject(new Error(message));
          });
        },
        { origin: pages.origin, endpoint: server.url },
      );
    expect(await run()).toBe(60_000);
    await visitAgain();
    expect(await run()).toBe(60_000);
    expect(server.counters.requests).toBe(0);
  });

  it("does without where there is no storage, and says so once", async () => {
    const { store } = await createStore("s3://open", {
      endpoint: server.url,
      cache: { persist: true },
      onDiagnostic: ({ code }) => told.push(code),
    });
    const told: string[] = [];
    expect((await store.get("/data"))?.length).toBe(60_000);
    await store.getRange!("/data", { offset: 1, length: 2 });
    expect(told).toEqual(["no-persist"]);
  });
});

describe("room", () => {
  it("stays within the bound, oldest first out", async () => {
    for (let index = 0; index < 30; index++) server.put("open", `c/${index}`, sampleBytes(10_000, index));
    const keys = Array.from({ length: 30 }, (_, index) => ({ key: `c/${index}` }));
    for (const one of keys) await read("s3://open", persisting({ maxBytes: 100_000 }), [one]);
    const { bytes, urls } = await kept();
    expect(bytes).toBeLessThanOrEqual(100_000);
    expect(bytes).toBeGreaterThanOrEqual(70_000);
    expect(urls.some((url) => url.includes("/c/29&"))).toBe(true);
    expect(urls.some((url) => url.includes("/c/0&"))).toBe(false);
  }, 60_000);

  it("that the browser does not give is done without", async () => {
    const session = await page.context().newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: pages.origin, quotaSize: 30_000 });
    for (let index = 0; index < 8; index++) server.put("open", `c/${index}`, sampleBytes(50_000, index));
    const keys = Array.from({ length: 8 }, (_, index) => ({ key: `c/${index}` }));
    const { bytes, told } = await read("s3://open", persisting(), keys);
    bytes.forEach((each, index) => {
      expect(each).toEqual([...sampleBytes(50_000, index)]);
    });
    expect(told).toEqual(["persist-full"]);
    expect((await kept()).bytes).toBeLessThanOrEqual(30_000);
  });
});

describe("secrets", () => {
  const query = "?sig=MARKER&X-Amz-Security-Token=MARKER";

  it("and what they open are not kept", async () => {
    const { accessKeyId, secretAccessKey } = server.account;
    const keys = { region: "eu-central-1", credentials: { accessKeyId, secretAccessKey } };
    for (const mode of ["query", "header"]) {
      expect((await read("s3://closed", persisting(true, { ...keys, auth: { mode } }), parts)).bytes).toEqual(
        expected,
      );
    }
    await read(`${server.url}/open${query}`, persisting(), parts);
    await read(`${server.url}/open`, persisting(true, { headers: { "x-api-key": "MARKER" } }), parts);
    expect((await kept()).urls).toEqual([]);
  });

  it("are not in the addresses of what is kept because it was asked for", async () => {
    const { accessKeyId, secretAccessKey } = server.account;
    const keys = { region: "eu-central-1", credentials: { accessKeyId, secretAccessKey } };
    const persist = { private: true };
    await read("s3://closed", persisting(persist, keys), parts);
    await read(`${server.url}/open${query}`, persisting(persist), parts);
    const { urls, bodies } = await kept();
    expect(urls).toHaveLength(6);
    const all = JSON.stringify([urls, bodies]);
    for (const secret of ["MARKER", secretAccessKey, accessKeyId, "X-Amz", "sig="])
      expect(all).not.toContain(secret);
    await visitAgain();
    expect((await read("s3://closed", persisting(persist, keys), parts)).bytes).toEqual(expected);
    expect(server.counters.GET).toBe(0);
  });
});
