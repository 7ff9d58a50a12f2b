/**
 * Merges ranges of one key that are asked for in the same turn of the event loop, splits those too long for one request,
 * and cuts the results back (docs/design/object-storage.md §5).
 *
 * @module
 */
import { cutRange, type MergedRange, type MergeLimits, mergeRanges, splitRange } from "../bytes/ranges.js";
import { SharedWork, whenAborted } from "../core/abort.js";
import { isReaderError } from "../core/error.js";
import type { AbsolutePath, ByteRange, RangeQuery } from "../core/plan.js";
import type { Arrivals } from "../net/arrivals.js";
import { type Bytes, isHeld, joinBytes, type Lane, releaseBytes, retainBytes } from "../net/lane.js";
import { priorityNow } from "../net/priority.js";
import { JointPriority } from "./joint-priority.js";
import { defaultMergeLimits } from "./merge-limits.js";
import { canHold, type HoldingStore, type ReadableStore, type ReadOptions } from "./types.js";
import { type StoreStack, wrapStore } from "./wrap.js";

type Found = Bytes | undefined;

interface Waiting {
  readonly range: ByteRange;
  readonly options: ReadOptions;
  /** Where the bytes shall stay; absent: they come here. */
  readonly lane: Lane | undefined;
  readonly resolve: (bytes: Found) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The same store with fewer, larger requests. A store without `getRange` is returned as it is: there is nothing to merge.
 * What is handed out is nobody else's when the inner store says so of its own.
 */
export function withCoalescing(inner: ReadableStore, limits: MergeLimits = defaultMergeLimits): StoreStack {
  if (inner.getRange === undefined)
    return wrapStore(inner, { get: (key, options) => inner.get(key, options) });
  const queue = new RangeQueue(inner as Ranged, limits);
  return wrapStore(inner, {
    get: (key, options) => inner.get(key, options),
    // Without a lane nothing is held.
    getRange: (key, range, options) => queue.read(key, range, options) as Promise<Uint8Array | undefined>,
    ...(canHold(inner)
      ? {
          hold: (key, range, lane, options) =>
            range === undefined
              ? inner.hold(key, range, lane, options)
              : queue.read(key, range, options, lane),
        }
      : {}),
  });
}

/** A part of a merged read, which may be there before the rest. */
interface RunPart extends Waiting {
  isServed: boolean;
  /** Aborts when it is: the request then goes on for the others only. */
  readonly served: AbortController;
}

type Ranged = Required<Pick<ReadableStore, "getRange">> & Partial<HoldingStore>;

class RangeQueue {
  readonly #inner: Ranged;
  readonly #limits: MergeLimits;
  #waiting = new Map<AbsolutePath, Waiting[]>();

  constructor(inner: Ranged, limits: MergeLimits) {
    this.#inner = inner;
    this.#limits = limits;
  }

