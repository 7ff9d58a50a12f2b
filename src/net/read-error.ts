/**
 * From an error answer to an answer that is data: absent, or a failure with its class
 * (docs/design/object-storage.md §9).
 *
 * @module
 */
import type { Answer } from "./answer.js";
import { classify, readRetryAfter } from "./classify.js";
import { type ErrorFields, maxErrorBodyBytes, parseErrorBody, regionOfEndpoint } from "./error-body.js";
import type { Failure } from "./failure.js";
import { readBody } from "./read-body.js";
import type { RemoteRead } from "./remote-read.js";
import { cancelBody } from "./response.js";
import type { RequestTimer } from "./timer.js";

/** What a status means that brings no data. Reads an error body, as far as it is of use, and names the failure. */
export async function readError(response: Response, timer: RequestTimer, read: RemoteRead): Promise<Answer> {
  const { status, headers } = response;
  if (status === 204 && read.method === "GET") {
    await cancelBody(response);
    return { kind: "absent" };
  }
  if (status === 416 && read.range !== undefined) {
    await cancelBody(response);
    const size = /^bytes \*\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1];
    return size === undefined ? { kind: "past-end" } : { kind: "past-end", size: Number(size) };
  }
  const body = await readBody(response, { maxBytes: maxErrorBodyBytes }, () => timer.progress(0)).catch(
    () => undefined,
  );
  timer.throwIfExpired();
  const parsed: ErrorFields = body === undefined ? {} : parseErrorBody(new TextDecoder().decode(body.bytes));
  const headerCode = headers.get("x-ms-error-code");
  const region = parsed.region ?? headers.get("x-amz-bucket-region") ?? regionOfEndpoint(parsed.endpoint);
  const fields: ErrorFields = {
    ...parsed,
    ...(parsed.code === undefined && headerCode !== null ? { code: headerCode } : {}),
    ...(region === undefined ? {} : { region }),
  };
  const kind = classify(status, fields);
  if ((status === 404 || status === 410) && saysAbsent(fields.code)) return { kind: "absent" };
  return { kind: "failure", failure: describeFailure(kind, response, fields, read) };
}

/**
 * Whether a 404 speaks of the object. One with another code speaks of the bucket, the account or the server; taken for an
 * absent chunk, it would become fill values.
 */
function saysAbsent(code: string | undefined): boolean {
  return (
    code === undefined ||
    /^(NoSuch(Key|Object|Version)|(Blob|Object|File|Path)?NotFound|notFound)$/.test(code)
  );
}

function describeFailure(
  kind: Failure["class"],
  response: Response,
  fields: ErrorFields,
  read: RemoteRead,
): Failure {
  const { status, headers } = response;
  const retryAfterMs = readRetryAfter(headers, Date.now());
  const requestId = fields.requestId ?? headers.get("x-amz-request-id") ?? undefined;
  const told =
    fields.serverTime ?? (read.cache === "no-store" && !headers.has("age") ? headers.get("date") : null);
  const serverTimeMs = told === null || told === undefined ? Number.NaN : Date.parse(told);
  return {
    class: kind,
    reason: `answered ${status}${fields.code === undefined ? "" : ` ${fields.code}`}`,
    status,
    ...(fields.code === undefined ? {} : { serverCode: fields.code }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(fields.region === undefined ? {} : { region: fields.region }),
    ...(Number.isNaN(serverTimeMs) ? {} : { serverTimeMs }),
  };
}
