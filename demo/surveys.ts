/**
 * @module
 * Years and other values that the parts of a source were taken in, as its coverage tells: one click shows one of them alone.
 */
import type { SourceInfo } from "cloudcrop";
import type { Actions } from "./actions.js";
import { byId, make } from "./dom.js";
import type { Store } from "./state.js";

/** More buttons than this are no switch. */
const mostValues = 12;

/** Few whole values by dimension, ascending; dimensions of which only runs are known are left out. */
export function surveyValues({ coverage = [] }: Pick<SourceInfo, "coverage">): Map<string, number[]> {
  const found = new Map<string, Set<number>>();
  const runs = new Set<string>();
  for (const { ranges } of coverage) {
    for (const [name, [first, last]] of Object.entries(ranges)) {
      const value = Number(first);
      if (first !== last || !Number.isInteger(value)) runs.add(name);
      else found.set(name, (found.get(name) ?? new Set()).add(value));
    }
  }
  return new Map(
    [...found]
      .filter(([name, { size }]) => !runs.has(name) && size > 1 && size <= mostValues)
      .map(([name, values]) => [name, [...values].sort((a, b) => a - b)]),
  );
}

/** The buttons; what they ask for stands in the query form too. */
export function showSwitches(store: Store, actions: Actions): void {
  const panel = byId("switches");
  const choose = (name: string, value: number | undefined): void => {
    const { [name]: _, ...others } = store.state.draft.intervals;
    const intervals = value === undefined ? others : { ...others, [name]: [value, value] as const };
    store.set({ draft: { ...store.state.draft, intervals } });
    void actions.run();
  };
  store.on(["scene"], ({ scene }) => {
    const groups = scene === undefined ? [] : [...surveyValues(scene.source.info)];
    panel.hidden = groups.length === 0;
    panel.replaceChildren(
      ...groups.map(([name, values]) =>
        make(
          "div",
          { role: "group", "aria-label": name },
          make("span", { class: "muted" }, name),
          ...[undefined, ...values].map((value) => {
            const button = make(
              "button",
              { type: "button", "data-switch": name, "data-value": value ?? "" },
              String(value ?? "all"),
            );
            button.addEventListener("click", () => choose(name, value));
            return button;
          }),
        ),
      ),
    );
  });
  store.on(["scene", "draft"], ({ draft }) => {
    for (const button of panel.querySelectorAll<HTMLButtonElement>("button")) {
      const { switch: name = "", value = "" } = button.dataset;
      const ends = draft.intervals[name];
      const isChosen =
        value === "" ? ends === undefined : ends?.every((end) => String(end) === value) === true;
      button.setAttribute("aria-pressed", String(isChosen));
    }
  });
}
