/**
 * @module
 * The timeline of the last query: for every thread its requests and its work, in the colours of what the time went into; what a
 * bar stands for is told in words when it is pointed at or focused.
 */
import type { SpanKind, Timeline } from "cloudcrop";
import { ticks } from "./axes.js";
import { byId, make, saveFile } from "./dom.js";
import { countOf, formatBytes, formatMs } from "./format.js";
import type { Run, Store } from "./state.js";
import { type Item, type Lane, layTimeline, msOf } from "./timeline-rows.js";

/** In the order in which they follow one another. */
const kinds: Readonly<Record<SpanKind, string>> = {
  plan: "planning: indexes and labels read",
  pause: "pause before another attempt",
  queue: "waiting for a slot or a worker",
  prepare: "signed, handed to its thread",
  connect: "connecting",
  preflight: "preflight: asking leave",
  "first-byte": "waiting for the first byte",
  transfer: "bytes coming",
  decode: "decoding",
  filter: "keeping what was asked for",
  collect: "putting together",
  unknown: "nobody told",
};

const invitation = "Point at a bar, or focus one and use the arrow keys.";

export function showTimeline(store: Store): void {
  const panel = byId("tab-timeline");
  store.on(["run"], ({ run }, before) => {
    // Every tick of a running query is a new run.
    if (run?.is === "running" && before.run?.is === "running") return;
    panel.replaceChildren(...(run === undefined || run.is === "running" ? [] : drawRun(run)));
  });
}

function drawRun(run: Run): Node[] {
  const { timeline } = run;
  if (timeline === undefined) return [];
  const detail = make("p", { class: "detail", "aria-live": "polite" }, invitation);
  const save = make("button", { type: "button", class: "quiet small", id: "save-trace" }, "Save trace");
  save.addEventListener("click", () => void saveTrace(timeline));
  return [
    make("div", { class: "row spread" }, make("p", { class: "small" }, summary(run, timeline)), save),
    drawLegend(timeline),
    detail,
    drawLanes(timeline, (words) => {
      detail.textContent = words ?? invitation;
    }),
    ...notes(run, timeline).map((note) => make("p", { class: "muted small" }, note)),
  ];
}

function summary({ firstPartMs }: Run, { requests, lanes, ms }: Timeline): string {
  const workers = lanes.length - 1;
  const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
  // On the page's own clock, which began before the query did.
  const first =
    firstPartMs === undefined
      ? ""
      : ` The first part was here ${formatMs(firstPartMs)} after it was asked for.`;
  const sent = requests.length === 0 ? "No request" : countOf(requests.length, "request");
  const by = workers === 0 ? "the page alone" : `the page and ${countOf(workers, "worker")}`;
  return `${sent}, ${formatBytes(bytes)}, by ${by} in ${formatMs(ms)}.${first}`;
}

function notes({ requestsBefore = 0 }: Run, { requests }: Timeline): string[] {
  const hidden = requests.filter(({ preflight }) => preflight === "hidden").length;
  return [
    ...(requests.length === 0 ? ["Everything was in memory, or nothing was needed."] : []),
    ...(hidden === 0
      ? []
      : [
          `${countOf(hidden, "request")} may have waited for a preflight: of this server the browser does not show it (Timing-Allow-Origin).`,
        ]),
    ...(requestsBefore === 0
      ? []
      : [`Before the query, ${countOf(requestsBefore, "request")} read metadata, labels and indexes.`]),
  ];
}

/** What the colours mean, and the time that went into each; spans overlap, so these add up to more than the whole. */
function drawLegend({ spans }: Timeline): HTMLElement {
  const items = Object.entries(kinds).flatMap(([kind, words]) => {
    const own = spans.filter((span) => span.kind === kind);
    if (own.length === 0) return [];
    const ms = own.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    return [make("li", {}, make("i", { class: `kind k-${kind}` }), `${words} `, make("b", {}, msOf(ms)))];
  });
  return make(
    "ul",
    { class: "kinds", "aria-label": "Time by colour, summed over requests and threads" },
    ...items,
    make("li", { class: "muted" }, "(sums of what ran side by side)"),
  );
}

