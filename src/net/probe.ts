/**
 * One described request, looked at header by header: what the doctor needs and a read never does.
 *
 * @module
 */
import type { RemoteRead } from "./remote-read.js";

const probeMs = 10_000;

/** The same fetch past the browser's cache, which may answer for a server that is no longer there. */
export function uncached(send: typeof fetch = globalThis.fetch): typeof fetch {
  return (input, init) => send(input, { ...init, cache: "no-store" });
}

/** What came back. In a browser only the headers are here that the server shows to the page. */
export interface ProbeAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The moment the headers came, by this computer's clock. */
  readonly atMs: number;
}

/**
 * Sends the request and drops its body.
 *
 * @returns `undefined` when no answer came, for whatever reason
 * @throws the signal's reason when it aborts
 */
export async function probe(
  read: RemoteRead,
  send: typeof fetch = globalThis.fetch,
  signal?: AbortSignal,
): Promise<ProbeAnswer | undefined> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, probeMs);
  signal?.addEventListener("abort", stop, { once: true });
  const { range } = read;
  const headers =
    range === undefined || "suffixLength" in range
      ? read.headers
      : { ...read.headers, range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
  try {
    const response = await send(read.url, {
      method: read.method,
      headers,
      cache: "no-store",
      redirect: read.redirect === "follow" ? "follow" : "error",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: controller.signal,
    });
    const atMs = Date.now();
    await response.body?.cancel().catch(() => {});
    return { status: response.status, headers: response.headers, atMs };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