  read(key: AbsolutePath, range: RangeQuery, options: ReadOptions = {}, lane?: Lane): Promise<Found> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if ("suffixLength" in range || range.length === 0) return this.#readOne(key, range, options, lane);
    return new Promise((resolve, reject) => {
      const done = whenAborted(signal, () => reject(signal?.reason));
      const waiting: Waiting = {
        range,
        options,
        lane,
        resolve: (bytes) => {
          done();
          // Nobody waits any more who would release them.
          if (signal?.aborted) releaseBytes(bytes);
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
      for (const group of groupBy(alive)) {
        for (const run of mergeRanges(
          group.map(({ range }) => range),
          this.#limits,
          isThrifty(group[0]!),
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
    const { lane } = first!;
    if (others.length === 0) {
      this.#readSpan(key, first!.range, first!.options, lane).then(first!.resolve, first!.reject);
      return;
    }
    const { signal: _own, priority: wish, ...shared } = first!.options;
    const priority = new JointPriority();
    const joint = priority.wish(wish);
    const options = joint === undefined ? shared : { ...shared, priority: joint };
    const parts = members.map((member) => ({ ...member, isServed: false, served: new AbortController() }));
    const arrivals = lane && arrivalsOf(key, run, parts);
    const work = new SharedWork<Found>(
      (signal) => this.#readSpan(key, run, { ...options, signal, ...(arrivals && { arrivals }) }, lane),
      releaseBytes,
    );
    for (const part of parts) this.#serve(key, run, work, part, priority);
  }

  /** Cuts one member's part out; after a failure that may be that of one part, reads it on its own. */
  #serve(
    key: AbsolutePath,
    run: MergedRange,
    work: SharedWork<Found>,
    part: RunPart,
    priority: JointPriority,
  ): void {
    const { range, options, lane, resolve, reject, served } = part;
    const left =
      options.signal === undefined ? served.signal : AbortSignal.any([options.signal, served.signal]);
    priority.during(options.priority, work.join(left, retainBytes)).then(
      (bytes) => {
        if (part.isServed) releaseBytes(bytes);
        else resolve(bytes === undefined ? undefined : cut(bytes, run, range));
      },
      (reason) => {
        if (part.isServed) return;
        if (options.signal?.aborted || isShared(reason)) reject(reason);
        else this.#readSpan(key, range, options, lane).then(resolve, reject);
      },
    );
  }

  #readOne(key: AbsolutePath, range: RangeQuery, options: ReadOptions, lane?: Lane): Promise<Found> {
    return lane === undefined
      ? this.#inner.getRange(key, range, options)
      : this.#inner.hold!(key, range, lane, options);
  }

  async #readSpan(key: AbsolutePath, span: ByteRange, options: ReadOptions, lane?: Lane): Promise<Found> {
    const parts = splitRange({ offset: span.offset, length: span.length }, this.#limits.maxMergedBytes);
    if (parts.length === 1) return this.#readOne(key, parts[0]!, options, lane);
    const failed = new AbortController();
    const signal =
      options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
    const reads = parts.map((part) => this.#readOne(key, part, { ...options, signal }, lane));
    try {
      const found = await Promise.all(reads);
      if (!found.includes(undefined)) return await joinBytes(found as Bytes[]);
      for (const part of found) releaseBytes(part);
      return undefined;
    } catch (thrown) {
      // The other parts are of no use any more.
      failed.abort(thrown);
      for (const read of reads) read.then(releaseBytes, () => {});
      throw thrown;
    }
  }
}

/**
 * Serves each part as its last byte arrives; `undefined` where none ends before the others. Those that end with the run
 * wait for the answer, which comes with them: without them the request would be given up before it is settled.
 */
function arrivalsOf(key: AbsolutePath, run: MergedRange, parts: readonly RunPart[]): Arrivals | undefined {
  const { offset, length } = run;
  const endOf = ({ range }: RunPart): number => range.offset + range.length - offset;
  const early = parts.filter((part) => endOf(part) < length);
  const lengths = [...new Set(early.map(endOf))].sort((a, b) => a - b);
  if (lengths.length === 0) return undefined;
  return {
    key,
    range: { offset, length },
    lengths,
    tell(first) {
      for (const part of early) {
        if (part.isServed || endOf(part) > first.length) continue;
        part.isServed = true;
        retainBytes(first);
        part.resolve(cut(first, run, part.range));
        part.served.abort();
      }
    },
  };
}

/** Whether each part would meet the failure again: a refusal, or a server that has too much to do already. */
function isShared(reason: unknown): boolean {
  return isReaderError(reason) && (reason.detail.retryable !== true || reason.code === "throttled");
}

function cut(bytes: Bytes, run: ByteRange, range: ByteRange): Bytes {
  return isHeld(bytes)
    ? bytes.cut(range.offset - run.offset, range.length)
    : // A copy: views would keep the gaps in memory and could not be transferred.
      cutRange(bytes, run, range).slice();
}

/** Reads are merged only with their like. */
function groupBy(waiting: readonly Waiting[]): Waiting[][] {
  const groups: Waiting[][] = [];
  for (const one of waiting) {
    const group = groups.find(([first]) => first !== undefined && isAlike(first, one));
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  return groups;
}

function isThrifty({ options }: Waiting): boolean {
  return options.isThrifty === true;
}

function isAlike(a: Waiting, b: Waiting): boolean {
  return (
    a.lane === b.lane &&
    isThrifty(a) === isThrifty(b) &&
    priorityNow(a.options.priority) === priorityNow(b.options.priority) &&
    (a.options.mayBeAbsent === true) === (b.options.mayBeAbsent === true)
  );
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
