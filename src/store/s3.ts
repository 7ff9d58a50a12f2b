/**
 * S3 and what speaks like it: anonymous, signed in the query (browsers) or in headers (Node), or by links made elsewhere.
 * Follows docs/design/object-storage.md §2, §3, §10, §13.
 *
 * @module
 */
import { isReaderError, ReaderError } from "../core/error.js";
import type { AbsolutePath } from "../core/plan.js";
import type { Failure } from "../net/classify.js";
import { environmentVariable, inBrowser } from "../net/environment.js";
import type { ExplainContext } from "../net/explain.js";
import type { RemoteRead } from "../net/remote-read.js";
import { type CredentialSource, type ResolvedCredentials, resolveCredentials } from "./credentials.js";
import { encodeKey } from "./keys.js";
import { LinkCache } from "./link-cache.js";
import type { ReadShape, RemoteStoreOptions } from "./remote-options.js";
import { RemoteStore } from "./remote-store.js";
import { bucketRoot, checkRegion, parseS3Url, type S3Location } from "./s3-address.js";
import { listObjects } from "./s3-list.js";
import { RequestSigner, ServerClock } from "./sign.js";
import type { ListableStore, ReadOptions } from "./types.js";

export interface S3StoreOptions extends RemoteStoreOptions {
  readonly region?: string | undefined;
  /** Another server than AWS: scheme and host, a path if need be. */
  readonly endpoint?: string | URL | undefined;
  readonly addressing?: "path" | "virtual" | undefined;
  readonly credentials?: CredentialSource | undefined;
  /** Goes with credentials that carry none themselves. */
  readonly sessionToken?: string | undefined;
  readonly requesterPays?: boolean | undefined;
  /** Account that must own the bucket; makes requests signed in headers. */
  readonly expectedBucketOwner?: string | undefined;
  readonly auth?: { readonly mode?: "query" | "header" | undefined } | undefined;
  /** Lets keys be used over http to other hosts than this machine. */
  readonly allowHttp?: boolean | undefined;
}

/** What a region and an endpoint come to; replaced as a whole when the server names another region. */
interface Address {
  readonly root: string;
  readonly origin: string;
  readonly region: string | undefined;
  readonly signer: RequestSigner | undefined;
}

const defaultRegion = "us-east-1";

/** Reads below one prefix of one bucket. */
export class S3Store extends RemoteStore implements ListableStore {
  readonly #location: S3Location;
  readonly #credentials: ResolvedCredentials;
  readonly #links: LinkCache | undefined;
  readonly #clock = new ServerClock();
  readonly #addressTo: (region: string | undefined) => Address;
  readonly #requesterPays: boolean;
  #address: Address;
  #refreshFailure: string | undefined;

  /**
   * @param location `s3://bucket/prefix` or `s3+https://host/bucket/prefix`
   * @throws ReaderError `config` or `unsupported` when it cannot work as configured
   */
  constructor(location: string | URL, options: S3StoreOptions = {}) {
    super(options);
    this.#location = parseS3Url(location);
    this.#credentials = resolveCredentials(options.credentials, options.sessionToken);
    this.#requesterPays = options.requesterPays === true;
    if (this.#requesterPays && this.#credentials.kind === "anonymous") {
      throw new ReaderError("config", "requesterPays needs credentials: somebody has to pay.");
    }
    this.#links =
      this.#credentials.kind === "presigner" ? new LinkCache(this.#credentials.presigner) : undefined;
    this.#addressTo = this.#makeAddressing(options);
    const region = options.region ?? this.#usualRegion(options);
    this.#address = this.#addressTo(region === undefined ? undefined : checkRegion(region));
  }

  /** Where it reads, as an address of its own kind. */
  get url(): string {
    const { bucket, prefix, endpoint } = this.#location;
    const path = [bucket, prefix].filter((part) => part !== "").join("/");
    return endpoint === undefined ? `s3://${path}` : `s3+${endpoint}/${path}`;
  }

  /** Every key below a prefix, with sizes; `prefix` ends with a slash for a folder. */
  async *list(
    prefix: AbsolutePath,
    options: ReadOptions = {},
  ): AsyncIterable<{ key: AbsolutePath; size?: number }> {
    const above = this.#location.prefix === "" ? "" : `${this.#location.prefix}/`;
    const run = (read: () => Promise<RemoteRead>): Promise<Uint8Array> =>
      this.readDocument(prefix, read, options);
    const describe = (query: string): Promise<RemoteRead> =>
      this.#request(prefix, `${this.#address.root}/?${query}`, { method: "GET", cache: "no-store" });
    for await (const item of listObjects(`${above}${prefix.slice(1)}`, describe, run)) {
      yield { key: `/${item.key.slice(above.length)}`, size: item.size };
    }
  }

  protected get origin(): string {
    return this.#address.origin;
  }

