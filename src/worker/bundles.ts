/**
 * The channel to another thread as comlink wants it. What one thread has for the other in one turn of promises goes in one message, as a message costs
 * both of them more than most of what is in it (docs/performance.md, "The page's thread").
 *
 * @module
 */
import type { Endpoint } from "comlink";

/** One end of a channel between two threads. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  /** Has each message told that comes. */
  listen(listener: (message: unknown) => void): void;
}

/** The port of a worker, or of a worker's own scope. */
export function portOf(scope: Pick<Worker, "postMessage" | "addEventListener">): Port {
  return {
    postMessage: (message, buffers) => scope.postMessage(message, buffers),
    listen: (listener) => scope.addEventListener("message", ({ data }) => listener(data)),
  };
}

/** A message of comlink's: a call, or the answer to the call of that name. */
interface Message {
  readonly id: string;
  /** Of a call: its answer may come along with another one, a few milliseconds later. */
  mayWait?: true;
}

/** An answer that may wait does so no longer. */
const patienceMs = 8;

export interface BundleOptions {
  /** Whether there will be another answer before long, with which those go that may wait. */
  readonly isMoreComing?: () => boolean;
  /** Told when a bundle cannot be sent. */
  readonly onRefused?: (thrown: unknown) => void;
}

export class Bundles implements Endpoint {
  readonly #port: Port;
  readonly #options: BundleOptions;
  readonly #mayWait = new Set<string>();
  readonly #buffers = new Set<Transferable>();
  #messages: Message[] = [];
  #isDue = false;
  #isPatient = false;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(port: Port, options: BundleOptions = {}) {
    this.#port = port;
    this.#options = options;
  }

  addEventListener(_type: string, listener: EventListenerOrEventListenerObject): void {
    const tell = typeof listener === "function" ? listener : listener.handleEvent.bind(listener);
    this.#port.listen((bundle) => {
      if (!Array.isArray(bundle)) return;
      for (const data of bundle as Message[]) {
        if (data.mayWait) this.#mayWait.add(data.id);
        tell({ data } as MessageEvent);
      }
    });
  }

  /** Nobody does: an end of the channel is the end of its thread. */
  removeEventListener(): void {}

  /** Makes calls whose answers may wait. */
  patiently<T>(call: () => T): T {
    this.#isPatient = true;
    try {
      return call();
    } finally {
      this.#isPatient = false;
    }
  }

  postMessage(message: Message, transfer: readonly Transferable[] = []): void {
    if (this.#isPatient) message.mayWait = true;
    this.#messages.push(message);
    for (const buffer of transfer) this.#buffers.add(buffer);
    if (this.#mayWait.delete(message.id) && this.#options.isMoreComing?.()) {
      this.#patience ??= setTimeout(() => this.#send(), patienceMs);
    } else if (!this.#isDue) {
      this.#isDue = true;
      queueMicrotask(() => this.#send());
    }
  }

  /** What was not sent is not. */
  end(): void {
    this.#messages = [];
  }

  #send(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#isDue = false;
    const [messages, buffers] = [this.#messages, [...this.#buffers]];
    this.#messages = [];
    this.#buffers.clear();
    if (messages.length === 0) return;
    try {
      this.#port.postMessage(messages, buffers);
    } catch (thrown) {
      const { onRefused } = this.#options;
      if (onRefused === undefined) throw thrown;
      onRefused(thrown);
    }
  }
}
