/**
 * @module
 * Profiles as curves: one variable against depth, a line for each profile of the result. Shown where points have a depth and belong to
 * datasets.
 */
import { ticks } from "./axes.js";
import { pointColumns, type Values } from "./columns.js";
import { byId, make } from "./dom.js";
import { countOf, formatStep, shortUnit } from "./format.js";
import type { State, Store } from "./state.js";

/** The field that tells profiles apart, as the library names it. */
const profileField = "dataset";
/** More lines would be one dark spot. */
const drawnProfiles = 400;
/** Wider, and the curves would lie down. */
const widest = 760;
const edge = { left: 60, right: 12, top: 8, bottom: 36 } as const;

export function showProfilePlot(store: Store): void {
  const panel = byId("profiles");
  let wanted = "";
  const draw = (): void => {
    const plot = plotOf(store.state, wanted);
    panel.hidden = plot === undefined;
    panel.replaceChildren();
    if (plot === undefined) return;
    const { choices, curves, across, depth } = plot;
    const picker = make(
      "select",
      { id: "profile-variable", "aria-label": "Variable" },
      ...choices.map(({ name }) => make("option", { value: name, selected: name === across.name }, name)),
    );
    picker.addEventListener("change", () => {
      wanted = picker.value;
      draw();
      byId("profile-variable").focus();
    });
    const drawn = curves.slice(0, drawnProfiles);
    const words = `${countOf(curves.length, "profile")}${drawn.length < curves.length ? `, the first ${drawn.length} drawn` : ""}`;
    panel.append(make("div", { class: "row" }, picker, make("span", {}, `against ${depth.name}: ${words}`)));
    panel.append(drawCurves(drawn, plot, Math.min(panel.clientWidth || widest, widest)));
  };
  store.on(["result", "scene"], draw);
  new ResizeObserver(() => {
    if (!panel.hidden && !panel.contains(document.activeElement)) draw();
  }).observe(panel.parentElement!);
}

interface Curve {
  readonly name: string;
  /** Pairs of value and depth, downwards. */
  readonly points: readonly (readonly [number, number])[];
}

interface Plot {
  readonly choices: readonly Values[];
  readonly across: Values;
  readonly depth: Values;
  readonly curves: readonly Curve[];
}

function plotOf({ result, scene }: State, wanted: string): Plot | undefined {
  if (result?.kind !== "points" || scene === undefined || result.table.dims !== 3) return undefined;
  const columns = pointColumns(result.table, scene);
  const depth = columns[2]!;
  const profile = columns.find(({ name, categories }) => name === profileField && categories !== undefined);
  const choices = columns
    .slice(3)
    .filter(
      ({ name, categories }) =>
        categories === undefined && /^Float/.test(typeName(result.table.fields[name])),
    );
  const across = choices.find(({ name }) => name === wanted) ?? choices[0];
  if (profile === undefined || across === undefined) return undefined;
  return { choices, across, depth, curves: curvesOf(profile, across, depth) };
}

function typeName(column: unknown): string {
  return (column as object).constructor.name;
}

/** Rows by profile; a level without a value is left out. */
function curvesOf(profile: Values, across: Values, depth: Values): Curve[] {
  const curves = new Map<string, [number, number][]>();
  for (let row = 0; row < depth.length; row++) {
    const name = profile.textAt(row);
    const points = curves.get(name) ?? [];
    curves.set(name, points);
    const [x, y] = [across.numberAt(row), depth.numberAt(row)];
    if (x !== undefined && y !== undefined) points.push([x, y]);
  }
  return [...curves].map(([name, points]) => ({ name, points: points.sort((a, b) => a[1] - b[1]) }));
}

function drawCurves(curves: readonly Curve[], { across, depth }: Plot, width: number): SVGElement {
  // On low windows no higher than what is seen of the results.
  const height = Math.round(Math.min(280, Math.max(220, width * 0.5), Math.max(200, innerHeight * 0.3)));
  const all = curves.flatMap(({ points }) => points);
  const x = axisOf(
    all.map(([value]) => value),
    [edge.left, width - edge.right],
    70,
  );
  const y = axisOf(
    all.map(([, value]) => value),
    [edge.top, height - edge.bottom],
    40,
  );
  const picture = element("svg", {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-label": `${across.name} against ${depth.name}, ${countOf(curves.length, "profile")}`,
  });
  for (const value of x.ticks.values) {
    picture.append(line([x.place(value), edge.top], [x.place(value), height - edge.bottom]));
    picture.append(
      text(formatStep(value, x.ticks.step), x.place(value), height - edge.bottom + 15, "middle"),
    );
  }
  for (const value of y.ticks.values) {
    picture.append(line([edge.left, y.place(value)], [width - edge.right, y.place(value)]));
    picture.append(text(formatStep(value, y.ticks.step), edge.left - 6, y.place(value) + 4, "end"));
  }
  for (const { name, points } of curves) {
    const d = points.map(([a, b], at) => `${at === 0 ? "M" : "L"}${round(x.place(a))} ${round(y.place(b))}`);
    const curve = element("path", { d: d.join("") });
    const title = element("title", {});
    title.textContent = name;
    curve.append(title);
    picture.append(curve);
  }
  picture.append(text(named(across), (edge.left + width - edge.right) / 2, height - 4, "middle"));
  const side = text(named(depth), 0, 0, "middle");
  side.setAttribute("transform", `translate(12 ${(height - edge.bottom) / 2}) rotate(-90)`);
  picture.append(side);
  return picture;
}

interface PlotAxis {
  readonly ticks: ReturnType<typeof ticks>;
  place(value: number): number;
}

/** @param tickPixels between two ticks, about */
function axisOf(
  values: readonly number[],
  [from, to]: readonly [number, number],
  tickPixels: number,
): PlotAxis {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min === max) [min, max] = [min - 0.5, max + 0.5];
  return {
    ticks: ticks(min, max, Math.max(2, (to - from) / tickPixels)),
    place: (value) => from + ((value - min) / (max - min)) * (to - from),
  };
}

function named({ name, unit }: Values): string {
  return unit === undefined ? name : `${name} (${shortUnit(unit)})`;
}

function line([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): SVGElement {
  return element("line", { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2) });
}

function text(words: string, x: number, y: number, anchor: "middle" | "end"): SVGElement {
  const label = element("text", { x: round(x), y: round(y), "text-anchor": anchor });
  label.textContent = words;
  return label;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function element(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made as SVGElement;
}
