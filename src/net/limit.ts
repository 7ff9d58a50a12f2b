/**
 * Slots per origin: a queue of our own in front of the browser's sockets, with classes, abort while queued, a limit that
 * shrinks when the server asks to slow down, and a ceiling on the rate (docs/design/object-storage.md §7).
 *
 * @module
 */
import { whenAborted } from "../core/abort.js";
import { loadPart } from "../core/load-part.js";
import { inBrowser } from "./environment.js";
import type { PriorityWish } from "./priority.js";
import type { RateOptions, TokenBucket } from "./rate.js";
import { type Waiter, WaitingLine } from "./waiting-line.js";

export type { PriorityWish, SlotPriority } from "./priority.js";

/** Six sockets on HTTP/1.1, and two requests that wait for one. */
const slotsPerSocketOrigin = 8;
/** While answers are quick, each of the sockets has a request that waits for it in the browser, so that none idles until this thread is told. */
const successors = 4;
const quickMs = 1000;
/** One connection of HTTP/2 or 3 carries many; in Node there is no limit of sockets. */
const slotsMultiplexed = 32;
const floor = 2;
/** Clean answers after which one slot is added again. */
const cleanPerStep = 20;
/** Answers whose protocol is looked for: where it is hidden it stays hidden. */
const protocolLooks = 64;

class OriginSlots {
  readonly #line = new WaitingLine();
  #max: number;
  #limit: number;
  #running = 0;
  #clean = 0;
  /** Requests that were under way when the limit was halved: their answers say nothing new. */
  #stale = 0;
  #alarm: ReturnType<typeof setTimeout> | undefined;
  /** What is added to the limit just now. */
  more = 0;
  /** The ceiling on the rate, if there is one. */
  rate: TokenBucket | undefined;
  /** How often the protocol is still looked for; below 0: the number of slots is as it was asked for. */
  looks: number;

  constructor(max: number, looks: number) {
    this.#max = max;
    this.#limit = max;
    this.looks = looks;
  }

  get limit(): number {
    return this.#limit;
  }

  acquire(wish: PriorityWish, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    return new Promise<void>((resolve, reject) => {
      const leave = whenAborted(signal, () => {
        this.#line.delete(waiter);
        // Nobody waits: no timer may stay.
        if (this.#line.empty) clearTimeout(this.#alarm);
        reject(signal?.reason);
      });
      const waiter: Waiter = {
        wish,
        start: () => {
          leave();
          resolve();
        },
      };
      this.#line.add(waiter);
      this.#next();
    });
  }

  release(tookMs: number): void {
    this.#running--;
    this.more = tookMs < quickMs && this.#limit === slotsPerSocketOrigin && this.looks >= 0 ? successors : 0;
    if (this.#stale) this.#stale--;
    // All successors start together, so that a worker is told of several at once.
    if (this.#running <= this.#limit) this.#next();
  }

  clean(): void {
    if (this.#limit >= this.#max || ++this.#clean < cleanPerStep) return;
    this.#clean = 0;
    this.#limit++;
  }

  throttled(): void {
    this.#clean = 0;
    if (this.#stale) return;
    this.#stale = this.#running;
    this.#limit = Math.max(Math.min(floor, this.#max), this.#limit >> 1);
  }

  /** More slots; one that was throttled earns them answer by answer. */
  widen(max: number): void {
    if (max <= this.#max) return;
    if (this.#limit === this.#max) this.#limit = max;
    this.#max = max;
  }

  #next(): void {
    clearTimeout(this.#alarm);
    while (this.#running < this.#limit + this.more) {
      const waiter = this.#line.first();
      if (waiter === undefined) return;
      const waitMs = this.rate?.take() ?? 0;
      if (waitMs > 0) {
        this.#alarm = setTimeout(() => this.#next(), waitMs);
        return;
      }
      this.#line.delete(waiter);
      this.#running++;
      waiter.start();
    }
  }
}

/** Requests in flight per origin; share one between stores that read from the same hosts. */
export class OriginLimiter {
  readonly #origins = new Map<string, OriginSlots>();
  readonly #max: number;
  readonly #looks: number;
  readonly #rate: RateOptions;

  /**
   * @param maxPerOrigin default: 32 in Node; in browsers 8, 12 while answers are quick, and 32 once an origin is seen to speak HTTP/2 or 3
   */
  constructor(maxPerOrigin?: number, rate: RateOptions = {}) {
    const usual = inBrowser() ? slotsPerSocketOrigin : slotsMultiplexed;
    this.#max = Math.max(1, Math.floor(maxPerOrigin ?? usual));
    this.#looks = maxPerOrigin === undefined && inBrowser() ? protocolLooks : -1;
    this.#rate = rate;
  }

  /**
   * Runs the work in a slot of its origin, and tells it whether each socket has a request that waits for it; rejects with the signal's reason when it aborts while queued.
   *
   * @throws ReaderError `config` for a rate that is none
   */
  async run<T>(
    origin: string,
    work: (hasSuccessors: boolean) => Promise<T>,
    options: { priority?: PriorityWish | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const slots = this.#slots(origin);
    const { maxRequestsPerSecond, doublingTimeMs } = this.#rate;
    if (maxRequestsPerSecond !== undefined) {
      const { TokenBucket } = await loadPart(import("./rate.js"));
      slots.rate ??= new TokenBucket(maxRequestsPerSecond, doublingTimeMs);
    }
    await slots.acquire(options.priority ?? "visible", options.signal);
    const startedAt = performance.now();
    try {
      return await work(slots.more > 0);
    } finally {
      slots.release(performance.now() - startedAt);
    }
  }

  /** Tells, while it has a slot yet, that an answer came without a wish to slow down. */
  clean(origin: string): void {
    this.#slots(origin).clean();
  }

  /** Tells that the server asked to slow down: half of the slots from now on. */
  throttled(origin: string): void {
    this.#slots(origin).throttled();
  }

  /** Whether it would help to know which protocol the origin speaks. */
  wantsProtocol(origin: string): boolean {
    return this.#slots(origin).looks > 0;
  }

  /** Tells, while it has a slot yet, the protocol that an answer came by (`nextHopProtocol`), or that it is hidden. */
  learnProtocol(origin: string, protocol: string | undefined): void {
    const slots = this.#slots(origin);
    slots.looks = protocol === undefined ? slots.looks - 1 : 0;
    if (protocol !== undefined && /^h[23]/.test(protocol)) slots.widen(slotsMultiplexed);
  }

  /** Slots of an origin at present. */
  limitOf(origin: string): number {
    return this.#slots(origin).limit;
  }

  #slots(origin: string): OriginSlots {
    let slots = this.#origins.get(origin);
    if (slots === undefined) {
      slots = new OriginSlots(this.#max, this.#looks);
      this.#origins.set(origin, slots);
    }
    return slots;
  }
}
