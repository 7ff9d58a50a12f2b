/**
 * Grids put together in a worker against grids put together here.
 *
 * @module
 */
import { afterEach, expect, it } from "vitest";
import { isReaderError } from "../../../src/core/error.js";
import type { GridTarget } from "../../../src/core/source.js";
import { GridCollector } from "../../../src/engine/collect.js";
import { createPool, type DecodePool } from "../../../src/worker/pool.js";
import type { BlockResult } from "../../../src/worker/protocol.js";
import { loopbackWorkers, startedPool } from "../../support/loopback-worker.js";

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

async function started() {
  const one = await startedPool();
  pools.push(one.pool);
  return one;
}

const block = (value: number, rows = 500, columns = 300): BlockResult => ({
  kind: "block",
  data: new Float32Array(rows * columns).fill(value),
  shape: [rows, columns],
});

async function collect(collector: GridCollector): Promise<Float32Array> {
  for (const [value, offset] of [
    [1, [0, 0]],
    [2, [700, 900]],
    [3, [400, 100]],
  ] as const) {
    await collector.add(block(value), offset);
  }
  return (await collector.finish()).data as Float32Array;
}

it("a large grid is the same from a worker, and its blocks were given away", async () => {
  const { pool, worker } = await started();
  const given = block(4);
  const collector = new GridCollector(target, pool);
  await collector.add(given, [0, 600]);
  expect(given.data.length).toBe(0);
  const here = new GridCollector(target);
  await here.add(block(4), [0, 600]);
  const [there, expected] = [await collect(collector), await collect(here)];
  expect(Buffer.compare(Buffer.from(there.buffer), Buffer.from(expected.buffer))).toBe(0);
  expect(worker.paths).toContain("takeGrid");
});

it("a small grid, and one without a worker that runs, stays here", async () => {
  const { pool, worker } = await started();
  const before = worker.sent.length;
  const small = new GridCollector({ ...target, shape: [600, 600] }, pool);
  await small.add(block(1), [0, 0]);
  expect(((await small.finish()).data as Float32Array)[0]).toBe(1);
  expect(worker.sent).toHaveLength(before);
  const cold = createPool({ workers: 1, createWorker: loopbackWorkers().createWorker });
  pools.push(cold);
  expect((await collect(new GridCollector(target, cold))).length).toBe(side * side);
});

it("a worker that dies with a grid ends it with a typed error", async () => {
  const { pool, worker } = await started();
  const collector = new GridCollector(target, pool);
  await collector.add(block(1), [0, 0]);
  worker.crash();
  const failure = await collect(collector).catch((thrown: unknown) => thrown);
  expect(isReaderError(failure, "codec-failed")).toBe(true);
});
