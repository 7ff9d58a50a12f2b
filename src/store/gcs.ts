/**
 * Google Cloud Storage by its XML API, which speaks S3: anonymous, HMAC keys, OAuth tokens, links made elsewhere
 * (docs/design/object-storage.md §12; https://cloud.google.com/storage/docs/xml-api/overview).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { listGcsObjects } from "./gcs-list.js";
import { encodeSegment } from "./keys.js";
import { S3Store, type S3StoreOptions } from "./s3.js";
import type { S3Dialect } from "./s3-setup.js";
import { type Authorizer, RequestSigner, type SignerOptions } from "./sign.js";
import { TokenAuthorizer } from "./token-authorizer.js";

export interface GcsStoreOptions
  extends Omit<S3StoreOptions, "requesterPays" | "expectedBucketOwner" | "sessionToken"> {
  /** Project that pays for what is read, where the reader pays. */
  readonly userProject?: string | undefined;
}

/** Where both APIs live. */
export const gcsEndpoint = "https://storage.googleapis.com";

/** Reads below one prefix of one bucket. */
export class GcsStore extends S3Store {
  /**
   * @param location `gs://bucket/prefix`
   * @throws ReaderError `config` when it cannot work as configured
   */
  constructor(location: string | URL, options: GcsStoreOptions = {}) {
    const { userProject } = checkGcsOptions(options);
    super(location, { ...options, addressing: options.addressing ?? "path" }, dialectWith(userProject));
  }
}

/** @throws ReaderError `config` for what S3 knows and Google does not */
export function checkGcsOptions<O extends GcsStoreOptions & S3StoreOptions>(options: O): O {
  if (options.requesterPays && options.userProject === undefined) {
    throw new ReaderError("config", "For gs: name the project that pays: userProject.");
  }
  if (options.expectedBucketOwner !== undefined) {
    throw new ReaderError("config", "expectedBucketOwner is an option of AWS; gs: does not know it.");
  }
  return options;
}

function dialectWith(userProject: string | undefined): S3Dialect {
  return {
    scheme: "gs",
    endpoint: gcsEndpoint,
    region: "auto",
    query: userProject === undefined ? undefined : `userProject=${encodeSegment(userProject)}`,
    makeAuthorizer: (options) => new GcsAuthorizer(options),
    listObjects: listGcsObjects,
  };
}

/** HMAC keys sign as for S3; tokens go in a header. Which of them it is shows when they are there. */
class GcsAuthorizer implements Authorizer {
  readonly #options: SignerOptions;
  readonly #byToken: TokenAuthorizer;
  #byKeys: RequestSigner | undefined;

  constructor(options: SignerOptions) {
    this.#options = options;
    this.#byToken = new TokenAuthorizer(options);
  }

  async sign(...request: Parameters<Authorizer["sign"]>): ReturnType<Authorizer["sign"]> {
    const grant = await this.#options.provider.get({ signal: request[2] });
    if (!("accessKeyId" in grant)) return this.#byToken.sign(...request);
    this.#byKeys ??= new RequestSigner(this.#options);
    return this.#byKeys.sign(...request);
  }
}
