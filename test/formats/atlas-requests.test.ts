/**
 * What ATLAS stores cost: requests, counted by a server.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type GridReadOptions, open, slice } from "../../src/index.js";
import { readCold } from "../support/atlas-cost.js";
import { profileNames, writeLayers, writeMetadata } from "../support/atlas-directory.js";
import { writeArrayFile } from "../support/atlas-index.js";
import {
  datasetCounts,
  datasetToRead,
  longStores,
  type ManyStore,
  manyStores,
  valuesOf,
} from "../support/atlas-many.js";
import type { Bucket } from "../support/s3-server/bucket.js";
import { createS3Server, type S3Server } from "../support/s3-server/server.js";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));

let server: S3Server;
let bucket: Bucket;
let stores = 0;
beforeAll(async () => {
  server = await createS3Server();
  bucket = server.createBucket("atlas", { publicRead: true });
  server.mount("atlas", "", fixtures);
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const openStore = (path: string) => open(`${server.url}/atlas/${path}`, { format: "atlas", pool: 0 });

type Objects = Readonly<Record<string, Uint8Array>>;

/** @returns the folder of the store, which no other has */
function putStore(objects: Objects): string {
  const folder = `own-${stores++}`;
  for (const [key, bytes] of Object.entries(objects)) bucket.put(`${folder}/${key}`, bytes);
  return folder;
}

it.each(Object.keys(manyStores).flatMap((kind) => datasetCounts.map((count) => [kind, count] as const)))(
  "%s, %d datasets: one array costs three requests at most, and its block where that did not come with them",
  async (kind, count) => {
    await expectCost(manyStores[kind]!, count);
  },
);

it.each(Object.keys(longStores))(
  "%s: with its block where that is read whole, else before it",
  async (kind) => {
    await expectCost(longStores[kind]!, 10);
  },
);

async function expectCost(store: ManyStore, count: number): Promise<void> {
  const { file, write, node } = store;
  const number = datasetToRead(store, count);
  const address = `${server.url}/atlas/${putStore(write(count))}/${file}`;
  const { data, blockRuns } = await readCold(address, number);
  expect(data).toEqual(valuesOf(store, number));
  expect({ requests: server.counters.requests, blockRuns }).toEqual(node);
}

it.each([0, 2])("what lies in a segment that came whole costs nothing any more, %d workers", async (pool) => {
  const { file, write } = longStores["long container, one compressed block"]!;
  const address = `${server.url}/atlas/${putStore(write(10))}/${file}`;
  const dataset = await open(address, { format: "atlas", pool });
  await dataset.grid("profile_3/temperature").read([slice(0, 5)]);
  expect(server.counters.requests).toBe(3);
  const other = dataset.grid("profile_7/temperature");
  expect(await other.explain()).toMatchObject({ requests: 0, bytes: 0 });
  const { data } = await other.read([slice(0, 5)]);
  expect(data).toEqual(new Float32Array(5).fill(7));
  const { data: all } = await dataset.acrossDatasets("temperature");
  expect((all as Float32Array).at(-1)).toBe(9);
  expect(server.counters.requests).toBe(3);
  dataset.close();
});

it("without a memory a block is asked for again, not its segment", async () => {
  const { file, write } = longStores["long container, one compressed block"]!;
  const address = `${server.url}/atlas/${putStore(write(10))}/${file}`;
  const dataset = await open(address, { format: "atlas", pool: 0, cache: 0 });
  const { data } = await dataset.grid("profile_3/temperature").read([slice(0, 5)]);
  expect(data).toEqual(new Float32Array(5).fill(3));
  expect(server.counters.requests).toBe(4);
  dataset.close();
});

/** Every store that a package wrote. */
const written = ["atlas", "atlas-profiles"].flatMap((folder) =>
  readdirSync(join(fixtures, folder))
    .filter((name) => name.endsWith(".atlas"))
    .map((name) => `${folder}/${name}`),
);

it.each(written)("%s: no array costs more than its layers tell", async (path) => {
  const names = readdirSync(join(fixtures, path), { recursive: true }).map(String);
  const address = `${path}/${names.find((name) => /^(atlas\.|data\.atlas)/.test(name))}`;
  const isContainer = address.endsWith("/data.atlas");
  const first = await openStore(address);
  // Where names do not tell which array is the longitude, attributes do, which are read first.
  const openings = path.includes("deep") ? 7 : isContainer ? 2 : 1;
  expect(server.counters.requests).toBe(openings);
  first.close();
  const arrays = new Map([...first.sources.keys()].map((name) => [name.slice(name.indexOf("/") + 1), name]));
  arrays.delete("profiles");
  for (const [array, name] of arrays) {
    server.reset();
    const dataset = await openStore(address);
    let blocks = 0;
    await dataset.grid(name).read([], { onProgress: ({ requests }) => (blocks = requests) });
    dataset.close();
    const cost = server.counters.requests - blocks - openings;
    const layers = names.filter((key) => key.startsWith(`${array}/`) && /data\.\d+\.af$/.test(key)).length;
    // The base is read where chunks were never written, or lie there.
    const base = layers > 0 && !isFull.test(array) ? 1 : 0;
    expect(cost, name).toBeLessThanOrEqual(isContainer ? 1 : 2 * Math.max(1, layers) + base);
  }
});

const directories = written.filter((path) => /atlas1[0-4]-/.test(path));

