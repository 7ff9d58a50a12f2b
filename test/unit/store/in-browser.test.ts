/**
 * What only a real browser shows: preflights, hidden headers, its cache's lock, and why it hides failures. The page comes
 * from Vite, the data from the embedded server on another origin (docs/design/object-storage.md §4, §6, §11, §15).
 *
 * @module
 */
import type { Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sampleBytes } from "../../contract/store.contract.js";
import { loadFixture } from "../../support/fixtures.js";
import { engines, type Pages, startPages } from "../../support/pages.js";
import { CONFORMANCE_KEYS } from "../../support/s3-server/conformance-keys.js";
import { createS3Server, RECOMMENDED_CORS, type S3Server } from "../../support/s3-server/server.js";

type Url = typeof import("../../../src/store/url.js");
/** What can be handed to the page. */
type Options = Record<string, unknown>;
type Read = { key: string; range?: { offset: number; length: number } | { suffixLength: number } };

const data = sampleBytes(50_000, 3);
let pages: Pages;
let server: S3Server;
let page: Page;

beforeEach(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  for (const [bucket, publicRead] of [
    ["open", true],
    ["closed", false],
  ] as const) {
    server.createBucket(bucket, { publicRead, cors: RECOMMENDED_CORS });
    server.put(bucket, "data", data);
  }
});
// One page serves all tests: each has a server, and so an origin, of its own.
afterEach(() => server.close());
interface Outcome {
  results: { bytes?: number[]; code?: string; message?: string }[];
  ms: number;
  stats: Record<string, number>;
  told: string[];
}

/** Metadata of a Zarr array of 16-bit integers, in chunks along its one axis. */
function chunkedMetadata(length: number, chunk: number): object {
  return {
    zarr_format: 3,
    node_type: "array",
    shape: [length],
    data_type: "int16",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [chunk] } },
    chunk_key_encoding: { name: "default" },
    fill_value: 0,
    codecs: [{ name: "bytes", configuration: { endian: "little" } }],
  };
}

/** Reads in the page, all at once, through `createStore`. */
function readInPage(
  location: string,
  options: Options,
  reads: readonly Read[],
  on: Page = page,
): Promise<Outcome> {
  return on.evaluate(
    async ({ location, options, reads }) => {
      const { createStore } = (globalThis as unknown as { stores: Url }).stores;
      const told: string[] = [];
      const { store } = await createStore(location, {
        ...options,
        onDiagnostic: ({ code }) => told.push(code),
      });
      const start = performance.now();
      const results = await Promise.all(
        reads.map(async ({ key, range }) => {
          try {
            const bytes = await (range === undefined
              ? store.get(`/${key}`)
              : store.getRange!(`/${key}`, range));
            return bytes === undefined ? {} : { bytes: [...bytes] };
          } catch (thrown) {
            const { code, message } = thrown as { code: string; message: string };
            return { code, message };
          }
        }),
      );
      return { results, ms: performance.now() - start, stats: { ...store.stats() }, told };
    },
    { location, options, reads },
  );
}

const open = (more: Options = {}): Options => ({ endpoint: server.url, ...more });
const signed = (more: Options = {}): Options => {
  const { accessKeyId, secretAccessKey } = server.account;
  return { ...open(), region: "eu-central-1", credentials: { accessKeyId, secretAccessKey }, ...more };
};

