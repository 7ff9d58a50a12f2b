/**
 * What came of one request, as plain data (docs/design/object-storage.md §5, §9).
 *
 * @module
 */
import type { Failure } from "./failure.js";

/** What a body brought before it broke off, of a version that can be told: the rest may be asked for alone. */
export interface Salvage<B = Uint8Array> {
  readonly bytes: B;
  /** Where they lie in the object. */
  readonly offset: number;
  /** Of the whole object. */
  readonly size: number;
  readonly etag: string;
}

type Outcome<B> =
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
  /** The whole object was about to come for a part of it, and was stopped. */
  | { readonly kind: "range-ignored"; readonly size?: number; readonly etag?: string }
  | { readonly kind: "failure"; readonly failure: Failure; readonly salvage?: Salvage<B> };

/** What an answer tells besides. */
interface Remarks {
  /** Where a redirect led, without secrets. */
  readonly movedTo?: string;
  /** `nextHopProtocol`, where it was asked for and the browser shows it. */
  readonly protocol?: string;
  /** A second request was sent because the first was slow. */
  readonly hedged?: true;
}

export type Answer<B = Uint8Array> = Outcome<B> & Remarks;
