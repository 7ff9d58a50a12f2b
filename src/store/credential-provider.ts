/**
 * Secrets on demand: one refresh at a time, early renewal, pauses after failures, nothing printable
 * (docs/design/object-storage.md §13).
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import { isReaderError, ReaderError } from "../core/error.js";
import type { Credentials, CredentialsCallback, Grant } from "./credentials.js";
import { SecretKeeper } from "./redact.js";

/** Renewed when less than this is left. */
const renewBeforeMs = 5 * 60_000;
const firstPauseMs = 1_000;
const maxPauseMs = 30_000;

/** Credentials on demand. Never shows what it holds. */
export class CredentialProvider extends SecretKeeper {
  readonly #load: CredentialsCallback | undefined;
  #current: Grant | undefined;
  #pending: Promise<Grant> | undefined;
  #failures = 0;
  #pausedUntil = 0;
  #lastFailure: unknown;

  /** @throws ReaderError `config` for credentials that cannot be right */
  constructor(source: Grant | CredentialsCallback) {
    super();
    if (typeof source === "function") this.#load = source;
    else this.#current = checked(source);
  }

  /**
   * Credentials that are good for some minutes; all callers share one refresh.
   *
   * @throws ReaderError `expired` when they cannot be renewed
   */
  async get(options: { force?: boolean; signal?: AbortSignal | undefined } = {}): Promise<Grant> {
    const current = this.#current;
    if (current !== undefined && !options.force && lifeLeftMs(current) > renewBeforeMs) return current;
    if (this.#load === undefined) {
      // What was given once is used as long as the server takes it.
      if (current !== undefined && !options.force) return current;
      throw new ReaderError("expired", "The credentials were given once and cannot be renewed.");
    }
    this.#pending ??= this.#renew(this.#load, options.force === true).finally(() => {
      this.#pending = undefined;
    });
    return raceAbort(this.#pending, options.signal);
  }

  /**
   * Asks for new ones because the server refused the last.
   *
   * @returns what stood in the way, in words; `undefined` when there are new ones
   */
  async replace(signal: AbortSignal | undefined): Promise<string | undefined> {
    if (this.#load === undefined) return "they were given once and cannot be renewed";
    try {
      await this.get({ force: true, signal });
      return undefined;
    } catch (thrown) {
      signal?.throwIfAborted();
      return isReaderError(thrown) ? thrown.message : "the credentials callback failed";
    }
  }

  async #renew(load: CredentialsCallback, force: boolean): Promise<Grant> {
    if (performance.now() >= this.#pausedUntil) {
      try {
        // A refresh serves all readers, so no single reader's signal may stop it.
        this.#current = checked(await load({ force, signal: new AbortController().signal }));
        this.#failures = 0;
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

/** What a grant may look like, with the capitals of AWS's own answers. */
type Loose = Partial<
  Record<
    | "accessKeyId"
    | "AccessKeyId"
    | "secretAccessKey"
    | "SecretAccessKey"
    | "sessionToken"
    | "SessionToken"
    | "token"
    | "sas",
    unknown
  > &
    Record<"expiration" | "Expiration", Date>
>;

/** A copy with the known fields only. @throws ReaderError `config` */
function checked(grant: Grant): Grant {
  const given: Loose = grant ?? {};
  const id = given.accessKeyId ?? given.AccessKeyId;
  const secret = given.secretAccessKey ?? given.SecretAccessKey;
  const session = given.sessionToken ?? given.SessionToken;
  const { token } = given;
  const sas = typeof given.sas === "string" ? given.sas.replace(/^\?/, "") : undefined;
  if (/[\r\n]/.test([id, secret, session, token, sas].join(""))) {
    throw new ReaderError("config", "Credentials hold a line break; check how they were copied.");
  }
  const told = given.expiration ?? given.Expiration ?? new URLSearchParams(sas).get("se") ?? undefined;
  const when = told === undefined ? undefined : new Date(told);
  if (when !== undefined && Number.isNaN(when.getTime())) {
    throw new ReaderError("config", "The expiration of the credentials is not a date.");
  }
  const life = when === undefined ? {} : { expiration: when };
  if (isText(sas)) return { sas, ...life };
  if (isText(token) && id === undefined) return { token, ...life };
  if (!isText(id) || typeof secret !== "string") {
    throw new ReaderError("config", "Credentials need accessKeyId and secretAccessKey, both as text.");
  }
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(isText(session) ? { sessionToken: session } : {}),
    ...life,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** @throws ReaderError `config` for a grant that cannot sign */
export function asKeys(grant: Grant): Credentials {
  if ("accessKeyId" in grant) return grant;
  throw new ReaderError("config", "S3 requests are signed with keys; a token or SAS is for gs: and az:.");
}
