/**
 * What an answer that is not data means: server code before status (docs/design/object-storage.md §9). Loaded with the
 * first such answer.
 *
 * @module
 */
import type { ErrorFields } from "./error-body.js";
import type { FailureClass } from "./failure.js";

const byCode: Readonly<Record<string, FailureClass>> = {
  SlowDown: "throttle",
  RequestLimitExceeded: "throttle",
  BandwidthLimitExceeded: "throttle",
  ServerBusy: "throttle",
  InternalError: "transient",
  InternalFailure: "transient",
  ServiceUnavailable: "transient",
  RequestTimeout: "transient",
  OperationTimedOut: "transient",
  OperationAborted: "transient",
  RequestTimeTooSkewed: "clock",
  RequestInTheFuture: "clock",
  ExpiredToken: "expired",
  ExpiredTokenException: "expired",
  TokenRefreshRequired: "expired",
  InvalidToken: "expired",
  PermanentRedirect: "region",
  TemporaryRedirect: "region",
  IllegalLocationConstraintException: "region",
  SignatureDoesNotMatch: "forbidden",
  InvalidAccessKeyId: "forbidden",
  AccessDenied: "forbidden",
  AllAccessDisabled: "forbidden",
  InvalidObjectState: "forbidden",
  NoSuchBucket: "no-container",
  ContainerNotFound: "no-container",
  // Azure: of a container that is private or not there, asked without a login
  ResourceNotFound: "no-container",
  // Azure: a private container asked without a login, an archived blob
  PublicAccessNotPermitted: "forbidden",
  BlobArchived: "forbidden",
  ContainerBeingDeleted: "no-container",
  ContainerDisabled: "forbidden",
  // Google's JSON API
  rateLimitExceeded: "throttle",
  userRateLimitExceeded: "throttle",
  backendError: "transient",
  internalError: "transient",
  authError: "expired",
  UserProjectMissing: "forbidden",
  UserProjectAccountProblem: "forbidden",
};

const throttlePrefixes = ["Throttling", "RequestThrottled", "TooManyRequests"];
const throttleStatus: ReadonlySet<number> = new Set([429, 503, 509]);
const transientStatus: ReadonlySet<number> = new Set([
  408, 425, 429, 500, 502, 503, 504, 509, 520, 521, 522, 523, 524, 598, 599,
]);

/** Class of an error answer; a code wins over the status. */
export function classify(status: number, fields: ErrorFields): FailureClass {
  const { code } = fields;
  if (code !== undefined) {
    if (code.startsWith("Authorization") && fields.region !== undefined) return "region";
    if (code === "AccessDenied" && /expired/i.test(fields.message ?? "")) return "expired";
    if (code === "AccessDenied" && /not yet valid/i.test(fields.message ?? "")) return "clock";
    const known = byCode[code];
    if (known !== undefined) return known;
    if (throttlePrefixes.some((prefix) => code.startsWith(prefix))) return "throttle";
  }
  if (throttleStatus.has(status)) return "throttle";
  if (transientStatus.has(status)) return "transient";
  if (status >= 500 && code !== undefined && status !== 501 && status !== 505) return "transient";
  if (status === 401) return "expired";
  if (status === 403) return "forbidden";
  // HEAD has no body: only the header tells that the signature was made for another region.
  if (status === 400 && code === undefined && fields.region !== undefined) return "region";
  // A 304 answers a question we never ask.
  if (status >= 301 && status <= 308 && status !== 304) return "region";
  return "refused";
}

/** Milliseconds a server asks to wait: `Retry-After` in seconds or as a date, `x-amz-retry-after` in milliseconds. */
export function readRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const own = headers.get("x-amz-retry-after");
  if (own !== null && /^\d+$/.test(own)) return Number(own);
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
