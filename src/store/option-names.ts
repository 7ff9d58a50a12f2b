/**
 * The names of the options by which places are opened: any other is one of another library's, or a slip.
 *
 * @module
 */
import type { StorageOptions } from "./storage-options.js";

/** Those of `open` and `diagnose` among them, which come along. */
const ownNames: Readonly<
  Record<
    | keyof StorageOptions
    | "format"
    | "kind"
    | "source"
    | "pool"
    | "createWorker"
    | "memory"
    | "signal"
    | "onProgress",
    1
  >
> = {
  account: 1,
  addressing: 1,
  allowHttp: 1,
  auth: 1,
  cache: 1,
  coalescing: 1,
  createWorker: 1,
  credentials: 1,
  doublingTimeMs: 1,
  endpoint: 1,
  expectedBucketOwner: 1,
  fetch: 1,
  fetchIn: 1,
  format: 1,
  gcsApi: 1,
  headers: 1,
  hostHeader: 1,
  kind: 1,
  limiter: 1,
  listing: 1,
  maxRequestsPerOrigin: 1,
  maxRequestsPerSecond: 1,
  memory: 1,
  missingOn403: 1,
  onDiagnostic: 1,
  onProgress: 1,
  pool: 1,
  region: 1,
  remotes: 1,
  requesterPays: 1,
  retries: 1,
  sessionToken: 1,
  signal: 1,
  source: 1,
  timeouts: 1,
  untrusted: 1,
  userProject: 1,
};

/** Tells whether an option is known here by its name. */
export function isOwnName(name: string): boolean {
  return Object.hasOwn(ownNames, name);
}
