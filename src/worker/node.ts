/**
 * Worker threads of Node, reached without an import that a bundler for browsers would follow, in the shape that
 * comlink speaks to.
 *
 * @module
 */
import type { Endpoint } from "comlink";

/** What this package uses of a `Worker` or `MessagePort` of `node:worker_threads`. */
export interface NodePort {
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  on(event: "message" | "error" | "exit", listener: (value: unknown) => void): void;
  off(event: "message", listener: (value: unknown) => void): void;
}

export interface NodeWorker extends NodePort {
  terminate(): void;
  ref(): void;
  unref(): void;
}

export interface NodeThreads {
  /** Flags of this process are inherited unless `execArgv` is given; some forbid a worker of a file. */
  readonly Worker: new (
    url: URL,
    options: { readonly execArgv: readonly string[] },
  ) => NodeWorker;
  readonly parentPort: NodePort | null;
}

interface NodeProcess {
  readonly getBuiltinModule?: (name: string) => unknown;
}

function nodeModule(name: string): unknown {
  return (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.(name);
}

/** The module `node:worker_threads` (Node 20.16 and later), or `undefined` elsewhere. */
export function nodeThreads(): NodeThreads | undefined {
  return nodeModule("node:worker_threads") as NodeThreads | undefined;
}

/** Cores this process may use. */
export function coreCount(): number {
  const os = nodeModule("node:os") as { availableParallelism(): number } | undefined;
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 4;
}

/** Whether memory can be shared with workers: in Node, and in pages that are cross-origin isolated. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;
}

/** A port of Node as comlink wants it: `addEventListener` with an event that has `data`. */
export function nodeEndpoint(port: NodePort): Endpoint {
  const wrappers = new WeakMap<object, (data: unknown) => void>();
  return {
    postMessage: (message: unknown, transfer?: Transferable[]) => port.postMessage(message, transfer),
    addEventListener(_type: string, listener: EventListenerOrEventListenerObject) {
      const call = (data: unknown): void => {
        const event = { data } as MessageEvent;
        if (typeof listener === "function") listener(event);
        else listener.handleEvent(event);
      };
      wrappers.set(listener, call);
      port.on("message", call);
    },
    removeEventListener(_type: string, listener: EventListenerOrEventListenerObject) {
      const call = wrappers.get(listener);
      if (call !== undefined) port.off("message", call);
    },
  };
}
