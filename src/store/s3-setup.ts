/**
 * What the options of an S3 store come to: where it asks, and who signs. The secrets among them stay in the signer
 * (docs/design/object-storage.md §2, §10, §13).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { environmentVariable, inBrowser } from "../net/environment.js";
import { type CredentialSource, type ResolvedCredentials, resolveCredentials } from "./credentials.js";
import type { LinkCache } from "./link-cache.js";
import type { ListedObject, ListRead, ListRequest } from "./list-pages.js";
import type { RemoteStoreOptions } from "./remote-options.js";
import { bucketRoot, checkRegion, type S3Location } from "./s3-address.js";
import { type Authorizer, RequestSigner, ServerClock, type SignerOptions } from "./sign.js";

export interface S3StoreOptions extends RemoteStoreOptions {
  /** Default for AWS: what the server says (Node), else us-east-1. */
  readonly region?: string | undefined;
  /** Another server than AWS: scheme and host, a path if need be. Default in Node: `AWS_ENDPOINT_URL`. */
  readonly endpoint?: string | URL | undefined;
  readonly addressing?: "path" | "virtual" | undefined;
  readonly credentials?: CredentialSource | undefined;
  /** Goes with credentials that carry none themselves. */
  readonly sessionToken?: string | undefined;
  readonly requesterPays?: boolean | undefined;
  /** Account that must own the bucket, twelve digits; makes requests signed in headers. */
  readonly expectedBucketOwner?: string | undefined;
  readonly auth?: { readonly mode?: "query" | "header" | undefined } | undefined;
  /** Lets keys be used over http to other hosts than this machine. */
  readonly allowHttp?: boolean | undefined;
  /** `Host` to send and to sign, for proxies that tell servers apart by it. In Node only. */
  readonly hostHeader?: string | undefined;
}

/** How another service that speaks S3 differs from AWS. */
export interface S3Dialect {
  readonly scheme: string;
  readonly endpoint: string;
  readonly region: string;
  /** Goes with every request, encoded. */
  readonly query?: string | undefined;
  /** Signs in ways of its own. */
  makeAuthorizer?(options: SignerOptions): Authorizer;
  /** Lists in ways of its own. */
  listObjects(prefix: string, requestFor: ListRequest, read: ListRead): AsyncIterable<ListedObject>;
}

/** What a region and an endpoint come to; replaced as a whole when the server names another region. */
export interface S3Address {
  readonly root: string;
  readonly origin: string;
  readonly region: string | undefined;
  readonly signer: Authorizer | undefined;
}

/** What a store works with; who recovers from a refusal changes it. */
export interface S3Setup {
  readonly credentials: ResolvedCredentials;
  readonly clock: ServerClock;
  address: S3Address;
  /** Nobody said where the bucket is, and AWS can be asked. */
  asksRegion: boolean;
  /** Links that a presigner made. */
  links?: LinkCache;
  addressIn(region: string | undefined): S3Address;
}

/** What a store is set up from. */
export interface S3Parts {
  readonly location: S3Location;
  readonly options: S3StoreOptions;
  readonly dialect: S3Dialect | undefined;
}

const defaultRegion = "us-east-1";

/** @throws ReaderError `config` or `unsupported` for options that cannot work, or not together */
export function setUpS3({ location, options, dialect }: S3Parts): S3Setup {
  const credentials = resolveCredentials(options.credentials, options.sessionToken);
  checkTogether(options, credentials);
  const clock = new ServerClock();
  const { bucket } = location;
  const { addressing, allowHttp, expectedBucketOwner, hostHeader, requesterPays } = options;
  const given = location.endpoint ?? options.endpoint?.toString() ?? dialect?.endpoint;
  const endpoint = given ?? usual("AWS_ENDPOINT_URL_S3") ?? usual("AWS_ENDPOINT_URL");
  const anonymous = credentials.kind === "anonymous";
  // As the AWS tools do, for what they would read.
  const usualRegion =
    given === undefined && !anonymous ? (usual("AWS_REGION") ?? usual("AWS_DEFAULT_REGION")) : undefined;
  const region = options.region ?? dialect?.region ?? usualRegion;
  const mode = authMode(options);
  const addressIn = (wanted: string | undefined): S3Address => {
    const effective = wanted ?? (anonymous ? undefined : defaultRegion);
    const root = bucketRoot({ bucket, endpoint, addressing, region: effective });
    const { origin } = new URL(root);
    if (credentials.kind !== "keys") return { root, origin, region: effective, signer: undefined };
    const signing: SignerOptions = {
      provider: credentials.provider,
      mode,
      region: effective ?? defaultRegion,
      clock,
      origin,
      allowHttp,
      requesterPays,
      expectedBucketOwner,
      hostHeader,
    };
    const signer = dialect?.makeAuthorizer?.(signing) ?? new RequestSigner(signing);
    return { root, origin, region: effective, signer };
  };
  return {
    credentials,
    clock,
    address: addressIn(region === undefined ? undefined : checkRegion(region)),
    asksRegion: region === undefined && endpoint === undefined && credentials.kind === "keys" && !inBrowser(),
    addressIn,
  };
}

/** Browsers ask leave for signatures in headers, key by key; the owner's number can only be sent in one. */
function authMode({ auth, expectedBucketOwner }: S3StoreOptions): "query" | "header" {
  if (expectedBucketOwner !== undefined) return "header";
  return auth?.mode ?? (inBrowser() ? "query" : "header");
}

function checkTogether(options: S3StoreOptions, credentials: ResolvedCredentials): void {
  const { requesterPays, expectedBucketOwner, hostHeader } = options;
  if (requesterPays && credentials.kind === "anonymous") {
    throw new ReaderError("config", "requesterPays needs credentials.");
  }
  if (expectedBucketOwner !== undefined) {
    if (!/^\d{12}$/.test(expectedBucketOwner)) {
      throw new ReaderError("config", "expectedBucketOwner is the account's number, twelve digits.");
    }
    if (credentials.kind !== "keys") {
      throw new ReaderError("config", "expectedBucketOwner needs keys: it is signed.");
    }
  }
  if (hostHeader === undefined) return;
  if (inBrowser()) throw new ReaderError("config", "Browsers do not let a page set Host (hostHeader).");
  if (!/^[a-z0-9.-]+(:\d+)?$/i.test(hostHeader)) {
    throw new ReaderError("config", "hostHeader is a host name, with a port if need be.");
  }
  if (options.fetch === undefined && options.transport?.fetch === undefined) {
    throw new ReaderError(
      "config",
      "hostHeader needs a fetch that can send it, as open() and createStore() make one.",
    );
  }
}

/** A variable that is set, and not to nothing. */
function usual(name: string): string | undefined {
  return environmentVariable(name) || undefined;
}
