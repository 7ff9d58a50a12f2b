/**
 * The worker's side of a lane: performs requests, keeps their bodies, and finds them for the tasks that name them.
 *
 * @module
 */
import type { SeenRequest } from "../core/recorder.js";
import type { Answer } from "../net/answer.js";
import { inBrowser } from "../net/environment.js";
import { perform } from "../net/perform.js";
import type { BodyMemory } from "../net/read-body.js";
import type { RemoteRead } from "../net/remote-read.js";
import { intoTrays } from "../net/trays.js";
import type { Arrived, DecodeTask, HeldAnswer, HeldRef, SentOptions, SentTask } from "./protocol.js";
import { Spares } from "./spares.js";
import { mapBytes } from "./transfer.js";

/** Memory of bodies that were let go of, kept for bodies to come. */
const spareBytes = 32 * 1024 * 1024;

export class HeldBodies {
  readonly #bodies = new Map<number, Uint8Array>();
  readonly #running = new Map<number, RunningRead>();
  readonly #spares = new Spares(spareBytes);
  readonly #memory = bodyMemory(this.#spares);
  /** Runs that may still read bodies which are let go of meanwhile, and the memory of those. */
  #borrowers = 0;
  #lent: ArrayBuffer[] = [];

  /** Bodies held, and requests under way. */
  get size(): number {
    return this.#bodies.size + this.#running.size;
  }

  /** Requests under way. */
  get reading(): number {
    return this.#running.size;
  }

  has(id: number): boolean {
    return this.#bodies.has(id);
  }

  /** @returns `undefined` where code for its answer cannot be had */
  async perform(read: RemoteRead, id: number, options: SentOptions): Promise<HeldAnswer | undefined> {
    const seen: SeenRequest[] | undefined = options.isTimed && [];
    const controller = new AbortController();
    const running = new RunningRead(controller);
    this.#running.set(id, running);
    let cameBytes = 0;
    const sentAt = performance.now();
    let headersAt = sentAt;
    try {
      const answer = await perform(read, {
        ...options,
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          headersAt = performance.now();
          return response;
        },
        signal: controller.signal,
        seen,
        memory: this.#memory,
        onBytes: (bytes) => {
          cameBytes += bytes;
        },
        onArrived: (room, filled, told) => running.arrive(room, { filled, room: room.length, told }),
      });
      const bytes = bytesOf(answer);
      if (bytes !== undefined && !controller.signal.aborted) this.#bodies.set(id, bytes);
      // Of other bodies a cache may have had some.
      const line = read.cache === "no-store" && {
        line: { waitMs: headersAt - sentAt, comingMs: performance.now() - headersAt, bytes: cameBytes },
      };
      return { ...withoutBytes(answer), cameBytes, ...line, ...(seen && { seen }) };
    } catch {
      // After an abort the page has gone on, and ignores all but the bytes. Nothing else throws but code that is not to be had.
      return controller.signal.aborted ? { kind: "absent", cameBytes, ...(seen && { seen }) } : undefined;
    } finally {
      this.#running.delete(id);
      running.end();
    }
  }

  /** Bytes that are told of are held from then on. */
  async arrived(id: number, length: number): Promise<Arrived | undefined> {
    const running = this.#running.get(id);
    const came = await running?.wait(length);
    if (came === undefined || running?.controller.signal.aborted) return undefined;
    this.#bodies.set(id, came.bytes);
    return came.arrived;
  }

  stop(id: number): void {
    this.#running.get(id)?.controller.abort();
  }

  drop(ids: readonly number[]): void {
    for (const id of ids) {
      // What still comes of a read that is stopped is written to its memory.
      if (!this.#running.has(id)) this.#lend(this.#bodies.get(id));
      this.stop(id);
      this.#bodies.delete(id);
    }
    this.#reuse();
  }

  /** Keeps the memory of bodies as it is, dropped or not, until the function given is called. */
  borrow(): () => void {
    this.#borrowers++;
    return () => {
      this.#borrowers--;
      this.#reuse();
    };
  }

  /** A view of held bytes; the page never names what it has dropped. */
  find({ id, offset, length }: HeldRef): Uint8Array {
    return this.#bodies.get(id)!.subarray(offset, offset + length);
  }

  join(parts: readonly HeldRef[], id: number): void {
    const [first] = this.copy(parts);
    this.#bodies.set(id, first === undefined ? new Uint8Array(0) : new Uint8Array(first.buffer));
  }

  /** Copies one after another, in one buffer of their own. */
  copy(parts: readonly HeldRef[]): Uint8Array<ArrayBuffer>[] {
    const buffer = new ArrayBuffer(parts.reduce((sum, part) => sum + part.length, 0));
    let filled = 0;
    return parts.map((part) => {
      const copy = new Uint8Array(buffer, filled, part.length);
      copy.set(this.find(part));
      filled += part.length;
      return copy;
    });
  }

  #lend(bytes: Uint8Array | undefined): void {
    if (bytes !== undefined) this.#lent.push(bytes.buffer as ArrayBuffer);
  }

  #reuse(): void {
    if (this.#borrowers > 0) return;
    for (const buffer of this.#lent.splice(0)) this.#spares.put(buffer);
  }

  /** The task with its bytes at hand. @param own those of a block that came without */
  resolve(task: SentTask, own?: HeldRef): DecodeTask {
    const whole = own && task.kind === "block" ? { ...task, column: { ...task.column, bytes: own } } : task;
    return mapBytes(whole, (bytes) => (bytes instanceof Uint8Array ? bytes : this.find(bytes)));
  }
}

/** Node's streams make pieces of their own first, whatever they are given. */
function bodyMemory(spares: Spares): BodyMemory {
  return {
    makeRoom: (bytes) => new Uint8Array(spares.take(bytes) ?? new ArrayBuffer(bytes), 0, bytes),
    ...(inBrowser() ? { open: intoTrays([]) } : {}),
  };
}

/** What came of a body, and who waits for more. */
class RunningRead {
  readonly controller: AbortController;
  #came: { readonly bytes: Uint8Array; readonly arrived: Arrived } | undefined;
  #waiting: { readonly length: number; readonly wake: () => void }[] = [];
  #ended = false;

  constructor(controller: AbortController) {
    this.controller = controller;
  }

  arrive(bytes: Uint8Array, arrived: Arrived): void {
    this.#came = { bytes, arrived };
    for (const { length, wake } of this.#waiting) if (length <= arrived.filled) wake();
    this.#waiting = this.#waiting.filter(({ length }) => length > arrived.filled);
  }

  /** `undefined` when the read has ended, well or not. */
  async wait(length: number): Promise<{ readonly bytes: Uint8Array; readonly arrived: Arrived } | undefined> {
    if (!this.#ended && (this.#came?.arrived.filled ?? 0) < length) {
      await new Promise<void>((wake) => this.#waiting.push({ length, wake }));
    }
    return this.#ended ? undefined : this.#came;
  }

  end(): void {
    this.#ended = true;
    for (const { wake } of this.#waiting) wake();
  }
}

function bytesOf(answer: Answer): Uint8Array | undefined {
  if (answer.kind === "bytes") return answer.bytes;
  return answer.kind === "failure" ? answer.salvage?.bytes : undefined;
}

function withoutBytes(answer: Answer): Answer<{ readonly length: number }> {
  const length = bytesOf(answer)?.length ?? 0;
  if (answer.kind === "bytes") return { ...answer, bytes: { length } };
  if (answer.kind !== "failure" || answer.salvage === undefined) return answer as Answer<never>;
  return { ...answer, salvage: { ...answer.salvage, bytes: { length } } };
}
