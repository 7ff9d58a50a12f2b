/**
 * One request as plain data: any thread may perform it, and nothing in it is a secret but a signed URL.
 *
 * @module
 */
import type { ByteRange } from "../core/plan.js";

export interface RemoteRead {
  readonly method: "GET" | "HEAD";
  /** Complete, signed if it must be. Never shown: see `redactUrl`. */
  readonly url: string;
  /** Without `Range`, which follows from `range`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly range?: ByteRange;
  readonly cache: "default" | "no-store" | "reload";
  /** For messages: the key as the user knows it. */
  readonly key: string;
}
