/**
 * A pool of workers that read and decode: spawned when first needed, fed least-loaded first, inline where there are none.
 * The queues live on this side.
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import { compileKernels } from "../kernel/compile.js";
import { type Bytes, isHeld, type Lane } from "../net/lane.js";
import type { GridAssembly } from "./assembly.js";
import {
  closedError,
  endedError,
  type Job,
  type RunOptions,
  resultOf,
  settle,
  takeBatch,
  takeReply,
} from "./jobs.js";
import type { JoinSpec } from "./join-rows.js";
import { WorkerLane } from "./lane.js";
import { LineWatch } from "./line-watch.js";
import type { DecodePool, PoolOptions } from "./pool-types.js";
import type {
  BlockTask,
  DecodeReply,
  DecodeResult,
  DecodeTask,
  GridMemory,
  GridSpec,
  RowsResult,
  SentTask,
} from "./protocol.js";
import { ResultMemory } from "./result-memory.js";
import { Ride } from "./ride.js";
import { WorkSharing } from "./share-work.js";
import { defaultWorkers, spawnWorker } from "./spawn.js";
import { batchesPerWorker, jobsOf, leastGiven, type Station, sentTask } from "./stations.js";
import { bytesHere, decodedBytes, ownBytes, taskBytes } from "./transfer.js";

export type { RunOptions } from "./jobs.js";
export type { DecodePool, PoolOptions } from "./pool-types.js";

/** Default of `inlineBytes`, the index of a shard of 256 chunks and its checksum: less is decoded in about the time of the trip (10–20 µs and a hop; wasm.md §1). */
const defaultInlineBytes = 256 * 16 + 4;
/** A few bytes that decode to many, as of a chunk that is all the same, are worth the trip. */
const largestGrowth = 16;
/** Work that is worth one more worker: some 10 ms of requests, or about 2 ms of decoding. */
const requestsPerLane = 8;
const bytesPerLane = 2 * 1024 * 1024;

/** Makes a pool; nothing starts before the first task, or until it is warmed. */
export function createPool(options: PoolOptions = {}): DecodePool {
  return new WorkerPool(options);
}

