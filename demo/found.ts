/**
 * @module
 * What was found at the place: format, sources, size, bounds, levels, fields, reference system.
 */
import type { AnySource, Dataset } from "cloudcrop";
import type { Actions } from "./actions.js";
import { byId, make } from "./dom.js";
import { countOf, formatCount, formatValue, shortUnit } from "./format.js";
import { fieldsOf, type Scene } from "./scene.js";
import type { Store } from "./state.js";

export function showFound(store: Store, actions: Actions): void {
  const panel = byId("found");
  store.on(["dataset", "scene"], ({ dataset, scene }) => {
    panel.hidden = dataset === undefined;
    if (dataset === undefined) return panel.replaceChildren();
    panel.replaceChildren(
      make("h2", {}, titleOf(dataset)),
      make(
        "p",
        {},
        make("span", { class: "tag" }, `${dataset.format} ${dataset.formatVersion}`),
        " ",
        make("span", { class: "muted wrap" }, dataset.url),
      ),
      ...sourcePicker(dataset, scene, actions),
      ...(scene === undefined ? [] : [facts(scene)]),
    );
  });
}

function titleOf(dataset: Dataset): string {
  const { title, name } = dataset.attributes;
  const named = [title, name].find((text) => typeof text === "string" && text !== "");
  return typeof named === "string" ? named : (dataset.url.split("/").filter(Boolean).at(-1) ?? dataset.url);
}

function sourcePicker(dataset: Dataset, scene: Scene | undefined, actions: Actions): Node[] {
  const sources = [...dataset.sources];
  if (sources.length < 2) return [];
  const picker = make(
    "select",
    { id: "source" },
    ...sources.map(([name, source]) =>
      make("option", { value: name, selected: name === scene?.name }, describeSource(name, source)),
    ),
  );
  picker.addEventListener("change", () => void actions.choose(picker.value));
  return [make("label", {}, make("span", {}, "source"), picker)];
}

function describeSource(name: string, { kind, info }: AnySource): string {
  const role = info.role === "coordinate" ? "labels" : info.role === "level" ? "one level" : kind;
  return `${name === "" ? "(root)" : name} · ${role}${info.shape === undefined ? "" : ` ${info.shape.join(" × ")}`}`;
}

function facts({ source, dimensions }: Scene): HTMLElement {
  const { info, kind } = source;
  const list = make("dl");
  const add = (term: string, ...words: (Node | string)[]): void => {
    list.append(make("dt", {}, term), make("dd", {}, ...words));
  };
  const size =
    info.shape?.map(formatCount).join(" × ") ??
    (info.rows === undefined
      ? ""
      : kind === "points"
        ? countOf(info.rows, "row")
        : countOf(info.rows, "vertex", "vertices"));
  add("kind", [kind === "grid" ? `grid, ${info.dtype ?? ""}` : kind, size].filter(Boolean).join(", "));
  if (info.chunkShape !== undefined) add("chunks", info.chunkShape.map(formatValue).join(" × "));
  for (const { name, unit, min, max, labelled } of dimensions) {
    const ends =
      min === undefined || max === undefined ? "ends unknown" : `${formatValue(min)} … ${formatValue(max)}`;
    add(
      name,
      `${ends}${unit === undefined ? "" : ` ${shortUnit(unit)}`}${labelled ? "" : " (indices: no labels stored)"}`,
    );
  }
  if (info.levels.length > 1) {
    add(
      "levels",
      info.levels
        .map(({ level, rows, shape }) => {
          const size = rows === undefined ? shape?.join(" × ") : formatCount(rows);
          return `${level}${size === undefined ? "" : ` (${size})`}`;
        })
        .join(", "),
    );
  }
  add("CRS", info.crs === undefined ? "not stated" : describeCrs(info.crs));
  const [only] = info.fields;
  if (kind !== "grid") {
    const fields = fieldsOf(source);
    add(
      "fields",
      fields.length === 0
        ? "none"
        : fields
            .map(
              ({ name, dtype, categories }) =>
                `${name} (${categories === undefined ? dtype : countOf(categories.length, "category", "categories")})`,
            )
            .join(", "),
    );
  } else if (only !== undefined && (only.description !== undefined || only.unit !== undefined)) {
    add("values", [only.description, only.unit].filter(Boolean).join(", "));
  }
  return list;
}

function describeCrs(crs: NonNullable<AnySource["info"]["crs"]>): string {
  const text = typeof crs === "string" ? crs : JSON.stringify(crs);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
