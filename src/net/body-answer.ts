/**
 * From a body to an answer: whether all of it came, and what is kept of one that broke off
 * (the table of docs/design/object-storage.md §5).
 *
 * @module
 */
import type { Answer, Salvage } from "./answer.js";
import type { OnArrived, ToldFacts } from "./arrivals.js";
import { connectionFailure } from "./connection-failure.js";
import { type BodyLimits, type BodyMemory, readBody } from "./read-body.js";
import { contentLength } from "./response.js";
import type { RequestTimer } from "./timer.js";

export interface Tag {
  readonly etag?: string;
}

/** Where a body goes, and who is told. */
export interface Into {
  readonly memory: BodyMemory | undefined;
  readonly onArrived: OnArrived | undefined;
}

/** Limits of a body that goes there. */
export function watched(
  { memory, onArrived }: Into,
  told: ToldFacts,
): Pick<BodyLimits, "memory" | "onFilled"> {
  return onArrived === undefined
    ? { memory }
    : { memory, onFilled: (room, filled) => onArrived(room, filled, told) };
}

/** The reason of a failure by a body beyond its limit. */
export const tooLong = "more bytes came than were asked for";

/** What a body comes to that was read as far as its limits allow. */
export async function bodyAnswer(
  response: Response,
  timer: RequestTimer,
  limits: BodyLimits,
  more: (bytes: Uint8Array) => { size?: number; etag?: string; whole?: true },
  salvage?: Omit<Salvage, "bytes">,
): Promise<Answer> {
  const { bytes, overflow, broken } = await readBody(response, limits, (bytes) => timer.progress(bytes));
  if (overflow) return { kind: "failure", failure: { class: "short-body", reason: tooLong } };
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

export function shortBody(got: number, wanted: number): Extract<Answer, { kind: "failure" }> {
  return { kind: "failure", failure: { class: "short-body", reason: `sent ${got} of ${wanted} bytes` } };
}

/**
 * What a whole body must measure. A browser decodes a compressed answer and hides that it did when the header is not
 * exposed; then the body is longer than `Content-Length`, or a few bytes shorter where compression did not pay.
 */
export function wholeLimits(response: Response): BodyLimits {
  const length = contentLength(response);
  if (length === undefined) return {};
  return response.type === "cors"
    ? { exactBytes: length, toleranceBytes: 64, expectBytes: length }
    : { exactBytes: length, maxBytes: length };
}
