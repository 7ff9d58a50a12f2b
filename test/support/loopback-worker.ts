/**
 * Workers that are no threads: the code of a worker behind a message channel of this thread, so that messages are cloned
 * and transferred as between threads, can be looked at, and a worker can be made to die.
 *
 * @module
 */
import { portOf } from "../../src/worker/bundles.js";
import { answerCalls } from "../../src/worker/calls.js";
import { HeldBodies } from "../../src/worker/held.js";
import { createPool, type DecodePool, type PoolOptions } from "../../src/worker/pool.js";
import { createWorkerApi } from "../../src/worker/worker-api.js";

/** A call as it crosses. */
export interface SentCall {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** What is in a bundle of comlink's messages. */
export const callsOf = (bundle: unknown): readonly SentCall[] =>
  (bundle as { path: string[]; argumentList: { value: unknown }[] }[]).map(({ path, argumentList }) => ({
    name: path[0]!,
    args: argumentList.map(({ value }) => value),
  }));

export class LoopbackWorker extends EventTarget {
  readonly held: HeldBodies = new HeldBodies();
  /** What the worker was asked for, in messages of one call and more. */
  readonly sent: SentCall[] = [];
  /** Messages that came back. */
  answers = 0;
  readonly #port: MessagePort;
  readonly #other: MessagePort;
  /** Ports that came, which end with a worker. */
  readonly #given: MessagePort[] = [];

  constructor() {
    super();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#other = port2;
    const port = portOf(port2);
    const listen = (listener: (bundle: unknown) => void): void =>
      port.listen((bundle) => {
        for (const arg of callsOf(bundle).flatMap(({ args }) => args))
          if (arg instanceof MessagePort) this.#given.push(arg);
        listener(bundle);
      });
    answerCalls(createWorkerApi(this.held), { ...port, listen }, () => this.held.reading > 0);
    port2.start();
    port1.onmessage = ({ data }) => {
      this.answers++;
      const event = new Event("message");
      Object.assign(event, { data });
      this.dispatchEvent(event);
    };
  }

  /** Names of the functions that were called. */
  get paths(): readonly string[] {
    return this.sent.map(({ name }) => name);
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.sent.push(...callsOf(message));
    this.#port.postMessage(message, transfer);
  }

  /** Ends without a word, as a browser's worker does. */
  terminate(): void {
    this.#port.close();
    this.#other.close();
    for (const port of this.#given) port.close();
  }

  /** Ends as a worker does whose script throws. */
  crash(message = "killed"): void {
    this.terminate();
    const event = new Event("error");
    Object.assign(event, { message });
    this.dispatchEvent(event);
  }
}

/** Makes workers and keeps them for the test to look at. */
export function loopbackWorkers(): { readonly made: LoopbackWorker[]; createWorker(): Worker } {
  const made: LoopbackWorker[] = [];
  return {
    made,
    createWorker() {
      const worker = new LoopbackWorker();
      made.push(worker);
      return worker as unknown as Worker;
    },
  };
}

export interface StartedPool {
  readonly pool: DecodePool;
  readonly workers: readonly LoopbackWorker[];
  /** The first of them. */
  readonly worker: LoopbackWorker;
}

/** A pool whose workers run, and have said so. */
export async function startedPool(options: PoolOptions = {}): Promise<StartedPool> {
  const { made, createWorker } = loopbackWorkers();
  const pool = createPool({ workers: 1, inlineBytes: 0, createWorker, ...options });
  pool.lanes!(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  while (made.some(({ answers }) => answers === 0)) await new Promise((resolve) => setTimeout(resolve, 2));
  return { pool, workers: made, worker: made[0]! };
}
