/**
 * Requests as a timeline wants to know them: when they were sent, when the first byte and the last came, and what the platform shows
 * besides: when they were on the wire, whether a cache answered. Of other origins browsers show that only where the answer says
 * `Timing-Allow-Origin`. Loaded where a timeline is kept.
 *
 * @module
 */
import { clockNow, type SeenRequest, type WireTimes } from "../core/recorder.js";
import type { PerformOnce } from "./perform.js";

/** Entries are rounded, to a millisecond where the page is not isolated. */
const roundingMs = 2;

/** The same, adding each request to `options.seen`. */
export function seeing(once: PerformOnce): PerformOnce {
  return async (read, options, onHeaders) => {
    const watch = new EntryWatch(read.url);
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
      const wire = await watch.times(seen.sentAt, seen.endedAt);
      if (wire !== undefined) seen.wire = wire;
      return answer;
    } finally {
      seen.endedAt ??= clockNow();
      watch.stop();
    }
  };
}

/** The platform's entries of requests for one address. An observer is told of all, unlike the list of a page, which ends at 250. */
class EntryWatch {
  readonly #url: string;
  readonly #entries: PerformanceResourceTiming[] = [];
  readonly #observer: PerformanceObserver;

  constructor(url: string) {
    this.#url = url;
    this.#observer = new PerformanceObserver((list) => this.#take(list.getEntries()));
    this.#observer.observe({ type: "resource" });
  }

  /**
   * What the platform shows of the request between two moments (`clockNow`).
   *
   * @returns `undefined` where there is no entry, or its times are hidden
   */
  async times(sentAt: number, endedAt: number): Promise<WireTimes | undefined> {
    let entry = this.#find(sentAt, endedAt);
    if (entry === undefined) {
      // Firefox adds it a moment after the body has ended.
      await new Promise((resolve) => setTimeout(resolve, 0));
      entry = this.#find(sentAt, endedAt);
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

  stop(): void {
    this.#observer.disconnect();
  }

  /** Of several, ranges of one object as a rule, the one that fits best. */
  #find(sentAt: number, endedAt: number): PerformanceResourceTiming | undefined {
    this.#take(this.#observer.takeRecords());
    const from = sentAt - performance.timeOrigin;
    const to = endedAt - performance.timeOrigin;
    const distance = ({ startTime, responseEnd }: PerformanceResourceTiming): number =>
      startTime - from + (to - responseEnd);
    const own = this.#entries.filter(
      ({ startTime, responseEnd }) => startTime >= from - roundingMs && responseEnd <= to + roundingMs,
    );
    return own.sort((a, b) => distance(a) - distance(b))[0];
  }

  #take(entries: PerformanceEntryList): void {
    for (const entry of entries) {
      if (entry.name === this.#url) this.#entries.push(entry as PerformanceResourceTiming);
    }
  }
}
