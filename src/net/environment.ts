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
