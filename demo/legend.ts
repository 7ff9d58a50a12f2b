/**
 * @module
 * What the colours mean: a bar with its ends, which may be set, or the categories with their names.
 */
import {
  type CategoryScale,
  type ContinuousScale,
  nullColour,
  type Rgb,
  ramp,
  type Scale,
} from "./colour.js";
import { byId, make } from "./dom.js";
import { countOf, formatCount, formatValue } from "./format.js";
import type { Store } from "./state.js";
import { dateReader, dateWriter } from "./times.js";

const shownCategories = 10;

/** The list of what to colour by, and the colours. */
export function drawLegend(store: Store, scale: Scale | undefined, choices: readonly string[]): void {
  const panel = byId("legend");
  panel.hidden = scale === undefined;
  if (scale === undefined) return;
  // Redrawing under the user's hands would take the focus away.
  if (panel.contains(document.activeElement) && document.activeElement instanceof HTMLInputElement) return;
  const hadFocus = document.activeElement?.id === "colour-by";
  const picker = make(
    "select",
    { id: "colour-by", "aria-label": "Colour by" },
    ...choices.map((name) => make("option", { value: name, selected: name === scale.name }, name)),
  );
  picker.addEventListener("change", () => store.set({ colourBy: picker.value, clamp: undefined }));
  const unit = scale.kind === "continuous" && dateWriter(scale.unit) !== undefined ? "UTC" : scale.unit;
  const title = unit === undefined ? undefined : make("span", { class: "muted" }, unit);
  panel.replaceChildren(
    make("div", { class: "row" }, picker, title),
    ...(scale.kind === "continuous" ? continuous(store, scale) : categories(scale)),
    ...(scale.nulls === 0 ? [] : [swatch(nullColour, `no value (${formatCount(scale.nulls)})`)]),
  );
  if (hadFocus) picker.focus();
}

function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** The colours from the lowest to the highest value, from left to right. */
export function rampCss(): string {
  const stops = ramp.filter((_, index) => index % 15 === 0).map(css);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

function continuous(store: Store, scale: ContinuousScale): Node[] {
  const { min, max, lowest, highest } = scale;
  const { write, parse } = endsOf(scale);
  const bar = make("div", {
    class: "ramp",
    role: "img",
    "aria-label": `Colours from ${write(min)} to ${write(max)}`,
  });
  bar.style.background = rampCss();
  const ends = [min, max];
  const inputs = ends.map((end, index) =>
    make("input", {
      type: "text",
      inputmode: "text",
      value: write(end),
      "aria-label": index === 0 ? "Lowest colour at" : "Highest colour at",
    }),
  );
  const read = (): void => {
    // What is shown is rounded: an end that was not changed stays what it is.
    const [low, high] = inputs.map(({ value, defaultValue }, index) =>
      value === defaultValue ? ends[index]! : parse(value),
    );
    if (Number.isFinite(low) && Number.isFinite(high) && low! < high!) store.set({ clamp: [low!, high!] });
  };
  for (const input of inputs) input.addEventListener("change", read);
  const beyond = lowest < min || highest > max;
  const note = beyond ? `values from ${write(lowest)} to ${write(highest)}` : undefined;
  const reset = make("button", { type: "button", class: "quiet small" }, "all");
  reset.title = "Colours from the lowest to the highest value";
  reset.addEventListener("click", () => store.set({ clamp: [lowest, highest] }));
  return [
    bar,
    make("div", { class: "row ends" }, inputs[0], inputs[1]),
    ...(note === undefined ? [] : [make("div", { class: "row muted small" }, note, reset)]),
  ];
}

const dayMs = 86_400_000;

/** How the ends of the colours are written and read: times as dates, by the day where there are several. */
function endsOf({ unit, lowest, highest }: ContinuousScale): {
  write(value: number): string;
  parse(text: string): number;
} {
  const [date, parse] = [dateWriter(unit), dateReader(unit)];
  if (date === undefined || parse === undefined) return { write: formatValue, parse: Number };
  const days = (Date.parse(date(highest)) - Date.parse(date(lowest))) / dayMs;
  const shown = days > 3 ? 10 : 16;
  return { write: (value) => date(value).slice(0, shown).replace("T", " "), parse };
}

function categories({ entries }: CategoryScale): Node[] {
  const rest = entries.slice(shownCategories);
  const others = rest.reduce((sum, { count }) => sum + count, 0);
  return [
    make(
      "div",
      { class: "swatches" },
      ...entries
        .slice(0, shownCategories)
        .map(({ name, colour, count }) => swatch(colour, `${name} (${formatCount(count)})`)),
    ),
    ...(rest.length === 0
      ? []
      : [
          make(
            "div",
            { class: "muted small" },
            `${countOf(rest.length, "more", "more")} (${formatCount(others)})`,
          ),
        ]),
  ];
}

function swatch(colour: Rgb, words: string): HTMLElement {
  const spot = make("span", { class: "swatch" });
  spot.style.background = css(colour);
  return make("div", { class: "row small" }, spot, words);
}
