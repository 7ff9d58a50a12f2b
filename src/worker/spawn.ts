/**
 * Starts workers, in a browser or in Node, behind one small shape.
 *
 * @module
 */
import { type Port, portOf } from "./bundles.js";
import { coreCount, nodePort, nodeThreads } from "./node.js";

/** A running worker: where it is spoken to, how it tells of its death, how it is stopped. */
export interface SpawnedWorker {
  readonly port: Port;
  onFailure(listener: (message: string) => void): void;
  /** In Node a busy worker keeps the process alive, an idle one does not. */
  setBusy(isBusy: boolean): void;
  stop(): void;
}

/**
 * How many: a core is left to the page, but not the second of two: the page's thread has next to nothing to do while workers fetch and
 * decode, it keeps its frames, and a second worker makes reads 1.05 to 1.4 times as fast (docs/performance.md).
 */
export function defaultWorkers(): number {
  const cores = coreCount();
  return cores <= 2 ? cores : Math.min(cores - 1, 8);
}

/**
 * Starts the package's own worker, or the one the user makes.
 *
 * @returns `undefined` where there are no workers
 */
export function spawnWorker(createWorker?: () => Worker): SpawnedWorker | undefined {
  if (createWorker !== undefined) return fromWebWorker(createWorker());
  if (typeof Worker === "function") {
    return fromWebWorker(
      new Worker(new URL("./entry.js", import.meta.url), { type: "module", name: "cloudcrop" }),
    );
  }
  return spawnNodeWorker();
}

function fromWebWorker(worker: Worker): SpawnedWorker {
  return {
    port: portOf(worker),
    onFailure(listener) {
      worker.addEventListener("error", (event) =>
        listener(event.message || "the worker script did not load"),
      );
      worker.addEventListener("messageerror", () => listener("a message could not be read"));
    },
    setBusy() {},
    stop() {
      worker.terminate();
    },
  };
}

function spawnNodeWorker(): SpawnedWorker | undefined {
  const threads = nodeThreads();
  if (threads === undefined) return undefined;
  const here = import.meta.url; // apart from the URL, or bundlers for browsers take the file for an asset of theirs
  const worker = new threads.Worker(new URL("./entry.js", here), { execArgv: [] });
  return {
    port: nodePort(worker),
    onFailure(listener) {
      worker.on("error", (error) => listener(error instanceof Error ? error.message : String(error)));
      worker.on("exit", () => listener("the worker thread ended"));
    },
    setBusy(isBusy) {
      if (isBusy) worker.ref();
      else worker.unref();
    },
    stop() {
      worker.terminate();
    },
  };
}
