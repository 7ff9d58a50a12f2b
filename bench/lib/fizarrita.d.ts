/**
 * What the benchmarks use of fizarrita, so that types are checked where the peers are not installed (`bench/package.json`).
 */
declare module "@fideus-labs/worker-pool" {
  export class WorkerPool {
    constructor(workers: number);
    terminateWorkers(): void;
  }
}

declare module "@fideus-labs/fizarrita" {
  import type { WorkerPool } from "@fideus-labs/worker-pool";

  export function getWorker(
    array: object,
    // Its word for all of the array is null.
    selection: readonly object[] | null,
    options: { pool: WorkerPool; useSharedArrayBuffer?: boolean },
  ): Promise<{ data: unknown }>;
}
