/**
 * The bodies of good answers: which range came, whether all of it came, what is kept of one that broke off
 * (the table of docs/design/object-storage.md §5).
 *
 * @module
 */
import type { RangeQuery } from "../core/plan.js";
import type { Answer, Salvage } from "./answer.js";
import type { OnArrived, ToldFacts } from "./arrivals.js";
import { connectionFailure } from "./connection-failure.js";
import { type BodyLimits, readBody } from "./read-body.js";
import { clipRange, type RemoteRead, rangeHeader } from "./remote-read.js";
import { cancelBody, contentLength, isEncoded, strongEtag } from "./response.js";
import type { RequestTimer } from "./timer.js";

/** Of a longer body that breaks off, what came is kept. */
const salvageAboveBytes = 8 * 1024 * 1024;

interface Tag {
  readonly etag?: string;
}

/** Reads the body of a 200 or 206, as far as it is what was asked for; cancels it otherwise. */
export async function readData(
  read: RemoteRead,
  response: Response,
  timer: RequestTimer,
  onArrived?: OnArrived,
): Promise<Answer> {
  const etag = strongEtag(response);
  const tag = etag === undefined ? {} : { etag };
  if (read.method === "HEAD") {
    await cancelBody(response);
    const size = contentLength(response);
    return size === undefined ? { kind: "head", ...tag } : { kind: "head", size, ...tag };
  }
  if (read.range === undefined) return readWhole(read, response, timer, tag);
  if (response.status === 200) return readIgnoredRange(read.range, response, timer, tag);
  if (isEncoded(response)) {
    await cancelBody(response);
    const reason = "it is stored with Content-Encoding, so its bytes cannot be read in parts";
    return { kind: "failure", failure: { class: "unsupported", reason } };
  }
  return readPart(read, read.range, response, timer, tag, onArrived);
}

/** A whole object. A decoded body tells nothing about the size of what is stored. */
async function readWhole(
  read: RemoteRead,
  response: Response,
  timer: RequestTimer,
  tag: Tag,
): Promise<Answer> {
  const { maxBytes } = read;
  const length = contentLength(response);
  if (maxBytes !== undefined && length !== undefined && length > maxBytes) {
    await cancelBody(response);
    return tooLargeToReadWhole(length);
  }
  const limits = wholeLimits(response);
  const salvage = salvageOf(0, length, length, tag);
  if (maxBytes === undefined || limits.maxBytes !== undefined) {
    return bodyAnswer(
      response,
      timer,
      limits,
      (bytes) => (bytes.length === length ? { size: length, ...tag } : tag),
      salvage,
    );
  }
  const body = await bodyAnswer(response, timer, { ...limits, maxBytes }, () => tag);
  return isTooLong(body) ? tooLargeToReadWhole(length) : body;
}

function tooLargeToReadWhole(length: number | undefined): Answer {
  const size = length === undefined ? "" : ` of ${length} bytes`;
  const reason = `ignores Range, and the object${size} is too large to read whole`;
  return { kind: "failure", failure: { class: "range-unsupported", reason, status: 200 } };
}

async function readPart(
  read: RemoteRead,
  range: RangeQuery,
  response: Response,
  timer: RequestTimer,
  tag: Tag,
  onArrived: OnArrived | undefined,
): Promise<Answer> {
  const header = response.headers.get("content-range");
  const told = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? "");
  if (told === null) return readUntoldPart(read, range, response, timer, tag, onArrived);
  const [start, end] = [Number(told[1]), Number(told[2])];
  const size = told[3] === "*" ? undefined : Number(told[3]);
  const fits =
    "suffixLength" in range
      ? size !== undefined && end === size - 1 && end - start + 1 === Math.min(range.suffixLength, size)
      : start === range.offset &&
        (end === range.offset + range.length - 1 ||
          (size !== undefined && end === size - 1 && end < range.offset + range.length));
  if (!fits) {
    await cancelBody(response);
    const reason = `it answered "${header}" to a request for "${rangeHeader(range)}"`;
    return { kind: "failure", failure: { class: "corrupt", reason, status: 206 } };
  }
  const length = end - start + 1;
  const more = size === undefined ? tag : { size, ...tag };
  return bodyAnswer(
    response,
    timer,
    { maxBytes: length, exactBytes: length, ...watched(onArrived, more) },
    () => more,
    salvageOf(start, length, size, tag),
  );
}

