/**
 * @module
 * A timeline laid out: for each thread rows of requests that do not overlap, then rows of its work.
 */
import type { SpanKind, Timeline, TimelineRequest, TimelineSpan } from "cloudcrop";
import { formatBytes } from "./format.js";

/** A bar: a request in its steps, or a piece of work. */
export interface Item {
  readonly startMs: number;
  readonly endMs: number;
  /** All that is known of it. */
  readonly words: string;
  readonly segments: readonly Pick<TimelineSpan, "kind" | "startMs" | "endMs">[];
}

export interface Row {
  readonly isWork: boolean;
  readonly items: readonly Item[];
}

export interface Lane {
  readonly name: string;
  readonly rows: readonly Row[];
  /** Requests for which there was no row. */
  readonly left: number;
}

/** Rows of requests per thread; more would be lines without room. */
const mostRows = 48;

/** Waiting for a slot: many do at a time, so it takes no room of its own. */
const waits: ReadonlySet<SpanKind> = new Set(["queue", "pause"]);

export function layTimeline(timeline: Timeline): Lane[] {
  const requests = timeline.requests.flatMap((request, index) => {
    const spans = timeline.spans.filter((span) => span.request === index);
    return spans.length === 0 ? [] : [{ lane: request.lane, item: itemOfRequest(request, spans) }];
  });
  const work = timeline.spans
    .filter(({ kind, request }) => request === undefined && !waits.has(kind))
    .map((span) => ({ lane: span.lane, item: itemOfWork(span) }));
  return timeline.lanes.map((name, lane): Lane => {
    const own = stack(requests.filter((one) => one.lane === lane).map(({ item }) => item));
    const shown = own.slice(0, mostRows);
    const rows = [
      ...shown.map((items) => ({ isWork: false, items })),
      ...stack(work.filter((one) => one.lane === lane).map(({ item }) => item)).map((items) => ({
        isWork: true,
        items,
      })),
    ];
    return { name, rows, left: own.slice(mostRows).reduce((sum, items) => sum + items.length, 0) };
  });
}

/** `0.42 ms`, `8.1 ms`, `87 ms`, `1.32 s`: spans may be short. */
export function msOf(ms: number): string {
  if (ms === 0) return "0 ms";
  if (ms >= 999.5) return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`;
  return `${ms >= 9.95 ? Math.round(ms) : ms.toFixed(ms < 0.995 ? 2 : 1)} ms`;
}

/** Items in as few rows as keep apart what they do; the first row is filled first. */
function stack(items: readonly Item[]): Item[][] {
  const rows: Item[][] = [];
  const begin = ({ segments, startMs }: Item): number =>
    segments.find(({ kind }) => !waits.has(kind))?.startMs ?? startMs;
  for (const item of [...items].sort((a, b) => begin(a) - begin(b))) {
    const row = rows.find((one) => one.at(-1)!.endMs <= begin(item));
    if (row === undefined) rows.push([item]);
    else row.push(item);
  }
  return rows;
}

function itemOfRequest(request: TimelineRequest, spans: readonly TimelineSpan[]): Item {
  const { method, key, range, status, bytes, attempt, outcome, cached, preflight } = request;
  const startMs = spans[0]!.startMs;
  const endMs = Math.max(...spans.map((span) => span.endMs));
  const part =
    range === undefined
      ? ""
      : "offset" in range
        ? ` from byte ${range.offset}, ${formatBytes(range.length)}`
        : `, the last ${formatBytes(range.suffixLength)}`;
  const facts = [
    `${method} ${key}${part}`,
    status === undefined ? "" : `status ${status}`,
    outcome === "answered" ? "" : outcome.replace("-", " "),
    method === "HEAD" ? "" : `${formatBytes(bytes)} came`,
    attempt === 1 ? "" : `attempt ${attempt}`,
    cached === true ? "from the browser’s cache" : "",
    preflight === "hidden" ? "preflight not shown" : "",
  ];
  const steps = spans.map(({ kind, startMs: from, endMs: to }) => `${stepNames[kind]} ${msOf(to - from)}`);
  const words = `${facts.filter(Boolean).join(" · ")}. At ${msOf(startMs)}: ${steps.join(", ")}.`;
  return { startMs, endMs, words, segments: spans };
}

function itemOfWork(span: TimelineSpan): Item {
  const { kind, part, startMs, endMs } = span;
  const what = part === undefined ? stepNames[kind] : `${stepNames[kind]} ${part}`;
  return {
    startMs,
    endMs,
    segments: [span],
    words: `${what}: ${msOf(endMs - startMs)}, at ${msOf(startMs)}.`,
  };
}

const stepNames: Readonly<Record<SpanKind, string>> = {
  plan: "planning",
  pause: "pause",
  queue: "waiting for a slot",
  prepare: "handing over",
  connect: "connecting",
  preflight: "preflight",
  "first-byte": "first byte",
  transfer: "transfer",
  decode: "decoding",
  filter: "keeping rows",
  collect: "putting together",
  unknown: "not told",
};
