/**
 * Secrets on demand, nothing printable; how a callback's are renewed is loaded with the first callback
 * (docs/design/object-storage.md §13).
 *
 * @module
 */
import { isReaderError, ReaderError } from "../core/error.js";
import { loadPart } from "../core/load-part.js";
import type { CredentialsCallback, Grant } from "./credentials.js";
import { checkGrant } from "./grant.js";
import { SecretKeeper } from "./redact.js";
import type { Renewal } from "./renewal.js";

/** Credentials on demand. Never shows what it holds. */
export class CredentialProvider extends SecretKeeper {
  readonly #source: Grant | CredentialsCallback;
  #renewal: Renewal | undefined;

  /** @throws ReaderError `config` for credentials that cannot be right */
  constructor(source: Grant | CredentialsCallback) {
    super();
    this.#source = typeof source === "function" ? source : checkGrant(source);
  }

  /**
   * Credentials that are good for some minutes; all callers share one refresh.
   *
   * @throws ReaderError `expired` when they cannot be renewed
   */
  async get(options: { force?: boolean; signal?: AbortSignal | undefined } = {}): Promise<Grant> {
    const { force = false, signal } = options;
    if (typeof this.#source === "function") {
      const { Renewal } = await loadPart(import("./renewal.js"));
      this.#renewal ??= new Renewal(this.#source);
      return this.#renewal.get(force, signal);
    }
    // What was given once is used as long as the server takes it.
    if (!force) return this.#source;
    throw new ReaderError("expired", "The credentials were given once and cannot be renewed.");
  }

  /**
   * Asks for new ones because the server refused the last.
   *
   * @returns what stood in the way, in words; `undefined` when there are new ones
   */
  async replace(signal: AbortSignal | undefined): Promise<string | undefined> {
    if (typeof this.#source !== "function") return "they were given once and cannot be renewed";
    try {
      await this.get({ force: true, signal });
      return undefined;
    } catch (thrown) {
      signal?.throwIfAborted();
      return isReaderError(thrown) ? thrown.message : "the credentials callback failed";
    }
  }
}
