/**
 * Secrets that a callback renews: one refresh at a time, early, with pauses after failures. Loaded with the first callback
 * (docs/design/object-storage.md §13).
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import { isReaderError, ReaderError } from "../core/error.js";
import type { CredentialsCallback, Grant } from "./credentials.js";
import { checkGrant } from "./grant.js";
import { SecretKeeper } from "./redact.js";

/** Renewed when less than this is left. */
const renewBeforeMs = 5 * 60_000;
const firstPauseMs = 1_000;
const maxPauseMs = 30_000;
/**
 * What came by force is the newest there is for so long: readers that were refused with the secrets before it need no
 * other, and a callback whose secrets are refused again and again is not asked for each read.
 */
const newestForMs = 5_000;

/** What a callback gave last. Never shows it. */
export class Renewal extends SecretKeeper {
  readonly #load: CredentialsCallback;
  #current: Grant | undefined;
  #pending: Promise<Grant> | undefined;
  #failures = 0;
  #pausedUntil = 0;
  #newestUntil = 0;
  #lastFailure: unknown;

  constructor(load: CredentialsCallback) {
    super();
    this.#load = load;
  }

  /**
   * Credentials that are good for some minutes, new ones if forced; all callers share one refresh.
   *
   * @throws ReaderError `expired` when they cannot be renewed
   */
  async get(force: boolean, signal: AbortSignal | undefined): Promise<Grant> {
    const current = this.#current;
    if (current !== undefined && !force && lifeLeftMs(current) > renewBeforeMs) return current;
    this.#pending ??= this.#renew(force).finally(() => {
      this.#pending = undefined;
    });
    return raceAbort(this.#pending, signal);
  }

  /** New ones because the server refused the last: what stood in the way, in words, or `undefined`. */
  async replace(signal: AbortSignal | undefined): Promise<string | undefined> {
    if (performance.now() < this.#newestUntil) return undefined;
    try {
      await this.get(true, signal);
      return undefined;
    } catch (thrown) {
      signal?.throwIfAborted();
      return isReaderError(thrown) ? thrown.message : "the credentials callback failed";
    }
  }

  async #renew(force: boolean): Promise<Grant> {
    if (performance.now() >= this.#pausedUntil) {
      try {
        // A refresh serves all readers, so no single reader's signal may stop it.
        this.#current = checkGrant(await this.#load({ force, signal: new AbortController().signal }));
        this.#failures = 0;
        if (force) this.#newestUntil = performance.now() + newestForMs;
        return this.#current;
      } catch (thrown) {
        const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** this.#failures++);
        this.#pausedUntil = performance.now() + pauseMs;
        this.#lastFailure = thrown;
      }
    }
    // Short-lived credentials that still work are better than none.
    const current = this.#current;
    if (!force && current !== undefined && lifeLeftMs(current) > 0) return current;
    throw failureOf(this.#lastFailure);
  }
}

function lifeLeftMs({ expiration }: Grant): number {
  return expiration === undefined ? Number.POSITIVE_INFINITY : expiration.getTime() - Date.now();
}

function failureOf(thrown: unknown): ReaderError {
  if (isReaderError(thrown)) return thrown;
  // The text of a foreign error may quote a token; only its name is told.
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return new ReaderError("expired", `The credentials callback failed (${name}).`);
}
