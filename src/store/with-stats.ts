/**
 * Counts what a store costs: requests, bytes asked for, bytes that came, bytes that were of use.
 *
 * @module
 */
import type { RangeQuery } from "../core/plan.js";
import type { ReadMeter } from "../core/progress.js";
import type { Recorder } from "../core/recorder.js";
import type { Bytes } from "../net/lane.js";
import type { RequestObserver } from "./remote-options.js";
import { canHold, type ReadableStore, type ReadOptions } from "./types.js";
import { type StoreStack, wrapStore } from "./wrap.js";

/** A moment's counts; all grow from 0. */
export interface StoreStats {
  /** Calls of `get` and `getRange` from above. */
  readonly reads: number;
  /** Of these, answered from memory or by a read that was under way. */
  readonly cacheHits: number;
  /** Requests sent, retries included: GET and HEAD, and those sent again. */
  readonly requests: number;
  readonly gets: number;
  readonly heads: number;
  readonly retries: number;
  /** Lengths of the ranges asked for; a whole object, whose length is not known before, counts when it has come. */
  readonly bytesAsked: number;
  /** Bytes of data as they came, those of bodies that broke off included. */
  readonly bytesReceived: number;
  /** Handed to those who read; more than received where the cache helps, less where gaps were read. */
  readonly bytesUsed: number;
}

type Counts = { -readonly [K in keyof StoreStats]: number };

/** The counter behind `withStats`; one may serve several layers of a stack. */
export class StatsCounter implements RequestObserver {
  recorder: Recorder | undefined;
  /** Told of the same requests and bytes. */
  meter: ReadMeter | undefined;
  readonly #counts: Counts = {
    reads: 0,
    cacheHits: 0,
    requests: 0,
    gets: 0,
    heads: 0,
    retries: 0,
    bytesAsked: 0,
    bytesReceived: 0,
    bytesUsed: 0,
  };

  get snapshot(): StoreStats {
    return { ...this.#counts };
  }

  request(method: "GET" | "HEAD", bytesAsked: number | undefined, isRetry: boolean): void {
    this.#counts.requests++;
    this.meter?.count(1, 0);
    if (method === "GET") this.#counts.gets++;
    else this.#counts.heads++;
    if (isRetry) this.#counts.retries++;
    this.#counts.bytesAsked += bytesAsked ?? 0;
  }

  received(bytes: number, wasWhole: boolean): void {
    this.#counts.bytesReceived += bytes;
    this.meter?.count(0, bytes);
    if (wasWhole) this.#counts.bytesAsked += bytes;
  }

  hit(): void {
    this.#counts.cacheHits++;
  }

  read(): void {
    this.#counts.reads++;
  }

  used(bytes: number): void {
    this.#counts.bytesUsed += bytes;
  }
}

/** The same store, counting what is read through it. */
export function withStats(
  inner: ReadableStore,
  counter: StatsCounter = new StatsCounter(),
): StoreStack & { stats(): StoreStats } {
  const counted = async <B extends Bytes>(read: () => Promise<B | undefined>): Promise<B | undefined> => {
    counter.read();
    const bytes = await read();
    counter.used(bytes?.length ?? 0);
    return bytes;
  };
  return {
    ...wrapStore(inner, {
      tap: counter,
      get: (key, options) => counted(() => inner.get(key, options)),
      ...(inner.getRange === undefined
        ? {}
        : { getRange: (key, range, options) => counted(() => inner.getRange!(key, range, options)) }),
      ...(canHold(inner)
        ? { hold: (key, range, lane, options) => counted(() => inner.hold(key, range, lane, options)) }
        : {}),
    }),
    stats: () => counter.snapshot,
  };
}

/** A store that does not count its own requests, counted from outside: one request a call. */
export function withMetering(inner: ReadableStore, observer: RequestObserver): StoreStack {
  if (inner.meters === true) return wrapStore(inner, { get: (key, options) => inner.get(key, options) });
  const metered = async (
    key: string,
    range: RangeQuery | undefined,
    options: ReadOptions | undefined,
    read: () => Promise<Uint8Array | undefined>,
  ): Promise<Uint8Array | undefined> => {
    const meter = options?.meter;
    observer.request("GET", range && ("offset" in range ? range.length : range.suffixLength), false);
    meter?.count(1, 0);
    const reading = read();
    (meter ?? observer).recorder?.attempt(1).whole({ method: "GET", key, range }, reading);
    const bytes = await reading;
    const length = bytes?.byteLength ?? 0;
    observer.received(length, range === undefined);
    meter?.count(0, length);
    return bytes;
  };
  // Held reads would pass by uncounted.
  const {
    hold: _hold,
    laneOf: _laneOf,
    ...wrapped
  } = wrapStore(inner, {
    meters: true,
    get: (key, options) => metered(key, undefined, options, () => inner.get(key, options)),
    ...(inner.getRange === undefined
      ? {}
      : {
          getRange: (key, range, options) =>
            metered(key, range, options, () => inner.getRange!(key, range, options)),
        }),
  });
  return wrapped;
}
