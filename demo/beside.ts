/**
 * @module
 * A second sample of the same place, drawn beside the picture: the canopy height model of a forest beside its points.
 */
import { type Dataset, type GridQuery, open } from "cloudcrop";
import { storageOptions } from "./actions.js";
import { createScale, type Scale } from "./colour.js";
import { gridColumn } from "./columns.js";
import { byId, make } from "./dom.js";
import { formatValue } from "./format.js";
import { rampCss } from "./legend.js";
import { locatePreset, type Preset, presetAt } from "./presets.js";
import { planeBox } from "./query.js";
import { createPlane } from "./raster.js";
import { describeScene } from "./scene.js";
import type { State, Store } from "./state.js";
import { surveyValues } from "./surveys.js";

interface Opened {
  readonly preset: Preset;
  readonly dataset: Promise<Dataset>;
}

export function showBeside(store: Store, choose: (preset: Preset) => void): void {
  const panel = byId("beside");
  let opened: Opened | undefined;
  let drawing = new AbortController();
  const close = (): void => {
    drawing.abort();
    opened?.dataset.then((dataset) => dataset.close()).catch(() => {});
    opened = undefined;
    panel.hidden = true;
    panel.replaceChildren();
  };
  store.on(["dataset"], close);
  store.on(["run"], (state) => {
    const preset = besideOf(state);
    if (preset === undefined || state.run?.is !== "done") return;
    if (opened?.preset !== preset) {
      close();
      opened = { preset, dataset: openPreset(preset, state) };
    }
    drawing.abort();
    drawing = new AbortController();
    void draw(opened, state, drawing.signal);
  });

  async function draw({ preset, dataset }: Opened, state: State, signal: AbortSignal): Promise<void> {
    panel.hidden = false;
    if (!panel.hasChildNodes()) {
      panel.append(make("strong", {}, preset.title), make("p", { class: "muted" }, "reading…"));
    }
    try {
      const picture = await paint(await dataset, state, signal);
      if (signal.aborted) return;
      const button = make("button", { type: "button", class: "quiet small" }, "open it");
      button.addEventListener("click", () => choose(preset));
      const title = make("strong", {}, [preset.title, picture.when].filter(Boolean).join(", "));
      panel.replaceChildren(
        make("figcaption", { class: "row spread" }, title, button),
        picture.canvas,
        ...legendOf(picture.scale),
      );
    } catch (problem) {
      if (signal.aborted) return;
      const words = problem instanceof Error ? problem.message : String(problem);
      panel.replaceChildren(make("p", { class: "bad small" }, `${preset.title}: ${words}`));
    }
  }
}

function besideOf(state: State): Preset | undefined {
  const { samples, place, scene } = state;
  const wanted = presetAt(samples, place)?.beside;
  return scene === undefined ? undefined : samples?.stores.find(({ id }) => id === wanted?.id);
}

function openPreset(preset: Preset, { samples }: State): Promise<Dataset> {
  const { place, keys } = locatePreset(preset, samples!);
  return open(place.url, storageOptions(place, keys));
}

interface Painted {
  readonly canvas: HTMLCanvasElement;
  readonly scale: Scale;
  /** The year that is shown. */
  readonly when: string | undefined;
}

/** The same box, of the same year where one is chosen, else of the last. */
async function paint(dataset: Dataset, state: State, signal: AbortSignal): Promise<Painted> {
  const { scene: shown, draft, samples, place } = state;
  const box = planeBox(shown!, draft);
  const years = surveyValues(shown!.source.info);
  const ranges = Object.entries(presetAt(samples, place)?.beside?.ranges ?? {}).flatMap(([name, axis]) => {
    const ends = draft.intervals[name];
    const value = ends !== undefined && ends[0] === ends[1] ? Number(ends[0]) : years.get(name)?.at(-1);
    return value === undefined ? [] : [[axis, [value, value]] as const];
  });
  const query: GridQuery = {
    ...(box === undefined ? {} : { bbox: box }),
    ranges: Object.fromEntries(ranges),
  };
  const source = dataset.grid();
  const scene = await describeScene(dataset, source.info.name, { signal });
  const table = await source.query(query, { signal });
  const values = gridColumn(table, scene);
  const scale = createScale(values, undefined);
  const image = createPlane(table, scene, {}).paint(values, scale, undefined);
  const canvas = make("canvas", {
    role: "img",
    "aria-label": `${source.info.name} of the same place`,
    width: image?.width ?? 1,
    height: image?.height ?? 1,
  });
  if (image !== undefined) canvas.getContext("2d")?.putImageData(image, 0, 0);
  return { canvas, scale, when: ranges[0]?.[1][0].toString() };
}

function legendOf(scale: Scale): Node[] {
  if (scale.kind !== "continuous") return [];
  const bar = make("div", { class: "ramp" });
  bar.style.background = rampCss();
  const ends = [scale.min, scale.max].map((end) => make("span", {}, formatValue(end)));
  return [bar, make("div", { class: "row spread small muted" }, ...ends)];
}
