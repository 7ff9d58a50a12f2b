/**
 * What a pool of workers does, and what it is made with.
 *
 * @module
 */
import type { Bytes, Lane } from "../net/lane.js";
import type { GridAssembly } from "./assembly.js";
import type { RunOptions } from "./jobs.js";
import type { JoinSpec } from "./join-rows.js";
import type { BlockTask, DecodeResult, DecodeTask, GridMemory, GridSpec, RowsResult } from "./protocol.js";
import type { Ride } from "./ride.js";

export interface DecodePool {
  /** Decodes; a task whose bytes are held runs where most of them are. Held bytes stay the caller's. */
  run(task: DecodeTask<Bytes>, options?: RunOptions): Promise<DecodeResult>;
  /** Workers that may run; 0 decodes on this thread. */
  readonly size: number;
  /**
   * Bytes that one connection brings in the time that another answer takes, as the latest answers to workers have shown; ranges of one object are joined over
   * gaps of as much. `undefined` while too few are known; absent: never known.
   */
  readonly roundTripBytes?: number | undefined;
  /** Starts a worker, if none runs, for work that is sure to come. Absent: these start when they are needed. */
  warm?(): void;
  /**
   * Workers to read with, as many as the work is worth, started if need be; none where it is done sooner on this thread.
   * Absent: these workers cannot read.
   */
  lanes?(requests: number, bytes: number): readonly Lane[];
  /**
   * The lane with a task for a whole object that is read by it: it runs there as soon as the object has come. `undefined` where it had better be
   * run by itself. Absent: as that.
   *
   * @param task without its bytes
   */
  ride?(task: BlockTask<Bytes>, options: RunOptions, lane: Lane): Ride | undefined;
  /**
   * Starts a grid that workers put together, in the memory given or in memory of the pool's; `undefined` where there are no
   * workers, and for grids too small for it. Memory that is not shared is given away. Absent: grids are put together by the caller.
   *
   * @throws ReaderError `limit-exceeded` when there is no memory for it
   */
  openGrid?(spec: GridSpec, memory?: GridMemory): Promise<GridAssembly | undefined>;
  /** Joins rows, which are given away, in a worker that runs; `undefined` where none does. Absent: the caller joins them. */
  joinRows?(spec: JoinSpec, parts: readonly RowsResult[]): Promise<RowsResult | undefined>;
  /** Memory of a released result for another of about so many bytes, if there is some. */
  spare?(bytes: number): ArrayBuffer | undefined;
  /** Takes buffers of results, which nobody reads any more, for results to come. Absent: they are left to the collector. */
  recycle?(buffers: Iterable<ArrayBufferLike>): void;
  dispose(): void;
}

export interface PoolOptions {
  /** Default: the machine's cores less one, at most 8; on two cores both. 0: decode on this thread. */
  readonly workers?: number;
  /** Makes a worker running `cloudcrop/worker`, for bundlers or policies that need their own way. */
  readonly createWorker?: () => Worker;
  /** Tasks of up to so many encoded bytes, when these are here, are not worth the trip to a worker; default 4100, the index of a shard of 256 chunks. */
  readonly inlineBytes?: number;
  /**
   * What large grids lie in: `"shared"` (default where it can be: in Node, and in pages that are cross-origin isolated)
   * memory, which all workers write to; `"transferable"` memory, for uses that refuse shared one.
   */
  readonly memory?: "shared" | "transferable";
  readonly onDiagnostic?: (diagnostic: { code: string; message: string }) => void;
}
