/**
 * Requests that carry a token instead of a signature: OAuth in a header, Azure's SAS in the query
 * (docs/design/object-storage.md §12).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { CredentialProvider } from "./credential-provider.js";
import { SecretKeeper } from "./redact.js";
import { checkSecretOrigin, checkTarget } from "./secret-origin.js";
import type { Authorizer, SignedRequest } from "./sign.js";

export interface TokenOptions {
  readonly provider: CredentialProvider;
  /** The only origin the token is sent to. */
  readonly origin: string;
  readonly allowHttp?: boolean | undefined;
  /** Goes with an OAuth token. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Clocks differ; a token is called expired here only when it surely is. */
const toleranceMs = 15 * 60_000;

/** Adds a token to requests of one origin. Holds it; shows it nowhere. */
export class TokenAuthorizer extends SecretKeeper implements Authorizer {
  readonly #options: TokenOptions;

  /** @throws ReaderError `config` where tokens are not safe */
  constructor(options: TokenOptions) {
    super();
    checkSecretOrigin(options.origin, options.allowHttp);
    this.#options = options;
  }

  /**
   * @throws ReaderError `config` for another origin, or for credentials that are no token; `expired` for a token whose
   *   time is over
   */
  async sign(_method: "GET" | "HEAD", url: string, signal?: AbortSignal): Promise<SignedRequest> {
    const { provider, origin, headers } = this.#options;
    checkTarget(origin, new URL(url));
    const grant = await provider.get({ signal });
    const expiresMs = grant.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    if (expiresMs + toleranceMs < Date.now()) {
      throw new ReaderError("expired", `The token expired at ${new Date(expiresMs).toISOString()}.`, {
        hint: "Get a new one and open the data again, or pass a callback that gets them.",
      });
    }
    if ("sas" in grant) return { url: `${url}${url.includes("?") ? "&" : "?"}${grant.sas}`, headers: {} };
    if ("token" in grant) return { url, headers: { ...headers, authorization: `Bearer ${grant.token}` } };
    throw new ReaderError("config", "Keys are not used here: pass { token } or { sas }.");
  }
}
