/**
 * Where keys come from and how long they last: one refresh at a time, early renewal, nothing printable
 * (docs/design/object-storage.md §13).
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import { isReaderError, ReaderError } from "../core/error.js";
import { environmentVariable } from "../net/environment.js";
import { SecretKeeper } from "./redact.js";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Called for keys; `force` when the server refused the last ones. */
export type CredentialsCallback = (request: { force: boolean; signal: AbortSignal }) => Promise<Credentials>;

/** Makes signed links elsewhere, so that no key ever comes to the page. */
export interface Presigner {
  presign(request: {
    method: "GET" | "HEAD";
    bucket: string;
    key: string;
    query?: Record<string, string>;
  }): Promise<{ url: string; expires: Date }>;
}

export type CredentialSource =
  | "anonymous"
  | "default"
  | { readonly type: "anonymous" | "environment" | "profile" | "ecs" | "imds" | "default" }
  | Credentials
  | CredentialsCallback
  | Presigner;

/** Renewed when less than this is left. */
const renewBeforeMs = 5 * 60_000;
const firstPauseMs = 1_000;
const maxPauseMs = 30_000;
/** Keys on demand. Never shows what it holds. */
export class CredentialProvider extends SecretKeeper {
  readonly #load: CredentialsCallback | undefined;
  #current: Credentials | undefined;
  #pending: Promise<Credentials> | undefined;
  #failures = 0;
  #pausedUntil = 0;
  #lastFailure: unknown;

  constructor(source: Credentials | CredentialsCallback) {
    super();
    if (typeof source === "function") this.#load = source;
    else this.#current = checked(source);
  }

  /** Tells whether new keys can be had at all. */
  get renewable(): boolean {
    return this.#load !== undefined;
  }

  /**
   * Keys that are good for some minutes; all callers share one refresh.
   *
   * @throws ReaderError `expired` when they cannot be renewed
   */
  async get(options: { force?: boolean; signal?: AbortSignal | undefined } = {}): Promise<Credentials> {
    const current = this.#current;
    if (current !== undefined && !options.force && this.#fresh(current)) return current;
    if (this.#load === undefined) {
      // Keys given once are used as long as the server takes them.
      if (current !== undefined && !options.force) return current;
      throw new ReaderError("expired", "The credentials were given once and cannot be renewed.");
    }
    this.#pending ??= this.#renew(this.#load, options.force === true).finally(() => {
      this.#pending = undefined;
    });
    return raceAbort(this.#pending, options.signal);
  }

  #fresh(credentials: Credentials): boolean {
    const { expiration } = credentials;
    return expiration === undefined || expiration.getTime() - Date.now() > renewBeforeMs;
  }

  async #renew(load: CredentialsCallback, force: boolean): Promise<Credentials> {
    if (performance.now() < this.#pausedUntil) throw this.#failure(this.#lastFailure);
    try {
      // A refresh serves all readers, so no single reader's signal may stop it.
      const renewed = checked(await load({ force, signal: new AbortController().signal }));
      this.#failures = 0;
      this.#current = renewed;
      return renewed;
    } catch (thrown) {
      const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** this.#failures++);
      this.#pausedUntil = performance.now() + pauseMs;
      this.#lastFailure = thrown;
      // Short-lived keys that still work are better than none.
      const current = this.#current;
      const expiresAt = current?.expiration?.getTime() ?? 0;
      if (!force && current !== undefined && expiresAt > Date.now()) return current;
      throw this.#failure(thrown);
    }
  }

  #failure(thrown: unknown): ReaderError {
    if (isReaderError(thrown)) return thrown;
    // The text of a foreign error may quote a token; only its name is told.
    const name = thrown instanceof Error ? thrown.name : typeof thrown;
    return new ReaderError("expired", `The credentials callback failed (${name}).`);
  }
}

/** A copy with the known fields only. @throws ReaderError `config` */
function checked(credentials: Credentials): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials ?? {};
  if (typeof accessKeyId !== "string" || accessKeyId === "" || typeof secretAccessKey !== "string") {
    throw new ReaderError("config", "Credentials need accessKeyId and secretAccessKey, both as text.");
  }
  if (/[\r\n]/.test(accessKeyId + secretAccessKey + (sessionToken ?? ""))) {
    throw new ReaderError("config", "Credentials hold a line break; check how they were copied.");
  }
  const when = expiration === undefined ? undefined : new Date(expiration);
  if (when !== undefined && Number.isNaN(when.getTime())) {
    throw new ReaderError("config", "The expiration of the credentials is not a date.");
  }
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined || sessionToken === "" ? {} : { sessionToken }),
    ...(when === undefined ? {} : { expiration: when }),
  };
}

/** What a source amounts to: nothing, keys, or links made elsewhere. */
export type ResolvedCredentials =
  | { readonly kind: "anonymous" }
  | { readonly kind: "keys"; readonly provider: CredentialProvider }
  | { readonly kind: "presigner"; readonly presigner: Presigner };

/** @throws ReaderError `config` or `unsupported` for sources that cannot be used here */
export function resolveCredentials(
  source: CredentialSource | undefined,
  sessionToken?: string,
): ResolvedCredentials {
  if (source === undefined || source === "anonymous") return { kind: "anonymous" };
  if (typeof source === "function") return { kind: "keys", provider: new CredentialProvider(source) };
  if (typeof source !== "object" || source === null) {
    if (source === "default") return named("default");
    throw new ReaderError("config", 'credentials is neither keys, a callback, a presigner nor "anonymous".');
  }
  if ("presign" in source) return { kind: "presigner", presigner: source };
  if ("type" in source) return named(source.type);
  const keys = sessionToken === undefined ? source : { ...source, sessionToken };
  return { kind: "keys", provider: new CredentialProvider(keys) };
}

function named(type: string): ResolvedCredentials {
  if (type === "anonymous") return { kind: "anonymous" };
  if (type === "environment") {
    return { kind: "keys", provider: new CredentialProvider(async () => fromEnvironment()) };
  }
  throw new ReaderError("unsupported", `Credentials of type "${type}" are not built in.`, {
    hint: "Pass a callback that returns them, for example one of @aws-sdk/credential-providers.",
  });
}

function fromEnvironment(): Credentials {
  const accessKeyId = environmentVariable("AWS_ACCESS_KEY_ID");
  const secretAccessKey = environmentVariable("AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new ReaderError(
      "config",
      "The environment holds no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; set them or pass credentials.",
    );
  }
  const sessionToken = environmentVariable("AWS_SESSION_TOKEN");
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
