/**
 * The one error class of the package, its codes, and its form as plain data for the worker boundary.
 * Contract: docs/design/api.md §4.
 *
 * @module
 */

export type ErrorCode =
  // storage
  | "config"
  | "unsupported"
  | "not-found"
  | "forbidden"
  | "expired"
  | "clock"
  | "region"
  | "throttled"
  | "server"
  | "network"
  | "cors"
  | "timeout"
  | "range-unsupported"
  | "short-body"
  | "changed"
  // data
  | "unknown-format"
  | "invalid-metadata"
  | "unknown-codec"
  | "codec-failed"
  | "corrupt"
  | "limit-exceeded"
  // use
  | "invalid-query";

/** What is known about the place and the circumstances of a failure. URLs are redacted before they get here. */
export interface ErrorDetail {
  readonly op?: string;
  readonly key?: string;
  readonly url?: string;
  readonly status?: number;
  /** Of an object that was too long to be read whole, in bytes. */
  readonly size?: number;
  readonly serverCode?: string;
  /** Why no answer came at all, as far as a browser lets it be found out. */
  readonly verdict?:
    | "offline"
    | "mixed-content"
    | "blocked-by-csp"
    | "local-network"
    | "cors"
    | "preflight"
    | "redirect"
    | "network"
    | "network-or-cors";
  readonly requestId?: string;
  readonly attempts?: number;
  readonly elapsedMs?: number;
  readonly retryable?: boolean;
  readonly codec?: string;
  readonly part?: string;
}

/** A `ReaderError` as data: what crosses the worker boundary, where a thrown one loses all but its message. */
export interface ErrorJson {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly detail: ErrorDetail;
}

/** Survives duplicate installs and realms, where `instanceof` would not. */
const brand: unique symbol = Symbol.for("cloudcrop.ReaderError") as never;

/**
 * Any failure the library reports, told apart by `code`. The message says what failed, where, and what to do;
 * it never holds credentials or URL queries.
 */
export class ReaderError extends Error {
  override readonly name = "ReaderError";
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;
  /** The next step for the user, in one or two sentences; part of the message too. */
  readonly hint: string | undefined;
  readonly [brand] = true;

  constructor(
    code: ErrorCode,
    message: string,
    options: { detail?: ErrorDetail; hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(
      `${code}: ${message}${options.hint === undefined ? "" : ` ${options.hint}`}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.detail = options.detail ?? {};
    this.hint = options.hint;
  }

  toJSON(): ErrorJson {
    const bare = { code: this.code, message: this.message, detail: this.detail };
    return this.hint === undefined ? bare : { ...bare, hint: this.hint };
  }
}

/** Narrows an unknown value to `ReaderError`, and to one code when given. */
export function isReaderError<C extends ErrorCode>(
  value: unknown,
  code?: C,
): value is ReaderError & { code: C } {
  if (typeof value !== "object" || value === null || !(brand in value)) return false;
  return code === undefined || (value as ReaderError).code === code;
}

/** Rebuilds an error from its data form; message and hint are taken as they are. */
export function errorFromJson(json: ErrorJson): ReaderError {
  const error = new ReaderError(json.code, "", { detail: json.detail });
  error.message = json.message;
  if (json.hint !== undefined) Object.defineProperty(error, "hint", { value: json.hint, enumerable: true });
  return error;
}

/**
 * Turns whatever was thrown into data. An error that is not ours becomes `fallback`, which names the stage that failed.
 */
export function errorToJson(thrown: unknown, fallback: ErrorCode, where: string): ErrorJson {
  if (isReaderError(thrown)) return thrown.toJSON();
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ReaderError(fallback, `${where}: ${message}`).toJSON();
}