describe.each(engines)("%s", (engine) => {
  beforeAll(async () => {
    pages = await startPages(engine);
    page = await pages.newPage();
  }, 60_000);
  afterAll(() => pages.close());

  describe("reading in workers", () => {
    it("asks as the page does: signed in the query, without one preflight", async () => {
      server.mount("closed", "", loadFixture("demo", "topobathy-v2").path);
      // Each in a page of its own, or the second would be served from the browser's cache.
      const read = async (fetchIn: "page" | "worker") =>
        (await pages.newPage()).evaluate(
          async ({ options, fetchIn }) => {
            const { open } = (globalThis as unknown as { cloudcrop: typeof import("../../../src/index.js") })
              .cloudcrop;
            const pool = { ...options, fetchIn, pool: 2 } as import("../../../src/index.js").OpenOptions;
            const data = await open("s3://closed", pool);
            const grids = [...data.sources.values()].filter((source) => source.kind === "grid");
            const sums: number[] = [];
            for (const grid of grids) {
              const { data } = await grid.read();
              sums.push([...(data as Float64Array)].reduce((sum, value) => sum + Number(value || 0), 0));
            }
            data.close();
            return sums;
          },
          { options: signed(), fetchIn },
        );
      const here = await read("page");
      const { GET } = server.counters;
      server.reset();
      expect(await read("worker")).toEqual(here);
      expect(server.counters.GET).toBe(GET);
      expect(server.counters.OPTIONS).toBe(0);
      expect(server.counters.signedQuery).toBe(GET);
    });

    it("reads 300 chunks of an array, each signed, without one preflight", async () => {
      const values = Int16Array.from({ length: 900 }, (_, index) => index * 7);
      server.put("closed", "long.zarr/zarr.json", JSON.stringify(chunkedMetadata(900, 3)));
      for (let chunk = 0; chunk < 300; chunk++) {
        const cells = values.slice(chunk * 3, chunk * 3 + 3);
        server.put("closed", `long.zarr/c/${chunk}`, new Uint8Array(cells.buffer));
      }
      const read = await page.evaluate(async (options) => {
        const { open } = (globalThis as unknown as { cloudcrop: typeof import("../../../src/index.js") })
          .cloudcrop;
        const data = await open("s3://closed/long.zarr", { ...options, pool: 2 });
        const { data: cells } = await data.grid().read();
        data.close();
        return [...(cells as Int16Array)];
      }, signed());
      expect(read).toEqual([...values]);
      expect(server.counters.OPTIONS).toBe(0);
      expect(server.counters.signedQuery).toBeGreaterThanOrEqual(301);
      expect(server.counters.GET).toBe(server.counters.signedQuery);
    });
  });

  describe("reading", () => {
    it("reads every odd key, signed in the query, without one preflight", async () => {
      for (const [index, key] of CONFORMANCE_KEYS.entries())
        server.put("closed", key, sampleBytes(40, index));
      const { results } = await readInPage(
        "s3://closed",
        signed(),
        CONFORMANCE_KEYS.map((key) => ({ key })),
      );
      results.forEach(({ bytes, message }, index) => {
        expect(message).toBeUndefined();
        expect(bytes).toEqual([...sampleBytes(40, index)]);
      });
      expect(server.counters.OPTIONS).toBe(0);
      expect(server.counters.signedQuery).toBe(CONFORMANCE_KEYS.length);
    });

    it("reads a bucket named in the host, signed", async () => {
      const endpoint = `http://s3.localhost:${new URL(server.url).port}`;
      const options = signed({ endpoint, addressing: "virtual" });
      const { results } = await readInPage("s3://closed", options, [
        { key: "data", range: { offset: 5, length: 9 } },
      ]);
      expect(results[0]).toEqual({ bytes: [...data.slice(5, 14)] });
      expect(server.log[0]?.host).toMatch(/^closed\.s3\.localhost:/);
    });

    it("300 signed reads of objects, ranges and ends cost no preflight", async () => {
      for (let index = 0; index < 100; index++) server.put("closed", `c/${index}`, sampleBytes(100, index));
      const reads: Read[] = Array.from({ length: 100 }, (_, index) => index).flatMap((index) => [
        { key: `c/${index}` },
        { key: `c/${index}`, range: { offset: 10, length: 20 } },
        { key: `c/${index}`, range: { suffixLength: 7 } },
      ]);
      const { results } = await readInPage("s3://closed", signed({ cache: 0 }), reads);
      results.forEach(({ bytes }, position) => {
        const whole = [...sampleBytes(100, Math.floor(position / 3))];
        expect(bytes).toEqual([whole, whole.slice(10, 30), whole.slice(-7)][position % 3]);
      });
      expect(server.counters.OPTIONS).toBe(0);
      expect(server.counters.GET).toBe(300);
    });

    it("64 ranges of one URL run side by side, past the lock of the browser's cache", async () => {
      server.latencyMs = 100;
      const reads = Array.from({ length: 64 }, (_, index) => ({
        key: "data",
        range: { offset: index * 500, length: 100 },
      }));
      // One after another takes 6.4 s and more, six sockets 1.1 s. Chromium has the lock, and so the bound that is accepted (§15, 3), at its
      // best of three for a machine that is busy with other things.
      const boundMs = engine === "Chromium" ? 1600 : 3200;
      let bestMs = Number.POSITIVE_INFINITY;
      for (let attempt = 1; attempt <= 3 && bestMs >= boundMs; attempt++) {
        const { results, ms } = await readInPage("s3://open", open({ coalescing: false }), reads);
        expect(results.every(({ bytes }) => bytes?.length === 100)).toBe(true);
        expect(server.counters.GET).toBe(64 * attempt);
        expect(server.counters.maxConcurrent).toBeGreaterThanOrEqual(5);
        bestMs = Math.min(bestMs, ms);
      }
      expect(bestMs).toBeLessThan(boundMs);
    });

    it("works where the bucket exposes no header at all", async () => {
      server.createBucket("bare", {
        publicRead: true,
        cors: [{ AllowedOrigins: ["*"], AllowedMethods: ["GET", "HEAD"] }],
      });
      server.put("bare", "data", data);
      const { results } = await readInPage("s3://bare", open(), [
        { key: "data" },
        { key: "data", range: { offset: 100, length: 50 } },
        { key: "data", range: { offset: 49_990, length: 50 } },
        { key: "data", range: { offset: 70_000, length: 50 } },
        { key: "data", range: { suffixLength: 5 } },
        { key: "nothing" },
      ]);
      expect(results.map(({ bytes, message }) => message ?? bytes?.length)).toEqual([
        50_000,
        50,
        10,
        0,
        5,
        undefined,
      ]);
      expect(results[2]!.bytes).toEqual([...data.slice(49_990)]);
    });

    it("a cut body is read again, fixed or chunked", async () => {
      for (const chunked of [false, true]) {
        // Another key each time: the browser may keep the first.
        const key = `cut ${chunked}`;
        server.put("open", key, data);
        server.addFault({ fault: { kind: "cut", afterBytes: 1000, chunked }, path: /cut/, count: 1 });
        const { results, told } = await readInPage("s3://open", open(), [{ key }]);
        expect(results[0]!.bytes).toEqual([...data]);
        expect(told).toContain("retried");
      }
    });

    it("one stray ETag is asked for again, one that stays is an error", async () => {
      const twice = [0, 100].map((offset) => ({ key: "data", range: { offset, length: 50 } }));
      server.addFault({ fault: { kind: "etag-flip" }, path: /data/, skip: 1, count: 1 });
      const stray = await readInPage(
        "s3://open",
        open({ coalescing: false, maxRequestsPerOrigin: 1 }),
        twice,
      );
      expect(stray.results.map(({ bytes }) => bytes)).toEqual([
        [...data.slice(0, 50)],
        [...data.slice(100, 150)],
      ]);
      expect(server.counters.GET).toBe(3);
      server.addFault({ fault: { kind: "etag-flip" }, path: /data/ });
      const other = await readInPage(
        "s3://open",
        open({ coalescing: false, maxRequestsPerOrigin: 1 }),
        twice,
      );
      expect(other.results[1]).toMatchObject({ code: "changed" });
    });

    it.each([
      ["in the queue", { kind: "stall" }, 12],
      ["in a wait to try again", { kind: "status", status: 503, retryAfter: 20 }, 2],
      ["before the headers", { kind: "stall" }, 2],
      ["in the body", { kind: "stall", afterBytes: 10 }, 2],
    ] as const)("an abort %s settles at once and frees the sockets", async (_name, fault, count) => {
      for (let index = 0; index < count; index++) server.put("open", `stuck/${index}`, data);
      server.addFault({ fault, path: /stuck/ });
      const settledMs = await page.evaluate(
        async ({ endpoint, count }) => {
          const { createStore } = (globalThis as unknown as { stores: Url }).stores;
          const { store } = await createStore("s3://open", { endpoint });
          const controller = new AbortController();
          const { signal } = controller;
          const stuck = Array.from({ length: count }, (_, index) =>
            store.get(`/stuck/${index}`, { signal }).catch((reason: unknown) => reason),
          );
          await new Promise((resolve) => setTimeout(resolve, 300));
          const start = performance.now();
          controller.abort("enough");
          const reasons = await Promise.all(stuck);
          const settledMs = performance.now() - start;
          if (reasons.some((reason) => reason !== "enough")) throw new Error("wrong reason");
          const bytes = await store.get("/data");
          if (bytes?.length !== 50_000) throw new Error("wrong bytes");
          return settledMs;
        },
        { endpoint: server.url, count },
      );
      expect(settledMs).toBeLessThan(50);
      await vi.waitFor(() => expect(server.counters.concurrent).toBe(0), 2000);
      // None of them was sent again, and what was queued was never sent.
      expect(server.counters.GET).toBeLessThanOrEqual(Math.min(count, 8) + 1);
    });
  });

  describe("explaining", () => {
    const one = [{ key: "data" }];

    it("a missing CORS rule, with the page's origin", async () => {
      server.createBucket("silent", { publicRead: true });
      server.put("silent", "data", data);
      const { results } = await readInPage("s3://silent", open(), one);
      expect(results[0]).toMatchObject({ code: "cors" });
      expect(results[0]!.message).toContain(`origin ${pages.origin}`);
      expect(results[0]!.message).not.toContain("keys");
    });

    it("a wrong key, where the server says so and where it hides it", async () => {
      const { accessKeyId } = server.account;
      const wrong = signed({ credentials: { accessKeyId, secretAccessKey: "MARKERSECRET" } });
      const told = await readInPage("s3://closed", wrong, one);
      expect(told.results[0]).toMatchObject({ code: "forbidden" });
      server.corsOnErrors = false;
      const hidden = await readInPage("s3://closed", wrong, one);
      expect(hidden.results[0]).toMatchObject({ code: "cors" });
      expect(hidden.results[0]!.message).toContain("also check them");
      expect(JSON.stringify([told, hidden])).not.toContain("MARKER");
    });

    it("a refused preflight, in header mode", async () => {
      server.createBucket("strict", { cors: [{ AllowedOrigins: ["*"], AllowedMethods: ["GET", "HEAD"] }] });
      server.put("strict", "data", data);
      const { results, told } = await readInPage("s3://strict", signed({ auth: { mode: "header" } }), one);
      expect(results[0]).toMatchObject({ code: "cors" });
      expect(results[0]!.message).toContain("preflight");
      expect(told).toContain("slow-auth");
    });

    it("header mode works where headers are allowed, at two round trips a key", async () => {
      const { results } = await readInPage("s3://closed", signed({ auth: { mode: "header" } }), one);
      expect(results[0]!.bytes).toHaveLength(50_000);
      expect(server.counters.OPTIONS).toBe(1);
    });

    it("a host that is not there", async () => {
      const { results } = await readInPage("s3://open", { endpoint: "http://127.0.0.1:9" }, one);
      expect(results[0]).toMatchObject({ code: "network" });
      expect(results[0]!.message).toContain("No connection to 127.0.0.1:9");
    });

    it("the page's own policy", async () => {
      const strict = await pages.newPage({ csp: "connect-src 'self'" });
      const { results } = await readInPage("s3://open", open(), one, strict);
      expect(results[0]!.message).toContain("Content-Security-Policy");
      expect(server.counters.requests).toBe(0);
      await strict.context().close();
    });
  });
});
