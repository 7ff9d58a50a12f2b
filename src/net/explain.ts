/**
 * From a failed read to the one error class. The words are loaded when they are needed.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { isOffline } from "./environment.js";
import { codeOf, type Failure } from "./failure.js";
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

/** The error for a read whose last answer was a failure. */
export async function explainFailure(
  result: ReadResult,
  failure: Failure,
  transport: Transport,
  context: ExplainContext = {},
): Promise<ReaderError> {
  const words = await import("./failure-words.js").catch(() => undefined);
  if (words !== undefined) return words.inWords(result, failure, transport, context);
  // A page that is cut off from its own server has to do without them.
  const { key, method: op, root } = result.read;
  const { host } = new URL(root);
  const message = isOffline()
    ? `No connection to ${host}: this computer is offline.`
    : `${host}: ${failure.reason} for ${key}.`;
  return new ReaderError(codeOf(failure.class), message, { detail: { op, key, attempts: result.attempts } });
}
