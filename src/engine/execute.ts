/**
 * Executes a plan: a window of parts in flight, their bytes fetched, decoded by the pool, handed on as they land.
 *
 * @module
 */

import type { MergeLimits } from "../bytes/ranges.js";
import { createSharedController } from "../core/abort.js";
import type { BlockPart, ChunkRead, ColumnRead, ReadPart } from "../core/plan.js";
import type { StageClock } from "../core/progress.js";
import type { Recorder } from "../core/recorder.js";
import { type Bytes, isHeld, type Lane, releaseBytes } from "../net/lane.js";
import { defaultMergeLimits } from "../store/merge-limits.js";
import { canHold, placeRead, type ReadableStore } from "../store/types.js";
import type { GridAssembly } from "../worker/assembly.js";
import type { DecodePool, RunOptions } from "../worker/pool.js";
import type { BlockTask, ColumnTask, DecodeResult } from "../worker/protocol.js";
import type { Ride } from "../worker/ride.js";
import { assignLanes, columnsOf, type LaneLoads } from "./assign-lanes.js";
import { type FetchOptions, fetchColumn } from "./engine.js";
import { Stretches, weigh, windowBytes, windowParts } from "./stretches.js";

export interface ExecuteContext extends FetchOptions {
  readonly store: ReadableStore;
  readonly pool: DecodePool;
  /** How the store joins ranges of one object; reads that it joins are given to one worker. */
  readonly coalesce?: MergeLimits;
  /** `arrival` (default) hands parts on as they land, `plan` in the order they were planned. */
  readonly order?: "arrival" | "plan";
  /** Parts in flight at most; absent: as many as let the ranges of one object meet in one request. */
  readonly concurrency?: number;
  readonly stages?: StageClock;
  /** Grid that blocks are written to where they are decoded, if that can be; such parts have the result "placed". */
  readonly grid?: GridAssembly;
}

export interface DecodedPart {
  /** Position in the plan. */
  readonly index: number;
  readonly part: ReadPart;
  /** Absent: a block that is not stored; the result keeps its fill value there. */
  readonly result: DecodeResult | undefined;
}

/**
 * Reads, decodes and filters the parts of a plan.
 *
 * The consumer holds the window: parts that it has not taken count against it, so a slow consumer slows the reading.
 * Leaving the loop early aborts what is in flight.
 *
 * @throws what the first failing part threw, or the signal's reason
 */
export async function* execute(
  parts: AsyncIterable<ReadPart>,
  context: ExecuteContext,
): AsyncGenerator<DecodedPart> {
  const window = new ReadWindow(parts, context);
  try {
    for (;;) {
      const next = await window.take();
      if (next === undefined) return;
      yield next;
    }
  } finally {
    window.stop();
  }
}

interface Slot {
  readonly index: number;
  readonly weight: number;
}

class ReadWindow {
  readonly #context: ExecuteContext;
  readonly #source: AsyncIterator<ReadPart>;
  readonly #abort = createSharedController();
  readonly #landed = new Map<number, DecodedPart & Slot>();
  readonly #onOuterAbort: () => void;
  #partsOpen = 0;
  #bytesOpen = 0;
  #nextIndex = 0;
  #nextTaken = 0;
  #pulling = false;
  readonly #stretches: Stretches;
  /** Drawn, and left for the next time: a stretch begins with it. */
  #next: ReadPart | undefined;
  #exhausted = false;
  #batch: { readonly part: ReadPart; readonly slot: Slot }[] = [];
  readonly #loads: LaneLoads = new Map();
  #failure: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(parts: AsyncIterable<ReadPart>, context: ExecuteContext) {
    this.#context = context;
    this.#source = parts[Symbol.asyncIterator]();
    this.#stretches = new Stretches(context.store);
    const { signal } = context;
    this.#onOuterAbort = () => this.#fail(signal?.reason);
    if (signal?.aborted) this.#fail(signal.reason);
    else signal?.addEventListener("abort", this.#onOuterAbort, { once: true });
    void this.#pull();
  }

