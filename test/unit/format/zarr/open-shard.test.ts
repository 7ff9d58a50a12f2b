/**
 * Shards opened by their bodies: which requests a window takes, how much is read in vain, and that the values stay what they
 * are whatever the server does (docs/design/object-storage.md §5).
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GridSource } from "../../../../src/core/source.js";
import { open } from "../../../../src/index.js";
import type { DecodePool } from "../../../../src/worker/pool.js";
import { type LoopbackWorker, startedPool } from "../../../support/loopback-worker.js";
import { createS3Server, type LogEntry, type S3Server } from "../../../support/s3-server/server.js";

const side = 16;
const cells = side * side;
/** Of one shard. */
const shardCells = 64 * cells;
const absent = 2n ** 64n - 1n;

interface ShardOptions {
  /** Chunk edges in cells; a shard has 8 × 8 chunks. */
  readonly edge?: number;
  readonly atStart?: boolean;
  readonly without?: (chunk: number) => boolean;
  readonly padBytes?: number;
}

const valueAt = (row: number, column: number): number => row * 100_000 + column;

/** A shard at a place in the grid of shards, of plain float64 chunks. */
function makeShard(at: readonly [number, number], edge: number, options: ShardOptions): Uint8Array {
  const { atStart = false, without = () => false, padBytes = 0 } = options;
  const chunkBytes = edge * edge * 8;
  const entries = new BigUint64Array(128);
  const payload: Uint8Array[] = [];
  let offset = (atStart ? 1024 : 0) + padBytes;
  for (let chunk = 0; chunk < 64; chunk++) {
    if (without(chunk)) {
      entries.set([absent, absent], 2 * chunk);
      continue;
    }
    const [top, left] = [(at[0] * 8 + (chunk >> 3)) * edge, (at[1] * 8 + (chunk & 7)) * edge];
    const values = Float64Array.from({ length: edge * edge }, (_, cell) =>
      valueAt(top + Math.floor(cell / edge), left + (cell % edge)),
    );
    payload.push(new Uint8Array(values.buffer));
    entries.set([BigInt(offset), BigInt(chunkBytes)], 2 * chunk);
    offset += chunkBytes;
  }
  const index = new Uint8Array(entries.buffer);
  const pad = new Uint8Array(padBytes);
  return Buffer.concat(atStart ? [index, pad, ...payload] : [pad, ...payload, index]);
}

let server: S3Server;
let pool: DecodePool;
let workers: readonly LoopbackWorker[];
beforeAll(async () => {
  server = await createS3Server();
  server.createBucket("data", { publicRead: true });
});
beforeEach(async () => {
  ({ pool, workers } = await startedPool({ workers: 2 }));
});
afterEach(() => {
  pool.dispose();
  server.reset();
});
afterAll(() => server.close());

let stores = 0;

/** A store of 2 × 2 shards, of which those at `places` are stored. */
function put(places: readonly (readonly [number, number])[], options: ShardOptions = {}): string {
  const { edge = side, atStart = false } = options;
  const name = `array-${stores++}`;
  const little = { name: "bytes", configuration: { endian: "little" } };
  const sharding = {
    chunk_shape: [edge, edge],
    codecs: [little],
    index_codecs: [little],
    index_location: atStart ? "start" : "end",
  };
  server.put(
    "data",
    `${name}/zarr.json`,
    JSON.stringify({
      zarr_format: 3,
      node_type: "array",
      shape: [16 * edge, 16 * edge],
      data_type: "float64",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [8 * edge, 8 * edge] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: -1,
      codecs: [{ name: "sharding_indexed", configuration: sharding }],
    }),
  );
  for (const at of places) server.put("data", `${name}/c/${at.join("/")}`, makeShard(at, edge, options));
  return name;
}

type Where = "workers" | "page";

async function openGrid(name: string, where: Where = "workers"): Promise<GridSource> {
  const own = where === "workers" ? { pool } : { pool: 0 };
  const grid = await open(`${server.url}/data/${name}`, { kind: "grid", ...own });
  server.reset();
  return grid;
}

type Window = readonly [top: number, bottom: number, left: number, right: number];

/** Reads a window and compares every cell. */
async function readWindow(
  grid: GridSource,
  [top, bottom, left, right]: Window,
  isStored: (row: number, column: number) => boolean = () => true,
): Promise<void> {
  const { data } = await grid.read([
    { start: top, stop: bottom, step: 1 },
    { start: left, stop: right, step: 1 },
  ] as never);
  const expected = Float64Array.from({ length: (bottom - top) * (right - left) }, (_, cell) => {
    const [row, column] = [top + Math.floor(cell / (right - left)), left + (cell % (right - left))];
    return isStored(row, column) ? valueAt(row, column) : -1;
  });
  expect(Buffer.compare(Buffer.from((data as Float64Array).buffer), Buffer.from(expected.buffer))).toBe(0);
}

const asked = (): string[] =>
  server.log.map(({ method, range, key }) => `${method} ${key.split("/c/")[1]} ${range ?? "whole"}`).sort();
