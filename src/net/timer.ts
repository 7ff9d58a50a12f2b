/**
 * The clocks of one request: first byte, stall, total, and what is left of the whole read's time
 * (docs/design/object-storage.md §8). One controller of our own, because `AbortSignal.timeout` looks like a caller's abort in some engines once the headers are there.
 *
 * @module
 */

export interface Timeouts {
  readonly firstByteMs: number;
  readonly stallMs: number;
  /** A request of n bytes may take `baseMs + n / bytesPerMs`. */
  readonly totalBaseMs: number;
  readonly minBytesPerSecond: number;
  /** One read with all its attempts, from its first request on: the wait for the first slot does not count. */
  readonly operationMs: number;
  /** A second request is sent after so long without a first byte, for small bodies and few of the reads. */
  readonly hedgeMs: number;
}

export const defaultTimeouts: Timeouts = {
  firstByteMs: 10_000,
  stallMs: 15_000,
  totalBaseMs: 20_000,
  minBytesPerSecond: 64 * 1024,
  operationMs: 180_000,
  hedgeMs: Number.POSITIVE_INFINITY,
};

/** `setTimeout` takes larger numbers for 1. */
const maxTimerMs = 2 ** 31 - 1;
/** A timer that fires later than this says that the thread was busy, and nothing about the server. */
const lateMs = 50;

/** Aborts its own signal when a clock runs out or the caller's signal aborts. */
export class RequestTimer {
  readonly #controller = new AbortController();
  readonly #timeouts: Timeouts;
  readonly #caller: AbortSignal | undefined;
  readonly #onBytes: ((bytes: number) => void) | undefined;
  readonly #onAbort = (): void => this.#controller.abort(this.#caller?.reason);
  #wait: ReturnType<typeof setTimeout> | undefined;
  #total: ReturnType<typeof setTimeout> | undefined;
  readonly #operation: ReturnType<typeof setTimeout> | undefined;
  #expired: string | undefined;
  #headersCame = false;
  #lastProgressAt: number = performance.now();

  /** @param onBytes told of the bytes of data as they come */
  constructor(timeouts: Timeouts, caller: AbortSignal | undefined, onBytes?: (bytes: number) => void) {
    this.#timeouts = timeouts;
    this.#caller = caller;
    this.#onBytes = onBytes;
    caller?.addEventListener("abort", this.#onAbort, { once: true });
    this.#watchSilence(timeouts.firstByteMs, `nothing came within ${timeouts.firstByteMs} ms`);
    this.#operation = this.#alarm(timeouts.operationMs, "the time for the whole read was over");
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What ran out, in words; `undefined` while nothing has. */
  get expired(): string | undefined {
    return this.#expired;
  }

  get headersCame(): boolean {
    return this.#headersCame;
  }

  /** Tells that the headers are there; the body may have `bodyBytes`. */
  headers(bodyBytes: number | undefined): void {
    this.#headersCame = true;
    clearTimeout(this.#wait);
    this.#lastProgressAt = performance.now();
    const { stallMs } = this.#timeouts;
    this.#watchSilence(stallMs, `the body stalled for ${stallMs} ms`);
    if (bodyBytes === undefined) return;
    const totalMs = this.#timeouts.totalBaseMs + (bodyBytes / this.#timeouts.minBytesPerSecond) * 1000;
    this.#total = this.#alarm(totalMs, `the body took longer than ${Math.round(totalMs)} ms`);
  }

  /** Tells that a body goes on, by so many bytes of data; the words of an error are none. */
  progress(bytes: number): void {
    this.#lastProgressAt = performance.now();
    this.#onBytes?.(bytes);
  }

  throwIfExpired(): void {
    if (this.#controller.signal.aborted) throw this.#controller.signal.reason;
  }

  stop(): void {
    clearTimeout(this.#wait);
    clearTimeout(this.#total);
    clearTimeout(this.#operation);
    this.#caller?.removeEventListener("abort", this.#onAbort);
  }

  /** One timer that looks again, rather than one per chunk of the body. */
  #watchSilence(limitMs: number, what: string, inMs: number = limitMs): void {
    if (inMs > maxTimerMs) return;
    const dueAt = performance.now() + inMs;
    this.#wait = setTimeout(() => {
      const now = performance.now();
      const idleMs = now - this.#lastProgressAt;
      // A thread that was busy finds its timers due before it is told what came meanwhile.
      if (now - dueAt > lateMs) this.#watchSilence(limitMs, what, lateMs);
      // Timers may fire a millisecond early.
      else if (idleMs >= limitMs - 1) this.#expire(what);
      else this.#watchSilence(limitMs, what, limitMs - idleMs);
    }, inMs);
  }

  /** Numbers beyond what timers can count stand for no timer. */
  #alarm(inMs: number, what: string): ReturnType<typeof setTimeout> | undefined {
    return inMs > maxTimerMs ? undefined : setTimeout(() => this.#expire(what), inMs);
  }

  #expire(what: string): void {
    this.#expired ??= what;
    this.#controller.abort();
  }
}
