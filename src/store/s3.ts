/**
 * S3 and what speaks like it: anonymous, signed in the query (browsers) or in headers (Node), or by links made elsewhere.
 * Follows docs/design/object-storage.md §2, §3, §10, §13.
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import type { AbsolutePath } from "../core/plan.js";
import { inBrowser } from "../net/environment.js";
import type { ExplainContext } from "../net/explain.js";
import type { Failure } from "../net/failure.js";
import type { RemoteRead } from "../net/remote-read.js";
import { type Presigner, type ResolvedCredentials, resolveCredentials } from "./credentials.js";
import { describeRead } from "./describe-read.js";
import { encodeKey } from "./keys.js";
import type { LinkCache } from "./link-cache.js";
import type { ReadShape } from "./remote-options.js";
import { RemoteStore } from "./remote-store.js";
import { parseBucketUrl, type S3Location } from "./s3-address.js";
import { type S3Address, type S3Dialect, type S3Setup, type S3StoreOptions, setUpS3 } from "./s3-setup.js";
import { ServerClock } from "./sign.js";
import type { ListableStore, ReadOptions } from "./types.js";

export type { S3StoreOptions } from "./s3-setup.js";

/** Reads below one prefix of one bucket. */
export class S3Store extends RemoteStore implements ListableStore {
  readonly #location: S3Location;
  readonly #dialect: S3Dialect | undefined;
  readonly #credentials: ResolvedCredentials;
  readonly #clock = new ServerClock();
  readonly #setup: S3Setup;
  readonly #requesterPays: boolean;
  readonly #hostHeader: string | undefined;
  #address: S3Address;
  #asksRegion: boolean;
  #regionAsked: Promise<string | undefined> | undefined;
  #links: Promise<LinkCache> | undefined;
  #refreshFailure: string | undefined;

  /**
   * @param location `s3://bucket/prefix` or `s3+https://host/bucket/prefix`
   * @param dialect of a service that is not AWS
   * @throws ReaderError `config` or `unsupported` when it cannot work as configured
   */
  constructor(location: string | URL, options: S3StoreOptions = {}, dialect?: S3Dialect) {
    super(options);
    this.#location = parseBucketUrl(location);
    this.#dialect = dialect;
    this.#credentials = resolveCredentials(options.credentials, options.sessionToken);
    this.#requesterPays = options.requesterPays === true;
    this.#hostHeader = options.hostHeader;
    // The options that hold secrets stay in the setup's closures and in the signer; the store keeps none of them.
    this.#setup = setUpS3({
      location: this.#location,
      options,
      dialect,
      credentials: this.#credentials,
      clock: this.#clock,
    });
    this.#asksRegion = this.#setup.asksRegion;
    this.#address = this.#setup.addressIn(this.#setup.region);
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
    const above = this.#location.prefix === "" ? "" : `${this.#location.prefix}/`;
    const shape: ReadShape = { method: "GET", cache: "no-store", signal: options.signal };
    const describe = (query: string): Promise<RemoteRead> => this.#describe(prefix, "", query, shape);
    const run = (read: () => Promise<RemoteRead>): Promise<Uint8Array> =>
      this.readDocument(prefix, read, options);
    const listObjects = this.#dialect?.listObjects ?? (await import("./s3-list.js")).listObjects;
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
    const { prefix } = this.#location;
    const name = prefix === "" ? key.slice(1) : `${prefix}${key}`;
    // Before a presigner is asked for what cannot be read.
    encodeKey(name);
    return this.#describe(key, name, "", shape);
  }

  protected async recover(failure: Failure, signal: AbortSignal | undefined): Promise<boolean> {
    if (failure.class === "region") return this.#moveTo(failure.region ?? (await this.#askRegion(signal)));
    const hasTime = failure.serverTimeMs !== undefined;
    // Every request is signed as it is sent, so a link that is refused as expired speaks of the clock.
    if (failure.class === "clock" || failure.serverCode === "AccessDenied") {
      return hasTime && this.#clock.correct(failure.serverTimeMs);
    }
    if (this.#links !== undefined) {
      (await this.#links).clear();
      return true;
    }
    if (this.#credentials.kind !== "keys") return false;
    this.#refreshFailure = await this.#credentials.provider.replace(signal);
    return this.#refreshFailure === undefined;
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

  /** The request for a name in the bucket, or for the bucket itself where the name is empty. */
  async #describe(key: AbsolutePath, name: string, query: string, shape: ReadShape): Promise<RemoteRead> {
    const all = [this.#dialect?.query ?? "", query].filter((part) => part !== "").join("&");
    const signed = !this.anonymous;
    if (this.#credentials.kind === "presigner") {
      const url = await this.#linkTo(this.#credentials.presigner, name, all, shape);
      return describeRead(shape, { key, url, root: `${this.#address.root}/`, signed });
    }
    if (this.#asksRegion) {
      const region = await this.#askRegion(shape.signal);
      if (this.#asksRegion) this.#moveTo(region);
      this.#asksRegion = false;
    }
    const { root, signer } = this.#address;
    const plain = `${root}/${name === "" ? "" : encodeKey(name)}${all === "" ? "" : `?${all}`}`;
    const { url, headers } = (await signer?.sign(shape.method, plain, shape.signal)) ?? { url: plain };
    if (headers?.authorization !== undefined && inBrowser()) {
      this.tell(
        "slow-auth",
        "A login in the headers makes the browser ask the server's leave for every key: two round trips each.",
      );
    }
    const host = this.#hostHeader === undefined ? {} : { host: this.#hostHeader };
    return describeRead(shape, { key, url, headers: { ...headers, ...host }, root: `${root}/`, signed });
  }

  async #linkTo(presigner: Presigner, name: string, query: string, { method }: ReadShape): Promise<string> {
    this.#links ??= import("./link-cache.js").then(({ LinkCache }) => new LinkCache(presigner));
    const parameters = Object.fromEntries(new URLSearchParams(query));
    if (this.#requesterPays) parameters["x-amz-request-payer"] = "requester";
    const request = { method, bucket: this.#location.bucket, key: name };
    const links = await this.#links;
    return links.get(Object.keys(parameters).length === 0 ? request : { ...request, query: parameters });
  }

  /** Asks the bucket itself, once. */
  #askRegion(signal: AbortSignal | undefined): Promise<string | undefined> {
    const { root } = this.#address;
    this.#regionAsked ??= import("../net/probe-region.js").then(({ probeRegion }) =>
      probeRegion(root, this.transport),
    );
    return raceAbort(this.#regionAsked, signal);
  }

  /** The host is made from the region's name, never taken from the answer: keys go to no other provider. */
  #moveTo(region: string | undefined): boolean {
    if (region === undefined || region === this.#address.region || !/^[a-z0-9-]{1,64}$/i.test(region))
      return false;
    this.#address = this.#setup.addressIn(region);
    return true;
  }
}
