/**
 * @module
 * The price before, the progress during, the account after a query; and the buttons that start and stop it.
 */
import type { Explain } from "cloudcrop";
import type { Actions } from "./actions.js";
import { byId, make } from "./dom.js";
import { explainError } from "./errors.js";
import { countOf, formatBytes, formatMs, formatUsd, itemsOf } from "./format.js";
import { isEmpty, type Price, type Result, type Run, type State, type Store } from "./state.js";

/** Beyond this a click more is asked for. */
const askFirst = { bytes: 100_000_000, requests: 1500 };

export function showRunPanel(store: Store, actions: Actions): void {
  const runButton = byId<HTMLButtonElement>("run");
  const cancelButton = byId<HTMLButtonElement>("cancel");
  const ask = byId("ask");
  runButton.addEventListener("click", () => {
    const large = tooLarge(store.state.price);
    if (large === undefined || !ask.hidden) {
      ask.hidden = true;
      return void actions.run();
    }
    ask.textContent = `This would read ${large}. Press “Query” again to do it, or make the box smaller.`;
    ask.hidden = false;
  });
  cancelButton.addEventListener("click", () => actions.cancel());
  store.on(["price"], ({ price, scene }) => {
    ask.hidden = true;
    byId("price").replaceChildren(...describePrice(price, scene?.source.kind));
  });
  store.on(["scene"], ({ scene }) => {
    byId("tabs").hidden = scene === undefined;
    byId("results").classList.toggle("empty", scene === undefined);
  });
  store.on(["notes"], ({ notes }) => {
    byId("notes").replaceChildren(...notes.map((note) => make("li", {}, note)));
  });
  store.on(["run", "result", "scene", "opening"], (state) => {
    const { run } = state;
    const isRunning = run?.is === "running";
    runButton.hidden = isRunning;
    cancelButton.hidden = !isRunning;
    byId("results").setAttribute("aria-busy", String(isRunning));
    showProgress(run);
    byId("summary").replaceChildren(...summary(state));
    // Read out once, when it is over: not every tick.
    if (!isRunning)
      byId("announce").textContent = run === undefined ? "" : (byId("summary").textContent ?? "");
  });
}

function tooLarge(price: Price): string | undefined {
  if (price.is !== "told") return undefined;
  const { bytes, requests } = price.explain;
  if (bytes <= askFirst.bytes && requests <= askFirst.requests) return undefined;
  return `${formatBytes(bytes)} in ${countOf(requests, "request")}`;
}

function describePrice(price: Price, kind: string | undefined): (Node | string)[] {
  if (price.is === "unknown") return [make("span", { class: "muted" }, "pricing…")];
  if (price.is === "failed") {
    const { message, hint } = explainError(price.error);
    return [make("span", { class: "bad" }, [message, hint].filter(Boolean).join(" "))];
  }
  const { explain } = price;
  return [
    ...priceWords(explain, kind).flatMap((words, index) => [
      ...(index === 0 ? [] : [" · "]),
      make("span", { class: "unbroken" }, words),
    ]),
    ...explain.notes.map((note) => make("small", { class: "muted" }, note)),
  ];
}

function priceWords(
  { requests, bytes, usd, rowsAtMost, level }: Explain,
  kind: string | undefined,
): string[] {
  const words = [countOf(requests, "request"), formatBytes(bytes), formatUsd(usd)];
  const [one, many] = itemsOf(kind);
  if (rowsAtMost !== undefined)
    words.push(rowsAtMost === 0 ? `no ${many}` : `≤ ${countOf(rowsAtMost, one, many)}`);
  if (level !== undefined && level !== 0) words.push(`level ${level}`);
  return words;
}

function showProgress(run: Run | undefined): void {
  const bar = byId<HTMLProgressElement>("progress");
  bar.hidden = run?.is !== "running";
  const { partsDone, partsTotal } = run?.progress ?? {};
  if (partsTotal === undefined || partsDone === undefined) bar.removeAttribute("value");
  else {
    bar.max = Math.max(1, partsTotal);
    bar.value = partsDone;
  }
}

const words: Readonly<Record<Run["is"], string>> = {
  running: "reading…",
  done: "",
  cancelled: "cancelled",
  failed: "failed",
};

function summary({ run, result, scene, opening }: State): Node[] {
  if (opening && run === undefined)
    return [make("span", { class: "muted" }, "opening, and pricing a first look…")];
  if (scene === undefined) return [make("span", { class: "muted" }, "Open a sample or a store of your own.")];
  if (run === undefined) return [make("span", { class: "muted" }, "Draw or type a box, then query.")];
  const { progress, is } = run;
  const isBad = is === "failed" || is === "cancelled";
  const rows = isBad && isEmpty(result) ? "" : countRows(result, scene.source.kind, progress?.rows);
  const parts: [string, string][] = [
    ["state", words[is]],
    ["rows", rows],
    ["requests", progress === undefined ? "" : countOf(progress.requests, "request")],
    ["bytes", progress === undefined ? "" : formatBytes(progress.bytes)],
    ["ms", formatMs(run.ms)],
  ];
  const empty =
    is === "done" && isEmpty(result)
      ? [make("span", { id: "empty", class: "muted" }, "nothing lies in this box")]
      : [];
  return [
    ...parts
      .filter(([, text]) => text !== "")
      .map(([id, text]) =>
        make("span", { id: `sum-${id}`, class: isBad && id === "state" ? "bad" : "" }, text),
      ),
    ...empty,
  ];
}

function countRows(result: Result | undefined, kind: string, rows: number | undefined): string {
  if (result === undefined) return rows === undefined ? "" : countOf(rows, ...itemsOf(kind));
  if (result.kind === "points" && result.paths !== undefined) {
    return `${countOf(result.paths.length - 1, "line")} of ${countOf(result.table.length, "vertex", "vertices")}`;
  }
  if (result.kind === "points") return countOf(result.table.length, ...itemsOf(kind));
  const { shape } = result.table;
  const cells = shape.reduce((product, size) => product * size, 1);
  return `${countOf(cells, "cell")}${shape.length > 1 ? ` (${shape.join(" × ")})` : ""}`;
}
