/**
 * Performs one described request, once: status table, range checks, length checks, timers
 * (docs/design/object-storage.md §5, §8, §9). What went wrong comes back as data; only an abort throws.
 *
 * @module
 */
import { isReaderError } from "../core/error.js";
import type { RangeQuery } from "../core/plan.js";
import type { Failure } from "./classify.js";
import { inBrowser } from "./environment.js";
import { type BodyLimits, readBody } from "./read-body.js";
import { readError } from "./read-error.js";
import type { RemoteRead } from "./remote-read.js";
import { cancelBody, contentLength, isEncoded, strongEtag } from "./response.js";
import { RequestTimer, type Timeouts } from "./timer.js";

export interface PerformOptions {
  readonly timeouts: Timeouts;
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Lets the browser serve others first; costs no preflight. */
  readonly lowPriority?: boolean | undefined;
}

export type Answer<B = Uint8Array> =
  /** The bytes asked for; the whole object when `whole` is set although a range was asked for. */
  | {
      readonly kind: "bytes";
      readonly bytes: B;
      readonly whole?: true;
      /** Shorter than asked, and nothing visible tells whether the object ends there. */
      readonly unverified?: true;
      readonly size?: number;
      readonly etag?: string;
    }
  | { readonly kind: "head"; readonly size?: number; readonly etag?: string }
  | { readonly kind: "absent" }
  | { readonly kind: "past-end"; readonly size?: number }
  | { readonly kind: "failure"; readonly failure: Failure };

/** What performs a request: this thread, or another one that keeps the body. */
export type Perform<B> = (read: RemoteRead, options: PerformOptions) => Promise<Answer<B>>;

/** An object up to this size is read whole where the server ignores ranges. */
export const wholeInsteadBytes: number = 4 * 1024 * 1024;

/**
 * Sends the request and reads its answer to the end, or cancels it, so that no socket stays busy.
 *
 * @throws the signal's reason when it aborts, or what a `fetch` refuses by a ReaderError
 */
export async function perform(read: RemoteRead, options: PerformOptions): Promise<Answer> {
  const { signal } = options;
  signal?.throwIfAborted();
  const timer = new RequestTimer(options.timeouts, signal);
  try {
    return await answer(read, options, timer);
  } catch (thrown) {
    // The caller's signal decides, never the error's name: engines disagree on it.
    signal?.throwIfAborted();
    // A fetch of ours that will not send the request: no network failure, and not worth another try.
    if (isReaderError(thrown)) throw thrown;
    return { kind: "failure", failure: failureOf(thrown, timer) };
  } finally {
    timer.stop();
  }
}

function failureOf(thrown: unknown, timer: RequestTimer): Failure {
  if (timer.expired !== undefined) return { class: "timeout", reason: timer.expired };
  return {
    class: "network",
    reason: `the connection failed${systemCode(thrown)}`,
    ...(timer.headersCame ? {} : { beforeHeaders: true }),
  };
}

/** Node tells the system's error code; browsers tell nothing. */
function systemCode(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z_0-9]+$/.test(code) ? ` (${code})` : "";
}

async function answer(read: RemoteRead, options: PerformOptions, timer: RequestTimer): Promise<Answer> {
  const send = options.fetch ?? globalThis.fetch;
  const init: RequestInit = {
    method: read.method,
    headers: read.range === undefined ? read.headers : { ...read.headers, range: rangeHeader(read.range) },
    cache: read.cache,
    // In Node a manual redirect shows its status and region; browsers make it opaque, so there it is an error.
    redirect: read.redirect === "follow" ? "follow" : inBrowser() ? "error" : "manual",
    credentials: "omit",
    referrerPolicy: "no-referrer",
    signal: timer.signal,
    ...(options.lowPriority ? { priority: "low" } : {}),
  };
  const response = await send(read.url, init);
  timer.headers(read.method === "HEAD" ? 0 : contentLength(response));
  const redirected = checkRedirect(read, response);
  if (redirected !== undefined) {
    await cancelBody(response);
    return redirected;
  }
  if (response.status === 206 || response.status === 200) return readData(read, response, timer);
  if (response.status === 204 && read.method === "GET") {
    await cancelBody(response);
    return { kind: "absent" };
  }
  if (response.status === 416 && read.range !== undefined) {
    await cancelBody(response);
    const size = /^bytes \*\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
    return size === undefined ? { kind: "past-end" } : { kind: "past-end", size: Number(size) };
  }
  return readError(response, timer, read);
}

function rangeHeader(range: RangeQuery): string {
  return "suffixLength" in range
    ? `bytes=-${range.suffixLength}`
    : `bytes=${range.offset}-${range.offset + range.length - 1}`;
}

