/**
 * What may be given as credentials, and what a store makes of it: nothing, secrets on demand, or links made elsewhere
 * (docs/design/object-storage.md §13).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { inBrowser } from "../net/environment.js";
import { CredentialProvider } from "./credential-provider.js";

/** Keys of S3, or HMAC keys of Google Cloud Storage. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** An OAuth access token: of Google, or of Microsoft Entra ID for Azure. Sent in a header, so browsers ask leave per key. */
export interface AccessToken {
  readonly token: string;
  readonly expiration?: Date;
}

/** A shared access signature of Azure: the query of a signed URL, with or without its `?`. */
export interface SasToken {
  readonly sas: string;
  /** Default: what `se` in the signature says. */
  readonly expiration?: Date;
}

/** Any secret that opens a store. */
export type Grant = Credentials | AccessToken | SasToken;

/** Called for credentials; `force` when the server refused the last ones. */
export type CredentialsCallback = (request: { force: boolean; signal: AbortSignal }) => Promise<Grant>;

/** What a signed link is wanted for. */
export interface PresignRequest {
  readonly method: "GET" | "HEAD";
  readonly bucket: string;
  /** Empty for the bucket's listing. */
  readonly key: string;
  /** Query parameters to be signed along: those of a listing, `x-amz-request-payer`. */
  readonly query?: Readonly<Record<string, string>>;
}

export interface PresignedLink {
  readonly url: string;
  readonly expires: Date;
}

/** Makes signed links elsewhere, so that no key ever comes to the page. */
export interface Presigner {
  presign(request: PresignRequest): Promise<PresignedLink>;
  /** For many keys in one call: the links in the order of the requests. */
  presignMany?(requests: readonly PresignRequest[]): Promise<readonly PresignedLink[]>;
}

/** Credentials that Node looks up: the AWS SDK's provider of that name. `profile` names one of the configuration's. */
export interface NamedCredentials {
  readonly type: "anonymous" | "environment" | "profile" | "ecs" | "imds" | "default";
  readonly profile?: string;
}

export type CredentialSource =
  | "anonymous"
  | "default"
  | NamedCredentials
  | Grant
  | CredentialsCallback
  | Presigner;

/** What a source amounts to: nothing, secrets on demand, or links made elsewhere. */
export type ResolvedCredentials =
  | { readonly kind: "anonymous" }
  | { readonly kind: "keys"; readonly provider: CredentialProvider }
  | { readonly kind: "presigner"; readonly presigner: Presigner };

const anonymous: ResolvedCredentials = { kind: "anonymous" };

/** @throws ReaderError `config` for sources that cannot be used, or not here */
export function resolveCredentials(
  source: CredentialSource | undefined,
  sessionToken?: string,
): ResolvedCredentials {
  if (source === undefined || source === "anonymous") return anonymous;
  if (source === "default") return named({ type: source });
  if (typeof source === "function") return { kind: "keys", provider: new CredentialProvider(source) };
  if (typeof source !== "object" || source === null) {
    throw new ReaderError("config", 'credentials is neither keys, a callback, a presigner nor "anonymous".');
  }
  if ("presign" in source) return { kind: "presigner", presigner: source };
  if ("type" in source) return named(source);
  const grant = sessionToken === undefined ? source : { ...source, sessionToken };
  return { kind: "keys", provider: new CredentialProvider(grant) };
}

function named(source: NamedCredentials): ResolvedCredentials {
  if (source.type === "anonymous") return anonymous;
  if (inBrowser()) {
    throw new ReaderError("config", `Credentials of type "${source.type}" exist in Node only.`, {
      hint: "In a page pass keys, a callback that returns them, or a presigner.",
    });
  }
  const load: CredentialsCallback = async () =>
    (await import("./named-credentials.js")).loadNamedCredentials(source);
  return { kind: "keys", provider: new CredentialProvider(load) };
}
