/**
 * Performs a read until it succeeds, cannot succeed, or has cost enough: classes, full jitter, `Retry-After`, one budget
 * for all reads of a store, sleeps that end with the caller's signal (docs/design/object-storage.md §9).
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import { loadPart } from "../core/load-part.js";
import type { AttemptRecord, Recorder } from "../core/recorder.js";
import type { Answer } from "./answer.js";
import { type Failure, type FailureClass, retryableClasses } from "./failure.js";
import { type Bytes, releaseBytes } from "./lane.js";
import { OriginLimiter, type PriorityWish, type SlotPriority } from "./limit.js";
import type { Perform } from "./perform.js";
import { priorityNow } from "./priority.js";
import type { RateOptions } from "./rate.js";
import type { RemoteRead } from "./remote-read.js";
import type { ResumedBody } from "./resume.js";
import { defaultTimeouts, type Timeouts } from "./timer.js";
import type { KnownVerdicts } from "./verdict.js";

export interface RetryPolicy {
  /** Requests for one read, the first included. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly throttleBaseMs: number;
  readonly maxDelayMs: number;
  /** Longest time a server may ask us to wait. */
  readonly maxRetryAfterMs: number;
  /** Tokens of the budget. */
  readonly budget: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 5,
  baseMs: 100,
  throttleBaseMs: 500,
  maxDelayMs: 10_000,
  maxRetryAfterMs: 30_000,
  budget: 500,
};

/** Tokens a store's retries are paid with, so that an outage is not answered with a storm. */
export class RetryBudget {
  readonly #capacity: number;
  #tokens: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#tokens = capacity;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Takes the price of a retry; `false` when the budget does not allow it. Prefetch keeps the lower half for others. */
  spend(price: number, priority: SlotPriority): boolean {
    if (this.#tokens < price || (priority === "prefetch" && this.#tokens < this.#capacity / 2)) return false;
    this.#tokens -= price;
    return true;
  }

  giveBack(tokens: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + tokens);
  }
}

/** What the reads of one store share. */
export interface Transport {
  readonly fetch?: typeof fetch | undefined;
  readonly limiter: OriginLimiter;
  readonly timeouts: Timeouts;
  readonly policy: RetryPolicy;
  readonly budget: RetryBudget;
  /** Origins that have answered: a connection that fails later is the network's fault, not CORS. */
  readonly reached: Set<string>;
  /** Why origins did not answer, as far as it was looked for. */
  readonly verdicts: KnownVerdicts;
  /** Requests so far, and those of them that were sent a second time because the first was slow to begin. */
  readonly sent: { requests: number; hedges: number };
}

export interface TransportOptions extends RateOptions {
  readonly fetch?: typeof fetch | undefined;
  /** Shared with other stores; it then decides on requests per origin and per second. */
  readonly limiter?: OriginLimiter | undefined;
  readonly maxRequestsPerOrigin?: number | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  readonly retries?: Partial<RetryPolicy> | undefined;
}

export function createTransport(options: TransportOptions = {}): Transport {
  const policy = { ...defaultRetryPolicy, ...options.retries };
  return {
    fetch: options.fetch,
    limiter: options.limiter ?? new OriginLimiter(options.maxRequestsPerOrigin, options),
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    policy,
    budget: new RetryBudget(policy.budget),
    reached: new Set(),
    verdicts: new Map(),
    sent: { requests: 0, hedges: 0 },
  };
}

/** What the caller of a read brings along. */
export interface ReadRun<B extends Bytes> {
  /** Where the request is performed. */
  readonly perform: Perform<B>;
  readonly origin: string;
  readonly signal?: AbortSignal | undefined;
  readonly priority?: PriorityWish | undefined;
  readonly firstByteMs?: number | undefined;
  /** Describes the request anew before each attempt, so that each carries a fresh signature. */
  describe(): Promise<RemoteRead>;
  /** Cures what a new attempt alone would not: refreshes keys, corrects the clock, moves to another region. */
  recover?(failure: Failure): Promise<boolean>;
  /** Told of each request as it is sent. */
  onRequest?(read: RemoteRead, attempt: number): void;
  /** Told of the bytes of each request as they come. */
  onBytes(read: RemoteRead, bytes: number): void;
  /** Keeps the timeline of the query it is for. */
  readonly recorder?: Recorder | undefined;
}

export interface ReadResult<B = unknown> {
  readonly answer: Answer<B>;
  readonly read: RemoteRead;
  readonly attempts: number;
  readonly elapsedMs: number;
}

const recoverable: ReadonlySet<FailureClass> = new Set(["clock", "expired", "region"]);
const retryPrice = 5;
const timeoutPrice = 10;

/** What attempts leave to the next ones: a body that broke off, where it is worth keeping. */
interface Progress<B extends Bytes> {
  body?: ResumedBody<B> | undefined;
}

/**
 * Reads until there is an answer or no hope. A failure comes back as the last real answer, with what it took.
 *
 * @throws the signal's reason as soon as it aborts; whatever `describe` throws
 */
export function performWithRetry<B extends Bytes>(
  transport: Transport,
  run: ReadRun<B>,
): Promise<ReadResult<B>> {
  run.signal?.throwIfAborted();
  const progress: Progress<B> = {};
  return raceAbort(
    attemptAll(transport, run, progress).finally(() => progress.body?.release()),
    run.signal,
  );
}

