/**
 * A ceiling on requests per second that may start low and double, as object stores like it that split hot prefixes only
 * after a while (docs/design/object-storage.md §7).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

export interface RateOptions {
  /** At most so many requests per second and origin, retries included. Default: no ceiling. */
  readonly maxRequestsPerSecond?: number | undefined;
  /** The ceiling doubles each time so many milliseconds have passed since the first request. Default: it stays. */
  readonly doublingTimeMs?: number | undefined;
}

/** Requests that may be sent at once after a pause, in seconds of the rate: a burst is what servers complain of. */
const burstSeconds = 0.1;
/** Beyond this many doublings there is no ceiling worth the name. */
const maxDoublings = 40;

/** A token bucket whose rate is `perSecond * 2^(t / doublingTime)`. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #doublingTimeMs: number | undefined;
  #startMs: number | undefined;
  #lastMs = 0;
  #tokens = 1;

  /** @throws ReaderError `config` for a rate that is none */
  constructor(perSecond: number, doublingTimeMs: number | undefined) {
    for (const [name, value] of Object.entries({ maxRequestsPerSecond: perSecond, doublingTimeMs })) {
      if (value !== undefined && !(value > 0)) {
        throw new ReaderError("config", `${name} is ${value}; it must be a number above 0.`);
      }
    }
    this.#perMs = perSecond / 1000;
    this.#doublingTimeMs = doublingTimeMs;
  }

  /** Takes a token and returns 0, or returns the milliseconds until there may be one. */
  take(nowMs: number = performance.now()): number {
    this.#startMs ??= nowMs;
    const rate = this.#perMs * 2 ** this.#doublings(nowMs);
    // The rate of this moment for all of the time that passed: at most what the burst allows is gained by it.
    const earned = (nowMs - Math.max(this.#lastMs, this.#startMs)) * rate;
    this.#tokens = Math.min(Math.max(1, rate * 1000 * burstSeconds), this.#tokens + earned);
    this.#lastMs = nowMs;
    // Timers may fire a little early, and sums of fractions end just below 1.
    if (this.#tokens < 0.999) return (1 - this.#tokens) / rate;
    this.#tokens -= 1;
    return 0;
  }

  #doublings(nowMs: number): number {
    if (this.#doublingTimeMs === undefined) return 0;
    return Math.min(maxDoublings, (nowMs - this.#startMs!) / this.#doublingTimeMs);
  }
}
