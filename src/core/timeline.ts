/**
 * What happened during one query, and when: its requests, and the spans of time that they and the work after them took.
 *
 * @module
 */
import type { RangeQuery } from "./plan.js";

/**
 * What a span of time went into.
 *
 * Of the query: `plan` until its chunks were chosen, indexes and labels read. Of a request: `pause` before it was sent
 * again; `queue` until it had a slot; `prepare` while it was signed, and handed to its worker, which may have had to start;
 * `connect` until the browser put it on the wire; `preflight` the same of a request that the browser asks leave for, if it
 * does not remember the answer; `first-byte` from there to the first byte of the answer, in which the two before are hidden
 * where the browser does not show them; `transfer` until its last. Of a chunk: `queue` for a worker, `decode`, `filter`
 * (rows kept and compacted), `collect` (put together with others). `unknown`: nobody told more.
 */
export type SpanKind =
  | "plan"
  | "pause"
  | "queue"
  | "prepare"
  | "connect"
  | "preflight"
  | "first-byte"
  | "transfer"
  | "decode"
  | "filter"
  | "collect"
  | "unknown";

export interface TimelineSpan {
  readonly kind: SpanKind;
  /** Milliseconds since the query began. */
  readonly startMs: number;
  /** Never before `startMs`, never after `Timeline.ms`. */
  readonly endMs: number;
  /** The thread, as an index of `Timeline.lanes`; of requests, the one that sends them. */
  readonly lane: number;
  /** Index of `Timeline.requests`; absent for work. */
  readonly request?: number;
  /** The chunk that was worked on, as errors name it. */
  readonly part?: string;
}

/** One request as it was sent; one that was sent again is there again. */
export interface TimelineRequest {
  readonly method: "GET" | "HEAD";
  /** As the store knows it: never a query, a signature or a key of the user's. */
  readonly key: string;
  /** Absent where no network is behind the store. */
  readonly host?: string;
  /** Absent: the whole object. */
  readonly range?: RangeQuery;
  /** 1 for the first, 2 when it was sent again. */
  readonly attempt: number;
  /** The thread that sent it, as an index of `Timeline.lanes`. */
  readonly lane: number;
  /** Of its answer; absent where none came, or none that was told of. */
  readonly status?: number;
  /** Of data that came, also of a body that broke off. */
  readonly bytes: number;
  /** `given-up`: nobody waited for the answer any more. */
  readonly outcome: "answered" | "absent" | "failed" | "given-up";
  /** Whether the HTTP cache answered; absent where the browser does not show it. */
  readonly cached?: boolean;
  /** As in ALPN, `"h2"`; absent where the browser does not show it. */
  readonly protocol?: string;
  /**
   * `"none"`: such a request needs none. `"shown"`: it needed one, and there is a span for it. `"hidden"`: it needed one, unless the
   * browser remembered the answer to an earlier one, and the browser does not show which.
   */
  readonly preflight: "none" | "shown" | "hidden";
}

/** A query in time; plain data, without secrets. */
export interface Timeline {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** From the beginning of the query until it settled. */
  readonly ms: number;
  /** `stopped`: aborted, or its stream left early. */
  readonly outcome: "done" | "stopped" | "failed";
  /** Names of the threads: `"page"` is the one that asked, in Node too. */
  readonly lanes: readonly string[];
  /** In the order in which they were sent. */
  readonly requests: readonly TimelineRequest[];
  /** By their beginning. */
  readonly spans: readonly TimelineSpan[];
}
