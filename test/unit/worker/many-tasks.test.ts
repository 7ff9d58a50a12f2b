/**
 * Thousands of tiny tasks: as few messages as there can be, none of which keeps the page's thread for long.
 */
import { afterEach, expect, it } from "vitest";
import { type Job, takeBatch } from "../../../src/worker/jobs.js";
import type { DecodePool } from "../../../src/worker/pool.js";
import { type StartedPool, startedPool } from "../../support/loopback-worker.js";

const tiny = 256;
const most = 128;

let started: StartedPool | undefined;
afterEach(() => started?.pool.dispose());

function jobOf(bytes: number, signal?: AbortSignal): Job {
  return { bytes, options: signal === undefined ? {} : { signal } } as Job;
}

it("a message takes so many tasks at most, however small they are", () => {
  const queue = Array.from({ length: 2000 }, () => jobOf(tiny));
  const sizes: number[] = [];
  while (queue.length > 0) sizes.push(takeBatch(queue).length);
  expect(Math.max(...sizes)).toBe(most);
  expect(sizes.length).toBe(Math.ceil(2000 / most));
});

it("large tasks go alone, and what was given up goes nowhere", () => {
  const queue = [jobOf(2 ** 20), jobOf(tiny, AbortSignal.abort()), jobOf(tiny), jobOf(2 ** 20)];
  expect(takeBatch(queue).map(({ bytes }) => bytes)).toEqual([2 ** 20]);
  expect(takeBatch(queue).map(({ bytes }) => bytes)).toEqual([tiny]);
  expect(takeBatch(queue).map(({ bytes }) => bytes)).toEqual([2 ** 20]);
  expect(takeBatch(queue)).toEqual([]);
});

/** Decodes bytes of this thread's that a worker holds: one body, cut. */
async function decodeTiny(pool: DecodePool, count: number): Promise<void> {
  const [lane] = pool.lanes!(100, 1e9);
  const body = lane!.join([]);
  const column = { name: "a", codecs: [{ name: "bytes" }], dtype: "uint8" as const, shape: [0] };
  const crop = [{ start: 0, count: 0, step: 1 }];
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      pool.run({
        kind: "block",
        label: `chunk ${index}`,
        column: { ...column, bytes: body.cut(0, 0) },
        crop,
      }),
    ),
  );
}

it("tasks of one turn go together", async () => {
  started = await startedPool({ workers: 1 });
  await decodeTiny(started.pool, 300);
  const runs = started.worker.sent.filter(({ name }) => name === "run");
  expect(runs.map(({ args: [tasks] }) => (tasks as unknown[]).length)).toEqual([128, 128, 44]);
});
