/**
 * Shards in a real browser: those that are decoded whole, whose code a worker loads when it is needed; and the requests of a window, as the
 * server counts them.
 */
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { type Explain, slice } from "../../src/index.js";
import { open } from "../../src/open.js";
import { createPool, type DecodePool } from "../../src/worker/pool.js";
import { shardChunkSide } from "../support/sample-objects.js";

it.each(["int16/after-zstd", "float32/before-delta-fill-6", "int16/nested-outer-part"])(
  "%s",
  async (path) => {
    const place = `${inject("fixturesUrl")}zarr-types/v3-shards`;
    const { arrays, answers } = await (await fetch(`${place}.expected.json`)).json();
    const pool = createPool({ workers: 1, inlineBytes: 0 });
    const dataset = await open(`${place}.zip`, { pool });
    const { data } = await dataset.grid(path).read();
    const { buffer, byteOffset, byteLength } = data as Int16Array;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    expect(btoa(String.fromCharCode(...bytes))).toBe(answers[arrays[path].values].bytes);
    dataset.close();
    pool.dispose();
  },
);

const { endpoint } = inject("contractServer");

let pool: DecodePool;
beforeEach(() => {
  pool = createPool({ workers: 2 });
});
afterEach(() => pool.dispose());

/** Where an array in one shard is, and how many chunks are beside one another. */
interface ShardPlace {
  readonly path: string;
  readonly columns: number;
}

/** Reads so many rows of so many columns of chunks, compares every cell, and asks the server what it was asked. */
async function requestsOf(
  { path, columns: all }: ShardPlace,
  [rows, columns]: readonly [number, number],
): Promise<readonly string[]> {
  const query = `of=${crypto.randomUUID()}`;
  const grid = await open(`${endpoint}/public/${path}?${query}`, { kind: "grid", pool });
  const [height, width] = [rows * shardChunkSide, columns * shardChunkSide];
  const selection = [slice(0, height), slice(0, width)];
  const { data } = await grid.read(selection);
  let wrong = 0;
  for (let cell = 0; cell < height * width; cell++) {
    const place = Math.floor(cell / width) * all * shardChunkSide + (cell % width);
    if (data[cell] !== place) wrong++;
  }
  expect([data.length, wrong]).toEqual([height * width, 0]);
  const log: string[] = await (await fetch(`${inject("requestLogUrl")}?${query}`)).json();
  return log.map((one) => one.replace(/\S*\.zarr\//, ""));
}

/** What `explain` says of the same, of an array opened for it. */
async function priceOf({ path }: ShardPlace, [rows, columns]: readonly [number, number]): Promise<Explain> {
  const grid = await open(`${endpoint}/public/${path}?of=${crypto.randomUUID()}`, { kind: "grid", pool });
  const ranges = { y: [0, rows * shardChunkSide - 1], x: [0, columns * shardChunkSide - 1] } as const;
  return grid.explain({ ranges });
}

describe("a shard of 1 MiB and its index", () => {
  const place = { path: "shard.zarr", columns: 8 };

  it("is one request where it is wanted whole", async () => {
    expect(await requestsOf(place, [8, 8])).toEqual(["GET zarr.json", "GET c/0/0"]);
  });

  it("is its body, its index and at most one range where half of it is", async () => {
    const [document, ...asked] = await requestsOf(place, [4, 8]);
    expect(document).toBe("GET zarr.json");
    // How far the body has come when the index is there is a matter of time.
    expect(asked.length).toBeGreaterThanOrEqual(1);
    expect(asked.length).toBeLessThanOrEqual(3);
    expect(new Set(asked)).toEqual(new Set(["GET c/0/0"]));
  });

  it("is its size, its index and a range where little of it is", async () => {
    expect(await requestsOf(place, [1, 2])).toEqual([
      "GET zarr.json",
      "HEAD c/0/0",
      "GET c/0/0",
      "GET c/0/0",
    ]);
  });
});

describe("seven rows of chunks that lie 384 KiB apart", () => {
  const rows = Array<string>(7).fill("GET c/0/0");
  const before = ["GET zarr.json", "HEAD c/0/0", "GET c/0/0"];

  it("are one request as soon as the line is known to be quick", async () => {
    const place = { path: "quick/wide.zarr", columns: 32 };
    expect(await requestsOf(place, [7, 8])).toEqual([...before, ...rows]);
    expect(await priceOf(place, [7, 8])).toMatchObject({ requests: 1, accuracy: "exact" });
    expect(await requestsOf(place, [7, 8])).toEqual([...before, "GET c/0/0"]);
  });

  it("stay a request each over a slow line", async () => {
    const place = { path: "slow/wide.zarr", columns: 32 };
    expect(await requestsOf(place, [7, 8])).toEqual([...before, ...rows]);
    expect(await priceOf(place, [7, 8])).toMatchObject({ requests: 7, accuracy: "exact" });
    expect(await requestsOf(place, [7, 8])).toEqual([...before, ...rows]);
  });
});
