/**
 * Which kind of place the code runs in: the network rules of browsers and of Node differ.
 *
 * @module
 */

/** Tells whether requests go through a browser: a page or a worker of one. */
export function inBrowser(): boolean {
  return "document" in globalThis || "WorkerGlobalScope" in globalThis;
}

/** Tells whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

/** A variable of the process's environment; always `undefined` in browsers. */
export function environmentVariable(name: string): string | undefined {
  if (inBrowser()) return undefined;
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
}

/** A browser that is offline may still have answered from its cache. */
export function isOffline(): boolean {
  return inBrowser() && globalThis.navigator?.onLine === false;
}
