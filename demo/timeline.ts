/**
 * @module
 * When each request began and ended, as the browser saw it. Other origins hide more than that unless they send
 * `Timing-Allow-Origin`; requests made in workers are not seen from here.
 */
import { byId, make } from "./dom.js";
import { countOf, formatBytes, formatMs } from "./format.js";
import type { Run, Store } from "./state.js";

export interface RequestTiming {
  /** Path of the address, without its query: signatures stay out of the page. */
  readonly path: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Bars drawn; more would be lines without names. */
const shownRows = 200;

/** Requests since the last call; the browser's list, which is limited, begins anew. */
export function takeTimings(): RequestTiming[] {
  const taken = collectTimings(0);
  performance.clearResourceTimings();
  performance.setResourceTimingBufferSize(5000);
  return taken;
}

/** Requests to other origins since `startedAt`, relative to it. */
export function collectTimings(startedAt: number): RequestTiming[] {
  return performance
    .getEntriesByType("resource")
    .filter((entry) => entry.startTime >= startedAt && !entry.name.startsWith(location.origin))
    .map((entry) => ({
      path: decodeURIComponent(new URL(entry.name).pathname),
      startMs: entry.startTime - startedAt,
      endMs: entry.startTime + entry.duration - startedAt,
    }))
    .sort((a, b) => a.startMs - b.startMs);
}

/** Stages and a bar per request. */
export function showTimeline(store: Store): void {
  const panel = byId("tab-timeline");
  store.on(["run"], ({ run }) => {
    panel.replaceChildren(...(run === undefined || run.is === "running" ? [] : drawRun(run)));
  });
}

function drawRun(run: Run): Node[] {
  const { progress, requests = [], ms } = run;
  const times = progress?.times;
  const stages: [string, number | undefined, string][] = [
    ["plan", times?.plan, "indexes read, chunks chosen"],
    ["fetch", times?.fetch, "at least one chunk on its way"],
    ["decode", times?.decode, "decoded and filtered, summed over workers"],
    ["collect", times?.collect, "parts put together"],
    [
      "total",
      times?.total ?? ms,
      `first part after ${run.firstPartMs === undefined ? "—" : formatMs(run.firstPartMs)}`,
    ],
  ];
  const table = make(
    "table",
    { class: "stages" },
    make("caption", {}, "Time by stage; stages overlap"),
    make(
      "tbody",
      {},
      ...stages
        .filter(([, value]) => value !== undefined)
        .map(([name, value, words]) =>
          make(
            "tr",
            {},
            make("th", { scope: "row" }, name),
            make("td", {}, formatMs(value!)),
            make("td", {}, words),
          ),
        ),
    ),
  );
  const { requestsBefore = 0 } = run;
  const before =
    requestsBefore === 0
      ? undefined
      : make(
          "p",
          { class: "muted small" },
          `Before the query, ${countOf(requestsBefore, "request")} read metadata, labels and indexes.`,
        );
  if (requests.length === 0) {
    const none =
      (progress?.requests ?? 0) === 0
        ? "No request was sent: everything was in memory, or nothing was needed."
        : "The browser kept no record of the requests.";
    return [table, ...(before === undefined ? [] : [before]), make("p", { class: "muted small" }, none)];
  }
  const common = commonLength(requests.map(({ path }) => path));
  const end = Math.max(ms, ...requests.map((request) => request.endMs));
  const bars = requests.slice(0, shownRows).map(({ path, startMs, endMs }) => {
    const bar = make("span", { class: "bar" });
    bar.style.marginInlineStart = `${(100 * startMs) / end}%`;
    bar.style.inlineSize = `max(2px, ${(100 * (endMs - startMs)) / end}%)`;
    const words = `${path}: ${formatMs(endMs - startMs)} from ${formatMs(startMs)}`;
    return make(
      "li",
      { title: words },
      make("span", { class: "path" }, path.slice(common)),
      make("span", { class: "track" }, bar),
    );
  });
  const more = requests.length - bars.length;
  const summary = `${countOf(requests.length, "request")} seen by the browser${
    progress === undefined ? "" : `, ${formatBytes(progress.bytes)} received`
  }${more > 0 ? `; the first ${bars.length} are drawn` : ""}.`;
  return [
    table,
    ...(before === undefined ? [] : [before]),
    make("p", { class: "muted small" }, summary),
    make("ol", { class: "bars" }, ...bars),
  ];
}

/** How much all paths have in common, up to a slash: the store's own address, as a rule. */
function commonLength(paths: readonly string[]): number {
  const [first = "", ...others] = paths;
  const isShared = (length: number): boolean =>
    others.every((path) => path.startsWith(first.slice(0, length)));
  let length = 0;
  for (let at = first.indexOf("/"); at >= 0 && isShared(at + 1); at = first.indexOf("/", at + 1))
    length = at + 1;
  return length;
}
