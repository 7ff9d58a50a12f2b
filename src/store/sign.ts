/**
 * SigV4 by aws4fetch's signer, with a clock of our own and URLs that stay the same for a quarter of an hour, so that the
 * browser's cache can hit (docs/design/object-storage.md §3).
 *
 * @module
 */
import { AwsV4Signer } from "aws4fetch";
import { ReaderError } from "../core/error.js";
import { isLoopback } from "../net/environment.js";
import type { CredentialProvider, Credentials } from "./credentials.js";
import { SecretKeeper } from "./redact.js";

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
}

export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs requests for one origin and region. Holds keys; shows none. */
export class RequestSigner extends SecretKeeper {
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
    const { protocol, hostname, host } = new URL(options.origin);
    if (protocol !== "https:" && !isLoopback(hostname) && options.allowHttp !== true) {
      throw new ReaderError("config", `Keys are not sent to ${host} over http.`, {
        hint: "Use https, or set allowHttp when the network is yours.",
      });
    }
    this.#options = options;
  }

  /**
   * Signs the URL, or its headers. `Range` is never signed: one signature serves every range.
   *
   * @throws ReaderError `config` for another origin
   */
  async sign(method: "GET" | "HEAD", url: string, signal?: AbortSignal): Promise<SignedRequest> {
    const { provider, mode, region, clock, origin, requesterPays, expectedBucketOwner } = this.#options;
    const target = new URL(url);
    if (target.origin !== origin) {
      throw new ReaderError("config", `Keys for ${origin} are not used for ${target.origin}.`);
    }
    const credentials = await provider.get({ signal });
    if (credentials !== this.#derivedFrom) {
      this.#derivedKeys = new Map();
      this.#derivedFrom = credentials;
    }
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
    return { url: signed.url.href, headers: Object.fromEntries(signed.headers) };
  }
}

/** `YYYYMMDDTHHMMSSZ` */
function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, "");
}
