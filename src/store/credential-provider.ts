/**
 * Secrets on demand, nothing printable; how a callback's are renewed is loaded with the first callback
 * (docs/design/object-storage.md §13).
 *
 * @module
 */
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
  async get({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<Grant> {
    // What was given once is used as long as the server takes it.
    if (typeof this.#source !== "function") return this.#source;
    const { Renewal } = await loadPart(import("./renewal.js"));
    this.#renewal ??= new Renewal(this.#source);
    return this.#renewal.get(false, signal);
  }

  /**
   * Asks for new ones because the server refused the last.
   *
   * @returns what stood in the way, in words; `undefined` when there are new ones
   */
  async replace(signal: AbortSignal | undefined): Promise<string | undefined> {
    if (this.#renewal === undefined) return "they were given once and cannot be renewed";
    return this.#renewal.replace(signal);
  }
}
