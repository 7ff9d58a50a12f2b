/**
 * Tasks with somebody waiting for them, and how they are put into messages.
 *
 * @module
 */
import { errorFromJson } from "../core/error.js";
import type { TaskRecord } from "../core/recorder.js";
import type { Bytes, Lane } from "../net/lane.js";
import type { GridAssembly } from "./assembly.js";
import type { DecodeReply, DecodeResult, DecodeTask, Reply } from "./protocol.js";

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** The caller gives the task's bytes away; otherwise they are copied before they are transferred. */
  readonly owned?: boolean;
  /** The grid that a block is for: a worker that can writes it there itself, and answers "placed". */
  readonly target?: { readonly grid: GridAssembly; readonly offset: readonly number[] };
  /** Told of the time the task took where it ran. */
  readonly onDecoded?: (decodeMs: number) => void;
  /** Told when the task ran. */
  readonly record?: TaskRecord | undefined;
}

export interface Job {
  readonly task: DecodeTask<Bytes>;
  /** Encoded bytes. */
  readonly bytes: number;
  readonly options: RunOptions;
  readonly resolve: (result: DecodeResult) => void;
  readonly reject: (reason: unknown) => void;
}

/** Encoded bytes that fill a batch: small tasks share the price of a message, large ones go alone. */
const batchBytes = 512 * 1024;

/** Takes what fills one message off a queue, aborted tasks left out. */
export function takeBatch(queue: Job[]): Job[] {
  const batch: Job[] = [];
  let bytes = 0;
  while (queue.length > 0 && (batch.length === 0 || bytes + queue[0]!.bytes <= batchBytes)) {
    const job = queue.shift()!;
    if (job.options.signal?.aborted) continue;
    batch.push(job);
    bytes += job.bytes;
  }
  return batch;
}

/** Tells the one who waits. */
export function settle({ resolve, reject, options }: Job, reply: DecodeReply, lane: Lane): void {
  try {
    resolve(takeReply(reply, options, lane));
  } catch (thrown) {
    reject(thrown);
  }
}

/**
 * @param lane where it ran; absent: on this thread
 * @throws ReaderError what the task failed with
 */
export function takeReply(reply: DecodeReply, options: RunOptions, lane?: Lane): DecodeResult {
  const result = resultOf(reply);
  if (reply.ok) {
    options.onDecoded?.(reply.decodeMs);
    options.record?.done(reply.times, lane);
  }
  return result;
}

/** @throws ReaderError what the worker failed with */
export function resultOf<T>(reply: Reply<T>): T {
  if (!reply.ok) throw errorFromJson(reply.error);
  return reply.result;
}
