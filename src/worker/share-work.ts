/**
 * What waits for the worker that holds its bytes, shared with one that has nothing to do: the bytes are carried over, which takes a small
 * part of the time that decoding them takes.
 *
 * @module
 */
import { type HeldBytes, isHeld } from "../net/lane.js";
import type { Job } from "./jobs.js";
import type { WorkerLane } from "./lane.js";
import type { Station } from "./stations.js";
import { mapBytes, taskBytes } from "./transfer.js";

/** Encoded bytes that wait, from which on half of them are worth the trip: about a millisecond of decoding. */
const worthBytes = 128 * 1024;

/** The same before any of them is sent: a trip takes about as long as decoding half of this. */
const worthAtOnceBytes = 4 * worthBytes;

/** Sends tasks to a worker, with their bytes that come from another one. */
export type SendCarried = (station: Station, jobs: readonly Job[], carried: Promise<Job[]>) => void;

/** Shares what waits for one of these workers with one that has nothing to do. */
export class WorkSharing {
  readonly #stations: readonly Station[];
  readonly #send: SendCarried;
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(stations: readonly Station[], send: SendCarried) {
    this.#stations = stations;
    this.#send = send;
  }

  /** Where so much waits that half is better taken before any of it is sent, and the other reads nothing that it will have to decode. */
  atOnce(): boolean {
    const sharers = whoShares(this.#stations, worthAtOnceBytes);
    return sharers !== undefined && !sharers.idle.lane.isBusy && this.#shareBetween(sharers);
  }

  /** As soon as all of it is there that comes at once. */
  soon(): void {
    if (this.#due !== undefined || whoShares(this.#stations) === undefined) return;
    this.#due = setTimeout(() => {
      this.#due = undefined;
      const sharers = whoShares(this.#stations);
      if (sharers !== undefined) this.#shareBetween(sharers);
    }, 0);
  }

  /** False where the last of them is most of it, which stays. */
  #shareBetween({ idle, busiest }: Sharers): boolean {
    const jobs = takeHalf(busiest.queue);
    if (jobs.length > 0) this.#send(idle, jobs, carryOver(jobs, busiest.lane));
    return jobs.length > 0;
  }
}

/** A worker that has nothing to do, and the one for which most waits. */
interface Sharers {
  readonly idle: Station;
  readonly busiest: Station;
}

/** `undefined` where there is nothing to share. */
function whoShares(stations: readonly Station[], fromBytes = worthBytes): Sharers | undefined {
  const idle = stations.find(({ lane, queue, batches }) => lane.ready && queue.length + batches.size === 0);
  if (idle === undefined) return undefined;
  const busiest = stations.reduce((a, b) => (bytesOf(b.queue) > bytesOf(a.queue) ? b : a));
  const isWorth = busiest.queue.length > 1 && bytesOf(busiest.queue) >= fromBytes;
  return isWorth ? { idle, busiest } : undefined;
}

/** Takes the later half off a queue. */
function takeHalf(queue: Job[]): Job[] {
  const waiting = bytesOf(queue);
  let from = queue.length;
  for (let taken = 0; from > 1; from--) {
    taken += queue[from - 1]!.bytes;
    if (taken > waiting / 2) break;
  }
  // Nobody waits for the others, whose bytes may be gone.
  return queue.splice(from).filter(({ options }) => !options.signal?.aborted);
}

function bytesOf(jobs: readonly Job[]): number {
  return jobs.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The same jobs with copies of what a worker holds for them. */
async function carryOver(jobs: readonly Job[], from: WorkerLane): Promise<Job[]> {
  const held = jobs.flatMap(({ task }) => taskBytes(task).filter(isHeld));
  const copies = await from.takeAll(held);
  const copyOf = new Map<HeldBytes, Uint8Array>(held.map((part, index) => [part, copies[index]!]));
  return jobs.map((job) => ({
    ...job,
    task: mapBytes(job.task, (part) => (isHeld(part) ? copyOf.get(part)! : part)),
  }));
}
