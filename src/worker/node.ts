/**
 * Worker threads of Node, reached without an import that a bundler for browsers would follow, in the shape of a
 * port of ours.
 *
 * @module
 */
import type { Port } from "./bundles.js";

/** What this package uses of a `Worker` or `MessagePort` of `node:worker_threads`. */
export interface NodePort {
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  on(event: "message" | "error" | "exit", listener: (value: unknown) => void): void;
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

/** A port of Node as one of ours. */
export function nodePort(port: NodePort): Port {
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    listen: (listener) => port.on("message", listener),
  };
}
