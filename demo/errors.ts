/**
 * @module
 * What went wrong, in words: the library's message and hint, the list of checks below it looks further.
 */
import { type ErrorCode, isReaderError } from "cloudcrop";
import { byId, make } from "./dom.js";
import type { Store } from "./state.js";

const titles: Partial<Record<ErrorCode, string>> = {
  config: "These settings do not go together",
  unsupported: "This cannot be read yet",
  "not-found": "It is not there",
  forbidden: "Access was refused",
  expired: "The keys or the link have expired",
  clock: "A clock is wrong",
  region: "The bucket is in another region",
  throttled: "The server asks to slow down",
  server: "The server failed",
  network: "No connection",
  cors: "The host does not let this page read it",
  timeout: "The server was too slow",
  "range-unsupported": "The server cannot send parts of a file",
  "short-body": "An answer was cut short",
  changed: "The data changed while it was read",
  "unknown-format": "Nothing known is stored there",
  "invalid-metadata": "The metadata makes no sense",
  "unknown-codec": "An unknown codec",
  "codec-failed": "A chunk could not be decoded",
  corrupt: "The data is damaged",
  "limit-exceeded": "Too much at once",
  "invalid-query": "The query does not fit the data",
};

export interface Explained {
  readonly code: string | undefined;
  readonly title: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Takes an error apart; message and hint are shown apart, so the hint is cut from the message. */
export function explainError(error: unknown): Explained {
  if (!isReaderError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: undefined, title: "Something went wrong in this page", message, hint: undefined };
  }
  const { code, hint } = error;
  let message = error.message.replace(`${code}: `, "");
  if (hint !== undefined) message = message.replace(hint, "").trim();
  return { code, title: titles[code] ?? code, message, hint };
}

export function showErrors(store: Store): void {
  const panel = byId("problem");
  store.on(["problem"], ({ problem }) => {
    panel.hidden = problem === undefined;
    panel.replaceChildren(
      ...(problem === undefined ? [] : describe(problem, () => store.set({ problem: undefined }))),
    );
    if (problem !== undefined) panel.scrollIntoView({ block: "nearest" });
  });
}

function describe(problem: unknown, dismiss: () => void): Node[] {
  const { code, title, message, hint } = explainError(problem);
  const close = make("button", { type: "button", class: "quiet", "aria-label": "Dismiss the message" }, "✕");
  close.addEventListener("click", dismiss);
  const heading = make("strong", {}, title);
  const parts: Node[] = [
    make("div", { class: "row" }, heading, code === undefined ? undefined : make("code", {}, code), close),
    make("p", {}, message),
  ];
  if (hint !== undefined) parts.push(make("p", { class: "hint" }, hint));
  return parts;
}
