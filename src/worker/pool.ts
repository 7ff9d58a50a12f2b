/**
 * A pool of decode workers: spawned when first needed, fed least-loaded first, inline where there are none.
 * The queue lives on this side; a worker holds at most two tasks, so that an aborted query leaves nothing waiting in it.
 *
 * @module
 */
import { type Remote, transfer, wrap } from "comlink";
import { raceAbort } from "../core/abort.js";
import { errorFromJson, ReaderError } from "../core/error.js";
import { compileKernels } from "../kernel/compile.js";
import { coreCount } from "./node.js";
import type { DecodeReply, DecodeResult, DecodeTask, WorkerApi } from "./protocol.js";
import { type SpawnedWorker, spawnWorker } from "./spawn.js";
import { ownBytes, taskBytes } from "./transfer.js";

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** The caller gives the task's bytes away; otherwise they are copied before they are transferred. */
  readonly owned?: boolean;
  /** Told of the time the task took where it ran. */
  readonly onDecoded?: (decodeMs: number) => void;
}

export interface DecodePool {
  run(task: DecodeTask, options?: RunOptions): Promise<DecodeResult>;
  /** Workers that may run; 0 decodes on this thread. */
  readonly size: number;
  dispose(): void;
}

export interface PoolOptions {
  /** Default: the machine's cores less one, at most 8. 0: decode on this thread. */
  readonly workers?: number;
  /** Makes a worker running `cloudcrop/worker`, for bundlers or policies that need their own way. */
  readonly createWorker?: () => Worker;
  /** Tasks of up to so many encoded bytes are not worth the trip to a worker; default 4096. */
  readonly inlineBytes?: number;
  readonly onDiagnostic?: (diagnostic: { code: string; message: string }) => void;
}

/** Default of `inlineBytes`: less is decoded in about the time of the trip (10–20 µs and a hop; wasm.md §1). */
const defaultInlineBytes = 4096;
const tasksPerWorker = 2;

/** Makes a pool; nothing starts before the first task. */
export function createPool(options: PoolOptions = {}): DecodePool {
  return new WorkerPool(options);
}

interface Job {
  readonly task: DecodeTask;
  readonly options: RunOptions;
  readonly resolve: (result: DecodeResult) => void;
  readonly reject: (reason: unknown) => void;
}

interface Lane {
  readonly worker: SpawnedWorker;
  readonly api: Remote<WorkerApi>;
  readonly jobs: Set<Job>;
  /** Becomes true when the kernels have arrived in the worker. */
  ready: boolean;
}

