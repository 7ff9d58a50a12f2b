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
import { bytesOf, isWorthSharing, worthAtOnceBytes } from "./share-work.js";
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

/** A worker that has nothing to do, and the one for which most waits. */
export interface Sharers {
  readonly idle: Station;
  readonly busiest: Station;
}

/** `undefined` where there is nothing to share. */
export function whoShares(stations: readonly Station[]): Sharers | undefined {
  const idle = stations.find(({ lane, queue, batches }) => lane.ready && queue.length + batches.size === 0);
  if (idle === undefined) return undefined;
  const busiest = stations.reduce((a, b) => (bytesOf(b.queue) > bytesOf(a.queue) ? b : a));
  return isWorthSharing(busiest.queue) ? { idle, busiest } : undefined;
}

/** As `whoShares`, where so much waits that it is shared before any of it is sent, and the other reads nothing that it will have to decode. */
export function whoSharesAtOnce(stations: readonly Station[]): Sharers | undefined {
  const sharers = whoShares(stations);
  if (sharers === undefined || sharers.idle.lane.isBusy) return undefined;
  return isWorthSharing(sharers.busiest.queue, worthAtOnceBytes) ? sharers : undefined;
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
