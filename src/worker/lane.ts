/**
 * The page's side of one worker: what was sent and is not answered yet, the bodies it holds, and how its end is noticed.
 *
 * @module
 */
import { type Remote, transfer, wrap } from "comlink";
import { numbersOf } from "../bytes/ragged.js";
import { raceAbort } from "../core/abort.js";
import type { TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { Answer } from "../net/answer.js";
import type { BodyArrivals } from "../net/arrivals.js";
import { HeldBody, HeldBytes, type Lane } from "../net/lane.js";
import type { PerformOptions } from "../net/perform.js";
import type { RemoteRead } from "../net/remote-read.js";
import { resultOf } from "./jobs.js";
import type { JoinSpec } from "./join-rows.js";
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
import type { SpawnedWorker } from "./spawn.js";
import { resultBuffers, sentBuffers } from "./transfer.js";

/** A worker at work that says nothing for so long is asked whether it lives, and given as long to answer. */
const silenceMs = 15_000;
/** One that never ran has its code to load: it is given up after one more silence than these. */
const startSilences = 3;
/** Bodies and grids are let go of with the next request or task; where none comes, after so long. */
const dropWithinMs = 50;

export class WorkerLane implements Lane {
  readonly #worker: SpawnedWorker;
  readonly #api: Remote<WorkerApi>;
  /** Of calls that are many: comlink makes a function for each name that is looked up. */
  readonly #many: Pick<Remote<WorkerApi>, "run" | "perform">;
  readonly #onEnd: (message: string) => void;
  readonly #started: Promise<void>;
  /** Ends each call that has no answer yet. */
  readonly #waiting = new Set<(reason: unknown) => void>();
  readonly #dropSoon = (id: number): void => this.drop(id);
  /** Bodies that nobody names any more and nobody released: an abort may come between an answer and its reader. */
  readonly #lost = new FinalizationRegistry<number>(this.#dropSoon);
  #end = "";
  #alive = true;
  #ready = false;
  #nextId = 0;
  #dropped: number[] = [];
  #drops: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;

  /** @param onEnd told once when the worker ends by itself */
  constructor(worker: SpawnedWorker, module: Promise<WebAssembly.Module>, onEnd: (message: string) => void) {
    this.#worker = worker;
    this.#api = wrap<WorkerApi>(worker.endpoint);
    this.#many = { run: this.#api.run, perform: this.#api.perform };
    this.#onEnd = onEnd;
    worker.onFailure((message) => this.#fail(message));
    this.#started = this.#call(async () => this.#api.warm(await module));
    this.#started.catch((cause: unknown) =>
      this.#fail(cause instanceof Error ? cause.message : String(cause)),
    );
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Whether it has ever run. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Runs tasks in order; rejects when the worker ends. */
  run(tasks: readonly SentTask[]): Promise<readonly DecodeReply[]> {
    const dropped = this.#takeDropped();
    return this.#call(() => this.#many.run(transfer(tasks, sentBuffers(tasks)), dropped));
  }

  async perform(read: RemoteRead, options: PerformOptions): Promise<Answer<HeldBytes> | undefined> {
    const { signal, timeouts, lowPriority, mayHedge, wantsProtocol, arrivals, onBytes, seen } = options;
    if (!this.#ready) await raceAbort(this.#started, signal).catch(() => signal?.throwIfAborted());
    if (!this.#alive) return undefined;
    const id = this.#nextId++;
    const plain = { timeouts, lowPriority, mayHedge, wantsProtocol };
    const sent = seen === undefined ? plain : { ...plain, isTimed: true as const };
    let counted = 0;
    const countTo = (cameBytes: number): void => {
      if (cameBytes > counted) onBytes?.(cameBytes - counted);
      counted = Math.max(counted, cameBytes);
    };
    const dropped = this.#takeDropped();
    const answering = this.#call(async () => {
      const answer = (await this.#many.perform(read, id, sent, dropped)) as HeldAnswer | undefined;
      // Also of a read that was given up: its bytes were paid for.
      countTo(answer?.cameBytes ?? 0);
      for (const one of answer?.seen ?? []) seen?.push({ ...one, lane: this });
      return answer;
    });
    const early = arrivals && this.#follow(id, arrivals, countTo);
    try {
      const answer = await raceAbort(answering, signal);
      const held = early?.end();
      if (answer !== undefined) return this.#holdBody(id, answer, held);
      held?.body.release();
      return undefined;
    } catch (thrown) {
      const held = early?.end();
      held?.body.release();
      // Ends the request there, or drops its body when the answer is on its way.
      if (signal?.aborted && held === undefined) this.#drop(id, 0);
      else if (signal?.aborted) this.#call(() => this.#api.stop(id)).catch(() => {});
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
    return this.#call(() => this.#api.take(held.map(refOf)) as Promise<readonly Uint8Array[]>);
  }

  join(parts: readonly HeldBytes[]): HeldBytes {
    const id = this.#nextId++;
    void this.#call(() => this.#api.join(parts.map(refOf), id)).catch(() => {});
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
    return this.#call(
      () => this.#api.joinRows(spec, transfer(parts, [...buffers]), rooms) as Promise<Reply<RowsResult>>,
    );
  }

  /**
   * Tells the worker of a grid. Memory that is not shared is given away.
   *
   * @returns its name there, which serves at once, and what becomes of it
   */
  openGrid(spec: GridSpec, memory?: GridMemory): { readonly id: number; readonly opened: Promise<void> } {
    const id = this.#nextId++;
    const given = memory?.buffer instanceof ArrayBuffer ? [memory.buffer] : [];
    const opened = this.#call(
      () => this.#api.openGrid(spec, id, memory && transfer(memory, given)) as Promise<Reply<undefined>>,
    );
    return { id, opened: opened.then(resultOf) };
  }

  /** Copies a block, which is given away, into a grid there; its buffer comes back. */
  place(id: number, block: BlockResult, offset: readonly number[]): Promise<ArrayBuffer> {
    const { buffer } = numbersOf(block.data);
    return this.#call(() => this.#api.place(transfer(block, [buffer as ArrayBuffer]), offset, id));
  }

  fillGrid(id: number, fill: GridFill): Promise<boolean> {
    return this.#call(() => this.#api.fillGrid(fill, id).then(() => true));
  }

  /** The numbers of a grid there, which are no longer its. */
  takeGrid(id: number): Promise<TypedArray> {
    return this.#call(() => this.#api.takeGrid(id) as Promise<TypedArray>);
  }

  /** Lets go of a body or a grid there, told together with others: with the next request or task, or in a while. */
  drop(id: number): void {
    this.#drop(id, dropWithinMs);
  }

  /** Ends the worker; what waits for it rejects. */
  stop(message: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#end = message;
    clearTimeout(this.#watch);
    this.#worker.stop();
    for (const reject of this.#waiting) reject(endedError(message));
  }

  #fail(message: string): void {
    if (!this.#alive) return;
    this.stop(message);
    this.#onEnd(message);
  }

  #call<T>(send: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.#alive) {
        reject(endedError(this.#end));
        return;
      }
      if (this.#waiting.size === 0) {
        this.#worker.setBusy(true);
        this.#listen(0);
      }
      this.#waiting.add(reject);
      const settled = (): void => {
        this.#waiting.delete(reject);
        if (this.#waiting.size > 0 || !this.#alive) return;
        this.#worker.setBusy(false);
        clearTimeout(this.#watch);
      };
      send()
        .then((answer) => {
          if (!this.#ready) this.#begin();
          resolve(answer);
        }, reject)
        .finally(settled);
    });
  }

  /**
   * Some ends are told by no event: a page that terminates a worker of its own, a renderer short of memory; and a script that is none of
   * ours starts without a word.
   *
   * @param silences there were before this one
   */
  #listen(silences: number): void {
    clearTimeout(this.#watch);
    const startedAt = performance.now();
    this.#watch = setTimeout(() => {
      // A page that slept finds its timers due before the messages that came meanwhile.
      const slept = performance.now() - startedAt > 2 * silenceMs;
      if (!slept && silences >= (this.#ready ? 1 : startSilences)) {
        this.#fail(this.#ready ? "it does not answer" : "it does not start");
        return;
      }
      this.#listen(slept ? silences : silences + 1);
      if (this.#ready) this.#api.ping().then(() => this.#heard());
    }, silenceMs);
  }

  /** Any answer will do: tasks may be done before the kernels that were posted are there. */
  #begin(): void {
    this.#ready = true;
    this.#heard();
  }

  #heard(): void {
    if (this.#alive && this.#waiting.size > 0) this.#listen(0);
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
        const arrived = await this.#call(() => this.#api.arrived(id, length));
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
    { cameBytes: _, seen: __, ...answer }: HeldAnswer,
    early: HeldBytes | undefined,
  ): Answer<HeldBytes> {
    const hold = (length: number): HeldBytes =>
      early === undefined ? this.#hold(id, length) : new HeldBytes(early.body, 0, length);
    if (answer.kind === "bytes") return { ...answer, bytes: hold(answer.bytes.length) };
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

  #drop(id: number, withinMs: number): void {
    this.#dropped.push(id);
    if (withinMs > 0 && this.#drops !== undefined) return;
    clearTimeout(this.#drops);
    this.#drops = setTimeout(() => this.#flushDrops(), withinMs);
  }

  #flushDrops(): void {
    this.#drops = undefined;
    const ids = this.#takeDropped();
    if (ids.length > 0) this.#call(() => this.#api.drop(ids)).catch(() => {});
  }

  #takeDropped(): readonly number[] {
    const ids = this.#dropped;
    this.#dropped = [];
    return ids;
  }
}

/** How the worker is told of held bytes. */
export function refOf({ body, offset, length }: HeldBytes): HeldRef {
  return { id: body.id, offset, length };
}

function endedError(message: string): ReaderError {
  return new ReaderError("codec-failed", `A worker stopped (${message}); run the query again.`);
}