async function attemptAll<B extends Bytes>(
  transport: Transport,
  run: ReadRun<B>,
  progress: Progress<B>,
): Promise<ReadResult<B>> {
  const { policy, budget, timeouts } = transport;
  const recovered = new Set<FailureClass>();
  let paid = 0;
  let startedAt: number | undefined;
  let retries = 0;
  let pastCache = false;
  let record: AttemptRecord | undefined;
  for (let attempt = 1; ; attempt++) {
    record = run.recorder?.attempt(attempt, record);
    const attempting = transport.limiter.run(
      run.origin,
      (mayWait) => {
        record?.admitted();
        const now = performance.now();
        startedAt ??= now;
        const leftMs = timeouts.operationMs + startedAt - now;
        return attemptOnce(transport, run, progress, { attempt, leftMs, pastCache, record, mayWait });
      },
      { priority: run.priority, signal: run.signal },
    );
    record?.follow(attempting);
    const { answer, read } = await attempting;
    const elapsedMs = Math.round(performance.now() - (startedAt ?? 0));
    const result: ReadResult<B> = { answer, read, attempts: attempt, elapsedMs };
    if (answer.kind !== "failure") {
      budget.giveBack(paid || 1);
      return result;
    }
    const { failure } = answer;
    // Firefox keeps an answer that came without CORS headers, and refuses it again once the server has a rule.
    pastCache = failure.beforeHeaders === true;
    if (recoverable.has(failure.class) && !recovered.has(failure.class)) {
      recovered.add(failure.class);
      if ((await run.recover?.(failure)) === true) continue;
      return result;
    }
    if (!retryableClasses.has(failure.class)) return result;
    // A host that never answered is asked twice, then the reason is looked for.
    const unknownHost = failure.beforeHeaders === true && !transport.reached.has(run.origin);
    if (retries + 1 >= (unknownHost ? Math.min(2, policy.attempts) : policy.attempts)) return result;
    const delayMs = backoff(failure, retries, policy);
    // Timers may fire a little early.
    if (elapsedMs + delayMs >= timeouts.operationMs - 2) return result;
    const price = failure.class === "timeout" ? timeoutPrice : retryPrice;
    if (!budget.spend(price, priorityNow(run.priority))) return result;
    paid = price;
    retries++;
    await sleep(delayMs, run.signal);
  }
}

interface AttemptState {
  readonly attempt: number;
  readonly leftMs: number;
  readonly pastCache: boolean;
  readonly record: AttemptRecord | undefined;
  readonly mayWait: boolean;
}

async function attemptOnce<B extends Bytes>(
  transport: Transport,
  run: ReadRun<B>,
  progress: Progress<B>,
  { attempt, leftMs, pastCache, record, mayWait }: AttemptState,
): Promise<{ answer: Answer<B>; read: RemoteRead }> {
  const { timeouts, limiter, sent } = transport;
  const { origin, firstByteMs = timeouts.firstByteMs } = run;
  const described = await run.describe();
  const whole: RemoteRead =
    pastCache && described.cache === "default" ? { ...described, cache: "reload" } : described;
  run.signal?.throwIfAborted();
  const read = progress.body?.next(whole) ?? whole;
  const wantsProtocol = limiter.wantsProtocol(origin);
  // Off unless asked for.
  const mayHedge =
    timeouts.hedgeMs < timeouts.firstByteMs &&
    (await loadPart(import("./hedge.js"))).isHedgeable(transport.sent, read);
  run.onRequest?.(read, attempt);
  sent.requests++;
  record?.sent(read);
  const told = await run.perform(read, {
    fetch: transport.fetch,
    timeouts: { ...timeouts, firstByteMs, operationMs: leftMs },
    signal: run.signal,
    lowPriority: priorityNow(run.priority) === "prefetch",
    mayHedge,
    wantsProtocol,
    mayWait,
    seen: record?.seen,
    onBytes: (bytes) => {
      record?.came(bytes);
      run.onBytes(read, bytes);
    },
  });
  if (wantsProtocol) limiter.learnProtocol(origin, told.protocol);
  if (told.hedged) {
    run.onRequest?.(read, attempt);
    sent.requests++;
    sent.hedges++;
  }
  if (told.kind === "failure" && told.salvage !== undefined) {
    progress.body ??= await resumeLater(told.salvage.bytes);
  }
  const answer =
    progress.body === undefined ? told : ((await progress.body.complete(told)) ?? anotherVersion);
  if (told.kind !== "failure") {
    transport.reached.add(origin);
    limiter.clean(origin);
  } else if (told.failure.class === "throttle") limiter.throttled(origin);
  return { answer, read: whole };
}

/** Large bodies seldom break off. Where the code to read on cannot be had, the read begins anew. */
async function resumeLater<B extends Bytes>(bytes: B): Promise<ResumedBody<B> | undefined> {
  try {
    return new (await import("./resume.js")).ResumedBody<B>();
  } catch {
    releaseBytes(bytes);
    return undefined;
  }
}

/** The rest of a body that broke off does not belong to it: everything must be read again. */
const anotherVersion = {
  kind: "failure",
  failure: { class: "network", reason: "the object changed between two parts of its body" },
} as const;

/** Full jitter; a server's own wish is honoured up to a cap. */
export function backoff(failure: Failure, retries: number, policy: RetryPolicy): number {
  const base = failure.class === "throttle" ? policy.throttleBaseMs : policy.baseMs;
  const delay = Math.random() * Math.min(policy.maxDelayMs, base * 2 ** retries);
  return failure.retryAfterMs === undefined
    ? delay
    : Math.max(delay, Math.min(failure.retryAfterMs, policy.maxRetryAfterMs));
}

/** Resolves after a while; rejects with the signal's reason as soon as it aborts. */
export async function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, delayMs);
  });
  try {
    await raceAbort(over, signal);
  } finally {
    clearTimeout(timer);
  }
}
