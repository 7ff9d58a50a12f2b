/**
 * What a listing tells of the files of ATLAS directory stores: for how many requests, and what counts where it is refused, long, or old.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createEngine, type Engine } from "../../src/engine/engine.js";
import { ArrayFiles, ListedFiles } from "../../src/format/atlas/layers.js";
import { readMetadata } from "../../src/format/atlas/metadata.js";
import { createStore } from "../../src/store/url.js";
import type { DecodePool } from "../../src/worker/pool.js";
import { profileNames, writeLayers, writeMetadata } from "../support/atlas-directory.js";
import { writeArrayFile } from "../support/atlas-index.js";
import type { Bucket } from "../support/s3-server/bucket.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";

let server: S3Server;
const buckets = new Map<string, Bucket>();
let stores = 0;
beforeAll(async () => {
  server = await createS3Server({ maxKeys: 8 });
  for (const publicList of [true, false]) {
    const name = publicList ? "lists" : "refuses";
    buckets.set(name, server.createBucket(name, { publicRead: true, publicList }));
  }
});
beforeEach(() => server.reset());
afterAll(() => server.close());

interface Opened {
  readonly listed: ListedFiles;
  /** Puts an object of the store. */
  put(key: string, bytes: Uint8Array): void;
  remove(key: string): void;
  /** Whether an array of a dataset has its chunk, and the requests that it took to find out. */
  find(array: string, dataset: string): Promise<{ readonly isThere: boolean; readonly requests: number }>;
}

interface Place {
  readonly bucket?: string;
  readonly scheme?: string;
  readonly fetch?: typeof fetch;
}

async function openStore(
  objects: Readonly<Record<string, Uint8Array>>,
  { bucket = "lists", scheme = "s3+http", fetch }: Place = {},
): Promise<Opened> {
  const folder = `store-${stores++}`;
  const put = (key: string, bytes: Uint8Array): void =>
    void buckets.get(bucket)!.put(`${folder}/${key}`, bytes);
  for (const [key, bytes] of Object.entries(objects)) put(key, bytes);
  const address = `${scheme}${server.url.slice("http".length)}/${bucket}/${folder}`;
  const { store } = await createStore(address, fetch === undefined ? {} : { fetch });
  const engine: Engine = createEngine({ store, pool: {} as DecodePool });
  const metadata = (await readMetadata(engine, ["/atlas.json"]))!;
  const listed = new ListedFiles(engine, metadata.datasets);
  server.reset();
  return {
    listed,
    put,
    remove: (key) => void buckets.get(bucket)!.delete(`${folder}/${key}`),
    async find(array, dataset) {
      const before = server.counters.requests;
      const files = await ArrayFiles.open(engine, array, metadata, {
        take: "block",
        bodies: undefined,
        wanted: [dataset],
        listed,
      });
      const [entry] = await files.entries([dataset], { take: "block" });
      return { isThere: entry?.chunk([0]) !== undefined, requests: server.counters.requests - before };
    },
  };
}

/** Two arrays of ten datasets, of which `profile_7` and those behind it were never written. */
function twoArrays(): Record<string, Uint8Array> {
  const { "atlas.json": _, ...files } = writeLayers(10, 1, 3, { written: 7 });
  const others = Object.entries(files).map(([key, bytes]) => [key.replace("temperature", "salinity"), bytes]);
  return {
    ...files,
    ...Object.fromEntries(others),
    "atlas.json": writeMetadata(profileNames(10), ["temperature", "salinity"], { version: 3, epoch: 1 }),
  };
}

it("one request tells the files of all arrays: no look for layers, nor for what is empty under them", async () => {
  const { listed, find } = await openStore(twoArrays());
  // Nobody asked for a listing.
  expect(await find("temperature", "profile_7")).toEqual({ isThere: false, requests: 3 });
  await listed.of("temperature", true);
  expect(server.counters.requests).toBe(4);
  expect(await find("temperature", "profile_7")).toEqual({ isThere: false, requests: 0 });
  expect(await find("salinity", "profile_7")).toEqual({ isThere: false, requests: 1 });
});

it.each([1, 2, 5])("%d layers take as many requests", async (layers) => {
  const { listed, find } = await openStore(writeLayers(10, layers, 3));
  await listed.of("temperature", true);
  expect(await find("temperature", "profile_3")).toEqual({ isThere: true, requests: layers });
});