  /** The next part, or `undefined` at the end. */
  async take(): Promise<DecodedPart | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      const landed = this.#nextLanded();
      if (landed !== undefined) {
        this.#landed.delete(landed.index);
        this.#nextTaken++;
        this.#partsOpen--;
        this.#bytesOpen -= landed.weight;
        if (this.#isHalfEmpty) void this.#pull();
        return landed;
      }
      if (this.#exhausted && this.#partsOpen === 0) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stop(): void {
    this.#context.signal?.removeEventListener("abort", this.#onOuterAbort);
    this.#exhausted = true;
    this.#batch = [];
    this.#abort.abort();
    void this.#source.return?.();
  }

  /** Parts that are drawn one by one, as others are taken, would be read one by one: what is drawn at once can be joined. */
  get #isHalfEmpty(): boolean {
    const { concurrency = windowParts } = this.#context;
    return this.#partsOpen <= concurrency / 2 && this.#bytesOpen <= windowBytes / 2;
  }

  get #hasRoom(): boolean {
    const { concurrency = windowParts } = this.#context;
    return !this.#exhausted && this.#partsOpen < concurrency && this.#bytesOpen < windowBytes;
  }

  /** Whether more is drawn of the object that is being drawn. */
  get #mayStretch(): boolean {
    return !this.#exhausted && this.#next === undefined && this.#context.concurrency === undefined;
  }

  #nextLanded(): (DecodedPart & Slot) | undefined {
    if (this.#context.order === "plan") return this.#landed.get(this.#nextTaken);
    for (const landed of this.#landed.values()) return landed;
    return undefined;
  }

  /** Draws parts from the plan while there is room; their reads start together, so that a store can join them. */
  async #pull(): Promise<void> {
    if (this.#pulling || this.#exhausted) return;
    this.#pulling = true;
    try {
      while (this.#hasRoom || this.#mayStretch) {
        const waiting = this.#next;
        const next = waiting === undefined ? await this.#source.next() : { value: waiting };
        this.#next = undefined;
        if (this.#exhausted) break;
        if (next.done === true) {
          this.#exhausted = true;
          break;
        }
        const begins = waiting === undefined && this.#stretches.begins(next.value) !== undefined;
        if (begins && !this.#hasRoom) {
          this.#next = next.value;
          break;
        }
        this.#admit(next.value);
      }
    } catch (reason) {
      this.#fail(reason);
    } finally {
      this.#pulling = false;
      this.#wake?.();
    }
  }

  #admit(part: ReadPart): void {
    const slot: Slot = { index: this.#nextIndex++, weight: weigh(part) };
    this.#partsOpen++;
    this.#bytesOpen += slot.weight;
    if (this.#batch.length === 0) setTimeout(() => this.#startBatch(), 0);
    this.#batch.push({ part, slot });
  }

  #startBatch(): void {
    const batch = this.#batch;
    this.#batch = [];
    const lanes = this.#chooseLanes(batch.map(({ part }) => part));
    for (const { part, slot } of batch) void this.#run(part, slot, lanes);
  }

  /** Lanes for the reads of a batch; none where the store or the pool cannot leave bytes in a worker. */
  #chooseLanes(parts: readonly ReadPart[]): ReadonlyMap<ChunkRead, Lane> {
    const { store, pool, coalesce = defaultMergeLimits } = this.#context;
    if (!canHold(store)) return new Map();
    return assignLanes(parts, pool, this.#loads, coalesce, store);
  }

  async #run(part: ReadPart, slot: Slot, lanes: ReadonlyMap<ChunkRead, Lane>): Promise<void> {
    try {
      const result = await this.#decode(part, lanes);
      this.#landed.set(slot.index, { ...slot, part, result });
      this.#wake?.();
    } catch (reason) {
      this.#fail(reason);
    }
  }

  async #decode(part: ReadPart, lanes: ReadonlyMap<ChunkRead, Lane>): Promise<DecodeResult | undefined> {
    const { stages } = this.#context;
    const ride = this.#rideOf(part, lanes);
    const reads = columnsOf(part).map((column) => this.#fetch(column, ride ?? laneOf(column, lanes)));
    const fetching = Promise.all(reads);
    let held: readonly Bytes[] = [];
    try {
      const columns = await (stages?.fetching(fetching) ?? fetching);
      held = columns.flatMap(({ bytes }) => bytes ?? []);
      return ride?.resultFor(columns[0]?.bytes) ?? (await this.#runTask(part, columns));
    } catch (thrown) {
      // What a worker held is gone with it: the part is read once more, on this thread.
      const isLost = held.some((bytes) => isHeld(bytes) && !bytes.lane.alive);
      if (!isLost || this.#abort.signal.aborted) throw thrown;
      return await this.#decode(part, new Map());
    } finally {
      for (const read of reads)
        read.then(
          ({ bytes }) => releaseBytes(bytes),
          () => {},
        );
    }
  }

  /** A block that is an object of its own is decoded where it comes, without a word in between. */
  #rideOf(part: ReadPart, lanes: ReadonlyMap<ChunkRead, Lane>): Ride | undefined {
    const { store, pool } = this.#context;
    // A timeline tells what came when, and what waited for what.
    if (part.kind !== "block" || part.column.read === undefined || this.#recorder) return undefined;
    const lane = laneOf(part.column, lanes);
    const place = placeRead(store, part.column.read);
    if (lane === undefined || place === undefined || place.range !== undefined) return undefined;
    const { read: _, required: __, ...column } = part.column;
    return pool.ride?.(blockTask(part, column), this.#runOptions(part), lane);
  }

  #fetch(column: ColumnRead, lane: Lane | undefined): Promise<ColumnTask<Bytes>> {
    const { store, meter, priority, queryBytes } = this.#context;
    const options: FetchOptions = {
      signal: this.#abort.signal,
      ...(meter === undefined ? {} : { meter }),
      ...(priority === undefined ? {} : { priority }),
      ...(queryBytes === undefined ? {} : { queryBytes }),
    };
    return fetchColumn(column, store, options, lane);
  }

  #runTask(part: ReadPart, columns: readonly ColumnTask<Bytes>[]): Promise<DecodeResult | undefined> {
    const { pool } = this.#context;
    const options = { ...this.#runOptions(part), record: this.#recorder?.task(part.label) };
    if (part.kind === "rows") {
      const { columns: _, rowsAtMost: __, ...rows } = part;
      return pool.run({ ...rows, columns }, options);
    }
    const [column] = columns;
    if (column?.bytes === undefined) return Promise.resolve(undefined);
    return pool.run(blockTask(part, column), options);
  }

  #runOptions(part: ReadPart): RunOptions {
    const { store, stages, grid } = this.#context;
    return {
      signal: this.#abort.signal,
      owned: store.handsOver === true,
      onDecoded: (decodeMs) => stages?.decoded(decodeMs),
      ...(grid === undefined || part.kind === "rows" ? {} : { target: { grid, offset: part.offset } }),
    };
  }

  /** Labels are read for no query in particular. */
  get #recorder(): Recorder | undefined {
    const { store, meter } = this.#context;
    return (meter ?? store.tap)?.recorder;
  }

  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { reason };
    this.#exhausted = true;
    this.#batch = [];
    this.#abort.abort(reason);
    this.#wake?.();
  }
}

function laneOf({ read }: ColumnRead, lanes: ReadonlyMap<ChunkRead, Lane>): Lane | undefined {
  return read && lanes.get(read);
}

function blockTask({ label, crop, unpack }: BlockPart, column: ColumnTask<Bytes>): BlockTask<Bytes> {
  const task = { kind: "block", label, column, crop } as const;
  return unpack === undefined ? task : { ...task, unpack };
}
