/**
 * Starts one worker, in a browser or in Node, behind one small shape.
 *
 * @module
 */
import type { Endpoint } from "comlink";
import { nodeEndpoint, nodeThreads } from "./node.js";

/** A running worker: where comlink speaks to it, how it tells of its death, how it is stopped. */
export interface SpawnedWorker {
  readonly endpoint: Endpoint;
  onFailure(listener: (message: string) => void): void;
  /** In Node a busy worker keeps the process alive, an idle one does not. */
  setBusy(isBusy: boolean): void;
  stop(): void;
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
    endpoint: worker,
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
    endpoint: nodeEndpoint(worker),
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
