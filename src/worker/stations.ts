/**
 * A worker with what waits for it and what it has been given, as the pool keeps them.
 *
 * @module
 */
import { type Bytes, isHeld } from "../net/lane.js";
import type { Job, RunOptions } from "./jobs.js";
import { refOf, type WorkerLane } from "./lane.js";
import type { DecodeTask, SentTask } from "./protocol.js";
import type { ResultMemory } from "./result-memory.js";
import { decodedBytes, mapBytes } from "./transfer.js";

/** Batches that a worker holds at most, so that an aborted query leaves little waiting in it. */
export const batchesPerWorker = 2;

export interface Station {
  readonly lane: WorkerLane;
  /** Tasks whose bytes are held there. */
  readonly queue: Job[];
  readonly batches: Set<readonly Job[]>;
}

/** All that waits for a worker, and what it was given. */
export function jobsOf({ queue, batches }: Station): Job[] {
  return [...batches, queue.splice(0)].flat();
}

/** The worker that was given least. */
export function leastGiven(stations: readonly Station[]): Station | undefined {
  return stations.reduce<Station | undefined>(
    (best, station) => (best === undefined || station.batches.size < best.batches.size ? station : best),
    undefined,
  );
}

/**
 * A task on its way to a worker, whose bytes are given away or held there; with a place for its block: in its grid, if the worker can write to
 * it; else in memory used before.
 */
export function sentTask(
  given: DecodeTask<Bytes>,
  { target }: RunOptions,
  lane: WorkerLane,
  memory: ResultMemory,
): SentTask {
  const task = mapBytes(given, (part) => (isHeld(part) ? refOf(part) : part));
  if (task.kind !== "block") return task;
  const grid = target?.grid.idIn(lane);
  if (target !== undefined && grid !== undefined) return { ...task, place: { grid, offset: target.offset } };
  const room = task.unpack === undefined ? memory.take(decodedBytes(task)) : undefined;
  return room === undefined ? task : { ...task, room };
}