it.each(directories)(
  "%s: explain reads indexes alone",
  async (path) => {
    const { sources } = await openStore(path);
    const arrays = new Map(
      [...sources.values()].map(({ info }) => [info.name.replace(/^.*\//, ""), info] as const),
    );
    arrays.delete("profiles");
    // Labels are read to plan.
    const labels = [...arrays].flatMap(([array, { role }]) => (role === "coordinate" ? [`/${array}/`] : []));
    let requests = 0;
    for (const { name, role } of arrays.values()) {
      if (role === "coordinate") continue;
      const dataset = await openStore(path);
      server.reset();
      await dataset.grid(name).explain();
      dataset.close();
      const read = server.log.filter(
        ({ key, status }) =>
          status !== 404 && key.endsWith(".af") && !labels.some((label) => key.includes(label)),
      );
      requests += read.length;
      for (const { key, range } of read) {
        const file = readFileSync(join(fixtures, key));
        const index = file.length - 12 - Number(file.readBigUInt64LE(file.length - 12));
        const [, first = "0", last] = /^bytes=(\d*)-(\d+)$/.exec(range ?? "") ?? [];
        expect(
          first === "" ? file.length - Number(last) : Number(first),
          `${key} ${range}`,
        ).toBeGreaterThanOrEqual(index);
      }
    }
    expect(requests).toBeGreaterThan(0);
  },
  120_000,
);

it.each([
  // Attributes lie in the metadata, in layers over a base that has to be looked at, in the segment of the array.
  ["atlas10-packed.atlas/atlas.json", 0],
  ["atlas14-packed.atlas/atlas.json", 1],
  ["atlas172-packed.atlas/data.atlas", 0],
])("%s: decoding costs %d requests more, once, and explain tells the rest", async (file, more) => {
  const address = `atlas-packed/${file}`;
  const count = async (name: string, options: GridReadOptions): Promise<number> => {
    const dataset = await openStore(address);
    server.reset();
    await dataset.grid(name).read([], options);
    const requests = server.counters.requests;
    await dataset.grid(name).read([0, 0], options);
    expect(server.counters.requests - requests, "a second read").toBeLessThanOrEqual(1);
    dataset.close();
    return requests;
  };
  expect(await count("made/scale", { decode: "cf" })).toBe((await count("made/scale", {})) + more);
  // No attribute that would say how it is packed.
  expect(await count("made/plain", { decode: "cf" })).toBe(await count("made/plain", {}));
  const dataset = await openStore(address);
  const grid = dataset.grid("made/scale");
  const price = await grid.explain({ decode: "cf" });
  expect(price.accuracy).toBe("exact");
  server.reset();
  await grid.query({ decode: "cf" });
  expect(server.counters.requests).toBe(price.requests);
  dataset.close();
});

/** Arrays that were written in part come up in the stores of packages under every name; these are whole. */
const isFull = /^(v|cube|temperature|depth|lon|lat|time)$/;

it.each([
  ["one flush", 1, 2],
  ["two flushes", 2, 4],
  ["four flushes", 4, 8],
  ["five flushes", 5, 8],
])(
  "layers of %s: each costs a request, and the look for more no more than that again",
  async (_, layers, expected) => {
    const dataset = await openStore(`${putStore(writeLayers(100, layers, 3))}/atlas.json`);
    await dataset.grid("profile_7/temperature").query();
    expect(server.counters.requests).toBe(1 + expected);
    dataset.close();
  },
);

it("reads the base where layers do not have all of an array, and only then", async () => {
  const folder = putStore({
    ...writeLayers(100, 1, 1),
    "atlas.json": writeMetadata(profileNames(200), ["temperature"], { version: 1 }),
    "temperature/data.af": writeArrayFile(200, 0),
  });
  const dataset = await openStore(`${folder}/atlas.json`);
  await dataset.grid("profile_99/temperature").query();
  expect(server.counters.requests).toBe(3);
  const { data } = await dataset.grid("profile_150/temperature").query();
  expect(data).toEqual(new Float32Array(5).fill(150));
  expect(server.counters.requests).toBe(3 + 1);
  dataset.close();
});

it.each([undefined, 1, 8])(
  "a thousand datasets in one plan, at once at most %s blocks",
  async (concurrency) => {
    const dataset = await openStore("atlas-profiles/atlas14-thousand.atlas");
    const table = await dataset.acrossDatasets("temperature", {
      stacked: true,
      ...(concurrency && { concurrency }),
    });
    dataset.close();
    const expected = Float32Array.from({ length: 5000 }, (_, at) => Math.floor(at / 5) + (at % 5));
    expect(table.shape).toEqual([1000, 5]);
    expect(table.data).toEqual(expected);
    expect(server.counters.requests).toBe(3);
  },
);

it("a box over all profiles: what each array costs, once", async () => {
  const dataset = await openStore("demo/ocean-profiles.atlas");
  const { length } = await dataset.points().query({ bbox: [-45, 30, -25, 45], fields: ["temperature"] });
  expect(length).toBeGreaterThan(0);
  // Longitude, latitude, depth, temperature: a layer with its data, and the look for another.
  expect(server.counters.requests).toBe(1 + 4 * 2);
  const before = server.counters.requests;
  await dataset.points().query({ bbox: [-30, 20, -15, 35], fields: ["temperature"] });
  expect(server.counters.requests).toBe(before);
  dataset.close();
});