class WorkerPool implements DecodePool {
  readonly #options: PoolOptions;
  readonly #lanes: Lane[] = [];
  readonly #queue: Job[] = [];
  #size: number;
  #inline: Promise<(task: DecodeTask) => DecodeReply> | undefined;
  #module: Promise<WebAssembly.Module> | undefined;
  #disposed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#size = options.workers ?? Math.max(1, Math.min(coreCount() - 1, 8));
  }

  get size(): number {
    return this.#size;
  }

  run(task: DecodeTask, options: RunOptions = {}): Promise<DecodeResult> {
    const { signal } = options;
    if (this.#disposed) return Promise.reject(closedError());
    if (signal?.aborted) return Promise.reject(signal.reason);
    const bytes = taskBytes(task).reduce((sum, item) => sum + item.byteLength, 0);
    if (this.#size === 0 || bytes <= (this.#options.inlineBytes ?? defaultInlineBytes))
      return this.#runInline(task, options);
    const done = new Promise<DecodeResult>((resolve, reject) => {
      this.#queue.push({ task, options, resolve, reject });
    });
    this.#pump();
    return raceAbort(done, signal);
  }

  dispose(): void {
    this.#disposed = true;
    const waiting = [...this.#queue.splice(0), ...this.#lanes.flatMap((lane) => [...lane.jobs])];
    for (const lane of this.#lanes.splice(0)) lane.worker.stop();
    for (const job of waiting) job.reject(closedError());
  }

  async #runInline(task: DecodeTask, options: RunOptions): Promise<DecodeResult> {
    this.#inline ??= import("./inline.js").then((inline) => inline.createInlineRunner());
    const run = await this.#inline;
    return takeReply(run(task), options);
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const job = this.#queue[0]!;
      if (job.options.signal?.aborted) {
        this.#queue.shift();
        continue;
      }
      if (this.#size === 0) {
        this.#queue.shift();
        this.#runInline(job.task, job.options).then(job.resolve, job.reject);
        continue;
      }
      const lane = this.#freeLane();
      if (lane === undefined && this.#size === 0) continue; // spawning failed just now: the job runs inline
      if (lane === undefined) return;
      this.#queue.shift();
      void this.#send(lane, job);
    }
  }

  /** The least loaded worker with room; a new one while there may be more and all are busy. */
  #freeLane(): Lane | undefined {
    const least = this.#lanes.reduce<Lane | undefined>(
      (best, lane) => (best === undefined || lane.jobs.size < best.jobs.size ? lane : best),
      undefined,
    );
    if (least !== undefined && least.jobs.size === 0) return least;
    if (this.#lanes.length < this.#size) return this.#spawn();
    return least !== undefined && least.jobs.size < tasksPerWorker ? least : undefined;
  }

  #spawn(): Lane | undefined {
    let worker: SpawnedWorker | undefined;
    try {
      worker = spawnWorker(this.#options.createWorker);
    } catch (cause) {
      this.#goInline(cause instanceof Error ? cause.message : String(cause));
      return undefined;
    }
    if (worker === undefined) {
      this.#goInline("this platform has none");
      return undefined;
    }
    const lane: Lane = { worker, api: wrap<WorkerApi>(worker.endpoint), jobs: new Set(), ready: false };
    worker.onFailure((message) => this.#laneFailed(lane, message));
    this.#module ??= compileKernels();
    this.#module
      .then((module) => lane.api.warm(module))
      .then(
        () => {
          lane.ready = true;
        },
        (cause: unknown) => this.#laneFailed(lane, cause instanceof Error ? cause.message : String(cause)),
      );
    this.#lanes.push(lane);
    return lane;
  }

  async #send(lane: Lane, job: Job): Promise<void> {
    lane.jobs.add(job);
    lane.worker.setBusy(true);
    // The original bytes stay here until the worker is known to run, so that its failure to start loses nothing.
    const task = ownBytes(job.task, job.options.owned === true && lane.ready);
    try {
      const buffers = taskBytes(task).map((bytes) => bytes.buffer as ArrayBuffer);
      const reply = await lane.api.run(transfer(task, [...new Set(buffers)]));
      if (lane.jobs.delete(job)) job.resolve(takeReply(reply, job.options));
    } catch (thrown) {
      if (lane.jobs.delete(job)) job.reject(thrown);
    }
    if (lane.jobs.size === 0) lane.worker.setBusy(false);
    this.#pump();
  }

  /** A worker that never started leaves its tasks intact: they run inline. One that dies later loses them. */
  #laneFailed(lane: Lane, message: string): void {
    const index = this.#lanes.indexOf(lane);
    if (index < 0 || this.#disposed) return;
    this.#lanes.splice(index, 1);
    lane.worker.stop();
    const jobs = [...lane.jobs];
    lane.jobs.clear();
    if (!lane.ready) {
      this.#queue.unshift(...jobs);
      this.#goInline(message);
    } else {
      for (const job of jobs) {
        job.reject(
          new ReaderError(
            "codec-failed",
            `${job.task.label}: the worker stopped while decoding (${message}).`,
          ),
        );
      }
    }
    this.#pump();
  }

  #goInline(message: string): void {
    if (this.#size === 0) return;
    this.#size = 0;
    this.#options.onDiagnostic?.({
      code: "no-worker",
      message: `Workers cannot start here (${message}); decoding runs on this thread.`,
    });
  }
}

function takeReply(reply: DecodeReply, options: RunOptions): DecodeResult {
  if (!reply.ok) throw errorFromJson(reply.error);
  options.onDecoded?.(reply.decodeMs);
  return reply.result;
}

function closedError(): ReaderError {
  return new ReaderError("config", "The dataset is closed; open it again to read on.");
}
