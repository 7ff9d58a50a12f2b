/**
 * Timelines in a real browser: requests of its workers, preflights where the server lets them be seen, none made up where it does not.
 */
import { describe, expect, inject, it } from "vitest";
import { timelineToTrace } from "../../src/exports/timeline.js";
import { open, type Timeline } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { checkTimeline, checkTrace } from "../support/timelines.js";

const { endpoint, keys } = inject("contractServer");

/** A whole read of a small grid, fetched and decoded by two workers. */
async function timelineOf(
  bucket: "hidden" | "shown",
  mode: "header" | "query",
  fetchIn: "page" | "worker",
): Promise<Timeline> {
  const pool = createPool({ workers: 2, inlineBytes: 0 });
  const place = { endpoint, region: "us-east-1", credentials: keys, auth: { mode } };
  const dataset = await open(`s3://${bucket}/${mode}-${fetchIn}.zarr`, { ...place, pool, fetchIn });
  const timelines: Timeline[] = [];
  await dataset.grid().read([], { onTimeline: (timeline) => timelines.push(timeline) });
  dataset.close();
  pool.dispose();
  expect(timelines).toHaveLength(1);
  checkTimeline(timelines[0]!);
  checkTrace(timelineToTrace(timelines[0]!), timelines[0]!);
  return timelines[0]!;
}

function kindsOf({ spans }: Timeline): Set<string> {
  return new Set(spans.map(({ kind }) => kind));
}

describe.each(["worker", "page"] as const)("fetched in the %s", (fetchIn) => {
  it("a server that hides its times: a preflight may be in the wait for the first byte", async () => {
    const timeline = await timelineOf("hidden", "header", fetchIn);
    const kinds = kindsOf(timeline);
    for (const kind of ["first-byte", "decode"]) expect(kinds).toContain(kind);
    for (const kind of ["connect", "preflight", "unknown"]) expect(kinds).not.toContain(kind);
    expect(timeline.requests.length).toBeGreaterThan(0);
    for (const { preflight, cached, lane, status } of timeline.requests) {
      expect([preflight, cached, status]).toEqual(["hidden", undefined, 200]);
      expect(lane > 0).toBe(fetchIn === "worker");
    }
  });

  it("a server that shows them: preflights have spans", async () => {
    const timeline = await timelineOf("shown", "header", fetchIn);
    const shown = timeline.requests.filter(({ preflight }) => preflight === "shown");
    // Workers of Firefox may be told of a request after its answer was handed on.
    if (navigator.userAgent.includes("Firefox")) expect(shown.length).toBeGreaterThan(0);
    else expect(shown).toHaveLength(timeline.requests.length);
    expect(shown.every(({ cached }) => cached === false)).toBe(true);
    const preflights = timeline.spans.filter(({ kind }) => kind === "preflight");
    expect(preflights).toHaveLength(shown.length);
    expect(kindsOf(timeline)).not.toContain("connect");
  });

  it("signed in the query: no preflight, and the connection is seen", async () => {
    const timeline = await timelineOf("shown", "query", fetchIn);
    expect(timeline.requests.every(({ preflight }) => preflight === "none")).toBe(true);
    expect(kindsOf(timeline)).not.toContain("preflight");
    expect(JSON.stringify([timeline, timelineToTrace(timeline)])).not.toMatch(/X-Amz|\?/i);
  });
});
