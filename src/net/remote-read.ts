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
}

/** Names of the headers a read sends besides `Range`, in lower case. */
export function rangelessHeaders(read: RemoteRead): string[] {
  return Object.keys(read.headers).map((name) => name.toLowerCase());
}
