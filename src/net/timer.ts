/**
 * The clocks of one request: first byte, stall, total, and what is left of the whole read's time
 * (docs/design/object-storage.md §8). One controller of our own, because `AbortSignal.timeout` looks like a caller's abort in some engines once the headers are there.
 *
 * @module
 */
import { whenAborted } from "../core/abort.js";

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

/** When it runs out, and what that is. */
type Clock = readonly [at: number, what: string];

/** Aborts its own signal when a clock runs out or the caller's signal aborts. */
export class RequestTimer {
  readonly #controller = new AbortController();
  readonly #timeouts: Timeouts;
  readonly #onBytes: ((bytes: number) => void) | undefined;
  readonly #leave: () => void;
  /** One timer for all clocks, set anew only for one that is due before it: browsers take long to set and clear one. */
  #alarm: ReturnType<typeof setTimeout> | undefined;
  #alarmAt = Number.POSITIVE_INFINITY;
  /** What ends the request, and when; besides silence. */
  readonly #ends: Clock[];
  /** What ran out, in words; `undefined` while nothing has. */
  expired: string | undefined;
  headersCame = false;
  #lastProgressAt: number = performance.now();

  /** @param onBytes told of the bytes of data as they come */
  constructor(timeouts: Timeouts, caller: AbortSignal | undefined, onBytes?: (bytes: number) => void) {
    this.#timeouts = timeouts;
    this.#onBytes = onBytes;
    this.#leave = whenAborted(caller, () => this.#controller.abort(caller?.reason));
    this.#ends = [[this.#lastProgressAt + timeouts.operationMs, "the time for the whole read was over"]];
    this.#watch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Tells that the headers are there; the body may have `bodyBytes`. */
  headers(bodyBytes: number | undefined): void {
    this.headersCame = true;
    this.#lastProgressAt = performance.now();
    const { totalBaseMs, minBytesPerSecond } = this.#timeouts;
    if (bodyBytes !== undefined) {
      const totalMs = totalBaseMs + (bodyBytes / minBytesPerSecond) * 1000;
      this.#ends.push([
        this.#lastProgressAt + totalMs,
        `the body took longer than ${Math.round(totalMs)} ms`,
      ]);
    }
    this.#watch();
  }

  /** Tells that a body goes on, by so many bytes of data; the words of an error are none. */
  progress(bytes: number): void {
    this.#lastProgressAt = performance.now();
    this.#onBytes?.(bytes);
  }

  throwIfExpired(): void {
    this.signal.throwIfAborted();
  }

  stop(): void {
    clearTimeout(this.#alarm);
    this.#leave();
  }

  /** The clock that runs out first. */
  #next(): Clock {
    const { stallMs, firstByteMs } = this.#timeouts;
    const [ms, what] = this.headersCame
      ? [stallMs, "the body stalled for"]
      : [firstByteMs, "nothing came within"];
    const silence: Clock = [this.#lastProgressAt + ms, `${what} ${ms} ms`];
    return this.#ends.reduce((first, end) => (end[0] < first[0] ? end : first), silence);
  }

  #watch(from: number = this.#next()[0]): void {
    if (from >= this.#alarmAt) return;
    clearTimeout(this.#alarm);
    this.#alarmAt = from;
    this.#alarm = setTimeout(
      () => {
        const now = performance.now();
        const [at, what] = this.#next();
        this.#alarmAt = Number.POSITIVE_INFINITY;
        // A thread that was busy finds its timers due before it is told what came meanwhile.
        if (now - from > lateMs) this.#watch(now + lateMs);
        // Timers may fire a millisecond early.
        else if (at > now + 1) this.#watch(at);
        else {
          this.expired = what;
          this.#controller.abort();
        }
      },
      Math.min(from - performance.now(), maxTimerMs),
    );
  }
}
