/**
 * S3 and what speaks like it: anonymous, signed in the query (browsers) or in headers (Node), or by links made elsewhere.
 * Follows docs/design/object-storage.md §2, §3, §10, §13.
 *
 * @module
 */
import { loadPart } from "../core/load-part.js";
import type { AbsolutePath } from "../core/plan.js";
import { inBrowser } from "../net/environment.js";
import type { ExplainContext } from "../net/explain.js";
import type { Failure } from "../net/failure.js";
import type { RemoteRead } from "../net/remote-read.js";
import { describeRead } from "./describe-read.js";
import { encodeKey } from "./keys.js";
import type { ReadShape } from "./remote-options.js";
import { RemoteStore } from "./remote-store.js";
import { parseBucketUrl, type S3Location } from "./s3-address.js";
import type { S3Recovery } from "./s3-recovery.js";
import { type S3Dialect, type S3Setup, type S3StoreOptions, setUpS3 } from "./s3-setup.js";
import type { ListableStore, ReadOptions } from "./types.js";

export type { S3StoreOptions } from "./s3-setup.js";

/** Reads below one prefix of one bucket. */
export class S3Store extends RemoteStore implements ListableStore {
  readonly #location: S3Location;
  readonly #dialect: S3Dialect | undefined;
  readonly #setup: S3Setup;
  readonly #requesterPays: boolean;
  readonly #hostHeader: string | undefined;
  #recovery: S3Recovery | undefined;

  /**
   * @param location `s3://bucket/prefix` or `s3+https://host/bucket/prefix`
   * @param dialect of a service that is not AWS
   * @throws ReaderError `config` or `unsupported` when it cannot work as configured
   */
  constructor(location: string | URL, options: S3StoreOptions = {}, dialect?: S3Dialect) {
    super(options);
    this.#location = parseBucketUrl(location);
    this.#dialect = dialect;
    this.#requesterPays = options.requesterPays === true;
    this.#hostHeader = options.hostHeader;
    // The options that hold secrets stay in the setup's closures and in the signer; the store keeps none of them.
    this.#setup = setUpS3({ location: this.#location, options, dialect });
  }

  /** Where it reads, as an address of its own kind. */
  get url(): string {
    const { bucket, prefix, endpoint } = this.#location;
    const path = [bucket, prefix].filter((part) => part !== "").join("/");
    return endpoint === undefined ? `${this.#dialect?.scheme ?? "s3"}://${path}` : `s3+${endpoint}/${path}`;
  }

  /** Every key below a prefix, with sizes; `prefix` ends with a slash for a folder. */
  async *list(
    prefix: AbsolutePath,
    options: ReadOptions = {},
  ): AsyncIterable<{ key: AbsolutePath; size?: number }> {
    const [{ listBucket }, { listObjects }] = await loadPart(
      Promise.all([import("./list-bucket.js"), this.#dialect ?? import("./s3-list.js")]),
    );
    yield* listBucket(prefix, {
      above: this.#location.prefix,
      signal: options.signal,
      describe: (query, shape) => this.#describe(prefix, "", query, shape),
      read: (request) => this.readDocument(prefix, request, options),
      listObjects,
    });
  }

  protected get origin(): string {
    return this.#setup.address.origin;
  }

  protected get anonymous(): boolean {
    return this.#setup.credentials.kind === "anonymous";
  }

  protected async makeRead(key: AbsolutePath, shape: ReadShape): Promise<RemoteRead> {
    const { prefix } = this.#location;
    const name = prefix === "" ? key.slice(1) : `${prefix}${key}`;
    // Before a presigner is asked for what cannot be read.
    encodeKey(name);
    return this.#describe(key, name, "", shape);
  }

  protected async recover(failure: Failure, signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.#loadRecovery()).cure(failure, signal);
  }

  protected explainContext(): ExplainContext {
    return {
      bucket: this.#location.bucket,
      region: this.#setup.address.region,
      requesterPays: this.#requesterPays,
      clockOffsetMs: this.#setup.clock.offsetMs,
      refresh: this.#recovery?.refreshFailure,
    };
  }

  /** The request for a name in the bucket, or for the bucket itself where the name is empty. */
  async #describe(key: AbsolutePath, name: string, query: string, shape: ReadShape): Promise<RemoteRead> {
    const setup = this.#setup;
    const all = [this.#dialect?.query ?? "", query].filter((part) => part !== "").join("&");
    const signed = !this.anonymous;
    if (setup.credentials.kind === "presigner") {
      const { LinkCache } = await loadPart(import("./link-cache.js"));
      setup.links ??= new LinkCache(setup.credentials.presigner);
      const url = await setup.links.linkTo(
        shape.method,
        this.#location.bucket,
        name,
        this.#requesterPays ? `${all}&x-amz-request-payer=requester` : all,
      );
      return describeRead(shape, { key, url, root: `${setup.address.root}/`, signed });
    }
    if (setup.asksRegion) await (await this.#loadRecovery()).findRegion(shape.signal);
    const { root, signer } = setup.address;
    const plain = `${root}/${name === "" ? "" : encodeKey(name)}${all === "" ? "" : `?${all}`}`;
    const { url, headers } = (await signer?.sign(shape.method, plain, shape.signal)) ?? { url: plain };
    if (headers?.authorization !== undefined && inBrowser()) {
      this.tell(
        "slow-auth",
        "A login in headers makes the browser ask leave for every key: two round trips each.",
      );
    }
    const host = this.#hostHeader === undefined ? {} : { host: this.#hostHeader };
    return describeRead(shape, { key, url, headers: { ...headers, ...host }, root: `${root}/`, signed });
  }

  async #loadRecovery(): Promise<S3Recovery> {
    const { S3Recovery } = await loadPart(import("./s3-recovery.js"));
    this.#recovery ??= new S3Recovery(this.#setup, this.transport);
    return this.#recovery;
  }
}
