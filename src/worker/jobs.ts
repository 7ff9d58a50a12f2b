/**
 * Tasks with somebody waiting for them, and how they are put into messages.
 *
 * @module
 */
import { errorFromJson, ReaderError } from "../core/error.js";
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
/** Tasks at most, however small: their replies are all settled in one go, which holds the page up. */
const batchTasks = 128;

/** Takes what fills one message off a queue, aborted tasks left out. */
export function takeBatch(queue: Job[]): Job[] {
  const batch: Job[] = [];
  let bytes = 0;
  let looked = 0;
  for (const job of queue) {
    const isFull = batch.length === batchTasks || bytes + job.bytes > batchBytes;
    if (isFull && batch.length > 0) break;
    looked++;
    if (job.options.signal?.aborted) continue;
    batch.push(job);
    bytes += job.bytes;
  }
  queue.splice(0, looked);
  return batch;
}

export function endedError(label: string, message = "it had held the bytes"): ReaderError {
  return new ReaderError("codec-failed", `${label}: the worker stopped while decoding (${message}).`);
}

export function closedError(): ReaderError {
  return new ReaderError("config", "The dataset is closed; open it again to read on.");
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
