/**
 * Merges ranges of one key that are asked for in the same turn of the event loop, splits those too long for one request,
 * and cuts the results back (docs/design/object-storage.md §5).
 *
 * @module
 */
import { cutRange, type MergedRange, type MergeLimits, mergeRanges, splitRange } from "../bytes/ranges.js";
import { SharedWork } from "../core/abort.js";
import type { AbsolutePath, ByteRange, RangeQuery } from "../core/plan.js";
import { inBrowser } from "../net/environment.js";
import type { ReadableStore, ReadOptions } from "./types.js";
import { type StoreStack, wrapStore } from "./wrap.js";

/** A gap pays while it takes less time than a round trip: less in a browser far away, more in a data centre. */
export const defaultMergeLimits: MergeLimits = {
  maxGapBytes: inBrowser() ? 256 * 1024 : 1024 * 1024,
  maxMergedBytes: 8 * 1024 * 1024,
};

interface Waiting {
  readonly range: ByteRange;
  readonly options: ReadOptions;
  readonly resolve: (bytes: Uint8Array | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The same store with fewer, larger requests. A store without `getRange` is returned as it is: there is nothing to merge.
 * What is handed out is nobody else's when the inner store says so of its own.
 */
export function withCoalescing(inner: ReadableStore, limits: MergeLimits = defaultMergeLimits): StoreStack {
  if (inner.getRange === undefined)
    return wrapStore(inner, { get: (key, options) => inner.get(key, options) });
  const queue = new RangeQueue(inner as Required<Pick<ReadableStore, "getRange">>, limits);
  return wrapStore(inner, {
    get: (key, options) => inner.get(key, options),
    getRange: (key, range, options) => queue.read(key, range, options),
  });
}

type Ranged = Required<Pick<ReadableStore, "getRange">>;

class RangeQueue {
  readonly #inner: Ranged;
  readonly #limits: MergeLimits;
  #waiting = new Map<AbsolutePath, Waiting[]>();

  constructor(inner: Ranged, limits: MergeLimits) {
    this.#inner = inner;
    this.#limits = limits;
  }

  read(key: AbsolutePath, range: RangeQuery, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if ("suffixLength" in range || range.length === 0) return this.#inner.getRange(key, range, options);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const done = (): void => signal?.removeEventListener("abort", onAbort);
      const waiting: Waiting = {
        range,
        options,
        resolve: (bytes) => {
          done();
          resolve(bytes);
        },
        reject: (reason) => {
          done();
          reject(reason);
        },
      };
      if (this.#waiting.size === 0) afterThisTurn(() => this.#flush());
      const sameKey = this.#waiting.get(key);
      if (sameKey === undefined) this.#waiting.set(key, [waiting]);
      else sameKey.push(waiting);
    });
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = new Map();
    for (const [key, all] of batch) {
      const alive = all.filter(({ options }) => !options.signal?.aborted);
      for (const group of groupBy(alive, kindOf)) {
        for (const run of mergeRanges(
          group.map(({ range }) => range),
          this.#limits,
        )) {
          this.#readRun(
            key,
            run,
            run.members.map((index) => group[index]!),
          );
        }
      }
    }
  }

  #readRun(key: AbsolutePath, run: MergedRange, members: readonly Waiting[]): void {
    const [first, ...others] = members;
    if (others.length === 0) {
      this.#readSpan(key, first!.range, first!.options).then(first!.resolve, first!.reject);
      return;
    }
    const { signal: _own, ...shared } = first!.options;
    const work = new SharedWork((signal) => this.#readSpan(key, run, { ...shared, signal }));
    for (const member of members) this.#serve(key, run, work, member);
  }

  /** Cuts one member's part out, or reads it on its own when the merged read failed: one bad part spoils no other. */
  #serve(
    key: AbsolutePath,
    run: MergedRange,
    work: SharedWork<Uint8Array | undefined>,
    member: Waiting,
  ): void {
    const { range, options, resolve, reject } = member;
    work.join(options.signal).then(
      // A copy: views would keep the gaps in memory and could not be transferred.
      (bytes) => resolve(bytes === undefined ? undefined : cutRange(bytes, run, range).slice()),
      (reason) => {
        if (options.signal?.aborted) reject(reason);
        else this.#readSpan(key, range, options).then(resolve, reject);
      },
    );
  }

  async #readSpan(key: AbsolutePath, span: ByteRange, options: ReadOptions): Promise<Uint8Array | undefined> {
    const parts = splitRange({ offset: span.offset, length: span.length }, this.#limits.maxMergedBytes);
    if (parts.length === 1) return this.#inner.getRange(key, parts[0]!, options);
    const failed = new AbortController();
    const signal =
      options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
    try {
      const read = await Promise.all(
        parts.map((part) => this.#inner.getRange(key, part, { ...options, signal })),
      );
      return join(read, span.length);
    } catch (thrown) {
      // The other parts are of no use any more.
      failed.abort(thrown);
      throw thrown;
    }
  }
}

function join(parts: readonly (Uint8Array | undefined)[], length: number): Uint8Array | undefined {
  const joined = new Uint8Array(length);
  let filled = 0;
  for (const part of parts) {
    if (part === undefined) return undefined;
    joined.set(part, filled);
    filled += part.length;
  }
  return filled === length ? joined : joined.slice(0, filled);
}

/** Reads are merged only with their like. */
function kindOf({ options }: Waiting): string {
  return `${options.priority ?? "visible"} ${options.mayBeAbsent === true}`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Iterable<T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups.values();
}

/** After the tasks that are ready now, without the four milliseconds browsers add to nested timers. */
function afterThisTurn(flush: () => void): void {
  if (typeof setImmediate === "function") {
    setImmediate(flush);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    flush();
  };
  port2.postMessage(undefined);
}
