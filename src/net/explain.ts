/**
 * From a failed read to the one error class. The words are loaded when they are needed.
 *
 * @module
 */
import { type ErrorCode, type ErrorDetail, ReaderError } from "../core/error.js";
import { errorCodes, type Failure } from "./failure.js";
import type { Words } from "./failure-words.js";
import { bareUrl } from "./redact.js";
import type { ReadResult, Transport } from "./retry.js";

/** What the store knows beyond the request. */
export interface ExplainContext {
  readonly region?: string | undefined;
  readonly bucket?: string | undefined;
  /** What a reader must be allowed to do, where it is not S3's. */
  readonly permission?: string | undefined;
  readonly requesterPays?: boolean | undefined;
  /** Why a refresh of the keys failed, or that they cannot be refreshed. */
  readonly refresh?: string | undefined;
  readonly clockOffsetMs?: number | undefined;
}

/** Failures another try, later, may not meet. */
const retryableCodes: ReadonlySet<ErrorCode> = new Set([
  "network",
  "timeout",
  "short-body",
  "server",
  "throttled",
]);

/** The error for a read whose last answer was a failure. */
export async function explainFailure(
  result: ReadResult,
  failure: Failure,
  transport: Transport,
  context: ExplainContext = {},
): Promise<ReaderError> {
  const { read, attempts, elapsedMs } = result;
  const { code, message, hint, verdict } = await wordsFor(result, failure, transport, context);
  const detail: ErrorDetail = {
    op: read.method,
    key: read.key,
    url: bareUrl(read.url),
    attempts,
    elapsedMs,
    retryable: failure.class !== "refused" && retryableCodes.has(code),
    ...(verdict === undefined ? {} : { verdict }),
    ...(failure.status === undefined ? {} : { status: failure.status }),
    ...(failure.serverCode === undefined ? {} : { serverCode: failure.serverCode }),
    ...(failure.requestId === undefined ? {} : { requestId: failure.requestId }),
  };
  const tags = [
    failure.serverCode,
    failure.requestId === undefined ? undefined : `request ${failure.requestId}`,
  ];
  const tail = tags.filter((tag) => tag !== undefined).join(", ");
  return new ReaderError(code, tail === "" ? message : `${message} [${tail}]`, { detail, hint });
}

async function wordsFor(
  result: ReadResult,
  failure: Failure,
  transport: Transport,
  context: ExplainContext,
): Promise<Words> {
  let find: typeof import("./failure-words.js").findWords;
  try {
    ({ findWords: find } = await import("./failure-words.js"));
  } catch {
    // A page that is cut off from its own server has to do without them.
    const { read } = result;
    return {
      code: errorCodes[failure.class],
      message: `${new URL(read.root).host}: ${failure.reason} for ${read.key}.`,
    };
  }
  return find(result, failure, transport, context);
}
