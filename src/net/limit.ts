/**
 * Slots per origin: a queue of our own in front of the browser's sockets, with classes, abort while queued, and a limit
 * that shrinks when the server asks to slow down (docs/design/object-storage.md §7).
 *
 * @module
 */
import { inBrowser } from "./environment.js";

export type SlotPriority = "metadata" | "visible" | "prefetch";

const classes: readonly SlotPriority[] = ["metadata", "visible", "prefetch"];
const floor = 2;
/** Clean answers after which one slot is added again. */
const cleanPerStep = 20;

interface Waiter {
  readonly start: () => void;
}

class OriginSlots {
  readonly #max: number;
  readonly #queues: Readonly<Record<SlotPriority, Set<Waiter>>> = {
    metadata: new Set(),
    visible: new Set(),
    prefetch: new Set(),
  };
  #limit: number;
  #running = 0;
  #clean = 0;
  /** Requests that were under way when the limit was halved: their answers say nothing new. */
  #stale = 0;

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
  }

  get limit(): number {
    return this.#limit;
  }

  acquire(priority: SlotPriority, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#running < this.#limit) {
      this.#running++;
      return Promise.resolve();
    }
    return new Promise<void>((resolve, reject) => {
      const queue = this.#queues[priority];
      const onAbort = (): void => {
        queue.delete(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      queue.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  release(): void {
    this.#running--;
    if (this.#stale > 0) this.#stale--;
    this.#next();
  }

  clean(): void {
    if (this.#limit >= this.#max || ++this.#clean < cleanPerStep) return;
    this.#clean = 0;
    this.#limit++;
    this.#next();
  }

  throttled(): void {
    this.#clean = 0;
    if (this.#stale > 0) return;
    this.#stale = this.#running;
    this.#limit = Math.max(floor, Math.floor(this.#limit / 2));
  }

  #next(): void {
    for (const name of classes) {
      for (const waiter of this.#queues[name]) {
        if (this.#running >= this.#limit) return;
        this.#queues[name].delete(waiter);
        this.#running++;
        waiter.start();
      }
    }
  }
}

/** Requests in flight per origin; share one between stores that read from the same hosts. */
export class OriginLimiter {
  readonly #origins = new Map<string, OriginSlots>();
  readonly #max: number;

  /** @param maxPerOrigin default: 8 in browsers (six sockets on HTTP/1.1, and two that queue), 32 in Node */
  constructor(maxPerOrigin: number = inBrowser() ? 8 : 32) {
    this.#max = Math.max(1, Math.floor(maxPerOrigin));
  }

  /** Runs the work in a slot of its origin; rejects with the signal's reason when it aborts while queued. */
  async run<T>(
    origin: string,
    work: () => Promise<T>,
    options: { priority?: SlotPriority; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const slots = this.#slots(origin);
    await slots.acquire(options.priority ?? "visible", options.signal);
    try {
      return await work();
    } finally {
      slots.release();
    }
  }

  /** Tells that an answer came without a wish to slow down. */
  clean(origin: string): void {
    this.#slots(origin).clean();
  }

  /** Tells that the server asked to slow down: half of the slots from now on. */
  throttled(origin: string): void {
    this.#slots(origin).throttled();
  }

  /** Slots of an origin at present. */
  limitOf(origin: string): number {
    return this.#slots(origin).limit;
  }

  #slots(origin: string): OriginSlots {
    let slots = this.#origins.get(origin);
    if (slots === undefined) {
      slots = new OriginSlots(this.#max);
      this.#origins.set(origin, slots);
    }
    return slots;
  }
}
