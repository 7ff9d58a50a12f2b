/** @module Shards that are decoded whole: what is fetched, and what damage to them comes to. The numbers are in `test/formats`. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openZarr } from "../../../../src/format/zarr/open.js";
import { crc32c } from "../../../../src/kernel/twin/checksum.js";
import { arrayV3, bytesOf, TestStore, testEngine, thrownBy } from "./support.js";

const little = { name: "bytes", configuration: { endian: "little" } };
const missing = 2n ** 64n - 1n;

/** Four inner chunks of two int16, the second of which is not stored. */
function shard(entries = BigUint64Array.of(0n, 4n, missing, missing, 4n, 4n, 8n, 4n)): Uint8Array {
  return new Uint8Array(Buffer.concat([bytesOf(Int16Array.of(0, 1, 4, 5, 6, 7)), bytesOf(entries)]));
}

function withChecksum(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes, bytesOf(Uint32Array.of(crc32c(bytes)))]));
}

interface Around {
  readonly before?: readonly object[];
  readonly after?: readonly object[];
  readonly other?: object;
}

/** An array of 16 int16 in shards of 8, the second of which is not stored. */
function storeOf(object: Uint8Array, { before = [], after = [], other = {} }: Around): TestStore {
  const sharding = {
    name: "sharding_indexed",
    configuration: { chunk_shape: [2], codecs: [little], index_codecs: [little] },
  };
  const codecs = [...before, sharding, ...after];
  return new TestStore()
    .put("/zarr.json", arrayV3([16], [8], { codecs, fill_value: -7, ...other }))
    .put("/c/0", object);
}

const open = async (store: TestStore) =>
  (await openZarr({ engine: testEngine(store), url: "https://host/shards" })).grid();

describe("shards with codecs after them", () => {
  const checked: Around = { after: [{ name: "crc32c" }] };

  test("are fetched whole, once, and told so; what is not stored is fill", async () => {
    const object = withChecksum(shard());
    const store = storeOf(object, checked);
    const grid = await open(store);
    expect(grid.info.chunkShape).toEqual([8]);
    const price = await grid.explain({ ranges: { dim_0: [2, 5] } });
    expect(price).toMatchObject({ chunks: 1, requests: 1, bytes: object.length, accuracy: "exact" });
    store.asked.length = 0;
    expect([...(await grid.query({ ranges: { dim_0: [1, 9] } })).data]).toEqual([
      1, -7, -7, 4, 5, 6, 7, -7, -7,
    ]);
    expect(store.asked).toEqual(["/c/0", "/c/1"]);
  });

  test.each([
    ["a flipped bit", () => withChecksum(shard()).map((byte, at) => (at === 3 ? byte ^ 1 : byte)), "crc32c"],
    ["an end that is missing", () => withChecksum(shard().subarray(0, 30)), "index alone takes 64"],
    [
      "a chunk outside",
      () => withChecksum(shard(BigUint64Array.of(0n, 4n, 4n, 400n, 4n, 4n, 8n, 4n))),
      "inner chunk 1",
    ],
    [
      "a chunk of no length",
      () => withChecksum(shard(BigUint64Array.of(0n, 0n, 4n, 4n, 4n, 4n, 8n, 4n))),
      "inner chunk 0",
    ],
    [
      "a chunk of another length",
      () => withChecksum(shard(BigUint64Array.of(0n, 3n, 4n, 4n, 4n, 4n, 8n, 4n))),
      "inner chunk 0",
    ],
    [
      "a chunk beyond 2^53",
      () => withChecksum(shard(BigUint64Array.of(0n, 4n, 2n ** 60n, 4n, 4n, 4n, 8n, 4n))),
      "inner chunk 1",
    ],
  ])("are corrupt with %s", async (_, object, words) => {
    const error = await thrownBy(async () => (await open(storeOf(object(), checked))).query());
    expect(error.code).toBe("corrupt");
    expect(error.message).toContain(words);
    expect(error.message).toContain("/c/0");
  });

  test("are not inflated beyond what their metadata promises", async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(64 * 1024 * 1024)));
    const store = storeOf(bomb, { after: [{ name: "gzip", configuration: { level: 9 } }] });
    const error = await thrownBy(async () => (await open(store)).query());
    expect(error.code).toBe("limit-exceeded");
    expect(error.message).toMatch(/more than \d{4} bytes/);
  });
});

describe("shards with codecs before them", () => {
  const quantize = { name: "numcodecs.quantize", configuration: { digits: 0, dtype: "<f4", astype: "<i2" } };

  test("a chunk that is not stored is refused where writers disagree about the fill value; a shard is filled", async () => {
    const other = { data_type: "float32", fill_value: 0.5 };
    const grid = await open(storeOf(shard(), { before: [quantize], other }));
    expect([...(await grid.read([8])).data]).toEqual([0.5]);
    const error = await thrownBy(() => grid.read());
    expect(error.code).toBe("unsupported");
    expect(error.message).toMatch(/fill value/);
    const whole = BigUint64Array.of(0n, 4n, 0n, 4n, 4n, 4n, 8n, 4n);
    const stored = await open(storeOf(shard(whole), { before: [quantize], other }));
    expect([...(await stored.query({ ranges: { dim_0: [0, 7] } })).data]).toEqual([0, 1, 0, 1, 4, 5, 6, 7]);
  });

  test("items by themselves: inner chunks are read by range", async () => {
    const store = storeOf(shard(), { before: [quantize], other: { data_type: "float32", fill_value: -7 } });
    const grid = await open(store);
    expect([...(await grid.query({ ranges: { dim_0: [1, 4] } })).data]).toEqual([1, -7, -7, 4]);
    expect(store.asked.filter((key) => key.includes("+"))).toEqual(["/c/0 12+64", "/c/0 0+4", "/c/0 4+4"]);
  });

  test("differences run through the whole shard", async () => {
    const delta = { name: "delta", configuration: { dtype: "<i2" } };
    const grid = await open(storeOf(shard(), { before: [delta] }));
    const sums = [0, 1, -7, -7, 4, 5, 6, 7].map((_, at, all) =>
      all.slice(0, at + 1).reduce((sum, one) => sum + one),
    );
    expect([...(await grid.read()).data]).toEqual([...sums, ...new Array(8).fill(-7)]);
  });
});
