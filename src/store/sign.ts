/**
 * SigV4 by aws4fetch's signer, with a clock of our own and URLs that stay the same for a quarter of an hour, so that the
 * browser's cache can hit (docs/design/object-storage.md §3).
 *
 * @module
 */
import { AwsV4Signer } from "aws4fetch";
import { ReaderError } from "../core/error.js";
import type { CredentialProvider } from "./credential-provider.js";
import type { Credentials } from "./credentials.js";
import { asKeys } from "./grant.js";
import { SecretKeeper } from "./redact.js";
import { checkSecretOrigin, checkTarget } from "./secret-origin.js";

/** Signed URLs carry the time rounded down to this. */
const dateStepMs = 15 * 60_000;
/** Leaves at least 45 minutes when the time is rounded down by a quarter of an hour. */
const expiresSeconds = 3600;
/** Smaller offsets do no harm: servers allow 15 minutes. */
const leastOffsetMs = 4 * 60_000;

/** The time at the server, as far as its answers told. */
export class ServerClock {
  #offsetMs = 0;

  get offsetMs(): number {
    return this.#offsetMs;
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Takes the server's time over; `false` when it makes no difference that matters. */
  correct(serverTimeMs: number): boolean {
    const offsetMs = serverTimeMs - Date.now();
    if (Math.abs(offsetMs - this.#offsetMs) < leastOffsetMs) return false;
    this.#offsetMs = offsetMs;
    return true;
  }
}

export interface SignerOptions {
  readonly provider: CredentialProvider;
  readonly mode: "query" | "header";
  readonly region: string;
  readonly clock: ServerClock;
  /** The only origin that may be signed for. */
  readonly origin: string;
  readonly allowHttp?: boolean | undefined;
  readonly requesterPays?: boolean | undefined;
  readonly expectedBucketOwner?: string | undefined;
  /** Sent instead of the origin's own; in Node only. */
  readonly hostHeader?: string | undefined;
}

export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Puts the right to read on a request. */
export interface Authorizer {
  /** @throws ReaderError `config` for an origin the secrets are not meant for */
  sign(method: "GET" | "HEAD", url: string, signal?: AbortSignal): Promise<SignedRequest>;
}

/** Signs requests for one origin and region. Holds keys; shows none. */
export class RequestSigner extends SecretKeeper implements Authorizer {
  readonly #options: SignerOptions;
  /** aws4fetch keeps derived keys in it under a name that contains the secret: private, and dropped with the keys. */
  #derivedKeys = new Map<string, ArrayBuffer>();
  #derivedFrom: Credentials | undefined;

  /** @throws ReaderError `config` where signing is not possible or not safe */
  constructor(options: SignerOptions) {
    super();
    if (globalThis.crypto?.subtle === undefined) {
      throw new ReaderError("config", "Signing needs a secure page (https or localhost).");
    }
    checkSecretOrigin(options.origin, options.allowHttp);
    this.#options = options;
  }

  /**
   * Signs the URL, or its headers. `Range` is never signed: one signature serves every range.
   *
   * @throws ReaderError `config` for another origin
   */
  async sign(method: "GET" | "HEAD", url: string, signal?: AbortSignal): Promise<SignedRequest> {
    const { provider, mode, region, clock, origin, requesterPays, expectedBucketOwner, hostHeader } =
      this.#options;
    const target = new URL(url);
    checkTarget(origin, target);
    const credentials = asKeys(await provider.get({ signal }));
    if (credentials !== this.#derivedFrom) {
      this.#derivedKeys = new Map();
      this.#derivedFrom = credentials;
    }
    // The server checks the signature against the name it is called by.
    const { host } = target;
    if (hostHeader !== undefined) target.host = hostHeader;
    const inQuery = mode === "query";
    const headers: Record<string, string> = {};
    if (inQuery) {
      target.searchParams.set("X-Amz-Expires", String(expiresSeconds));
      if (requesterPays) target.searchParams.set("x-amz-request-payer", "requester");
    } else {
      if (requesterPays) headers["x-amz-request-payer"] = "requester";
      if (expectedBucketOwner !== undefined) headers["x-amz-expected-bucket-owner"] = expectedBucketOwner;
    }
    const now = clock.now();
    const signer = new AwsV4Signer({
      method,
      url: target.href,
      headers,
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
      service: "s3",
      region,
      cache: this.#derivedKeys,
      datetime: basicTime(inQuery ? now - (now % dateStepMs) : now),
      signQuery: inQuery,
    });
    const signed = await signer.sign();
    signed.url.host = host;
    return { url: signed.url.href, headers: Object.fromEntries(signed.headers) };
  }
}

/** `YYYYMMDDTHHMMSSZ` */
function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, "");
}
