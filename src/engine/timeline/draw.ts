/**
 * From what was told while a query ran to its timeline.
 *
 * @module
 */
import type { SeenRequest, SentRequest } from "../../core/recorder.js";
import type { SpanKind, Timeline, TimelineRequest, TimelineSpan } from "../../core/timeline.js";
import { inBrowser } from "../../net/environment.js";
import type { Attempt } from "./attempt.js";
import type { Task } from "./task.js";

/** All that was told; times are of `clockNow`. */
export interface Kept {
  readonly startedAt: number;
  plannedAt: number | undefined;
  readonly attempts: Attempt[];
  readonly tasks: Task[];
  readonly collects: { readonly startedAt: number; readonly endedAt: number }[];
}

/** @param endedAt when the query settled; what still went on then ends there */
export function drawTimeline(kept: Kept, outcome: Timeline["outcome"], endedAt: number): Timeline {
  const drawing = new Drawing(kept.startedAt, endedAt);
  drawing.span("plan", kept.startedAt, kept.plannedAt ?? endedAt, 0);
  const lastFirst = Number.POSITIVE_INFINITY;
  for (const attempt of [...kept.attempts].sort((a, b) => (a.sentAt ?? lastFirst) - (b.sentAt ?? lastFirst)))
    drawAttempt(drawing, attempt);
  for (const task of kept.tasks) drawTask(drawing, task);
  for (const collect of kept.collects) drawing.span("collect", collect.startedAt, collect.endedAt, 0);
  return drawing.finish(outcome);
}

class Drawing {
  readonly endedAt: number;
  readonly #startedAt: number;
  readonly #lanes = new Map<object | undefined, number>([[undefined, 0]]);
  readonly #requests: TimelineRequest[] = [];
  readonly #spans: TimelineSpan[] = [];

  constructor(startedAt: number, endedAt: number) {
    this.#startedAt = startedAt;
    this.endedAt = endedAt;
  }

  /** Adds what took time within the query. */
  span(
    kind: SpanKind,
    from: number,
    to: number,
    lane: number,
    of?: { request: number } | { part: string },
  ): void {
    const startMs = this.#since(from);
    const endMs = this.#since(to);
    if (endMs > startMs) this.#spans.push({ kind, startMs, endMs, lane, ...of });
  }

  /** @returns its index */
  request(request: TimelineRequest): number {
    return this.#requests.push(request) - 1;
  }

  lane(lane: object | undefined): number {
    const known = this.#lanes.get(lane);
    if (known !== undefined) return known;
    const added = this.#lanes.size;
    this.#lanes.set(lane, added);
    return added;
  }

