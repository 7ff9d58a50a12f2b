/**
 * @module
 * The doctor's list for an address: what is in order, what is not, and the CORS rule to paste where one is missing.
 */
import type { Check, CheckState, CorsRule, Diagnosis } from "cloudcrop";
import type { Actions } from "./actions.js";
import { byId, copyButton, make } from "./dom.js";
import type { Store } from "./state.js";

/** A sign for the eye, a word for the ear. */
const signs: Readonly<Record<CheckState, readonly [string, string]>> = {
  ok: ["✓", "in order"],
  warning: ["!", "could be better"],
  failed: ["✕", "failed"],
  unknown: ["?", "not known"],
};

/** Binds the button, and shows the list while there is one. */
export function showDoctor(store: Store, actions: Actions): void {
  const panel = byId("doctor");
  const button = byId<HTMLButtonElement>("check");
  button.addEventListener("click", () => {
    if (store.state.place.url.trim() === "") byId("url").focus();
    else void actions.check();
  });
  store.on(["diagnosis"], ({ diagnosis }) => {
    button.textContent = diagnosis === "running" ? "Checking…" : "Check this address";
    panel.hidden = diagnosis === undefined;
    panel.setAttribute("aria-busy", String(diagnosis === "running"));
    panel.replaceChildren(...describe(diagnosis, () => store.set({ diagnosis: undefined })));
    if (diagnosis !== undefined) panel.scrollIntoView({ block: "nearest" });
  });
}

function describe(diagnosis: Diagnosis | "running" | undefined, dismiss: () => void): Node[] {
  if (diagnosis === undefined) return [];
  if (diagnosis === "running") return [make("p", { role: "status" }, "Checking the address…")];
  const close = make("button", { type: "button", class: "quiet", "aria-label": "Dismiss the checks" }, "✕");
  close.addEventListener("click", dismiss);
  const { checks, corsRules } = diagnosis;
  return [
    make("div", { class: "row" }, make("strong", { role: "status" }, summarise(checks)), close),
    make("ul", { class: "checks" }, ...checks.map(describeCheck)),
    ...corsRules.map(describeRule),
  ];
}

function summarise(checks: readonly Check[]): string {
  const count = (state: CheckState): number => checks.filter((check) => check.state === state).length;
  const [failed, warnings] = [count("failed"), count("warning")];
  if (failed > 0) return `${failed} of ${checks.length} checks failed`;
  if (count("ok") === checks.length) return "Everything is in order";
  return warnings > 0 ? "It works, and could be better" : "Nothing failed, as far as can be seen";
}

function describeCheck({ state, title, message }: Check): HTMLElement {
  const [sign, word] = signs[state];
  return make(
    "li",
    { class: `finding ${state}` },
    make("span", { class: "sign", "aria-hidden": "true" }, sign),
    make(
      "span",
      {},
      make("strong", {}, title),
      make("span", { class: "off-screen" }, `, ${word}: `),
      " ",
      message,
    ),
  );
}

/** The first is for this kind of host, so it is open. */
function describeRule({ service, how, text }: CorsRule, position: number): HTMLElement {
  const isFirst = position === 0;
  const label = isFirst ? `The CORS rule to paste: ${service}` : service;
  return make(
    "details",
    { open: isFirst },
    make("summary", {}, label),
    make("p", { class: "hint" }, how),
    make(
      "pre",
      { tabindex: 0, id: isFirst ? "cors-rule" : undefined, "aria-label": `CORS rule, ${service}` },
      text,
    ),
    copyButton("Copy the rule", () => text),
  );
}
