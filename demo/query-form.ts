/**
 * @module
 * The question: ends of each dimension, ranges on fields, fields to return, level.
 */
import type { FieldInfo, IntervalEnd, LevelInfo } from "cloudcrop";
import { byId, make } from "./dom.js";
import { formatBytes, formatCount, formatStep } from "./format.js";
import { autoBudget, firstDraft } from "./query.js";
import { fieldsOf, type Scene } from "./scene.js";
import type { Ends, Store } from "./state.js";

export function showQueryForm(store: Store): void {
  const panel = byId("query");
  const box = byId("box");
  store.on(["scene"], ({ scene }) => {
    panel.hidden = scene === undefined;
    if (scene === undefined) return;
    box.replaceChildren(...dimensionRows(store, scene));
    byId("filters").replaceChildren(...fieldFilters(store, scene));
    byId("columns").replaceChildren(...fieldChoice(store, scene));
    byId("levels").replaceChildren(...levelChoice(store, scene));
  });
  // A box drawn on the picture shows in the form; what is being typed is left alone.
  store.on(["draft"], ({ draft }) => {
    for (const input of panel.querySelectorAll<HTMLInputElement>("input[data-name]")) {
      if (input === document.activeElement) continue;
      const ends = draft.intervals[input.dataset.name!];
      input.value = ends === undefined ? "" : writeEnd(ends[Number(input.dataset.end)]!);
    }
    for (const select of panel.querySelectorAll<HTMLSelectElement>("select[data-name]")) {
      select.value = String(draft.intervals[select.dataset.name!]?.[0] ?? "");
    }
    for (const check of panel.querySelectorAll<HTMLInputElement>("input[data-field]")) {
      check.checked = draft.fields?.includes(check.dataset.field!) ?? true;
    }
    const level = panel.querySelector<HTMLSelectElement>("#level");
    if (level !== null) level.value = draft.level === undefined ? "" : String(draft.level);
  });
  byId("everything").addEventListener("click", () => {
    const { scene, draft } = store.state;
    if (scene === undefined) return;
    const { fields, level } = draft;
    store.set({
      draft: {
        ...firstDraft(scene),
        ...(fields === undefined ? {} : { fields }),
        ...(level === undefined ? {} : { level }),
      },
    });
  });
}

function writeEnd(end: IntervalEnd): string {
  return end instanceof Date ? end.toISOString() : String(end);
}

/** A number, or a date where the axis is a time; `undefined` for nothing. */
function readEnd(text: string): number | string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed.replace(/^−/, "-"));
  return Number.isNaN(number) ? trimmed : number;
}

function setInterval(store: Store, name: string, ends: Ends | undefined): void {
  const { [name]: _, ...others } = store.state.draft.intervals;
  const intervals = ends === undefined ? others : { ...others, [name]: ends };
  store.set({ draft: { ...store.state.draft, intervals } });
}

/** Two inputs; one of them alone reaches to the other end of the data. */
function endInputs(
  store: Store,
  name: string,
  known: { readonly min?: number | undefined; readonly max?: number | undefined },
): HTMLElement {
  const inputs = (["min", "max"] as const).map((end, index) =>
    make("input", {
      type: "text",
      inputmode: "text",
      autocomplete: "off",
      "data-name": name,
      "data-end": index,
      "aria-label": `${name}, ${end === "min" ? "from" : "to"}`,
      placeholder: known[end] === undefined ? end : formatStep(known[end], (known.max! - known.min!) / 500),
    }),
  );
  const read = (): void => {
    const [min, max] = inputs.map((input) => readEnd(input.value));
    const from = min ?? known.min ?? Number.NEGATIVE_INFINITY;
    const to = max ?? known.max ?? Number.POSITIVE_INFINITY;
    setInterval(store, name, min === undefined && max === undefined ? undefined : [from, to]);
  };
  for (const input of inputs) input.addEventListener("input", read);
  return make("div", { class: "ends" }, inputs[0], make("span", { "aria-hidden": "true" }, "…"), inputs[1]);
}

function dimensionRows(store: Store, scene: Scene): Node[] {
  return scene.dimensions.map(({ name, unit, min, max }) =>
    make(
      "div",
      { class: "interval", role: "group", "aria-label": `Ends of ${name}` },
      make("span", { class: "name", title: unit ?? "" }, name),
      endInputs(store, name, { min, max }),
    ),
  );
}

/** Categories listed for choosing one; beyond that the list is long, but still a list. */
function fieldFilters(store: Store, { source }: Scene): Node[] {
  if (source.kind === "grid") return [];
  return fieldsOf(source)
    .filter(({ width }) => (width ?? 1) === 1)
    .map((field) =>
      make(
        "div",
        { class: "interval", role: "group", "aria-label": `Range of ${field.name}` },
        make("span", { class: "name", title: field.description ?? "" }, field.name),
        field.categories === undefined ? endInputs(store, field.name, {}) : categoryPicker(store, field),
      ),
    );
}

function categoryPicker(store: Store, { name, categories = [] }: FieldInfo): HTMLElement {
  const sorted = [...categories].sort((a, b) => a.localeCompare(b));
  const picker = make(
    "select",
    { "data-name": name, "aria-label": `${name} is` },
    make("option", { value: "" }, "any"),
    ...sorted.map((category) => make("option", { value: category }, category)),
  );
  picker.addEventListener("change", () => {
    setInterval(store, name, picker.value === "" ? undefined : [picker.value, picker.value]);
  });
  return picker;
}

function fieldChoice(store: Store, { source }: Scene): Node[] {
  const fields = fieldsOf(source);
  if (source.kind === "grid" || fields.length === 0) return [];
  const checks = fields.map(({ name }) => {
    const check = make("input", { type: "checkbox", "data-field": name, checked: true });
    check.addEventListener("change", () => {
      const chosen = checks.filter(([, box]) => box.checked).map(([field]) => field);
      const { fields: _, ...rest } = store.state.draft;
      store.set({ draft: chosen.length === fields.length ? rest : { ...rest, fields: chosen } });
    });
    return [name, check] as const;
  });
  return [
    make("legend", {}, "fields to return"),
    ...checks.map(([name, check]) => make("label", { class: "check" }, check, name)),
  ];
}

function levelChoice(store: Store, { source }: Scene): Node[] {
  const { levels } = source.info;
  if (levels.length < 2) return [];
  const picker = make(
    "select",
    { id: "level" },
    make("option", { value: "" }, "finest"),
    make("option", { value: "auto" }, `finest within ${formatBytes(autoBudget.bytes)}`),
    ...levels.map((level) => make("option", { value: level.level }, levelWords(level))),
  );
  picker.addEventListener("change", () => {
    const { level: _, ...rest } = store.state.draft;
    const { value } = picker;
    const level = value === "auto" ? value : Number(value);
    store.set({ draft: value === "" ? rest : { ...rest, level } });
  });
  return [make("label", {}, make("span", {}, "level"), picker)];
}

function levelWords({ level, name, rows, shape }: LevelInfo): string {
  const size = rows === undefined ? shape?.map(formatCount).join(" × ") : `${formatCount(rows)} rows`;
  return [level, name === String(level) ? undefined : name, size]
    .filter((word) => word !== undefined)
    .join(" · ");
}
