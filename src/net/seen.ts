/**
 * Requests as a timeline wants to know them: when they were sent, when the first byte and the last came, and what the platform shows
 * besides: when they were on the wire, whether a cache answered. Of other origins browsers show that only where the answer says
 * `Timing-Allow-Origin`. Loaded where a timeline is kept.
 *
 * @module
 */
import { clockNow, type SeenRequest, type WireTimes } from "../core/recorder.js";
import type { PerformOnce } from "./perform.js";

/** Entries that a worker of ours keeps; browsers keep 250 unless told otherwise. */
const bufferSize = 10_000;
/** Entries are rounded, to a millisecond where the page is not isolated. */
const roundingMs = 2;

/** The same, adding each request to `options.seen`. */
export function seeing(once: PerformOnce): PerformOnce {
  return async (read, options, onHeaders) => {
    const seen: SeenRequest = { sentAt: clockNow() };
    options.seen?.push(seen);
    const send = options.fetch ?? globalThis.fetch;
    const watched: typeof fetch = async (input, init) => {
      const response = await send(input, init);
      seen.headersAt = clockNow();
      seen.status = response.status;
      return response;
    };
    try {
      const answer = await once(read, { ...options, fetch: watched }, onHeaders);
      seen.endedAt = clockNow();
      const wire = await findWireTimes(read.url, seen.sentAt, seen.endedAt);
      if (wire !== undefined) seen.wire = wire;
      return answer;
    } finally {
      seen.endedAt ??= clockNow();
    }
  };
}

if ("WorkerGlobalScope" in globalThis) performance.setResourceTimingBufferSize?.(bufferSize);

/**
 * What the platform shows of the request for `url` between two moments (`clockNow`).
 *
 * @returns `undefined` where it is not there, or hidden
 */
async function findWireTimes(url: string, sentAt: number, endedAt: number): Promise<WireTimes | undefined> {
  let entry = findEntry(url, sentAt, endedAt);
  if (entry === undefined) {
    // Firefox adds it a moment after the body has ended.
    await new Promise((resolve) => setTimeout(resolve, 0));
    entry = findEntry(url, sentAt, endedAt);
  }
  // What is hidden is 0.
  if (entry === undefined || !(entry.requestStart > 0)) return undefined;
  const { requestStart, transferSize, nextHopProtocol } = entry;
  return {
    requestAt: performance.timeOrigin + requestStart,
    cached: transferSize === 0,
    ...(nextHopProtocol ? { protocol: nextHopProtocol } : {}),
  };
}

/** Of several for one address, ranges of one object as a rule, the one that fits best. */
function findEntry(url: string, sentAt: number, endedAt: number): PerformanceResourceTiming | undefined {
  const from = sentAt - performance.timeOrigin;
  const to = endedAt - performance.timeOrigin;
  const distance = ({ startTime, responseEnd }: PerformanceResourceTiming): number =>
    startTime - from + (to - responseEnd);
  const all = (performance.getEntriesByName?.(url, "resource") ?? []) as PerformanceResourceTiming[];
  return all
    .filter(({ startTime, responseEnd }) => startTime >= from - roundingMs && responseEnd <= to + roundingMs)
    .reduce<PerformanceResourceTiming | undefined>(
      (best, entry) => (best === undefined || distance(entry) < distance(best) ? entry : best),
      undefined,
    );
}