function drawLanes(timeline: Timeline, tell: (words?: string) => void): HTMLElement {
  const { ms } = timeline;
  const chart = make("div", { class: "lanes", role: "group", "aria-label": "Requests and work by thread" });
  chart.append(drawAxis(ms));
  for (const lane of layTimeline(timeline)) chart.append(...drawLane(lane, ms));
  const items = [...chart.querySelectorAll<HTMLElement>(".item")];
  const wordsOf = (target: EventTarget | null): string | undefined =>
    (target as HTMLElement | null)?.closest(".item")?.getAttribute("aria-label") ?? undefined;
  chart.addEventListener("pointerover", ({ target }) => {
    const words = wordsOf(target);
    if (words !== undefined) tell(words);
  });
  chart.addEventListener("pointerleave", () => tell(wordsOf(document.activeElement)));
  chart.addEventListener("focusin", ({ target }) => tell(wordsOf(target)));
  chart.addEventListener("focusout", () => tell());
  bindArrows(chart, items);
  return chart;
}

/** One stop of the Tab key for all bars; arrows go from one to the next, up and down to the nearest of another row. */
function bindArrows(chart: HTMLElement, items: readonly HTMLElement[]): void {
  items[0]?.setAttribute("tabindex", "0");
  const leftOf = (item: HTMLElement): number => item.getBoundingClientRect().left;
  const inRow = (from: HTMLElement, step: 1 | -1): HTMLElement | undefined => {
    const rows = [...chart.querySelectorAll<HTMLElement>(".lane-row")];
    const row = rows[rows.indexOf(from.parentElement!) + step];
    const distance = (item: HTMLElement): number => Math.abs(leftOf(item) - leftOf(from));
    return [...(row?.querySelectorAll<HTMLElement>(".item") ?? [])].sort(
      (a, b) => distance(a) - distance(b),
    )[0];
  };
  chart.addEventListener("keydown", (event) => {
    const from = document.activeElement as HTMLElement;
    const index = items.indexOf(from);
    if (index < 0) return;
    const moves: Readonly<Record<string, () => HTMLElement | undefined>> = {
      ArrowRight: () => items[index + 1],
      ArrowLeft: () => items[index - 1],
      ArrowDown: () => inRow(from, 1),
      ArrowUp: () => inRow(from, -1),
      Home: () => items[0],
      End: () => items.at(-1),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const to = move();
    if (to === undefined) return;
    from.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  });
}

function drawAxis(ms: number): HTMLElement {
  const marks = ticks(0, ms, 5).values.map((value) => {
    const mark = make("span", {}, msOf(value));
    mark.style.insetInlineStart = `${(100 * value) / ms}%`;
    // What stands near the end is written before its place.
    if (value > 0.9 * ms) mark.className = "last";
    return mark;
  });
  return make("div", { class: "time-axis", "aria-hidden": "true" }, ...marks);
}

function drawLane({ name, rows, left }: Lane, ms: number): HTMLElement[] {
  const heading = make(
    "p",
    { class: "lane-name" },
    left === 0 ? name : `${name} (${countOf(left, "request")} more not drawn)`,
  );
  return [
    heading,
    ...rows.map(({ isWork, items }) =>
      make(
        "div",
        { class: isWork ? "lane-row work" : "lane-row" },
        ...items.map((item) => drawItem(item, ms)),
      ),
    ),
  ];
}

function drawItem({ startMs, endMs, words, segments }: Item, ms: number): HTMLElement {
  const item = make("button", { type: "button", class: "item", tabindex: "-1", "aria-label": words });
  place(item, startMs, endMs, 0, ms);
  for (const { kind, startMs: from, endMs: to } of segments) {
    const segment = make("i", { class: `k-${kind}` });
    place(segment, from, to, startMs, endMs - startMs);
    item.append(segment);
  }
  return item;
}

function place(element: HTMLElement, from: number, to: number, origin: number, whole: number): void {
  element.style.insetInlineStart = `${(100 * (from - origin)) / whole}%`;
  element.style.inlineSize = `${(100 * (to - from)) / whole}%`;
}

async function saveTrace(timeline: Timeline): Promise<void> {
  const { timelineToTrace } = await import("cloudcrop/timeline");
  saveFile("cloudcrop-trace.json", "application/json", [JSON.stringify(timelineToTrace(timeline))]);
}
