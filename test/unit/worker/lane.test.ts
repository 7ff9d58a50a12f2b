/**
 * What a worker is told to let go of costs no message of its own as long as others go there.
 *
 * @module
 */
import { afterEach, expect, it, vi } from "vitest";
import type { WorkerLane } from "../../../src/worker/lane.js";
import type { DecodePool } from "../../../src/worker/pool.js";
import { startedPool } from "../../support/loopback-worker.js";

let pool: DecodePool | undefined;
afterEach(() => {
  vi.useRealTimers();
  pool?.dispose();
});

it("lets go with the next message, and in a while where none goes there", async () => {
  const { worker, ...started } = await startedPool();
  pool = started.pool;
  const lane = pool.lanes!(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)[0] as WorkerLane;
  const calls = (): unknown[] =>
    worker.sent.flatMap(({ name, args }) => (name === "warm" ? [] : [[name, ...args]]));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  lane.drop(7);
  vi.advanceTimersByTime(20);
  lane.drop(8);
  vi.advanceTimersByTime(20);
  await lane.run([]);
  expect(calls()).toEqual([["run", [], [7, 8]]]);
  lane.drop(9);
  await vi.advanceTimersByTimeAsync(60);
  lane.drop(10);
  await vi.advanceTimersByTimeAsync(60);
  expect(calls().slice(1)).toEqual([
    ["drop", [9]],
    ["drop", [10]],
  ]);
});
