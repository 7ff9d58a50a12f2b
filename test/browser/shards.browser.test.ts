/**
 * Shards in a real browser: those that are decoded whole, whose code a worker loads when it is needed; and the requests of a window, as the
 * server counts them.
 */
import { describe, expect, inject, it } from "vitest";
import { slice } from "../../src/index.js";
import { open } from "../../src/open.js";
import { createPool } from "../../src/worker/pool.js";
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

describe("a shard of 1 MiB and its index", () => {
  const side = 8 * shardChunkSide;
  const { endpoint } = inject("contractServer");

  /** Reads so many rows of so many columns of chunks, compares every cell, and asks the server what it was asked. */
  async function requestsOf(rows: number, columns: number): Promise<readonly string[]> {
    const query = `of=${crypto.randomUUID()}`;
    const pool = createPool({ workers: 2 });
    const grid = await open(`${endpoint}/public/shard.zarr?${query}`, { kind: "grid", pool });
    const [height, width] = [rows * shardChunkSide, columns * shardChunkSide];
    const { data } = await grid.read([slice(0, height), slice(0, width)]);
    let wrong = 0;
    for (let cell = 0; cell < height * width; cell++) {
      if (data[cell] !== Math.floor(cell / width) * side + (cell % width)) wrong++;
    }
    expect([data.length, wrong]).toEqual([height * width, 0]);
    pool.dispose();
    const asked: string[] = await (await fetch(`${inject("requestLogUrl")}?${query}`)).json();
    return asked.map((one) => one.replace(/shard\.zarr\//, ""));
  }

  it("is one request where it is wanted whole", async () => {
    expect(await requestsOf(8, 8)).toEqual(["GET zarr.json", "GET c/0/0"]);
  });

  it("is its body, its index and at most one range where half of it is", async () => {
    const [document, ...asked] = await requestsOf(4, 8);
    expect(document).toBe("GET zarr.json");
    // How far the body has come when the index is there is a matter of time.
    expect(asked.length).toBeGreaterThanOrEqual(1);
    expect(asked.length).toBeLessThanOrEqual(3);
    expect(new Set(asked)).toEqual(new Set(["GET c/0/0"]));
  });

  it("is its size, its index and a range where little of it is", async () => {
    expect(await requestsOf(1, 2)).toEqual(["GET zarr.json", "HEAD c/0/0", "GET c/0/0", "GET c/0/0"]);
  });
});
