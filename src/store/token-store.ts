/**
 * What the stores have in common that are read with a token or none: Azure Blob and Google's JSON API
 * (docs/design/object-storage.md §12).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { loadPart } from "../core/load-part.js";
import type { AbsolutePath } from "../core/plan.js";
import { inBrowser } from "../net/environment.js";
import type { ExplainContext } from "../net/explain.js";
import type { Failure } from "../net/failure.js";
import type { RemoteRead } from "../net/remote-read.js";
import type { CredentialProvider } from "./credential-provider.js";
import { type CredentialSource, resolveCredentials } from "./credentials.js";
import { describeRead } from "./describe-read.js";
import { encodeKey } from "./keys.js";
import type { ListedObject, ListRead, ListRequest } from "./list-pages.js";
import type { ReadShape, RemoteStoreOptions } from "./remote-options.js";
import { RemoteStore } from "./remote-store.js";
import { TokenAuthorizer } from "./token-authorizer.js";
import type { ListableStore, ReadOptions } from "./types.js";

export interface TokenStoreOptions extends RemoteStoreOptions {
  readonly credentials?: CredentialSource | undefined;
  /** Lets tokens be used over http to other hosts than this machine. */
  readonly allowHttp?: boolean | undefined;
}

/** Where such a store reads. */
export interface TokenStorePlace {
  /** Bucket or container, for messages. */
  readonly name: string;
  /** Its URL, without a slash at its end. */
  readonly root: string;
  /** Below it, without a slash at its end. */
  readonly prefix: string;
  /** Sent along with an OAuth token. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a reader must be allowed to do, for messages. */
  readonly permission: string;
}

export abstract class TokenStore extends RemoteStore implements ListableStore {
  readonly #place: TokenStorePlace;
  readonly #origin: string;
  readonly #provider: CredentialProvider | undefined;
  readonly #authorizer: TokenAuthorizer | undefined;
  #refreshFailure: string | undefined;

  /** @throws ReaderError `config` for credentials that are no token */
  constructor(options: TokenStoreOptions, place: TokenStorePlace) {
    super(options);
    this.#place = place;
    this.#origin = new URL(place.root).origin;
    const resolved = resolveCredentials(options.credentials);
    if (resolved.kind === "presigner") {
      throw new ReaderError("config", "Links made elsewhere are for s3: and gs:; pass { token } or { sas }.");
    }
    if (resolved.kind === "anonymous") return;
    this.#provider = resolved.provider;
    this.#authorizer = new TokenAuthorizer({
      provider: resolved.provider,
      origin: this.#origin,
      allowHttp: options.allowHttp,
      headers: place.headers,
    });
  }

  abstract get url(): string;

  /** Every key below a prefix, with sizes; `prefix` ends with a slash for a folder. */
  async *list(
    prefix: AbsolutePath,
    options: ReadOptions = {},
  ): AsyncIterable<{ key: AbsolutePath; size?: number }> {
    const { listBucket } = await loadPart(import("./list-bucket.js"));
    yield* listBucket(prefix, {
      above: this.#place.prefix,
      signal: options.signal,
      describe: (query, shape) => this.#describe(prefix, this.listUrl(query), shape),
      read: (request) => this.readDocument(prefix, request, options),
      listObjects: (...listing) => this.listObjects(...listing),
    });
  }

  /** URL of an object; the key has been checked. */
  protected abstract objectUrl(name: string): string;
  /** URL of the listing with a query. */
  protected abstract listUrl(query: string): string;
  protected abstract listObjects(
    prefix: string,
    requestFor: ListRequest,
    read: ListRead,
  ): AsyncIterable<ListedObject>;

  protected get origin(): string {
    return this.#origin;
  }

  protected get anonymous(): boolean {
    return this.#provider === undefined;
  }

  protected async makeRead(key: AbsolutePath, shape: ReadShape): Promise<RemoteRead> {
    const { prefix } = this.#place;
    const name = prefix === "" ? key.slice(1) : `${prefix}${key}`;
    encodeKey(name);
    return this.#describe(key, this.objectUrl(name), shape);
  }

  protected async recover(failure: Failure, signal: AbortSignal | undefined): Promise<boolean> {
    if (failure.class !== "expired" || this.#provider === undefined) return false;
    this.#refreshFailure = await this.#provider.replace(signal);
    return this.#refreshFailure === undefined;
  }

  protected explainContext(): ExplainContext {
    const { name, permission } = this.#place;
    return { bucket: name, permission, refresh: this.#refreshFailure };
  }

  async #describe(key: AbsolutePath, plain: string, shape: ReadShape): Promise<RemoteRead> {
    const { url, headers = {} } = (await this.#authorizer?.sign(shape.method, plain, shape.signal)) ?? {
      url: plain,
    };
    if (headers.authorization !== undefined && inBrowser()) {
      this.tell(
        "slow-auth",
        "A login in the headers makes the browser ask the server's leave for every key: two round trips each.",
      );
    }
    return describeRead(shape, { key, url, headers, root: `${this.#place.root}/`, signed: !this.anonymous });
  }
}