class WorkerPool implements DecodePool {
  readonly #options: PoolOptions;
  readonly #stations: Station[] = [];
  /** Tasks that any worker may run. */
  readonly #queue: Job[] = [];
  readonly #memory: ResultMemory;
  readonly #line = new LineWatch();
  readonly #sharing = new WorkSharing(this.#stations, (...carried) => void this.#send(...carried));
  #size: number;
  #inline: Promise<(task: DecodeTask) => Promise<DecodeReply>> | undefined;
  #module: Promise<WebAssembly.Module> | undefined;
  #disposed = false;
  #isPumpDue = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#memory = new ResultMemory(options.memory);
    this.#size = options.workers ?? defaultWorkers();
  }

  get #inlineBytes(): number {
    return this.#options.inlineBytes ?? defaultInlineBytes;
  }

  get size(): number {
    return this.#size;
  }

  get roundTripBytes(): number | undefined {
    return this.#line.roundTripBytes;
  }

  warm(): void {
    if (!this.#disposed && this.#size > 0 && this.#stations.length === 0) this.#spawn();
  }

  lanes(requests: number, bytes: number): readonly Lane[] {
    if (this.#disposed || bytes <= this.#inlineBytes) return [];
    const worth = Math.ceil(Math.max(requests / requestsPerLane, bytes / bytesPerLane));
    const wanted = Math.min(worth, this.#size);
    while (this.#stations.length < wanted && this.#spawn() !== undefined);
    return this.#stations.slice(0, wanted).map(({ lane }) => lane);
  }

  async openGrid(spec: GridSpec, memory?: GridMemory): Promise<GridAssembly | undefined> {
    if (this.#size === 0) return undefined;
    return this.#memory.openGrid(spec, memory, () => this.#readyLane());
  }

  async joinRows(spec: JoinSpec, parts: readonly RowsResult[]): Promise<RowsResult | undefined> {
    const { joinedBytes } = await import("./join-rows.js");
    const lane = this.#readyLane();
    if (lane === undefined) return undefined;
    // What is joined to be settled is no result yet.
    const sizes = spec.settling === undefined ? joinedBytes(spec, parts) : [];
    const rooms = sizes.flatMap((bytes) => this.#memory.take(bytes) ?? []);
    return resultOf(await lane.joinRows(spec, parts, rooms));
  }

  spare(bytes: number): ArrayBuffer | undefined {
    return this.#memory.take(bytes);
  }

  recycle(buffers: Iterable<ArrayBufferLike>): void {
    if (this.#size > 0 && !this.#disposed) this.#memory.recycle(buffers);
  }

  /** A worker for what comes besides decoding; the first ones get the small work. */
  #readyLane(): WorkerLane | undefined {
    return this.#stations.findLast(({ lane }) => lane.ready)?.lane;
  }

  run(asked: DecodeTask<Bytes>, options: RunOptions = {}): Promise<DecodeResult> {
    const { signal, record } = options;
    const task: DecodeTask<Bytes> = record === undefined ? asked : { ...asked, isTimed: true };
    if (this.#disposed) return Promise.reject(closedError());
    if (signal?.aborted) return Promise.reject(signal.reason);
    const parts = taskBytes(task);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    const isHere = !parts.some(isHeld);
    const isCheap = bytes <= this.#inlineBytes && decodedBytes(task) <= largestGrowth * this.#inlineBytes;
    if (isHere && (this.#size === 0 || isCheap)) return this.#runInline(task as DecodeTask, options);
    const done = new Promise<DecodeResult>((resolve, reject) => {
      const job = { task, bytes, options, resolve, reject };
      if (isHere) this.#queue.push(job);
      else this.#bind(job);
    });
    this.#pumpSoon();
    return raceAbort(done, signal);
  }

  ride(task: BlockTask<Bytes>, options: RunOptions, lane: Lane): Ride | undefined {
    const found = this.#stations.find((station) => station.lane === lane)?.lane;
    return found && new Ride(found, () => sentTask(task, options, found, this.#memory), options);
  }

  dispose(): void {
    this.#disposed = true;
    const stations = this.#stations.splice(0);
    for (const job of [...this.#queue.splice(0), ...stations.flatMap(jobsOf)]) job.reject(closedError());
    for (const { lane } of stations) lane.stop("the dataset was closed");
    this.#memory.clear();
  }

  async #runInline(task: DecodeTask, options: RunOptions): Promise<DecodeResult> {
    this.#inline ??= import("./inline.js").then((inline) => inline.createInlineRunner());
    const run = await this.#inline;
    return takeReply(await run(task), options);
  }

  /** Queues a task where most of its bytes are held; the others are brought along. */
  #bind(job: Job): void {
    const lengths = new Map<Lane, number>();
    for (const part of taskBytes(job.task)) {
      if (isHeld(part)) lengths.set(part.lane, (lengths.get(part.lane) ?? 0) + part.length);
    }
    const [[most]] = [...lengths].sort(([, a], [, b]) => b - a) as [[Lane, number]];
    const station = this.#stations.find(({ lane }) => lane === most);
    if (station === undefined) {
      job.reject(endedError(job.task.label));
      return;
    }
    if (lengths.size === 1) {
      station.queue.push(job);
      return;
    }
    bytesHere(job.task, (part) => part.lane !== most).then(
      (task) => {
        if (station.lane.alive) station.queue.push({ ...job, task });
        else job.reject(endedError(task.label));
        this.#pump();
      },
      (reason) => job.reject(reason),
    );
  }

  /** With all tasks of this turn. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    queueMicrotask(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#sharing.atOnce()) {
      // In a message of their own: answers leave a worker when it is done with all that came in one.
      this.#pumpSoon();
      return;
    }
    for (const station of this.#stations) {
      while (station.batches.size < batchesPerWorker) {
        const batch = takeBatch(station.queue);
        if (batch.length === 0) break;
        void this.#send(station, batch);
      }
    }
    while (this.#queue.length > 0) {
      const job = this.#queue[0]!;
      if (job.options.signal?.aborted) {
        this.#queue.shift();
        continue;
      }
      if (this.#size === 0) {
        this.#queue.shift();
        this.#runInline(job.task as DecodeTask, job.options).then(job.resolve, job.reject);
        continue;
      }
      const station = this.#freeStation();
      if (station === undefined && this.#size === 0) continue; // spawning failed just now: the job runs inline
      if (station === undefined) break;
      this.#queue.shift();
      void this.#send(station, [job]);
    }
    this.#sharing.soon();
  }

  /** The least loaded worker with room; a new one while there may be more and all are busy. */
  #freeStation(): Station | undefined {
    const least = leastGiven(this.#stations);
    if (least !== undefined && least.batches.size === 0) return least;
    if (this.#stations.length < this.#size) return this.#spawn();
    return least !== undefined && least.batches.size < batchesPerWorker ? least : undefined;
  }

  #spawn(): Station | undefined {
    try {
      const worker = spawnWorker(this.#options.createWorker);
      if (worker === undefined) {
        this.#goInline("this platform has none");
        return undefined;
      }
      this.#module ??= compileKernels();
      const onEnd = (message: string): void => this.#laneEnded(station, message);
      const lane = new WorkerLane(worker, this.#module, this.#line, onEnd);
      const station: Station = { lane, queue: [], batches: new Set() };
      this.#stations.push(station);
      return station;
    } catch (cause) {
      this.#goInline(cause instanceof Error ? cause.message : String(cause));
      return undefined;
    }
  }

  /** @param carried the same jobs with bytes that may be given away; absent: the bytes are the callers' or held there */
  async #send({ lane, batches }: Station, jobs: readonly Job[], carried?: Promise<Job[]>): Promise<void> {
    batches.add(jobs);
    try {
      const brought = carried && (await carried).filter(({ options }) => !options.signal?.aborted);
      if (!batches.has(jobs)) return;
      // The original bytes stay here until the worker is known to run, so that its failure to start loses nothing.
      const left = brought ?? jobs;
      const sent = left.map(({ task, options }) => {
        const given = brought ? task : ownBytes(task, options.owned === true && lane.ready);
        return sentTask(given, options, lane, this.#memory);
      });
      const replies = await lane.run(sent, this.#mayWait(sent));
      if (batches.delete(jobs)) for (const [index, job] of left.entries()) settle(job, replies[index]!, lane);
    } catch (thrown) {
      if (batches.delete(jobs)) for (const job of jobs) job.reject(thrown);
    }
    this.#pump();
  }

  /** Whether the replies are in no hurry: blocks lie in their grid by then, and no other task waits for a worker. */
  #mayWait(sent: readonly SentTask[]): boolean {
    const waits = this.#queue.length > 0 || this.#stations.some(({ queue }) => queue.length > 0);
    return !waits && sent.every((task) => task.kind === "block" && task.place !== undefined);
  }

  /** A worker that never started leaves its tasks intact: they run inline. One that dies later loses them. */
  #laneEnded(station: Station, message: string): void {
    const index = this.#stations.indexOf(station);
    if (index < 0 || this.#disposed) return;
    this.#stations.splice(index, 1);
    const jobs = jobsOf(station);
    station.batches.clear();
    if (!station.lane.ready) {
      this.#queue.unshift(...jobs);
      this.#goInline(message);
    } else {
      for (const job of jobs) {
        if (taskBytes(job.task).some((part) => isHeld(part) && part.lane !== station.lane)) this.#bind(job);
        else job.reject(endedError(job.task.label, message));
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
