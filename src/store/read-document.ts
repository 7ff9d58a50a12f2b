/**
 * Documents of a store's own: the pages of a listing. Loaded with the first one.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { AbsolutePath } from "../core/plan.js";
import type { Answer } from "../net/answer.js";
import { classify } from "../net/classify.js";
import { maxErrorBodyBytes, parseErrorBody } from "../net/error-body.js";
import type { Failure } from "../net/failure.js";
import type { ReadResult } from "../net/retry.js";

/** Listings may take their time. */
const firstByteMs = 30_000;

/** The store a document is of. */
export interface DocumentStore {
  readonly origin: string;
  /** Performs the request with the store's retries, each answer being judged before. */
  run(judge: (answer: Answer) => Answer, firstByteMs: number): Promise<ReadResult<Uint8Array>>;
  /** A failure in words. */
  explain(result: ReadResult, failure: Failure): Promise<ReaderError>;
}

/** @throws ReaderError `not-found` when there is none */
export async function readDocument(key: AbsolutePath, store: DocumentStore): Promise<Uint8Array> {
  const result = await store.run(findError, firstByteMs);
  const { answer } = result;
  if (answer.kind === "failure") throw await store.explain(result, answer.failure);
  if (answer.kind === "bytes") return answer.bytes;
  const { host } = new URL(store.origin);
  throw new ReaderError("not-found", `${host} has no listing for ${key}.`, { detail: { key } });
}

/** A 200 whose body is an error is judged by its code, as S3 may find out late that it cannot list. */
function findError(answer: Answer): Answer {
  if (answer.kind !== "bytes" || answer.bytes.length > maxErrorBodyBytes) return answer;
  const fields = parseErrorBody(new TextDecoder().decode(answer.bytes));
  const { code, requestId } = fields;
  if (code === undefined) return answer;
  return {
    kind: "failure",
    failure: {
      class: classify(200, fields),
      reason: `answered 200 ${code}`,
      status: 200,
      serverCode: code,
      ...(requestId === undefined ? {} : { requestId }),
    },
  };
}