  protected get anonymous(): boolean {
    return this.#credentials.kind === "anonymous";
  }

  protected async makeRead(key: AbsolutePath, shape: ReadShape): Promise<RemoteRead> {
    const { bucket, prefix } = this.#location;
    const name = prefix === "" ? key.slice(1) : `${prefix}${key}`;
    const path = encodeKey(name);
    if (this.#links === undefined) return this.#request(key, `${this.#address.root}/${path}`, shape);
    const url = await this.#links.get(shape.method, bucket, name);
    return this.#read(key, url, {}, shape);
  }

  protected async recover(failure: Failure, signal: AbortSignal | undefined): Promise<boolean> {
    if (failure.class === "region") return this.#moveTo(failure.region);
    const hasTime = failure.serverTimeMs !== undefined;
    // Every request is signed as it is sent, so a link that is refused as expired speaks of the clock.
    if (failure.class === "clock" || failure.serverCode === "AccessDenied") {
      return hasTime && this.#clock.correct(failure.serverTimeMs);
    }
    if (this.#links !== undefined) {
      this.#links.clear();
      return true;
    }
    return this.#refresh(signal);
  }

  protected explainContext(): ExplainContext {
    return {
      bucket: this.#location.bucket,
      region: this.#address.region,
      requesterPays: this.#requesterPays,
      clockOffsetMs: this.#clock.offsetMs,
      refresh: this.#refreshFailure,
    };
  }

  /** As the AWS tools do, for AWS itself. */
  #usualRegion(options: S3StoreOptions): string | undefined {
    const elsewhere = this.#location.endpoint !== undefined || options.endpoint !== undefined;
    return elsewhere || this.anonymous ? undefined : environmentVariable("AWS_REGION");
  }

  async #request(key: AbsolutePath, url: string, shape: ReadShape): Promise<RemoteRead> {
    const signed = await this.#address.signer?.sign(shape.method, url, shape.signal);
    return this.#read(key, signed?.url ?? url, signed?.headers ?? {}, shape);
  }

  #read(
    key: AbsolutePath,
    url: string,
    headers: Readonly<Record<string, string>>,
    shape: ReadShape,
  ): RemoteRead {
    const { method, range, cache, size } = shape;
    return {
      method,
      url,
      headers,
      cache,
      redirect: this.anonymous ? "follow" : "refuse",
      key,
      root: `${this.#address.root}/`,
      signed: !this.anonymous,
      ...(range === undefined ? {} : { range }),
      ...(size === undefined ? {} : { size }),
    };
  }

  /** The options that hold secrets stay in this closure; the store keeps none of them. */
  #makeAddressing(options: S3StoreOptions): (region: string | undefined) => Address {
    const { bucket } = this.#location;
    const { addressing, allowHttp, expectedBucketOwner, requesterPays } = options;
    const endpoint =
      this.#location.endpoint ?? (options.endpoint === undefined ? undefined : String(options.endpoint));
    const mode =
      expectedBucketOwner === undefined
        ? (options.auth?.mode ?? (inBrowser() ? "query" : "header"))
        : "header";
    const credentials = this.#credentials;
    const clock = this.#clock;
    if (credentials.kind === "keys" && mode === "header" && inBrowser()) {
      this.tell(
        "slow-auth",
        "Requests signed in headers make the browser ask the server's leave for every key: two round trips each.",
      );
    }
    return (region) => {
      const anonymous = credentials.kind === "anonymous";
      const effective = region ?? (anonymous ? undefined : defaultRegion);
      const root = bucketRoot({ bucket, endpoint, addressing, region: effective });
      const { origin } = new URL(root);
      const signer =
        credentials.kind === "keys"
          ? new RequestSigner({
              provider: credentials.provider,
              mode,
              region: effective ?? defaultRegion,
              clock,
              origin,
              allowHttp,
              requesterPays,
              expectedBucketOwner,
            })
          : undefined;
      return { root, origin, region: effective, signer };
    };
  }

  /** The host is made from the region's name, never taken from the answer: keys go to no other provider. */
  #moveTo(region: string | undefined): boolean {
    if (region === undefined || region === this.#address.region || !/^[a-z0-9-]{1,64}$/i.test(region))
      return false;
    this.#address = this.#addressTo(region);
    return true;
  }

  async #refresh(signal: AbortSignal | undefined): Promise<boolean> {
    const { kind } = this.#credentials;
    if (kind !== "keys") return false;
    if (!this.#credentials.provider.renewable) {
      this.#refreshFailure = "they were given once and cannot be renewed";
      return false;
    }
    try {
      await this.#credentials.provider.get({ force: true, signal });
      return true;
    } catch (thrown) {
      signal?.throwIfAborted();
      this.#refreshFailure = isReaderError(thrown) ? thrown.message : "the credentials callback failed";
      return false;
    }
  }
}
