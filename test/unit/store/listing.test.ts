/**
 * The option `listing`: a list of keys that somebody wrote down (docs/formats/listing.md).
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isReaderError } from "../../../src/core/error.js";
import { open } from "../../../src/index.js";
import type { ListingSource } from "../../../src/store/listing.js";
import { MemoryStore } from "../../../src/store/memory.js";
import type { StorageOptions } from "../../../src/store/storage-options.js";
import { canList, type ReadableStore } from "../../../src/store/types.js";
import { adoptStore, createStore } from "../../../src/store/url.js";
import { loadFixture } from "../../support/fixtures.js";
import { createS3Server, type S3Server } from "../../support/s3-server/server.js";

const keys = { "a/1": 10, "a/10": 2, "a b/ü?#%": 0, b: 1_000_000, __proto__x: 3, "10": 4 };
const document = JSON.stringify({ cloudcrop_listing: 1, keys });
let server: S3Server;

beforeAll(async () => {
  server = await createS3Server({ region: "eu-central-1" });
  server.createBucket("open", { publicRead: true, publicList: false });
  server.put("open", "store/keys list.json", document);
  server.createBucket("empty", { publicRead: true, publicList: true });
  server.createBucket("closed");
  server.put("closed", "store/list.json", document);
});
afterAll(() => server.close());

async function listAll(
  store: ReadableStore,
  prefix: `/${string}` = "/",
): Promise<[string, number | undefined][]> {
  const found: [string, number | undefined][] = [];
  if (!canList(store)) throw new Error("cannot list");
  for await (const { key, size } of store.list(prefix)) found.push([key.slice(1), size]);
  return found;
}

const over = async (listing: ListingSource, more: StorageOptions = {}): Promise<ReadableStore> =>
  (await createStore(`${server.url}/open/store`, { listing, ...more })).store;

describe("a list", () => {
  const sorted = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));

  it.each([
    ["a URL", (): ListingSource => `${server.url}/open/store/keys%20list.json?x=1#part`],
    ["a URL object", (): ListingSource => new URL(`${server.url}/open/store/keys%20list.json`)],
    ["an s3: URL", (): ListingSource => "s3://open/store/keys list.json"],
    ["an s3+http: URL", (): ListingSource => `s3+${server.url}/open/store/keys%20list.json`],
    ["a key of the store", (): ListingSource => "keys list.json"],
    ["the same with a slash", (): ListingSource => "/keys list.json"],
    ["the document", (): ListingSource => JSON.parse(document)],
    ["keys with sizes", (): ListingSource => Object.entries(keys).map(([key, size]) => ({ key, size }))],
  ])("may be %s", async (_, source) => {
    const endpoint = { endpoint: server.url };
    expect(await listAll(await over(source(), endpoint))).toEqual(sorted);
  });

  it("may be keys alone, or be written without some sizes", async () => {
    expect(await listAll(await over(["b", "a"]))).toEqual([
      ["a", undefined],
      ["b", undefined],
    ]);
    const partly = { cloudcrop_listing: 1, keys: { a: null, b: 3 } } as const;
    expect(await listAll(await over(partly))).toEqual([
      ["a", undefined],
      ["b", 3],
    ]);
  });

  it("is asked by prefix", async () => {
    const store = await over("keys list.json");
    expect(await listAll(store, "/a/")).toEqual([
      ["a/1", 10],
      ["a/10", 2],
    ]);
    expect(await listAll(store, "/a b")).toEqual([["a b/ü?#%", 0]]);
    expect(await listAll(store, "/c/")).toEqual([]);
    expect(await listAll(store, "/a/10")).toEqual([["a/10", 2]]);
  });

  it("is read once, when it is first asked for, and again after a failure", async () => {
    server.reset();
    const store = await over(`${server.url}/open/store/keys%20list.json`);
    expect(server.counters.requests).toBe(0);
    const fault = server.addFault({ fault: { kind: "status", status: 501 }, path: /keys list/, count: 1 });
    await expect(listAll(store)).rejects.toHaveProperty("code");
    fault.remove();
    await Promise.all([listAll(store), listAll(store), listAll(store, "/a/")]);
    expect(server.counters.GET).toBe(2);
  });

  it("serves a store of the user's, and one without a list of its own", async () => {
    const memory = new MemoryStore(new Map([["/keys.json", new TextEncoder().encode(document)]]));
    expect(await listAll(adoptStore({ get: (key) => memory.get(key) }, { listing: "keys.json" }))).toEqual(
      sorted,
    );
  });

  it.each([
    "{}",
    "[]",
    "not json",
    document.slice(0, -10),
    '{"cloudcrop_listing": 2, "keys": {}}',
    '{"cloudcrop_listing": 1, "keys": ["a"]}',
    '{"cloudcrop_listing": 1, "keys": {"a": -1}}',
    '{"cloudcrop_listing": 1, "keys": {"a": 1.5}}',
    '{"cloudcrop_listing": 1, "keys": {"a": "1"}}',
    '{"cloudcrop_listing": 1, "keys": {"/a": 1}}',
    '{"cloudcrop_listing": 1, "keys": {"": 1}}',
  ])("is refused by name when it is %s", async (text) => {
    server.put("open", "store/broken.json", text);
    const failure = await listAll(await over("broken.json")).catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "invalid-metadata")).toBe(true);
  });

  it("that is not there says how to write one", async () => {
    await expect(listAll(await over(`${server.url}/empty/none.json?sig=MARKER`))).rejects.toThrow(
      /not-found: There is no listing at http[^ ]*none\.json\?sig=redacted\. .*cloudcrop-list/,
    );
  });

  it("is read without the store's headers and keys, unless it is a key of the store", async () => {
    const { accessKeyId, secretAccessKey } = server.account;
    const elsewhere = await createS3Server();
    elsewhere.createBucket("open", { publicRead: true });
    elsewhere.put("open", "list.json", document);
    const seen: (string | null)[] = [];
    const watching: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers);
      if (String(input).startsWith(elsewhere.url))
        seen.push(headers.get("authorization") ?? headers.get("x-api-key"));
      return fetch(input, init);
    };
    const listing = `${elsewhere.url}/open/list.json`;
    const http = await over(listing, { headers: { "x-api-key": "MARKER" }, fetch: watching });
    const options = {
      endpoint: server.url,
      region: "eu-central-1",
      credentials: { accessKeyId, secretAccessKey },
    };
    const { store: s3 } = await createStore("s3://closed/store", { ...options, listing, fetch: watching });
    await listAll(http);
    await listAll(s3);
    expect(seen).toEqual([null, null]);
    const { store } = await createStore("s3://closed/store", { ...options, listing: "list.json" });
    expect(await listAll(store)).toHaveLength(6);
    await elsewhere.close();
  });
});

describe("open with a listing", () => {
  it("finds the arrays of a group on a host that cannot list", async () => {
    const fixture = loadFixture("zarr", "v3-layout");
    server.mount("open", "types/", fixture.path);
    const { store } = await createStore(fixture.path);
    const sizes = Object.fromEntries(await listAll(store));
    const url = `${server.url}/open/types`;
    await expect(open(url, { pool: 0 })).rejects.toThrow(/unsupported.*give the option listing/);
    const data = await open(url, {
      pool: 0,
      listing: { cloudcrop_listing: 1, keys: sizes as Record<string, number> },
    });
    const local = await open(fixture.path, { pool: 0 });
    expect([...data.sources.keys()].sort()).toEqual([...local.sources.keys()].sort());
    data.close();
    local.close();
  });
});
