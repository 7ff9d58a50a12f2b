/**
 * The slots of an origin by its protocol, over real HTTP/2 and in real browsers (docs/design/object-storage.md §7).
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Http2Server, startHttp2Server } from "../../support/http2-server.js";
import { engines, type Pages, startPages } from "../../support/pages.js";

type Stores = typeof import("../../../src/exports/store.js");

const count = 64;

describe.each(engines)("%s", (engine) => {
  let pages: Pages;
  let server: Http2Server;
  beforeAll(async () => {
    pages = await startPages(engine);
  }, 60_000);
  afterEach(() => server.close());
  afterAll(() => pages.close());

  /** First one read, by which the protocol is learnt, then 64 ranges of one key at once. */
  async function readRanges(isTimed: boolean): Promise<void> {
    server = await startHttp2Server({ isTimed, quietMs: 300 });
    const page = await pages.newPage({ trustsAll: true });
    const parts = await page.evaluate(
      async ({ url, count }) => {
        const { createStore } = (globalThis as unknown as { stores: Stores }).stores;
        const { store } = await createStore(url, { coalescing: false, cache: 0 });
        const read = (index: number) => store.getRange!("/data", { offset: index * 500, length: 100 });
        await read(0);
        const parts = await Promise.all(Array.from({ length: count }, (_, index) => read(index)));
        return parts.map((bytes) => [...bytes!]);
      },
      { url: server.url, count },
    );
    await page.context().close();
    parts.forEach((part, index) => {
      expect(part).toEqual([...server.bytes.slice(index * 500, index * 500 + 100)]);
    });
    expect(server.counters.requests).toBe(1 + count);
    expect(server.versions).toEqual(new Set(["2.0"]));
  }

  it("64 ranges of one key share one connection of HTTP/2, 32 at a time", async () => {
    await readRanges(true);
    expect(server.counters.connections).toBe(1);
    expect(server.counters.maxConcurrent).toBe(32);
  });

  it("where the protocol is hidden it stays at 8, and 4 that wait for a socket", async () => {
    await readRanges(false);
    expect(server.counters.maxConcurrent).toBe(12);
  });
});
