/**
 * The page's side of one worker: what was sent and is not answered yet, the bodies it holds, and how its end is noticed.
 *
 * @module
 */
import { transfer } from "comlink";
import { numbersOf } from "../bytes/ragged.js";
import { raceAbort } from "../core/abort.js";
import type { TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { Answer } from "../net/answer.js";
import type { BodyArrivals } from "../net/arrivals.js";
import { HeldBody, HeldBytes, type Lane } from "../net/lane.js";
import type { PerformOptions } from "../net/perform.js";
import type { RemoteRead } from "../net/remote-read.js";
import { Caller } from "./calls.js";
import { Drops } from "./drops.js";
import { resultOf } from "./jobs.js";
import type { JoinSpec } from "./join-rows.js";
import type { LineWatch } from "./line-watch.js";
import type {
  BlockResult,
  DecodeReply,
  GridFill,
  GridMemory,
  GridSpec,
  HeldAnswer,
  HeldRef,
  Reply,
  RowsResult,
  SentTask,
  WorkerApi,
} from "./protocol.js";
import type { Ride } from "./ride.js";
import { SilenceWatch } from "./silence.js";
import type { SpawnedWorker } from "./spawn.js";
import { resultBuffers, sentBuffers } from "./transfer.js";

export class WorkerLane implements Lane {
  readonly #worker: SpawnedWorker;
  readonly #calls: Caller<WorkerApi>;
  readonly #silence: SilenceWatch;
  readonly #line: LineWatch;
  readonly #onEnd: (message: string) => void;
  readonly #started: Promise<void>;
  /** Bodies that nobody names any more and nobody released: an abort may come between an answer and its reader. */
  readonly #lost = new FinalizationRegistry<number>((id) => this.drop(id));
  #alive = true;
  #ready = false;
  #nextId = 0;
  readonly #drops = new Drops((ids) => void this.#call("drop", [ids]).catch(() => {}));

  /**
   * @param line told of answers
   * @param onEnd told once when the worker ends by itself
   */
  constructor(
    worker: SpawnedWorker,
    module: Promise<WebAssembly.Module>,
    line: LineWatch,
    onEnd: (message: string) => void,
  ) {
    this.#worker = worker;
    this.#line = line;
    this.#calls = new Caller(worker.port, {
      onBusy: (isBusy) => this.#setBusy(isBusy),
      onRefused: (thrown) => this.#fail(String(thrown)),
    });
    const lane = this;
    this.#silence = new SilenceWatch({
      get ready() {
        return lane.ready;
      },
      ping: () => this.#call("ping", []),
      onLost: (message) => this.#fail(message),
    });
    this.#onEnd = onEnd;
    worker.onFailure((message) => this.#fail(message));
    this.#started = module.then((kernels) => this.#call("warm", [kernels]));
    this.#started.catch((cause: unknown) =>
      this.#fail(cause instanceof Error ? cause.message : String(cause)),
    );
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Whether it has been asked for something that it has not answered yet. */
  get isBusy(): boolean {
    return this.#calls.isBusy;
  }

  /** Whether it has ever run. */
  get ready(): boolean {
    return this.#ready;
  }

  /**
   * Runs tasks in order; rejects when the worker ends.
   *
   * @param mayWait nothing else waits for it: replies may come along with what is being read there
   */
  run(tasks: readonly SentTask[], mayWait = false): Promise<readonly DecodeReply[]> {
    return this.#call("run", [transfer(tasks, sentBuffers(tasks)), this.#drops.take()], mayWait);
  }

  /** @param ride has a task to go along */
  async perform(
    read: RemoteRead,
    options: PerformOptions,
    ride?: Ride,
  ): Promise<Answer<HeldBytes> | undefined> {
    const { signal, timeouts, lowPriority, mayHedge, wantsProtocol, mayWait, arrivals, onBytes, seen } =
      options;
    if (!this.#ready) await raceAbort(this.#started, signal).catch(() => signal?.throwIfAborted());
    if (!this.#alive) return undefined;
    const id = this.#nextId++;
    const plain = { timeouts, lowPriority, mayHedge, wantsProtocol, mayWait };
    const sent = seen === undefined ? plain : { ...plain, isTimed: true as const };
    let counted = 0;
    const countTo = (cameBytes: number): void => {
      if (cameBytes > counted) onBytes?.(cameBytes - counted);
      counted = Math.max(counted, cameBytes);
    };
    const task = ride?.board();
    const aboard = task && transfer(task, sentBuffers([task]));
    const answering = this.#call("perform", [read, id, sent, this.#drops.take(), aboard]).then((answer) => {
      // Also of a read that was given up: its bytes were paid for.
      countTo(answer?.cameBytes ?? 0);
      if (answer?.line) this.#line.note(new URL(read.url).origin, answer.line);
      for (const one of answer?.seen ?? []) seen?.push({ ...one, lane: this });
      return answer;
    });
    const early = arrivals && this.#follow(id, arrivals, countTo);
    try {
      const answer = await raceAbort(answering, signal);
      const held = early?.end();
      if (answer !== undefined) return this.#holdBody(id, answer, held, ride);
      held?.body.release();
      return undefined;
    } catch (thrown) {
      const held = early?.end();
      held?.body.release();
      // Ends the request there, or drops its body: of an answer that is on its way, or that a task came in the way of.
      if (held === undefined) this.drop(id);
      if (signal?.aborted && held === undefined) this.#drops.flush();
      else if (signal?.aborted) this.#call("stop", [id]).catch(() => {});
      if (signal?.aborted || this.#alive) throw thrown;
      return { kind: "failure", failure: { class: "network", reason: "the worker that read it stopped" } };
    }
  }

  async take(held: HeldBytes): Promise<Uint8Array> {
    const [copy] = await this.takeAll([held]);
    return copy!;
  }

  /** As `take`, in one buffer. */
  takeAll(held: readonly HeldBytes[]): Promise<readonly Uint8Array[]> {
    return this.#call("take", [held.map(refOf)]);
  }

  join(parts: readonly HeldBytes[]): HeldBytes {
    const id = this.#nextId++;
    this.#call("join", [parts.map(refOf), id]).catch(() => {});
    return this.#hold(
      id,
      parts.reduce((sum, part) => sum + part.length, 0),
    );
  }

  /** Rows of many parts as one, which are given away, as are the rooms for them. */
  joinRows(
    spec: JoinSpec,
    parts: readonly RowsResult[],
    rooms: readonly ArrayBuffer[],
  ): Promise<Reply<RowsResult>> {
    const buffers = new Set([...parts.flatMap(resultBuffers), ...rooms]);
    return this.#call("joinRows", [spec, transfer(parts, [...buffers]), rooms]);
  }

  /**
   * Tells the worker of a grid. Memory that is not shared is given away.
   *
   * @returns its name there, which serves at once, and what becomes of it
   */
  openGrid(spec: GridSpec, memory?: GridMemory): { readonly id: number; readonly opened: Promise<void> } {
    const id = this.#nextId++;
    const given = memory?.buffer instanceof ArrayBuffer ? [memory.buffer] : [];
    const opened = this.#call("openGrid", [spec, id, memory && transfer(memory, given)]);
    return { id, opened: opened.then(resultOf) };
  }

  /**
   * Tells the worker of a grid that lies in another one, to which it sends blocks over the port.
   *
   * @returns its name here, which serves at once
   */
  openFarGrid(spec: GridSpec, port: MessagePort): number {
    const id = this.#nextId++;
    this.#call("openFarGrid", [spec, id, transfer(port, [port])]).catch(() => {});
    return id;
  }

  /** Has a grid there take what comes over the port; resolves when it is taken or dropped, rejects when the worker ends before. */
  admitBlocks(id: number, port: MessagePort): Promise<void> {
    return this.#call("admitBlocks", [id, transfer(port, [port])]);
  }

  /** Copies a block, which is given away, into a grid there; its buffer comes back, with what is being read there if anything is. */
  place(id: number, block: BlockResult, offset: readonly number[]): Promise<ArrayBuffer> {
    const { buffer } = numbersOf(block.data);
    return this.#call("place", [transfer(block, [buffer as ArrayBuffer]), offset, id], true);
  }

  async fillGrid(id: number, fill: GridFill): Promise<boolean> {
    await this.#call("fillGrid", [fill, id]);
    return true;
  }

  /** The numbers of a grid there, which are no longer its. */
  takeGrid(id: number): Promise<TypedArray> {
    return this.#call("takeGrid", [id]);
  }

  /** Lets go of a body or a grid there, told together with others: with the next request or task, or in a while. */
  drop(id: number): void {
    this.#drops.add(id);
  }

  /** Lets go of a grid there at once; resolves when nothing is written to it any more. */
  dropNow(id: number): Promise<void> {
    return this.#call("drop", [[id]]).catch(() => {});
  }

  /** Ends the worker; what waits for it rejects. */
  stop(message: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#silence.stop();
    this.#worker.stop();
    this.#calls.end(() => endedError(message));
  }

  #fail(message: string): void {
    if (!this.#alive) return;
    this.stop(message);
    this.#onEnd(message);
  }

  /** Any answer says that it runs: tasks may be done before the kernels that were posted are there. */
  async #call<K extends keyof WorkerApi>(
    name: K,
    args: Parameters<WorkerApi[K]>,
    mayWait = false,
  ): Promise<Awaited<ReturnType<WorkerApi[K]>>> {
    const answer = await this.#calls.call(name, args, mayWait);
    if (!this.#ready) {
      this.#ready = true;
      if (this.#calls.isBusy) this.#silence.listen();
    }
    return answer;
  }

  #setBusy(isBusy: boolean): void {
    if (!this.#alive) return;
    this.#worker.setBusy(isBusy);
    if (isBusy) this.#silence.listen();
    else this.#silence.stop();
  }

  /** Tells of what arrives, until it is ended: then the caller owns what was held for it, if anything was. */
  #follow(
    id: number,
    { lengths, tell }: BodyArrivals,
    countTo: (cameBytes: number) => void,
  ): { end(): HeldBytes | undefined } {
    let held: HeldBytes | undefined;
    let isOn = true;
    const follow = async (): Promise<void> => {
      let filled = 0;
      for (const length of lengths) {
        if (length <= filled) continue;
        const arrived = await this.#call("arrived", [id, length]);
        if (arrived === undefined || !isOn) return;
        filled = arrived.filled;
        countTo(filled);
        held ??= this.#hold(id, arrived.room);
        tell(held.cut(0, filled), arrived.told);
      }
    };
    follow().catch(() => {});
    return {
      end: () => {
        isOn = false;
        return held;
      },
    };
  }

  /** @param early what is held of the body already */
  #holdBody(
    id: number,
    { cameBytes: _, line: __, seen: ___, reply, ...answer }: HeldAnswer,
    early: HeldBytes | undefined,
    ride: Ride | undefined,
  ): Answer<HeldBytes> {
    const hold = (length: number): HeldBytes =>
      early === undefined ? this.#hold(id, length) : new HeldBytes(early.body, 0, length);
    if (answer.kind === "bytes") {
      const bytes = hold(answer.bytes.length);
      if (reply !== undefined) ride?.arrived(bytes.body, reply);
      return { ...answer, bytes };
    }
    if (answer.kind === "failure" && answer.salvage !== undefined) {
      const { salvage } = answer;
      return { ...answer, salvage: { ...salvage, bytes: hold(salvage.bytes.length) } };
    }
    early?.body.release();
    return answer as Answer<HeldBytes>;
  }

  #hold(id: number, length: number): HeldBytes {
    const body = new HeldBody(this, id, length, () => {
      this.#lost.unregister(body);
      this.drop(id);
    });
    this.#lost.register(body, id, body);
    return new HeldBytes(body);
  }
}

/** How the worker is told of held bytes. */
export function refOf({ body, offset, length }: HeldBytes): HeldRef {
  return { id: body.id, offset, length };
}

function endedError(message: string): ReaderError {
  return new ReaderError("codec-failed", `A worker stopped (${message}); run the query again.`);
}