function watched(onArrived: OnArrived | undefined, told: ToldFacts): Pick<BodyLimits, "onFilled"> {
  return onArrived === undefined ? {} : { onFilled: (room, filled) => onArrived(room, filled, told) };
}

/** Browsers hide `Content-Range` unless the server exposes it: then the length must speak for the bytes. */
async function readUntoldPart(
  read: RemoteRead,
  range: RangeQuery,
  response: Response,
  timer: RequestTimer,
  tag: Tag,
  onArrived: OnArrived | undefined,
): Promise<Answer> {
  const wanted = "suffixLength" in range ? range.suffixLength : range.length;
  const asked = read.size === undefined ? wanted : clipRange(range, read.size).length;
  const answer = await bodyAnswer(
    response,
    timer,
    // A range that ends beyond the object is rare: room for all of it saves moving it again and again.
    { maxBytes: asked, expectBytes: asked, ...("offset" in range ? watched(onArrived, tag) : {}) },
    () => tag,
  );
  if (answer.kind !== "bytes" || answer.bytes.length === asked) return answer;
  if (read.size === undefined) return { ...answer, unverified: true };
  return shortBody(answer.bytes.length, asked);
}

/** 200 to a range: taken where it is what was asked for all the same, else stopped at once. */
async function readIgnoredRange(
  range: RangeQuery,
  response: Response,
  timer: RequestTimer,
  tag: Tag,
): Promise<Answer> {
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

const tooLongReason = "more bytes came than were asked for";

function isTooLong(answer: Answer): boolean {
  return answer.kind === "failure" && answer.failure.reason === tooLongReason;
}

/** Where what comes of a body lies in which version of the object; `undefined` where that is not known, or not worth it. */
function salvageOf(
  offset: number,
  length: number | undefined,
  size: number | undefined,
  { etag }: Tag,
): Omit<Salvage, "bytes"> | undefined {
  if (length === undefined || size === undefined || etag === undefined) return undefined;
  return length > salvageAboveBytes ? { offset, size, etag } : undefined;
}

async function bodyAnswer(
  response: Response,
  timer: RequestTimer,
  limits: BodyLimits,
  more: (bytes: Uint8Array) => { size?: number; etag?: string; whole?: true },
  salvage?: Omit<Salvage, "bytes">,
): Promise<Answer> {
  const { bytes, overflow, broken } = await readBody(response, limits, () => timer.progress());
  if (overflow) return { kind: "failure", failure: { class: "short-body", reason: tooLongReason } };
  const { exactBytes, toleranceBytes = 0 } = limits;
  const isShort = exactBytes !== undefined && bytes.length + toleranceBytes < exactBytes;
  if (broken === undefined && !isShort) return { kind: "bytes", bytes, ...more(bytes) };
  const failure =
    broken === undefined
      ? shortBody(bytes.length, exactBytes ?? 0)
      : ({ kind: "failure", failure: connectionFailure(broken.reason, timer) } as const);
  return salvage === undefined || bytes.length === 0
    ? failure
    : { ...failure, salvage: { bytes, ...salvage } };
}

function shortBody(got: number, wanted: number): Extract<Answer, { kind: "failure" }> {
  return { kind: "failure", failure: { class: "short-body", reason: `sent ${got} of ${wanted} bytes` } };
}

/**
 * What a whole body must measure. A browser decodes a compressed answer and hides that it did when the header is not
 * exposed; then the body is longer than `Content-Length`, or a few bytes shorter where compression did not pay.
 */
function wholeLimits(response: Response): BodyLimits {
  const length = contentLength(response);
  if (length === undefined) return {};
  return response.type === "cors"
    ? { exactBytes: length, toleranceBytes: 64, expectBytes: length }
    : { exactBytes: length, maxBytes: length };
}
