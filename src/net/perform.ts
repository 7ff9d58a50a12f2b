/**
 * Performs one described request, once: status table, range checks, length checks, timers
 * (docs/design/object-storage.md §5, §8, §9). What went wrong comes back as data; only an abort throws, and
 * code that cannot be loaded.
 *
 * @module
 */
import { isReaderError } from "../core/error.js";
import { loadPart } from "../core/load-part.js";
import type { SeenRequest } from "../core/recorder.js";
import type { Answer } from "./answer.js";
import type { BodyArrivals, OnArrived } from "./arrivals.js";
import { connectionFailure } from "./connection-failure.js";
import { inBrowser } from "./environment.js";
import type { BodyMemory } from "./read-body.js";
import { readData } from "./read-data.js";
import { bareUrl } from "./redact.js";
import { askedBytes, type RemoteRead, rangeHeader } from "./remote-read.js";
import { cancelBody, contentLength, orCancel } from "./response.js";
import { RequestTimer, type Timeouts } from "./timer.js";

export interface PerformOptions {
  readonly timeouts: Timeouts;
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Lets the browser serve others first; costs no preflight. */
  readonly lowPriority?: boolean | undefined;
  /** Whether a second request may be sent after `timeouts.hedgeMs` without a first byte. */
  readonly mayHedge?: boolean | undefined;
  /** Asks for the protocol that the origin speaks. */
  readonly wantsProtocol?: boolean | undefined;
  /** An answer may come some milliseconds late: others are on their way before the next request can be sent. */
  readonly mayWait?: boolean | undefined;
  /** For lanes. */
  readonly arrivals?: BodyArrivals | undefined;
  /** Told how many bytes of data came, each time more did, also of bodies that break off or are given up. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Told as the body comes, of a single request for a range. */
  readonly onArrived?: OnArrived | undefined;
  /** Where a timeline is kept: each request that is sent adds itself, and what becomes of it. */
  readonly seen?: SeenRequest[] | undefined;
  /** Absent: bodies come in new memory. */
  readonly memory?: BodyMemory | undefined;
}

/** What performs a request: this thread, or another one that keeps the body. */
export type Perform<B> = (read: RemoteRead, options: PerformOptions) => Promise<Answer<B>>;

/**
 * Sends the request and reads its answer to the end, or cancels it, so that no socket stays busy.
 *
 * @throws the signal's reason when it aborts; ReaderError what a `fetch` refuses by, or `network` where code for the answer
 * cannot be had
 */
export async function perform(read: RemoteRead, options: PerformOptions): Promise<Answer> {
  options.signal?.throwIfAborted();
  const once =
    options.seen === undefined ? performOnce : (await loadPart(import("./seen.js"))).seeing(performOnce);
  if (options.mayHedge !== true) return once(read, options);
  const { performHedged } = await loadPart(import("./hedge.js"));
  return performHedged(once, read, options);
}

/** Performs one request. `onHeaders` is told when its first byte is there. */
export type PerformOnce = (
  read: RemoteRead,
  options: PerformOptions,
  onHeaders?: () => void,
) => Promise<Answer>;

const performOnce: PerformOnce = async (read, options, onHeaders) => {
  const { signal } = options;
  signal?.throwIfAborted();
  const timer = new RequestTimer(options.timeouts, signal, options.onBytes);
  try {
    const came = await answer(read, options, timer, onHeaders);
    // The caller's signal decides, never the error's name: engines disagree on it.
    signal?.throwIfAborted();
    const protocol = options.wantsProtocol ? protocolOf(read) : undefined;
    return protocol === undefined ? came : { ...came, protocol };
  } catch (thrown) {
    signal?.throwIfAborted();
    // A fetch of ours that will not send the request, code for the answer that cannot be had: another try is not worth it.
    if (isReaderError(thrown)) throw thrown;
    return { kind: "failure", failure: connectionFailure(thrown, timer) };
  } finally {
    timer.stop();
  }
};

/** What the browser shows of the connections to where a store is: nothing, unless they may be timed. */
function protocolOf({ root }: RemoteRead): string | undefined {
  const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
  return entries.find(({ name, nextHopProtocol }) => nextHopProtocol && name.startsWith(root))
    ?.nextHopProtocol;
}

async function answer(
  read: RemoteRead,
  options: PerformOptions,
  timer: RequestTimer,
  onHeaders: (() => void) | undefined,
): Promise<Answer> {
  const send = options.fetch ?? globalThis.fetch;
  const init: RequestInit = {
    method: read.method,
    headers: read.range === undefined ? read.headers : { ...read.headers, range: rangeHeader(read.range) },
    cache: read.cache,
    // In Node a manual redirect shows its status and region; browsers make it opaque, so there it is an error.
    redirect: read.redirect === "follow" ? "follow" : inBrowser() ? "error" : "manual",
    credentials: "omit",
    referrerPolicy: "no-referrer",
    signal: timer.signal,
    ...(options.lowPriority ? { priority: "low" } : {}),
  };
  const response = await send(read.url, init);
  timer.headers(read.method === "HEAD" ? 0 : (contentLength(response) ?? askedBytes(read)));
  onHeaders?.();
  if (response.redirected && response.url !== "") {
    const { checkRedirect } = await orCancel(response, import("./redirect.js"));
    const refused = checkRedirect(read, response);
    if (refused !== undefined) {
      await cancelBody(response);
      return refused;
    }
  }
  if (response.status === 206 || response.status === 200) {
    const { mayHedge, onArrived, memory } = options;
    const came = await readData(read, response, timer, memory, mayHedge ? undefined : onArrived);
    return response.redirected ? { ...came, movedTo: bareUrl(response.url) } : came;
  }
  // Most pages never meet another answer.
  const { readError } = await orCancel(response, import("./read-error.js"));
  return readError(response, timer, read);
}
