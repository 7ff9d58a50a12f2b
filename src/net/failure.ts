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

/** The code each class of failure is told by. */
export const errorCodes: Readonly<Record<FailureClass, ErrorCode>> = {
  network: "network",
  timeout: "timeout",
  "short-body": "short-body",
  transient: "server",
  throttle: "throttled",
  clock: "clock",
  expired: "expired",
  region: "region",
  forbidden: "forbidden",
  "no-container": "not-found",
  "range-unsupported": "range-unsupported",
  unsupported: "unsupported",
  corrupt: "corrupt",
  refused: "server",
};

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
  /** Region the server names for the bucket. */
  readonly region?: string;
  /** The server's clock, in milliseconds since 1970. */
  readonly serverTimeMs?: number;
  /** The connection failed before any header came: CORS looks the same. */
  readonly beforeHeaders?: boolean;
}

/** Classes that another attempt may cure by itself. */
export const retryableClasses: ReadonlySet<FailureClass> = new Set([
  "network",
  "timeout",
  "short-body",
  "transient",
  "throttle",
]);
