/**
 * The bodies of servers that ignore ranges, send others, or do not show the page which they sent. Loaded at the first one
 * (docs/design/object-storage.md §5).
 *
 * @module
 */
import type { RangeQuery } from "../core/plan.js";
import type { Answer } from "./answer.js";
import { bodyAnswer, type Into, shortBody, type Tag, tooLong, watched, wholeLimits } from "./body-answer.js";
import { clipRange, type RemoteRead, rangeHeader } from "./remote-read.js";
import { cancelBody, contentLength } from "./response.js";
import type { RequestTimer } from "./timer.js";

/** 200 to a range: taken where it is what was asked for all the same, else stopped at once. Parts of encoded bodies are none. */
export async function readIgnoredRange(
  range: RangeQuery,
  response: Response,
  timer: RequestTimer,
  tag: Tag,
): Promise<Answer> {
  if (response.status !== 200) {
    await cancelBody(response);
    const reason = "it is stored with Content-Encoding, so its bytes cannot be read in parts";
    return { kind: "failure", failure: { class: "unsupported", reason } };
  }
  const length = contentLength(response);
  const wanted = "suffixLength" in range ? range.suffixLength : range.offset === 0 ? range.length : 0;
  if (length === undefined || length > wanted) {
    await cancelBody(response);
    return { kind: "range-ignored", ...(length === undefined ? {} : { size: length }), ...tag };
  }
  return bodyAnswer(response, timer, wholeLimits(response), (bytes) => ({
    whole: true as const,
    size: bytes.length,
    ...tag,
  }));
}

/** Browsers hide `Content-Range` unless the server exposes it: then the length must speak for the bytes. */
export async function readUntoldPart(
  read: RemoteRead,
  range: RangeQuery,
  response: Response,
  timer: RequestTimer,
  tag: Tag,
  into: Into,
): Promise<Answer> {
  const wanted = "suffixLength" in range ? range.suffixLength : range.length;
  const asked = read.size === undefined ? wanted : clipRange(range, read.size).length;
  const answer = await bodyAnswer(
    response,
    timer,
    // A range that ends beyond the object is rare: room for all of it saves moving it again and again.
    {
      maxBytes: asked,
      expectBytes: asked,
      ...watched("offset" in range ? into : { ...into, onArrived: undefined }, tag),
    },
    () => tag,
  );
  if (answer.kind !== "bytes" || answer.bytes.length === asked) return answer;
  if (read.size === undefined) return { ...answer, unverified: true };
  return shortBody(answer.bytes.length, asked);
}

/** 206 with bytes that were not asked for. */
export async function refuseOtherRange(range: RangeQuery, response: Response): Promise<Answer> {
  await cancelBody(response);
  const told = response.headers.get("content-range");
  const reason = `it answered "${told}" to a request for "${rangeHeader(range)}"`;
  return { kind: "failure", failure: { class: "corrupt", reason, status: 206 } };
}

/** A whole object in place of a part of it: as long as it is small. */
export async function readCapped(
  maxBytes: number,
  response: Response,
  timer: RequestTimer,
  tag: Tag,
): Promise<Answer> {
  const length = contentLength(response);
  if (length !== undefined && length > maxBytes) {
    await cancelBody(response);
    return tooLargeToReadWhole(length);
  }
  const limits = wholeLimits(response);
  if (limits.maxBytes !== undefined) {
    return bodyAnswer(response, timer, limits, (bytes) =>
      bytes.length === length ? { size: length, ...tag } : tag,
    );
  }
  const body = await bodyAnswer(response, timer, { ...limits, maxBytes }, () => tag);
  return body.kind === "failure" && body.failure.reason === tooLong ? tooLargeToReadWhole(length) : body;
}

function tooLargeToReadWhole(length: number | undefined): Answer {
  const size = length === undefined ? "" : ` of ${length} bytes`;
  const reason = `ignores Range, and the object${size} is too large to read whole`;
  return {
    kind: "failure",
    failure: {
      class: "range-unsupported",
      reason,
      status: 200,
      ...(length !== undefined && { size: length }),
    },
  };
}
