/**
 * Grids put together by workers against grids put together here, block by block.
 *
 * @module
 */
import { afterEach, describe, expect, it } from "vitest";
import { isReaderError } from "../../../src/core/error.js";
import type { BlockPart } from "../../../src/core/plan.js";
import type { GridTarget } from "../../../src/core/source.js";
import { type GridCollector, openCollector } from "../../../src/engine/grid-collector.js";
import { createPool, type DecodePool, type PoolOptions } from "../../../src/worker/pool.js";
import type { BlockResult } from "../../../src/worker/protocol.js";
import { loopbackWorkers, type StartedPool, startedPool } from "../../support/loopback-worker.js";

const side = 1200;
const target = {
  dtype: "float32",
  shape: [side, side],
  fill: new Uint8Array(Float32Array.of(-1).buffer),
  axes: [],
  dropped: [],
} as const satisfies GridTarget;
const pools: DecodePool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
});

async function started(options: PoolOptions = {}): Promise<StartedPool> {
  const one = await startedPool(options);
  pools.push(one.pool);
  return one;
}

const block = (value: number, rows = 500, columns = 300): BlockResult => ({
  kind: "block",
  data: new Float32Array(rows * columns).fill(value),
  shape: [rows, columns],
});

const partAt = (offset: readonly number[], [rows, columns] = [500, 300]): BlockPart => ({
  kind: "block",
  label: "c",
  column: { name: "a", codecs: [], dtype: "float32" },
  crop: [rows!, columns!].map((count) => ({ start: 0, count, step: 1 })),
  offset,
});

async function collect(collector: GridCollector): Promise<Float32Array> {
  for (const [value, offset] of [
    [1, [0, 0]],
    [2, [700, 900]],
    [3, [500, 100]],
  ] as const) {
    await collector.add(partAt(offset), block(value));
  }
  return (await collector.finish()).data as Float32Array;
}

const sameBytes = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length &&
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

describe.each(["shared", "transferable"] as const)("in %s memory, a large grid", (memory) => {
  it("is the same as here", async () => {
    const { pool } = await started({ memory });
    const there = await collect(await openCollector(target, pool));
    expect(sameBytes(there, await collect(await openCollector(target)))).toBe(true);
    expect(there[0]).toBe(1);
    expect(there[side - 1]).toBe(-1);
    expect(there.buffer instanceof SharedArrayBuffer).toBe(memory === "shared");
  });

  it("without any block is all fill", async () => {
    const { pool } = await started({ memory });
    const { data } = await (await openCollector(target, pool)).finish();
    expect((data as Float32Array).every((value) => value === -1)).toBe(true);
  });

  it("in memory used before holds nothing of what was there", async () => {
    const { pool, worker } = await started({ memory });
    const fresh = await collect(await openCollector(target, pool));
    const expected = fresh.slice();
    fresh.fill(99);
    const { buffer } = fresh;
    pool.recycle!([buffer]);
    const again = await collect(await openCollector(target, pool));
    expect(sameBytes(again, expected)).toBe(true);
    if (memory === "shared") expect(again.buffer).toBe(buffer);
    else expect(buffer.byteLength).toBe(0);
    expect(worker.paths).toContain("fillGrid");
  });
});

describe("in transferable memory", () => {
  it("blocks that are handed in are given away, and their buffers serve again", async () => {
    const { pool, worker } = await started({ memory: "transferable" });
    const given = block(4);
    const collector = await openCollector(target, pool);
    await collector.add(partAt([0, 600]), given);
    expect(given.data.length).toBe(0);
    expect((await collect(collector))[600]).toBe(4);
    expect(worker.paths).toContain("takeGrid");
    const codecs = [{ name: "bytes", configuration: { endian: "little" } }];
    const column = {
      name: "a",
      bytes: new Uint8Array(600_000),
      codecs,
      dtype: "float32" as const,
      shape: [500, 300],
    };
    const crop = [500, 300].map((count) => ({ start: 0, count, step: 1 }));
    const result = await pool.run({ kind: "block", label: "c/0", column, crop });
    const sent = JSON.stringify(worker.sent.at(-1), (key, value) => (key === "bytes" ? undefined : value));
    expect(sent).toContain('"room"');
    expect(result.kind === "block" && (result.data as Float32Array).every((value) => value === 0)).toBe(true);
  });

  it("a worker that dies with a grid ends it with a typed error", async () => {
    const { pool, worker } = await started({ memory: "transferable" });
    const collector = await openCollector(target, pool);
    await collector.add(partAt([0, 600]), block(1));
    worker.crash();
    const failure = await collect(collector).catch((thrown: unknown) => thrown);
    expect(isReaderError(failure, "codec-failed")).toBe(true);
  });
});

it("in shared memory a grid outlives a worker", async () => {
  const { pool, worker } = await started({ memory: "shared" });
  const collector = await openCollector(target, pool);
  await collector.add(partAt([0, 600]), block(4));
  worker.crash();
  const data = await collect(collector);
  expect([data[0], data[600], data[side - 1]]).toEqual([1, 4, -1]);
});

it("a small grid, and one without a worker that runs, stays here", async () => {
  const { pool, worker } = await started();
  const before = worker.sent.length;
  const small = await openCollector({ ...target, shape: [500, 500] }, pool);
  await small.add(partAt([0, 0]), block(1));
  const { data } = await small.finish();
  expect(data[0]).toBe(1);
  expect((data as Float32Array).buffer).toBeInstanceOf(ArrayBuffer);
  expect(worker.sent).toHaveLength(before);
  const cold = createPool({
    workers: 1,
    memory: "transferable",
    createWorker: loopbackWorkers().createWorker,
  });
  pools.push(cold);
  expect((await collect(await openCollector(target, cold))).length).toBe(side * side);
});
