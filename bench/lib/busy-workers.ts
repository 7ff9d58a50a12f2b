/**
 * Workers that keep the machine busy without any code of ours.
 *
 * @module
 */
import type { BusyWork } from "../page/busy-worker.js";

/** As many as the pool's, so that cores are shared among as many threads. */
export interface BusyWorkers {
  /** Fetches all of it, eight at a time as our requests to one origin. */
  fetchAll(urls: readonly string[]): Promise<void>;
  compute(forMs: number): Promise<void>;
  stop(): void;
}

const requestsAtATime = 8;

export function startBusyWorkers(count: number): BusyWorkers {
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL("../page/busy-worker.ts", import.meta.url), { type: "module" }),
  );
  const run = async (workOf: (worker: number) => BusyWork): Promise<void> => {
    await Promise.all(workers.map((worker, index) => doIt(worker, workOf(index))));
  };
  return {
    fetchAll: (urls) =>
      run((worker) => ({
        urls: urls.filter((_, index) => index % count === worker),
        atATime: Math.ceil(requestsAtATime / count),
      })),
    compute: (forMs) => run(() => ({ forMs })),
    stop: () => {
      for (const worker of workers) worker.terminate();
    },
  };
}

function doIt(worker: Worker, work: BusyWork): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message || "a worker did not start"));
    worker.postMessage(work);
  });
}