/** A server that redirects a key to the same path with a slash shows a folder; https must not fall back to http. */
function checkRedirect(read: RemoteRead, response: Response): Answer | undefined {
  if (!response.redirected || response.url === "") return undefined;
  const asked = new URL(read.url);
  const got = new URL(response.url);
  if (asked.protocol === "https:" && got.protocol !== "https:") {
    const reason = "it redirects from https to http, which is refused";
    return { kind: "failure", failure: { class: "refused", reason, status: response.status } };
  }
  return got.pathname === `${asked.pathname}/` ? { kind: "absent" } : undefined;
}

async function readData(read: RemoteRead, response: Response, timer: RequestTimer): Promise<Answer> {
  const etag = strongEtag(response);
  const tag = etag === undefined ? {} : { etag };
  if (read.method === "HEAD") {
    await cancelBody(response);
    const size = contentLength(response);
    return size === undefined ? { kind: "head", ...tag } : { kind: "head", size, ...tag };
  }
  if (read.range === undefined) {
    // A decoded body tells nothing about the size of what is stored.
    const length = contentLength(response);
    return bodyAnswer(response, timer, wholeLimits(response), (bytes) =>
      bytes.length === length ? { size: length, ...tag } : tag,
    );
  }
  if (response.status === 200) return readIgnoredRange(read.range, response, timer, tag);
  if (isEncoded(response)) {
    await cancelBody(response);
    const reason = "it is stored with Content-Encoding, so its bytes cannot be read in parts";
    return { kind: "failure", failure: { class: "unsupported", reason } };
  }
  return readPart(read, read.range, response, timer, tag);
}

async function readPart(
  read: RemoteRead,
  range: RangeQuery,
  response: Response,
  timer: RequestTimer,
  tag: { etag?: string },
): Promise<Answer> {
  const header = response.headers.get("content-range");
  const told = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? "");
  if (told === null) {
    const wanted = "suffixLength" in range ? range.suffixLength : range.length;
    const asked = read.size === undefined ? wanted : clippedLength(range, read.size);
    const answer = await bodyAnswer(response, timer, { maxBytes: asked }, () => tag);
    if (answer.kind !== "bytes" || answer.bytes.length === asked) return answer;
    if (read.size === undefined) return { ...answer, unverified: true };
    return shortBody(answer.bytes.length, asked);
  }
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
  return bodyAnswer(response, timer, { maxBytes: length, exactBytes: length }, () =>
    size === undefined ? tag : { size, ...tag },
  );
}

function clippedLength(range: RangeQuery, size: number): number {
  return "suffixLength" in range
    ? Math.min(range.suffixLength, size)
    : Math.max(0, Math.min(range.length, size - range.offset));
}

/** 200 to a range: the body is taken when it is what was asked for, or small; else the server cannot do ranges. */
async function readIgnoredRange(
  range: RangeQuery,
  response: Response,
  timer: RequestTimer,
  tag: { etag?: string },
): Promise<Answer> {
  const fromStart = "suffixLength" in range ? range.suffixLength : range.offset === 0 ? range.length : 0;
  const maxBytes = Math.max(fromStart, wholeInsteadBytes);
  const length = contentLength(response);
  const ignored: Answer = {
    kind: "failure",
    failure: {
      class: "range-unsupported",
      reason: `ignores Range, and the object${length === undefined ? "" : ` of ${length} bytes`} is too large to read whole`,
      status: 200,
    },
  };
  if (length !== undefined && length > maxBytes) {
    await cancelBody(response);
    return ignored;
  }
  const limits = wholeLimits(response);
  const answer = await bodyAnswer(response, timer, { ...limits, maxBytes }, (bytes) => ({
    whole: true as const,
    size: bytes.length,
    ...tag,
  }));
  const tooLong = answer.kind === "failure" && answer.failure.reason === tooLongReason;
  return tooLong ? ignored : answer;
}

const tooLongReason = "more bytes came than were asked for";

async function bodyAnswer(
  response: Response,
  timer: RequestTimer,
  limits: BodyLimits,
  more: (bytes: Uint8Array) => { size?: number; etag?: string; whole?: true },
): Promise<Answer> {
  const body = await readBody(response, limits, () => timer.progress());
  if (body.overflow) return { kind: "failure", failure: { class: "short-body", reason: tooLongReason } };
  const { bytes } = body;
  const { exactBytes, toleranceBytes = 0 } = limits;
  if (exactBytes !== undefined && bytes.length + toleranceBytes < exactBytes) {
    return shortBody(bytes.length, exactBytes);
  }
  return { kind: "bytes", bytes, ...more(bytes) };
}

function shortBody(got: number, wanted: number): Answer {
  return {
    kind: "failure",
    failure: { class: "short-body", reason: `sent ${got} of ${wanted} bytes` },
  };
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
