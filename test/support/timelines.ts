/**
 * What holds of every timeline, and of every trace made of one.
 *
 * @module
 */
import { expect } from "vitest";
import type { SpanKind, Timeline, TimelineSpan } from "../../src/core/timeline.js";
import type { Trace, TraceSpan } from "../../src/trace/timeline-to-trace.js";

/** Spans of a request, in the order in which they follow one another. */
const stepsOfRequest: readonly SpanKind[] = [
  "pause",
  "queue",
  "prepare",
  "connect",
  "preflight",
  "first-byte",
  "transfer",
  "unknown",
];

/** Spans lie within the query, those of a request follow one another, and numbers name what there is. */
export function checkTimeline({ ms, lanes, requests, spans, startedAt }: Timeline): void {
  expect(Math.abs(Date.now() - startedAt)).toBeLessThan(600_000);
  expect(lanes[0]).toBe("page");
  expect(spans.map(({ startMs }) => startMs)).toEqual(
    spans.map(({ startMs }) => startMs).toSorted((a, b) => a - b),
  );
  for (const span of spans) {
    const where = JSON.stringify(span);
    expect(span.startMs, where).toBeGreaterThanOrEqual(0);
    expect(span.endMs, where).toBeGreaterThan(span.startMs);
    expect(span.endMs, where).toBeLessThanOrEqual(ms);
    expect(lanes[span.lane], where).toBeDefined();
  }
  for (const [index, request] of requests.entries()) {
    expect(lanes[request.lane]).toBeDefined();
    const own = spansOf(spans, index);
    expect(own.length, JSON.stringify(request)).toBeGreaterThan(0);
    expect(own.every(({ lane }) => lane === request.lane)).toBe(true);
    const steps = own.map(({ kind }) => stepsOfRequest.indexOf(kind));
    expect(steps, JSON.stringify(own)).toEqual(steps.toSorted((a, b) => a - b));
    for (const [at, span] of own.entries())
      if (at > 0) expect(span.startMs, JSON.stringify(own)).toBeGreaterThanOrEqual(own[at - 1]!.endMs);
  }
}

export function spansOf(spans: readonly TimelineSpan[], request: number): TimelineSpan[] {
  return spans.filter((span) => span.request === request);
}

/** The rules of the Trace Event Format that readers depend on: named rows, whole microseconds, spans that nest. */
export function checkTrace(trace: Trace, timeline: Timeline): void {
  expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
  const names = new Map<string, string>();
  const rows = new Map<string, TraceSpan[]>();
  for (const event of trace.traceEvents) {
    const row = `${event.pid} ${event.tid}`;
    if (event.ph === "M") {
      if (event.name === "thread_name") names.set(row, String(event.args.name));
      continue;
    }
    expect(event.ph).toBe("X");
    expect([event.ts, event.dur].every(Number.isSafeInteger), JSON.stringify(event)).toBe(true);
    expect(event.dur).toBeGreaterThanOrEqual(0);
    rows.set(row, [...(rows.get(row) ?? []), event]);
  }
  expect(new Set(names.values()).size).toBeGreaterThan(0);
  for (const [row, spans] of rows) {
    expect(names.get(row), `row ${row}`).toBeDefined();
    const open: number[] = [];
    for (const { ts, dur, name } of spans.toSorted((a, b) => a.ts - b.ts || b.dur - a.dur)) {
      while (open.length > 0 && open.at(-1)! <= ts) open.pop();
      const end = open.at(-1) ?? Number.POSITIVE_INFINITY;
      expect(ts + dur, `${name} in ${names.get(row)}`).toBeLessThanOrEqual(end);
      open.push(ts + dur);
    }
  }
  const all = [...rows.values()].flat();
  const query = all.find(({ name }) => name === "query")!;
  for (const { ts, dur, name } of all) {
    expect(ts, name).toBeGreaterThanOrEqual(query.ts);
    expect(ts + dur, name).toBeLessThanOrEqual(query.ts + query.dur);
  }
  const requests = all.filter(({ cat }) => cat === "cloudcrop,request");
  expect(requests.map(({ name }) => name).toSorted()).toEqual(
    timeline.requests.map(({ method, key }) => `${method} ${key}`).toSorted(),
  );
}