const bytesSent = (entries: readonly LogEntry[] = server.log): number =>
  entries.reduce((sum, { bytes, status = 0 }) => sum + (status < 300 ? bytes : 0), 0);
const bodyRequests = (): LogEntry[] =>
  server.log.filter(({ method, range }) => method === "GET" && range === undefined);

async function expectNothingHeld(): Promise<void> {
  const held = (): number => workers.reduce((sum, worker) => sum + worker.held.size, 0);
  for (let waited = 0; waited < 200 && held() > 0; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(held()).toBe(0);
}

const large = 48;
/** Of the shards with large chunks: 1.2 MB. */
const largeBytes = 64 * large * large * 8 + 1024;

it.each([
  { share: "a quarter", chunks: 4, cache: "no-store" },
  { share: "all", chunks: 8, cache: "default" },
])("a body of which $share is wanted is fetched with $cache", async ({ chunks, cache }) => {
  const modes: unknown[] = [];
  const grid = await open(`${server.url}/data/${put([[0, 0]], { edge: large })}`, {
    kind: "grid",
    pool: 0,
    fetch: (input, init) => {
      if (init?.method === "GET" && new Headers(init.headers).get("range") === null) modes.push(init.cache);
      return fetch(input, init);
    },
  });
  modes.length = 0;
  await readWindow(grid, [0, chunks * large, 0, chunks * large]);
  expect(modes).toEqual([cache]);
});

describe.each(["workers", "page"] as const)("by %s", (where) => {
  it("a shard that is wanted whole is one request", async () => {
    const grid = await openGrid(put([[0, 0]], { edge: large }), where);
    await readWindow(grid, [0, 8 * large, 0, 8 * large]);
    expect(asked()).toEqual(["GET 0/0 whole"]);
    expect(bytesSent()).toBe(largeBytes);
  });

  it("nearly whole, too; and what was read serves what is asked later", async () => {
    const grid = await openGrid(put([[0, 0]], { edge: large }), where);
    await readWindow(grid, [5, 7 * large, 5, 8 * large]);
    expect(asked()).toEqual(["GET 0/0 whole"]);
    await readWindow(grid, [0, 8 * large, 0, 8 * large]);
    expect(asked()).toEqual(["GET 0/0 whole"]);
  });

  it("a quarter of a small shard is one request", async () => {
    const grid = await openGrid(put([[0, 0]]), where);
    await readWindow(grid, [0, 4 * side, 0, 4 * side]);
    expect(asked()).toEqual(["GET 0/0 whole"]);
  });

  it("a few chunks take its size, its index and their ranges", async () => {
    const grid = await openGrid(put([[0, 0]], { edge: large }), where);
    await readWindow(grid, [0, large, 0, large]);
    expect(asked()).toEqual([
      `GET 0/0 bytes=0-${large * large * 8 - 1}`,
      `GET 0/0 bytes=${largeBytes - 1024}-${largeBytes - 1}`,
      "HEAD 0/0 whole",
    ]);
  });

  it("of a tiny shard any chunk takes one request", async () => {
    const grid = await openGrid(put([[0, 0]], { edge: 8 }), where);
    await readWindow(grid, [3, 5, 3, 5]);
    expect(asked()).toEqual(["GET 0/0 whole"]);
  });

  it.each([
    ["its end", false],
    ["its start", true],
  ])(
    "a part of a large shard with its index at %s comes from its body and by ranges, never by HEAD",
    async (_, atStart) => {
      const grid = await openGrid(put([[0, 0]], { edge: large, atStart }), where);
      server.latencyMs = 10;
      await readWindow(grid, [large, 5 * large, 2, 7 * large]);
      expect(bodyRequests()).toHaveLength(1);
      expect(server.counters.HEAD).toBe(0);
      // The body, the index, and gaps of up to a megabyte are read along here.
      expect(server.log.length).toBeLessThanOrEqual(3);
      if (atStart) expect(asked().filter((one) => /bytes=0-/.test(one))).toEqual([]);
    },
  );

  it("on a slow line little is read in vain", async () => {
    const edge = 96;
    const grid = await openGrid(put([[0, 0]], { edge }), where);
    // 3.2 MB/s for every answer: the index is here before the second part of the body is.
    server.addFault({ fault: { kind: "drip", bytes: 32 * 1024, everyMs: 10 } });
    await readWindow(grid, [4 * edge, 8 * edge, 0, 8 * edge]);
    const [body] = bodyRequests();
    const wanted = 32 * edge * edge * 8;
    expect(body?.aborted).toBe(true);
    expect(body?.bytes).toBeLessThan(wanted / 2);
    expect(server.log.length).toBeGreaterThanOrEqual(3);
    expect(bytesSent()).toBeLessThan(1.5 * wanted);
  });

  it("shards that are not stored are found out by one request each; chunks that are not, by none", async () => {
    const without = (chunk: number): boolean => chunk % 3 === 0;
    const grid = await openGrid(put([[0, 1]], { without }), where);
    await readWindow(grid, [0, 8 * side, 0, 16 * side], (row, column) => {
      const [y, x] = [Math.floor(row / side), Math.floor(column / side)];
      return x >= 8 && !without(8 * y + x - 8);
    });
    expect(asked()).toEqual(["GET 0/0 whole", "GET 0/1 whole"]);
  });

  it("a shard without any chunk", async () => {
    const grid = await openGrid(put([[0, 0]], { without: () => true }), where);
    await readWindow(grid, [0, 8 * side, 0, 8 * side], () => false);
    expect(asked()).toEqual(["GET 0/0 whole"]);
  });

  it("several shards are as many requests, and leave nothing behind", async () => {
    const places = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const;
    const grid = await openGrid(put(places, { edge: large }), where);
    await readWindow(grid, [0, 16 * large, 0, 16 * large]);
    expect(asked()).toEqual(places.map((at) => `GET ${at.join("/")} whole`));
    expect(bytesSent()).toBe(4 * largeBytes);
  });

  it.each([
    ["that breaks off", { kind: "cut", afterBytes: 300_000 }, 1],
    ["that breaks off again and again", { kind: "cut", afterBytes: 300_000 }, 100],
    ["without a length", { kind: "no-length" }, 100],
    ["of a server that is busy", { kind: "status", status: 503, code: "SlowDown" }, 1],
  ] as const)("a body %s gives the same values", async (_, fault, count) => {
    const grid = await openGrid(put([[0, 0]], { edge: large }), where);
    const isWhole = server.addFault({ fault, count, method: "GET", path: /c\/0\/0$/, skip: 0 });
    await readWindow(grid, [0, 8 * large, 0, 8 * large]).catch((thrown: { code?: string }) => {
      // Every answer is cut: no reader could.
      expect(count).toBe(100);
      expect(thrown.code).toBe("network");
    });
    expect(isWhole.hits).toBeGreaterThan(0);
  });

  it("a server that ignores ranges gives the same values", async () => {
    const grid = await openGrid(put([[0, 0]], { edge: large }), where);
    server.addFault({ fault: { kind: "ignore-range" } });
    await readWindow(grid, [large, 5 * large, 2, 7 * large]);
  });

  it("a body that is shorter than its shard is an error, not values", async () => {
    const grid = await openGrid(put([[0, 0]], { edge: large }), where);
    server.addFault({ fault: { kind: "truncate", dropBytes: 8 } });
    await expect(readWindow(grid, [0, 8 * large, 0, 8 * large])).rejects.toMatchObject({ code: "corrupt" });
  });

  it("an object larger than a shard may be is not read whole", async () => {
    const grid = await openGrid(put([[0, 0]], { padBytes: 8 * 1024 * 1024 }), where);
    server.addFault({ fault: { kind: "drip", bytes: 64 * 1024, everyMs: 5 }, path: /c\// });
    await readWindow(grid, [0, 8 * side, 0, 8 * side]);
    expect(bodyRequests()[0]?.aborted).toBe(true);
    expect(bodyRequests()[0]?.bytes).toBeLessThan(2 * 1024 * 1024);
    expect(bytesSent()).toBeLessThan(3 * 1024 * 1024 + shardCells * 8);
  });

  it("an aborted query ends its body", async () => {
    const grid = await openGrid(put([[0, 0]], { edge: large }), where);
    server.addFault({ fault: { kind: "stall", afterBytes: 200_000 }, path: /c\// });
    const giveUp = new AbortController();
    const reading = grid.read([], { signal: giveUp.signal });
    while (bytesSent() < 200_000) await new Promise((resolve) => setTimeout(resolve, 5));
    giveUp.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    await expect.poll(() => server.log.find(({ status }) => status === 200)?.aborted).toBe(true);
    await expectNothingHeld();
  });

  it("after explain a query costs what it said", async () => {
    const grid = await openGrid(put([[0, 0]], { edge: large }), where);
    const price = await grid.explain();
    expect(bodyRequests()).toEqual([]);
    server.reset();
    await grid.query();
    expect({ requests: server.log.length, bytes: bytesSent() }).toEqual({
      requests: price.requests,
      bytes: price.bytes,
    });
  });

  it("progress counts all that was asked for", async () => {
    const grid = await openGrid(put([[0, 0]], { edge: large }), where);
    let told = { requests: 0, bytes: 0 };
    await grid.read([], {
      onProgress: ({ requests, bytes }) => {
        told = { requests, bytes };
      },
    });
    // Three shards are not stored.
    expect(told).toEqual({ requests: 4, bytes: largeBytes });
  });
});

it("bodies are let go of by a cache that has no room for them", async () => {
  const grid = await open(`${server.url}/data/${put([[0, 0]], { edge: large })}`, {
    kind: "grid",
    pool,
    cache: 0,
  });
  await readWindow(grid, [0, 8 * large, 0, 8 * large]);
  await expectNothingHeld();
});