  finish(outcome: Timeline["outcome"]): Timeline {
    return {
      startedAt: this.#startedAt,
      ms: this.#since(this.endedAt),
      outcome,
      lanes: [...this.#lanes.values()].map((lane) => (lane === 0 ? "page" : `worker ${lane}`)),
      requests: this.#requests,
      spans: this.#spans.sort((a, b) => a.startMs - b.startMs),
    };
  }

  /** Milliseconds of the query, to a thousandth. */
  #since(moment: number): number {
    const within = Math.min(Math.max(moment, this.#startedAt), this.endedAt);
    return Math.round((within - this.#startedAt) * 1000) / 1000;
  }
}

function drawAttempt(drawing: Drawing, attempt: Attempt): void {
  const { pausedAt, queuedAt, admittedAt, sentAt, endedAt = drawing.endedAt, request } = attempt;
  // An attempt that never came to its request shows that it waited.
  if (sentAt === undefined || request === undefined) {
    if (pausedAt !== undefined) drawing.span("pause", pausedAt, queuedAt, 0);
    drawing.span("queue", queuedAt, admittedAt ?? endedAt, 0);
    if (admittedAt !== undefined) drawing.span("prepare", admittedAt, endedAt, 0);
    return;
  }
  const { seen } = attempt;
  const answered = seen.findLast(({ headersAt }) => headersAt !== undefined) ?? seen.at(-1);
  for (const one of seen.length > 0 ? seen : [undefined]) {
    const lane = drawing.lane(one?.lane);
    const hasAnswer = one === answered;
    const move = fitting(one?.lane, one?.sentAt ?? sentAt, one?.endedAt ?? endedAt, sentAt, endedAt);
    const of = { request: drawing.request(requestOf(attempt, request, one, lane, hasAnswer)) };
    // The second of two that race was sent while the first waited.
    if (one === seen[0]) {
      if (pausedAt !== undefined) drawing.span("pause", pausedAt, queuedAt, lane, of);
      drawing.span("queue", queuedAt, admittedAt!, lane, of);
      drawing.span("prepare", admittedAt!, move(one?.sentAt ?? sentAt), lane, of);
    }
    if (one !== undefined) drawSeen(drawing, one, request, move, endedAt, lane, of);
    else drawing.span(request.url === undefined ? "transfer" : "unknown", sentAt, endedAt, lane, of);
  }
}

function drawSeen(
  drawing: Drawing,
  seen: SeenRequest,
  request: SentRequest,
  move: Move,
  attemptEndedAt: number,
  lane: number,
  of: { request: number },
): void {
  const { wire } = seen;
  const sentAt = move(seen.sentAt);
  const endedAt = move(seen.endedAt ?? attemptEndedAt);
  const firstByteAt = seen.headersAt === undefined ? endedAt : move(seen.headersAt);
  let waitsFrom = sentAt;
  if (wire !== undefined && !wire.cached) {
    waitsFrom = Math.min(Math.max(move(wire.requestAt), sentAt), firstByteAt);
    drawing.span(needsPreflight(request) ? "preflight" : "connect", sentAt, waitsFrom, lane, of);
  }
  drawing.span("first-byte", waitsFrom, firstByteAt, lane, of);
  drawing.span("transfer", firstByteAt, endedAt, lane, of);
}

function requestOf(
  { number, bytes, answer }: Attempt,
  request: SentRequest,
  seen: SeenRequest | undefined,
  lane: number,
  hasAnswer: boolean,
): TimelineRequest {
  const { method, key, range, url, cache } = request;
  const { status, wire } = seen ?? {};
  const cached = cache === "no-store" ? false : wire?.cached;
  const preflight = !needsPreflight(request)
    ? "none"
    : wire === undefined || wire.cached
      ? "hidden"
      : "shown";
  return {
    method,
    key,
    ...(url === undefined ? {} : { host: new URL(url).host }),
    ...(range === undefined ? {} : { range }),
    attempt: number,
    lane,
    ...(status === undefined ? {} : { status }),
    bytes: hasAnswer ? bytes : 0,
    outcome: hasAnswer ? outcomeOf(answer) : "given-up",
    ...(url === undefined || cached === undefined ? {} : { cached }),
    ...(wire?.protocol === undefined ? {} : { protocol: wire.protocol }),
    preflight,
  };
}

function outcomeOf(answer: string | undefined): TimelineRequest["outcome"] {
  if (answer === undefined) return "given-up";
  if (answer === "failure") return "failed";
  return answer === "absent" ? "absent" : "answered";
}

/** Whether a browser asks leave for such a request (Fetch, "CORS-preflight request"). `Range` from an offset needs none. */
function needsPreflight({ url, range, headers = {} }: SentRequest): boolean {
  if (url === undefined || !inBrowser()) return false;
  if (new URL(url).origin === globalThis.location?.origin) return false;
  const isSafe = (name: string): boolean => /^(accept|accept-language|content-language)$/i.test(name);
  return (range !== undefined && "suffixLength" in range) || !Object.keys(headers).every(isSafe);
}

function drawTask(drawing: Drawing, { part, queuedAt, endedAt = drawing.endedAt, times, lane }: Task): void {
  if (times === undefined) {
    drawing.span("unknown", queuedAt, endedAt, 0, { part });
    return;
  }
  const move = fitting(lane, times.startedAt, times.endedAt, queuedAt, endedAt);
  const startedAt = move(times.startedAt);
  const decodedAt = move(times.decodedAt ?? times.endedAt);
  const at = drawing.lane(lane);
  drawing.span("queue", queuedAt, startedAt, at, { part });
  drawing.span("decode", startedAt, decodedAt, at, { part });
  drawing.span("filter", decodedAt, move(times.endedAt), at, { part });
}

type Move = (moment: number) => number;

/**
 * Brings moments of another thread to the clock of this one. They agree but for changes of the computer's time since either
 * began; so what ran there from `from` to `to` is moved to lie between the message that began it and the one that told its end.
 */
function fitting(lane: object | undefined, from: number, to: number, low: number, high: number): Move {
  if (lane === undefined) return (moment) => moment;
  const skew = from < low ? low - from : Math.min(0, high - to);
  return (moment) => Math.min(Math.max(moment + skew, low), high);
}
