/**
 * One request as plain data: any thread may perform it, and nothing in it is a secret but a signed URL or header.
 *
 * @module
 */
import type { RangeQuery } from "../core/plan.js";

export interface RemoteRead {
  readonly method: "GET" | "HEAD";
  /** Complete, signed if it must be. Never shown: see `redactUrl`. */
  readonly url: string;
  /** Without `Range`, which follows from `range`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bounded in browsers, where a suffix range costs a preflight per key. */
  readonly range?: RangeQuery;
  readonly cache: "default" | "no-store" | "reload";
  /** Signed requests and those with the user's headers never follow a redirect: they are bound to their origin. */
  readonly redirect: "follow" | "refuse";
  /** For messages: the key as the user knows it. */
  readonly key: string;
  /** Root of the store without query or key: named in messages, and all that failure probes may ask for. */
  readonly root: string;
  /** Keys are in use; messages about CORS mention them. */
  readonly signed: boolean;
  /** Size of the object where it is known; then a shorter body is an error even without `Content-Range`. */
  readonly size?: number;
  /** A longer body of a whole object is refused as `range-unsupported`: it was asked for in place of a part. */
  readonly maxBytes?: number;
}

/** Length of the part that is asked for; `undefined` for a whole object. */
export function askedBytes({ range }: RemoteRead): number | undefined {
  if (range === undefined) return undefined;
  return "suffixLength" in range ? range.suffixLength : range.length;
}

/** The value of `Range`. */
export function rangeHeader(range: RangeQuery): string {
  return "suffixLength" in range
    ? `bytes=-${range.suffixLength}`
    : `bytes=${range.offset}-${range.offset + range.length - 1}`;
}

/** What of a range lies within an object of so many bytes. */
export function clipRange(range: RangeQuery, size: number): { offset: number; length: number } {
  if ("offset" in range) {
    return { offset: range.offset, length: Math.max(0, Math.min(range.length, size - range.offset)) };
  }
  const length = Math.min(range.suffixLength, size);
  return { offset: size - length, length };
}
