/**
 * What waits for the worker that holds its bytes, shared with one that has nothing to do: the bytes are carried over, which takes a small
 * part of the time that decoding them takes.
 *
 * @module
 */
import { type HeldBytes, isHeld } from "../net/lane.js";
import type { Job } from "./jobs.js";
import type { WorkerLane } from "./lane.js";
import { mapBytes, taskBytes } from "./transfer.js";

/** Encoded bytes that wait, from which on half of them are worth the trip: about a millisecond of decoding. */
const worthBytes = 128 * 1024;

/** The same where the other worker could as well wait for the last of them: a trip takes as long as decoding this half. */
export const worthAtOnceBytes = 4 * worthBytes;

/** Whether tasks that wait can be shared with profit. */
export function isWorthSharing(queue: readonly Job[], fromBytes = worthBytes): boolean {
  return queue.length > 1 && bytesOf(queue) >= fromBytes;
}

/** Takes the later half off a queue whose tasks can be shared with profit; nothing otherwise. */
export function takeHalf(queue: Job[]): Job[] {
  if (!isWorthSharing(queue)) return [];
  const waiting = bytesOf(queue);
  let from = queue.length;
  for (let taken = 0; from > 1; from--) {
    taken += queue[from - 1]!.bytes;
    if (taken > waiting / 2) break;
  }
  // Nobody waits for the others, whose bytes may be gone.
  return queue.splice(from).filter(({ options }) => !options.signal?.aborted);
}

export function bytesOf(jobs: readonly Job[]): number {
  return jobs.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The same jobs with copies of what a worker holds for them. */
export async function carryOver(jobs: readonly Job[], from: WorkerLane): Promise<Job[]> {
  const held = jobs.flatMap(({ task }) => taskBytes(task).filter(isHeld));
  const copies = await from.takeAll(held);
  const copyOf = new Map<HeldBytes, Uint8Array>(held.map((part, index) => [part, copies[index]!]));
  return jobs.map((job) => ({
    ...job,
    task: mapBytes(job.task, (part) => (isHeld(part) ? copyOf.get(part)! : part)),
  }));
}
