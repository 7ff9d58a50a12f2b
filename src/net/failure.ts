/**
 * A request that gave no data: its classes, what may cure them, and the code each is told by
 * (docs/design/object-storage.md §9).
 *
 * @module
 */
import type { ErrorCode } from "../core/error.js";

export type FailureClass =
  | "network"
  | "timeout"
  | "short-body"
  | "transient"
  | "throttle"
  | "clock"
  | "expired"
  | "region"
  | "forbidden"
  | "no-container"
  | "range-unsupported"
  | "unsupported"
  | "corrupt"
  | "refused";

/** A request that gave no data, as plain data. Nothing in it is a secret. */
export interface Failure {
  readonly class: FailureClass;
  /** What happened, for the error message. */
  readonly reason: string;
  readonly status?: number;
  readonly serverCode?: string;
  readonly requestId?: string;
  /** The server's wish, before caps. */
  readonly retryAfterMs?: number;
  /** Of an object that was too long to be read whole. */
  readonly size?: number;
  /** Region the server names for the bucket. */
  readonly region?: string;
  /** The server's clock, in milliseconds since 1970. */
  readonly serverTimeMs?: number;
  /** The connection failed before any header came: CORS looks the same. */
  readonly beforeHeaders?: boolean;
}

/** Classes that are not codes themselves. */
type OtherName = Exclude<FailureClass, ErrorCode>;

const otherCodes: Readonly<Record<OtherName, ErrorCode>> = {
  transient: "server",
  throttle: "throttled",
  "no-container": "not-found",
  refused: "server",
};

/** The code a class of failure is told by. */
export function codeOf(name: FailureClass): ErrorCode {
  return name in otherCodes ? otherCodes[name as OtherName] : (name as Exclude<FailureClass, OtherName>);
}

/** Classes that another attempt may cure by itself. */
export const retryableClasses: ReadonlySet<FailureClass> = new Set([
  "network",
  "timeout",
  "short-body",
  "transient",
  "throttle",
]);