/** Requests that never come to a server. */
let lost = 0;
const failing: typeof fetch = (input, init) => {
  if (!String(input instanceof Request ? input.url : input).includes("list-type")) return fetch(input, init);
  lost++;
  return Promise.reject(new TypeError("Failed to fetch"));
};

it.each([
  ["a bucket that refuses", { bucket: "refuses" }],
  ["a web server, which is not asked", { scheme: "http" }],
  ["a listing that does not come through", { fetch: failing }],
] as const)("%s: the other way", async (_, place) => {
  lost = 0;
  const { listed, find } = await openStore(writeLayers(10, 1, 3), place);
  expect(await listed.of("temperature", true)).toBeUndefined();
  const asked = "scheme" in place ? 0 : 1;
  const count = (): number => server.counters.requests + lost;
  expect(count()).toBe(asked);
  expect(await listed.of("temperature", true)).toBeUndefined();
  expect(count()).toBe(asked);
  expect(await find("temperature", "profile_3")).toEqual({ isThere: true, requests: 2 });
});

it("a store of more files than a page tells is listed by folder", async () => {
  const others = Array.from({ length: 8 }, (_, number) => [`notes/${number}.txt`, new Uint8Array(1)]);
  const { listed, find } = await openStore({ ...twoArrays(), ...Object.fromEntries(others) });
  await listed.of("temperature", true);
  expect(server.log.map(({ query }) => new URLSearchParams(query).get("prefix"))).toEqual([
    expect.stringMatching(/^store-\d+\/$/),
    expect.stringMatching(/^store-\d+\/temperature\/$/),
  ]);
  expect(await find("temperature", "profile_7")).toEqual({ isThere: false, requests: 1 });
  // Nobody asked for that folder.
  expect(await find("salinity", "profile_7")).toEqual({ isThere: false, requests: 3 });
});

it("a store of many names is listed by folder from the first", async () => {
  const names = ["temperature", ...Array.from({ length: 64 }, (_, number) => `other_${number}`)];
  const { listed, find } = await openStore({
    ...writeLayers(10, 1, 3),
    "atlas.json": writeMetadata(profileNames(10), names, { version: 3 }),
  });
  await listed.of("temperature", true);
  expect(server.counters.requests).toBe(1);
  expect(await find("temperature", "profile_3")).toEqual({ isThere: true, requests: 1 });
});

it.each([
  [1, 1],
  // Two folders are more than the one that would be listed.
  [65, 2],
])("files whose names the packages encode twice are found, one of %d names", async (count, requests) => {
  const names = ["a#b", ...Array.from({ length: count - 1 }, (_, number) => `other_${number}`)];
  const { "temperature/data.1.af": layer, "temperature/data.af": base } = writeLayers(10, 1, 3);
  const { listed, find } = await openStore({
    "atlas.json": writeMetadata(profileNames(10), names, { version: 3 }),
    "a%23b/data.af": base!,
    "a%2523b/data.1.af": layer!,
  });
  await listed.of("a%23b", true);
  expect(await find("a#b", "profile_3")).toEqual({ isThere: true, requests });
});

const long = (moreBytes = 0): Uint8Array => writeArrayFile(10, 1, { paddingBytes: 3_000_000 + moreBytes });

it.each([
  ["folded into the base", { "temperature/data.af": writeArrayFile(10, 0) }, true],
  [
    "folded, and another written over it",
    { "temperature/data.af": writeArrayFile(10, 0), "temperature/data.1.af": writeArrayFile(2, 1) },
    true,
  ],
  ["written anew and shorter", { "temperature/data.1.af": writeArrayFile(9, 1) }, true],
  ["written anew and a little shorter, both long", { "temperature/data.1.af": long(-1000) }, true],
  ["written anew and a little longer, both long", { "temperature/data.1.af": long(1000) }, true],
  [
    "written anew and longer",
    { "temperature/data.1.af": writeArrayFile(9, 1, { paddingBytes: 3_000_000 }) },
    true,
  ],
  ["deleted", {}, false],
])("files that changed since they were listed, %s, are looked for", async (name, files, isThere) => {
  const own = name.includes("both long") ? { "temperature/data.1.af": long() } : {};
  const { listed, find, put, remove } = await openStore({ ...writeLayers(10, 1, 3), ...own });
  await listed.of("temperature", true);
  remove("temperature/data.1.af");
  for (const [key, bytes] of Object.entries(files)) put(key, bytes);
  expect(await find("temperature", "profile_7")).toMatchObject({ isThere });
});
