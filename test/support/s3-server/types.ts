/**
 * @module The words of the embedded S3 server: what a test may configure and what it may look at afterwards.
 * Follows docs/design/object-storage.md §14.
 */

/** One set of keys the server knows. Several sets may belong to one `user` (a permanent key and a session). */
export interface Account {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present for temporary credentials: requests must carry exactly this token. */
  readonly sessionToken?: string;
  /** After this moment requests answer `ExpiredToken`. */
  readonly expiration?: Date;
  /** Whom the keys belong to; decides ownership of buckets. Defaults to `accessKeyId`. */
  readonly user?: string;
  /** Narrows what the keys may do in the user's own buckets, e.g. `["s3:GetObject"]` (no listing). Default: all. */
  readonly actions?: readonly Action[];
}

export type Action = "s3:GetObject" | "s3:PutObject" | "s3:DeleteObject" | "s3:ListBucket" | "s3:Admin";

/** One rule of a bucket's CORS configuration, in the words of the S3 API. */
export interface CorsRule {
  readonly AllowedOrigins: readonly string[];
  readonly AllowedMethods: readonly string[];
  readonly AllowedHeaders?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  readonly MaxAgeSeconds?: number;
  readonly ID?: string;
}

export interface BucketOptions {
  /** `user` of the owning account. Default: the server's first account. */
  readonly owner?: string;
  /** Twelve digits, compared with `x-amz-expected-bucket-owner`. Default `000000000000`. */
  readonly ownerId?: string;
  /** Default: the server's region. */
  readonly region?: string;
  /** `true`: anyone may read every object; a list: anyone may read keys under these prefixes. Default `false`. */
  readonly publicRead?: boolean | readonly string[];
  /** Likewise for listing, which also decides whether an absent key answers 404 or 403. Default: as `publicRead`. */
  readonly publicList?: boolean | readonly string[];
  /** Default: none, as for a new bucket on AWS. See `RECOMMENDED_CORS`. */
  readonly cors?: readonly CorsRule[];
  /** Strangers must say `x-amz-request-payer: requester`; anonymous requests are refused. */
  readonly requesterPays?: boolean;
}

export interface ServerOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Default: `[DEFAULT_ACCOUNT]`. */
  readonly accounts?: readonly Account[];
  /** Hosts `<bucket>.<suffix>` address a bucket. Default `["s3.localhost"]`. */
  readonly hostSuffixes?: readonly string[];
  /** `false`: answers of status >= 400 carry no CORS header, as on some servers. Default `true`. */
  readonly corsOnErrors?: boolean;
  /** Added before every answer, preflights included. Default 0. */
  readonly latencyMs?: number;
  /** The server's clock in ms since 1970; move it to test skew and expiry. Default `Date.now`. */
  readonly now?: () => number;
  /** Upper bound of a list page. Default 1000. */
  readonly maxKeys?: number;
  /** How `encoding-type=url` writes a space: AWS says `+`, RadosGW `%20`. Default `plus`. */
  readonly listSpace?: "plus" | "percent";
  /** Smallest multipart part but the last. Default 5 MiB. */
  readonly minPartBytes?: number;
  /** Decides on `chance`; default `Math.random`. */
  readonly random?: () => number;
  /** Log entries kept; older ones are dropped. Default 10 000. */
  readonly maxLogEntries?: number;
}

/** What goes wrong. Several rules of different kinds may hit one request. */
export type Fault =
  | { readonly kind: "delay"; readonly ms: number }
  | {
      readonly kind: "status";
      readonly status: number;
      /** S3 error code of the XML body; without it the body is empty. */
      readonly code?: string;
      readonly message?: string;
      /** Seconds, or an HTTP date. */
      readonly retryAfter?: number | string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "redirect"; readonly location: string; readonly status?: number }
  /** The connection is reset before any header. */
  | { readonly kind: "reset" }
  /** Headers promise everything, `afterBytes` bytes come, then the connection ends (`fin`, default) or resets. */
  | {
      readonly kind: "cut";
      readonly afterBytes: number;
      readonly how?: "fin" | "rst";
      /** Send the body chunked, without Content-Length. */
      readonly chunked?: boolean;
    }
  /** Silence before the headers, or after `afterBytes` of the body; for `ms`, or until the connection closes. */
  | { readonly kind: "stall"; readonly afterBytes?: number; readonly ms?: number }
  | { readonly kind: "drip"; readonly bytes: number; readonly everyMs: number }
  /** A well-formed answer whose body (and Content-Length) is `dropBytes` shorter than it should be. */
  | { readonly kind: "truncate"; readonly dropBytes: number }
  /** One bit of the body differs. `at` is a byte offset in the answer's body, negative from its end. */
  | { readonly kind: "flip-bit"; readonly at: number }
  /** 200 with the whole object where 206 was asked for. */
  | { readonly kind: "ignore-range" }
  /** No Content-Length: a body comes in chunks, a HEAD answer tells no size. */
  | { readonly kind: "no-length" }
  /** Content-Range is shifted by `shift` bytes (default 1), or replaced by `value`, or left out (`value: ""`). */
  | { readonly kind: "wrong-content-range"; readonly shift?: number; readonly value?: string }
  | { readonly kind: "etag-flip" }
  /** No CORS header on the answer (`on: "errors"`, default: only if its status is >= 400). */
  | { readonly kind: "no-cors"; readonly on?: "errors" | "all" };

export type FaultKind = Fault["kind"];

/** Which requests a fault hits. */
export interface FaultRule {
  readonly fault: Fault;
  /** Tested against the decoded `/bucket/key`, whatever the addressing. Default: every path. */
  readonly path?: RegExp;
  /** Default: every method but OPTIONS. */
  readonly method?: string | readonly string[];
  /** Let this many matching requests pass first. Default 0. */
  readonly skip?: number;
  /** Then hit this many. Default: all. */
  readonly count?: number;
  /** Then hit with this probability, from 0 to 1. Default: always. */
  readonly chance?: number;
}

/** A rule in force. */
export interface FaultHandle {
  /** Requests hit so far. */
  readonly hits: number;
  remove(): void;
}

export interface Counters {
  requests: number;
  GET: number;
  HEAD: number;
  OPTIONS: number;
  PUT: number;
  DELETE: number;
  POST: number;
  /** ListObjects calls; these count under GET as well. */
  LIST: number;
  /** Body bytes handed to the network. */
  bytesOut: number;
  /** Body bytes received. */
  bytesIn: number;
  /** Answers of status >= 400. */
  errors: number;
  /** Requests that asked to be read as signed, by where the signature stood. */
  signedHeader: number;
  signedQuery: number;
  concurrent: number;
  maxConcurrent: number;
  connections: number;
}

/** One request, filled in as it proceeds: `status` and `bytes` are set before the client can see them. */
export interface LogEntry {
  readonly id: string;
  /** Server clock, ms since 1970. */
  readonly time: number;
  readonly method: string;
  readonly host: string;
  /** As sent, undecoded, without the query. */
  readonly path: string;
  readonly bucket: string | undefined;
  readonly key: string;
  /** As sent; signature, credential and token values are replaced by `-`. */
  readonly query: string;
  readonly range: string | undefined;
  readonly origin: string | undefined;
  auth: "anonymous" | "header" | "query";
  status: number | undefined;
  /** S3 error code of the answer. */
  code: string | undefined;
  /** Body bytes handed to the network so far. */
  bytes: number;
  durationMs: number | undefined;
  /** The connection ended before the answer did. */
  aborted: boolean;
}
