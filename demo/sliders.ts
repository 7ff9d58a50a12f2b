/**
 * @module
 * Which plane of a grid of many dimensions the picture shows: one slider for each dimension that it does not.
 */
import { byId, make } from "./dom.js";
import { formatValue } from "./format.js";
import type { Store } from "./state.js";

export function drawSliders(store: Store): void {
  const panel = byId("sliders");
  const { scene, result, slice } = store.state;
  if (scene === undefined || result?.kind !== "grid") {
    panel.replaceChildren();
    return;
  }
  // A slider that is being dragged must stay the same element.
  if (panel.contains(document.activeElement)) return;
  const rows = result.table.axes.flatMap(({ name, values, unit }, axis) => {
    if (axis === scene.x || axis === scene.y || values.length < 2) return [];
    const index = Math.min(values.length - 1, slice[name] ?? 0);
    const input = make("input", {
      type: "range",
      min: 0,
      max: values.length - 1,
      value: index,
      "aria-label": name,
    });
    const words = make("output", {}, wordsFor(values[index]!, unit));
    input.addEventListener("input", () => {
      const at = Number(input.value);
      words.textContent = wordsFor(values[at]!, unit);
      store.set({ slice: { ...store.state.slice, [name]: at } });
    });
    return [make("label", { class: "row" }, make("span", {}, name), input, words)];
  });
  panel.replaceChildren(...rows);
}

function wordsFor(value: number | bigint, unit: string | undefined): string {
  return `${formatValue(value)}${unit === undefined ? "" : ` ${unit}`}`;
}
