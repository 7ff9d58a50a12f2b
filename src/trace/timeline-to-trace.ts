/**
 * A timeline as a trace file that the performance panels of browsers open, Perfetto too: the object form of the Trace Event Format
 * (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU, "JSON Object Format", "Complete Events",
 * "Metadata Events"). Of the house it knows `core/` only.
 *
 * @module
 */
import type { Timeline, TimelineRequest, TimelineSpan } from "../core/timeline.js";

/** Names a process or a thread, or puts it in its place. */
export interface TraceMetadata {
  readonly ph: "M";
  readonly name: "process_name" | "process_sort_index" | "thread_name" | "thread_sort_index";
  readonly pid: number;
  readonly tid: number;
  readonly ts: 0;
  readonly cat: "__metadata";
  readonly args: Readonly<Record<string, string | number>>;
}

/** A span of time. Spans of one thread lie apart or one within the other. */
export interface TraceSpan {
  readonly ph: "X";
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds since 1970. */
  readonly ts: number;
  /** Microseconds. */
  readonly dur: number;
  readonly args: Readonly<Record<string, string | number | boolean>>;
}

export interface Trace {
  readonly displayTimeUnit: "ms";
  readonly traceEvents: readonly (TraceMetadata | TraceSpan)[];
}

/** Processes of the trace: what threads did, and what was on its way meanwhile. */
const work = 1;
const network = 2;

/**
 * The timeline in the form that performance panels open: `JSON.stringify` it into a file. Threads are what they were; requests,
 * many of which a thread has under way at once, lie in rows of their own.
 */
export function timelineToTrace(timeline: Timeline): Trace {
  return {
    displayTimeUnit: "ms",
    traceEvents: [
      ...nameProcess(work, "cloudcrop: work"),
      ...nameProcess(network, "cloudcrop: requests"),
      ...[...workRows(timeline), ...requestRows(timeline)].flatMap(({ pid, tid, name, bars }) => [
        ...nameThread(pid, tid, name),
        ...bars.flatMap(({ events }) =>
          events.map((event) => traceSpan(event, timeline.startedAt, pid, tid)),
        ),
      ]),
    ],
  };
}

interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly args: TraceSpan["args"];
}

/** What is drawn in one place: an event, and those within it. */
interface Bar {
  /** Names its row, with others that do not overlap. */
  readonly of: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly events: readonly TraceEvent[];
}

interface Row {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly bars: readonly Bar[];
}

/** The query and its plan, and what each thread worked. */
function workRows({ lanes, spans, ms, outcome }: Timeline): Row[] {
  const eventOf = ({ kind, startMs, endMs }: TimelineSpan, args: TraceSpan["args"] = {}): TraceEvent => ({
    name: kind,
    cat: kind,
    startMs,
    endMs,
    args,
  });
  const whole = { startMs: 0, endMs: ms };
  const planning = spans.filter(({ kind }) => kind === "plan").map((span) => eventOf(span));
  const query: Bar = {
    of: "query",
    ...whole,
    events: [{ name: "query", cat: "query", ...whole, args: { outcome } }, ...planning],
  };
  const waits = new Map(
    spans
      .filter(({ kind, part }) => kind === "queue" && part !== undefined)
      .map(({ part, startMs, endMs }) => [`${endMs} ${part}`, endMs - startMs]),
  );
  const bars = spans.filter(isWork).map((span): Bar => {
    const { part, kind, lane, startMs, endMs } = span;
    const queuedMs = kind === "decode" ? waits.get(`${startMs} ${part}`) : undefined;
    const args = { ...(part && { part }), ...(queuedMs !== undefined && { queuedMs }) };
    return { of: lanes[lane]!, startMs, endMs, events: [eventOf(span, args)] };
  });
  return stack(work, ["query", ...lanes], [query, ...bars]);
}

function isWork({ kind }: TimelineSpan): boolean {
  return kind === "decode" || kind === "filter" || kind === "collect";
}

/** Each request over its spans. */
function requestRows({ lanes, requests, spans }: Timeline): Row[] {
  const bars = requests.flatMap((request, index): Bar[] => {
    const own = spans.filter((span) => span.request === index);
    if (own.length === 0) return [];
    const startMs = own[0]!.startMs;
    const endMs = own.reduce((latest, span) => Math.max(latest, span.endMs), 0);
    const whole = { name: `${request.method} ${request.key}`, cat: "request", args: facts(request) };
    const within = own.map((span) => ({ ...span, name: span.kind, cat: span.kind, args: {} }));
    return [{ of: lanes[request.lane]!, startMs, endMs, events: [{ ...whole, startMs, endMs }, ...within] }];
  });
  return stack(network, lanes, bars);
}

/** Bars in as few rows as keep them apart, those of one name together. */
function stack(pid: number, names: readonly string[], bars: readonly Bar[]): Row[] {
  const rows = names.flatMap((name) => {
    const own: Bar[][] = [];
    for (const bar of bars.filter(({ of }) => of === name).sort((a, b) => a.startMs - b.startMs)) {
      const free = own.find((row) => row.at(-1)!.endMs <= bar.startMs);
      if (free === undefined) own.push([bar]);
      else free.push(bar);
    }
    return own.map((row, index) => ({ name: index === 0 ? name : `${name} (${index + 1})`, bars: row }));
  });
  return rows.map((row, index) => ({ pid, tid: index + 1, ...row }));
}

function facts(request: TimelineRequest): TraceSpan["args"] {
  const { method, key, host, range, attempt, status, bytes, outcome, cached, protocol, preflight } = request;
  return {
    method,
    key,
    ...(host && { host }),
    ...(range && {
      range: "offset" in range ? `${range.offset}+${range.length}` : `last ${range.suffixLength}`,
    }),
    attempt,
    ...(status !== undefined && { status }),
    bytes,
    outcome,
    ...(cached !== undefined && { cached }),
    ...(protocol && { protocol }),
    preflight,
  };
}

function traceSpan(event: TraceEvent, startedAt: number, pid: number, tid: number): TraceSpan {
  const { name, cat, startMs, endMs, args } = event;
  const from = Math.round(startedAt * 1000);
  const ts = from + Math.round(startMs * 1000);
  const dur = from + Math.round(endMs * 1000) - ts;
  return { ph: "X", name, cat: `cloudcrop,${cat}`, pid, tid, ts, dur, args };
}

function nameProcess(pid: number, name: string): TraceMetadata[] {
  return [
    metadata("process_name", pid, 0, { name }),
    metadata("process_sort_index", pid, 0, { sort_index: pid }),
  ];
}

function nameThread(pid: number, tid: number, name: string): TraceMetadata[] {
  return [
    metadata("thread_name", pid, tid, { name }),
    metadata("thread_sort_index", pid, tid, { sort_index: tid }),
  ];
}

function metadata(
  name: TraceMetadata["name"],
  pid: number,
  tid: number,
  args: TraceMetadata["args"],
): TraceMetadata {
  return { ph: "M", name, pid, tid, ts: 0, cat: "__metadata", args };
}
