/**
 * What `explain` tells before a query, against what the server counts while it runs: every fixture store, several sources and
 * queries of each, every one on a cold cache. And what it reads for that: never a byte of a chunk.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultRates } from "../../src/core/price.js";
import { type AnySource, type Dataset, isReaderError, open } from "../../src/index.js";
import { startFixtureServer } from "../support/fixture-server.js";
import {
  askedTwice,
  chunksAmong,
  listStores,
  queriesOf,
  type Trial,
  tryPrice,
} from "../support/price-trials.js";
import type { S3Server } from "../support/s3-server/server.js";

/** Of one store: some hold an array of every type there is. */
const sourcesPerStore = 4;

let server: S3Server;
let openFixture: (path: string) => Promise<Dataset>;
beforeAll(async () => {
  ({ server, openFixture } = await startFixtureServer());
});
afterAll(() => server.close());

function checkPrice({ price, spent, parts, rows }: Trial, where: string): void {
  const { requests, bytes, accuracy, chunks, rowsAtMost, usd } = price;
  const { usdPerMillionGets, usdPerGB } = defaultRates;
  expect(usd, where).toBeCloseTo((requests * usdPerMillionGets) / 1e6 + (bytes * usdPerGB) / 1e9, 15);
  expect(chunks, where).toBe(parts);
  if (rowsAtMost !== undefined) expect(rows, where).toBeLessThanOrEqual(rowsAtMost);
  if (accuracy === "at-most") {
    expect(requests, where).toBeGreaterThanOrEqual(spent.requests);
    expect(bytes, where).toBeGreaterThanOrEqual(spent.bytes);
    return;
  }
  // This server lists, so every size can be known.
  expect({ accuracy, requests, bytes }, where).toEqual({ accuracy: "exact", ...spent });
}

/** A shard that lies deflated in an archive is inflated whole for its index, which may be its end: so the price is that of a chunk that is there. */
const deflatesShards = /^stores\/(appended|deflated-v3|folder)\.zip$/;

/** Where indexes lie between blocks, a request for several of them brings the blocks between along, unused. */
const interleaves = /^atlas-profiles\/atlas1[67]\d-profiles\.atlas$/;

/** Labels are read to plan, though they are data of a source of their own; so is where each profile lies. */
function isLabel(source: AnySource, format: string): boolean {
  const { name, role } = source.info;
  return role === "coordinate" || (format === "atlas" && /^profiles$|\/where_\w$/.test(name));
}

async function checkStore(path: string): Promise<void> {
  const dataset = await openFixture(path);
  const every = Math.ceil(dataset.sources.size / sourcesPerStore);
  const some = [...dataset.sources].filter((__, index) => index % every === 0);
  let priced = 0;
  for (const [name, source] of some) {
    for (const [asked, query] of Object.entries(await queriesOf(source))) {
      const where = `${name}, ${asked}`;
      const fresh = await openFixture(path);
      const own = fresh.source(name);
      const trial = await tryPrice(own, query, server.log);
      fresh.close();
      if (typeof trial === "string") continue;
      priced++;
      checkPrice(trial, where);
      // What a limit cuts short was asked for, and came in part or not at all.
      if (query.limit === undefined) expect(trial.told, `${where}, progress`).toEqual(trial.spent);
      expect(trial.planned, `${where}: indexes read twice`).toEqual([]);
      if (query.level !== undefined) expect(trial.price.level, where).toBe(query.level);
      if (interleaves.test(path)) continue;
      expect(askedTwice(trial.explained, trial.queried), where).toEqual([]);
      if (isLabel(own, dataset.format)) continue;
      expect(chunksAmong(trial.explained, path, trial.chunks), where).toEqual([]);
      if (name === "sharded" && deflatesShards.test(path)) continue;
      expect(trial.price.notes.join(), where).not.toMatch(/in memory already/);
    }
  }
  dataset.close();
  expect(priced).toBeGreaterThan(0);
}

const { stores, unknown } = listStores();

it("every file among the fixtures belongs to a store, or is known to be none", () => {
  expect(unknown).toEqual([]);
});

/** Made by the packages with what is refused by name. */
const isRefused = (path: string): boolean => /\/(v[23]-refused\.zarr|mesh-draco\.zarrvectors)$/.test(path);

it.each(stores.filter((path) => !isRefused(path)))("%s", checkStore, 120_000);

it.each(stores.filter(isRefused))("%s: what cannot be read has no price", async (path) => {
  const codes = new Set<string>();
  const refusal = (thrown: unknown): void => {
    if (!isReaderError(thrown)) throw thrown;
    codes.add(thrown.code);
  };
  const dataset = await openFixture(path).catch(refusal);
  for (const source of dataset?.sources.values() ?? []) {
    await source.explain().then((price) => expect(price, source.info.name).toBeUndefined(), refusal);
  }
  // Zarr's arrays of that kind are left out of the sources, and told of as diagnostics.
  if (dataset?.sources.size === 0) codes.add("no source");
  dataset?.close();
  expect([...codes]).toHaveLength(1);
});

