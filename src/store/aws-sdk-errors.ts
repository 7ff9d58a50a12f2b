/**
 * From what the AWS SDK throws to the one error class. The SDK's own errors hold the response and are not passed on.
 *
 * @module
 */
import { type ErrorDetail, isReaderError, ReaderError } from "../core/error.js";
import { classify } from "../net/classify.js";
import { codeOf } from "../net/failure.js";

/** The few fields of the SDK's errors that are looked at. */
interface SdkError {
  readonly name?: unknown;
  readonly Region?: unknown;
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    readonly requestId?: string;
    readonly attempts?: number;
  };
}

/** What was asked when it failed. */
export interface SdkRead {
  readonly op: string;
  readonly key: string;
  readonly bucket: string;
}

/** The status of the answer that an error came with; `undefined` when there was no answer. */
export function statusOf(thrown: unknown): number | undefined {
  return (thrown as SdkError | undefined)?.$metadata?.httpStatusCode;
}

/** The error for what a client threw; an error of ours stays what it is. */
export function explainSdkError(thrown: unknown, { op, key, bucket }: SdkRead): ReaderError {
  if (isReaderError(thrown)) return thrown;
  const { name, $metadata = {} } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as SdkError;
  const { httpStatusCode: status, requestId, attempts } = $metadata;
  // HEAD has no body, so the SDK names the error after the status, or not at all.
  const told = typeof name === "string" && !/^(\d+|Error|Unknown.*|Forbidden)$/.test(name) ? name : undefined;
  const detail: ErrorDetail = {
    op,
    key,
    ...(status === undefined ? {} : { status }),
    ...(told === undefined ? {} : { serverCode: told }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(attempts === undefined ? {} : { attempts }),
  };
  const tail = [told, requestId === undefined ? undefined : `request ${requestId}`]
    .filter((tag) => tag !== undefined)
    .join(", ");
  const text = (message: string): string => (tail === "" ? message : `${message} [${tail}]`);
  if (status === undefined) {
    if (told !== undefined && /Credentials/.test(told)) {
      return new ReaderError("config", text("The client has no credentials, or could not get them."), {
        detail,
      });
    }
    return new ReaderError("network", text(`The client got no answer for ${key} in bucket ${bucket}.`), {
      detail: { ...detail, retryable: true },
      hint: "Check the client's endpoint, the network, and in a page the bucket's CORS rule.",
    });
  }
  const fields = { ...(told === undefined ? {} : { code: told }) };
  const code = codeOf(classify(status, fields));
  const message =
    code === "not-found"
      ? `Bucket ${bucket} does not exist.`
      : `The server answered ${status} for ${key} in bucket ${bucket}.`;
  const hint =
    code === "forbidden"
      ? "The client's identity needs s3:GetObject (and s3:ListBucket to tell missing objects apart)."
      : code === "region"
        ? "Set the region of the client."
        : undefined;
  return new ReaderError(code, text(message), { detail, hint });
}
