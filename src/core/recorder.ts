/**
 * What the lower floors tell a query that keeps its timeline. Nothing of it exists while nobody asked for one: recorders are made
 * by code that is loaded then (`engine/timeline/`), and reached through the meter of the query.
 *
 * Times are milliseconds since 1970 with fractions, which is the one clock that all threads share.
 *
 * @module
 */
import type { RangeQuery } from "./plan.js";

/** This moment. Threads begin to count at different times; since 1970 they agree. */
export function clockNow(): number {
  return performance.timeOrigin + performance.now();
}

/** What the platform shows of a request beyond what `fetch` does. */
export interface WireTimes {
  /** When it was on the wire: connected, and with the leave of a preflight. */
  readonly requestAt: number;
  readonly cached: boolean;
  readonly protocol?: string;
}

/** One request as the thread saw it that sent it. */
export interface SeenRequest {
  readonly sentAt: number;
  headersAt?: number;
  status?: number;
  endedAt?: number;
  wire?: WireTimes;
  /** The thread, where it is another one. */
  lane?: object;
}

/** A request on its way; `url` and what follows it are absent where no network is behind the store. */
export interface SentRequest {
  readonly method: "GET" | "HEAD";
  readonly key: string;
  readonly range?: RangeQuery | undefined;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cache?: "default" | "no-store" | "reload";
}

/** One attempt at a read, from the wait for its slot on. */
export interface AttemptRecord {
  /** It has its slot. */
  admitted(): void;
  sent(request: SentRequest): void;
  /** Filled by whoever performs it, a request at a time: two where the first was slow. */
  readonly seen: SeenRequest[];
  came(bytes: number): void;
  /** All of it at once: of a store that says nothing of its requests there is no more to tell than when a read began and ended. */
  whole(request: SentRequest, reading: Promise<Uint8Array | undefined>): void;
  /** Watches for its end. */
  follow(attempt: Promise<{ readonly answer: { readonly kind: string } }>): void;
}

/** When a task ran, in its thread. */
export interface TaskTimes {
  readonly startedAt: number;
  /** Rows: when its columns were decoded and those wanted were looked for. */
  decodedAt?: number;
  endedAt: number;
}

export interface TaskRecord {
  /** @param lane the thread, where it is another one */
  done(times: TaskTimes | undefined, lane?: object): void;
}

/** Keeps a timeline. */
export interface Recorder {
  /** @param before the attempt that failed, of the same read */
  attempt(number: number, before?: AttemptRecord): AttemptRecord;
  /** A task as it is handed to the pool. @param part the label of its chunk */
  task(part: string): TaskRecord;
}

/** The recorder of one query. */
export interface QueryRecorder extends Recorder {
  planned(): void;
  collecting<T>(work: () => T): T;
}

/** Where recorders hang that want to be told of reads that are no query's own: of indexes and labels. */
export interface RecorderTap {
  recorder?: Recorder | undefined;
}