it.each([
  [24, "HEAD", 24],
  [25, "LIST", 1],
] as const)(
  "sizes of %i whole objects of a store that lists are told by %s",
  async (chunks, by, requests) => {
    const name = `made/whole-${chunks}.zarr`;
    const metadata = {
      zarr_format: 2,
      shape: [chunks],
      chunks: [1],
      dtype: "<i4",
      compressor: null,
      fill_value: 0,
      order: "C",
      filters: null,
    };
    server.put("fixtures", `${name}/.zarray`, JSON.stringify(metadata));
    for (let chunk = 0; chunk < chunks; chunk++)
      server.put("fixtures", `${name}/${chunk}`, new Uint8Array(4));
    const dataset = await openFixture(name);
    const trial = (await tryPrice(dataset.grid(), {}, server.log)) as Trial;
    dataset.close();
    checkPrice(trial, name);
    const asked = trial.explained.map(({ method, key }) => (key === "" ? "LIST" : method));
    expect(asked).toEqual(Array.from({ length: requests }, () => by));
  },
);

describe("where a server lists nothing and whole objects are many", () => {
  it("a sample tells their bytes", async () => {
    // Chunks of 1 to 3 kB: four hundred of them, of which a quarter are not there.
    const sizeOf = (chunk: number): number => 1000 + ((chunk * 7919) % 2000);
    const metadata = {
      zarr_format: 2,
      shape: [400_000],
      chunks: [1000],
      dtype: "<f8",
      compressor: { id: "zlib", level: 1 },
      fill_value: 0,
      order: "C",
      filters: null,
    };
    server.createBucket("bare", { publicRead: true });
    server.put("bare", "many/.zarray", JSON.stringify(metadata));
    let stored = 0;
    for (let chunk = 0; chunk < 400; chunk++) {
      if (chunk % 5 === 3) continue;
      stored += sizeOf(chunk);
      server.put("bare", `many/${chunk}`, new Uint8Array(sizeOf(chunk)));
    }
    const grid = await open(`${server.url}/bare/many`, { kind: "grid", pool: 0 });
    const before = server.log.length;
    const price = await grid.explain();
    const asked = server.log.slice(before).filter(({ key }) => /\d$/.test(key));
    expect(price).toMatchObject({ accuracy: "estimated", requests: 400 });
    expect(Math.abs(price.bytes - stored)).toBeLessThanOrEqual(0.1 * stored);
    expect(price.notes.join()).toMatch(/sizes of 96 of 400/);
    expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(["HEAD"]));
    const after = server.log.length;
    expect(await grid.explain()).toEqual(price);
    expect(server.log.length).toBe(after);
  });

  it("rates of the user's", async () => {
    const grid = await open(`${server.url}/bare/many`, { kind: "grid", pool: 0 });
    const rates = { usdPerMillionGets: 1e6, usdPerGB: 0 };
    expect((await grid.explain({}, { rates })).usd).toBe(400);
  });
});

describe("more chunks than are read at once", () => {
  /** One array of 4-byte chunks, several thousand of them in each shard. */
  function putShards(name: string, shards: number, inShard: number): void {
    const codec = { name: "bytes", configuration: { endian: "little" } };
    const metadata = {
      zarr_format: 3,
      node_type: "array",
      shape: [shards * inShard],
      data_type: "int32",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [inShard] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: 0,
      codecs: [
        {
          name: "sharding_indexed",
          configuration: {
            chunk_shape: [1],
            codecs: [codec],
            index_codecs: [codec],
            index_location: "end",
          },
        },
      ],
      attributes: {},
    };
    server.put("fixtures", `${name}/zarr.json`, JSON.stringify(metadata));
    for (let shard = 0; shard < shards; shard++) {
      const values = Int32Array.from({ length: inShard }, (_, at) => shard * inShard + at);
      const index = BigUint64Array.from({ length: 2 * inShard }, (_, at) =>
        at % 2 === 0 ? BigInt(2 * at) : 4n,
      );
      const bytes = new Uint8Array(values.byteLength + index.byteLength);
      bytes.set(new Uint8Array(values.buffer));
      bytes.set(new Uint8Array(index.buffer), values.byteLength);
      server.put("fixtures", `${name}/c/${shard}`, bytes);
    }
  }

  it.each([
    [1, 3000],
    [3, 1000],
    [40, 40],
  ])("%i shards of %i", async (shards, inShard) => {
    const name = `made/shards-${shards}.zarr`;
    putShards(name, shards, inShard);
    const dataset = await openFixture(name);
    const trial = (await tryPrice(dataset.grid(), {}, server.log)) as Trial;
    dataset.close();
    checkPrice(trial, name);
  });
});
