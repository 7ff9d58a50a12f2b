/**
 * @module
 * Keeps the picture true to the store: the result in its colours, the box, the legend, what is under the pointer.
 */
import { drawOverlay } from "./axes.js";
import { colourOf, createScale, type Scale } from "./colour.js";
import { describeValue, gridColumn, pointColumns, type Values } from "./columns.js";
import { byId, make } from "./dom.js";
import { bindGestures } from "./draw-box.js";
import { formatStep } from "./format.js";
import { drawLegend } from "./legend.js";
import { createFrame, type Frame } from "./projection.js";
import { planeBox } from "./query.js";
import { createPlane, type Plane } from "./raster.js";
import { drawSliders } from "./sliders.js";
import { type Ends, isEmpty, type Result, type Store } from "./state.js";
import { type Bitmap, type Points, View } from "./view.js";

/** How near a point must be to the pointer. */
const nearPixels = 10;
const heightNames = /^(z|height|elevation|altitude)$/i;
/** Beyond this many points the pointer does not look for the nearest at every move. */
const searchedPoints = 500_000;

export class Picture {
  readonly #store: Store;
  readonly #view: View;
  #frame: Frame | undefined;
  #plane: Plane | undefined;
  #columns: readonly Values[] = [];
  #picked: { readonly row: number; readonly at: readonly [number, number] } | undefined;
  #overlayDue = false;

  constructor(store: Store) {
    this.#store = store;
    this.#view = new View(() => this.#drawOverlay());
    store.on(["scene"], () => this.#newScene());
    store.on(["result", "colourBy", "clamp", "slice"], (state, before) => {
      if (state.result === undefined) this.#picked = undefined;
      this.#draw(state.result === before.result);
    });
    store.on(["draft"], () => this.#drawOverlay());
    bindGestures(this.#view, {
      box: (from, to) => this.#takeBox(from, to),
      point: (at) => this.#point(at),
      pick: (at) => this.#pick(at),
      fit: () => this.fit(),
    });
    new ResizeObserver(() => this.#view.refit()).observe(byId("stage"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#drawOverlay());
    byId("fit").addEventListener("click", () => this.fit());
    byId("zoom-in").addEventListener("click", () => this.#view.zoom(0.5));
    byId("zoom-out").addEventListener("click", () => this.#view.zoom(-0.5));
  }

  /** Shows all there is. */
  fit(): void {
    if (this.#frame === undefined) return;
    const { extent, toPictureX, toPictureY } = this.#frame;
    this.#view.fit([
      toPictureX(extent[0]),
      toPictureY(extent[1]),
      toPictureX(extent[2]),
      toPictureY(extent[3]),
    ]);
  }

  repaint(): void {
    this.#drawOverlay();
  }

  #newScene(): void {
    const { scene, result } = this.#store.state;
    this.#frame = scene === undefined ? undefined : createFrame(scene, result);
    byId("welcome").hidden = scene !== undefined;
    byId("tools").hidden = scene === undefined;
    byId("readout").textContent = "";
    this.#picked = undefined;
    this.#showPicked();
    this.fit();
    this.#draw(false);
  }

  #draw(sameResult: boolean): void {
    const { scene, result, slice } = this.#store.state;
    if (scene === undefined || result === undefined) {
      this.#columns = [];
      this.#plane = undefined;
      this.#view.draw(undefined, undefined);
      drawLegend(this.#store, undefined, []);
      drawSliders(this.#store);
      this.#showPicked();
      this.#drawOverlay();
      return;
    }
    if (scene.dimensions.some(({ min }) => min === undefined) && !sameResult) {
      this.#frame = createFrame(scene, result);
      this.fit();
    }
    if (result.kind === "grid") {
      this.#columns = [gridColumn(result.table, scene)];
      this.#plane = createPlane(result.table, scene, slice);
      const scale = this.#scale(0, result.landed);
      this.#view.draw(undefined, this.#bitmap(scale, result.landed));
    } else {
      this.#columns = pointColumns(result.table, scene);
      this.#plane = undefined;
      const scale = this.#scale(this.#colourColumn());
      this.#view.draw({ ...this.#points(scale), ...linesOf(result) }, undefined);
    }
    drawSliders(this.#store);
    this.#showPicked();
    this.#drawOverlay();
  }

  /** The chosen column, else a third dimension, else a height, else the first field of numbers. */
  #colourColumn(): number {
    const { colourBy, scene } = this.#store.state;
    const chosen = this.#columns.findIndex(({ name }) => name === colourBy);
    if (chosen >= 0) return chosen;
    const dims = scene!.dimensions.length;
    const height = this.#columns.findIndex(({ name }) => heightNames.test(name));
    if (dims <= 2 && height >= 0) return height;
    return dims > 2 ? 2 : Math.min(2, this.#columns.length - 1);
  }

  #scale(column: number, landed?: Uint8Array): Scale {
    const skip = landed === undefined ? undefined : (row: number): boolean => landed[row] === 0;
    const scale = createScale(this.#columns[column]!, this.#store.state.clamp, skip);
    drawLegend(
      this.#store,
      isEmpty(this.#store.state.result) ? undefined : scale,
      this.#columns.map(({ name }) => name),
    );
    return scale;
  }

  #points(scale: Scale): Points {
    const [first, second] = [this.#columns[0]!, this.#columns[1]!];
    const values = this.#columns.find(({ name }) => name === scale.name)!;
    const { length } = first;
    const positions = new Float32Array(3 * length);
    const colours = new Uint8Array(4 * length);
    const frame = this.#frame!;
    for (let row = 0; row < length; row++) {
      positions[3 * row] = frame.toPictureX(first.numberAt(row) ?? Number.NaN);
      positions[3 * row + 1] = frame.toPictureY(second.numberAt(row) ?? Number.NaN);
      const [red, green, blue] = colourOf(scale, values.numberAt(row));
      colours[4 * row] = red;
      colours[4 * row + 1] = green;
      colours[4 * row + 2] = blue;
      colours[4 * row + 3] = 255;
    }
    return { positions, colours, length };
  }

  #bitmap(scale: Scale, landed: Uint8Array | undefined): Bitmap | undefined {
    const plane = this.#plane!;
    const image = plane.paint(this.#columns[0]!, scale, landed);
    if (image === undefined) return undefined;
    const { toPictureX, toPictureY } = this.#frame!;
    const bounds = [plane.x.low, plane.y.low, plane.x.high, plane.y.high] as const;
    return {
      image,
      bounds: [toPictureX(bounds[0]), toPictureY(bounds[1]), toPictureX(bounds[2]), toPictureY(bounds[3])],
    };
  }

  #toData([x, y]: readonly [number, number]): readonly [number, number] {
    const [u, v] = this.#view.fromPixel(x, y);
    return [this.#frame!.toDataX(u), this.#frame!.toDataY(v)];
  }

  /** Corners of a drawn box, rounded to the pixel: nobody draws fifteen digits. */
  #takeBox(from: readonly [number, number], to: readonly [number, number]): void {
    const { scene, draft } = this.#store.state;
    if (scene === undefined || this.#frame === undefined) return;
    const [a, b] = [this.#toData(from), this.#toData(to)];
    const [step] = this.#pixelSteps();
    const round = (value: number): number => Number(formatStep(value, step));
    const side = (axis: 0 | 1): Ends => [
      round(Math.min(a[axis], b[axis])),
      round(Math.max(a[axis], b[axis])),
    ];
    const intervals = {
      ...draft.intervals,
      [scene.dimensions[scene.x]!.name]: side(0),
      ...(scene.x === scene.y ? {} : { [scene.dimensions[scene.y]!.name]: side(1) }),
    };
    this.#store.set({ draft: { ...draft, intervals } });
  }

  #pixelSteps(): readonly [number, number] {
    const [a, b] = [this.#toData([0, 0]), this.#toData([1, 1])];
    return [Math.abs(b[0] - a[0]), Math.abs(b[1] - a[1])];
  }

  /** The row or cell at a place of the surface. */
  #find(at: readonly [number, number]): number {
    const [x, y] = this.#toData(at);
    const { result } = this.#store.state;
    if (this.#plane !== undefined && result?.kind === "grid") {
      const cell = this.#plane.cellAt(x, y);
      return cell >= 0 && result.landed?.[cell] === 0 ? -1 : cell;
    }
    const [first, second] = this.#columns;
    if (first === undefined || second === undefined) return -1;
    const [stepX, stepY] = this.#pixelSteps();
    let [nearest, least] = [-1, nearPixels ** 2];
    for (let row = 0; row < first.length; row++) {
      const dx = ((first.numberAt(row) ?? Number.NaN) - x) / stepX;
      if (!(dx * dx < least)) continue;
      const dy = ((second.numberAt(row) ?? Number.NaN) - y) / stepY;
      if (dx * dx + dy * dy < least) [nearest, least] = [row, dx * dx + dy * dy];
    }
    return nearest;
  }

  #point(at: readonly [number, number] | undefined): void {
    const { scene } = this.#store.state;
    const readout = byId("readout");
    if (at === undefined || scene === undefined || this.#frame === undefined) {
      readout.textContent = "";
      return;
    }
    const [x, y] = this.#toData(at);
    const [stepX, stepY] = this.#pixelSteps();
    const words = [`${scene.dimensions[scene.x]?.name ?? "x"} ${formatStep(x, stepX)}`];
    if (scene.x !== scene.y) words.push(`${scene.dimensions[scene.y]!.name} ${formatStep(y, stepY)}`);
    const isSearched = (this.#columns[0]?.length ?? 0) <= searchedPoints || this.#plane !== undefined;
    const row = isSearched ? this.#find(at) : -1;
    if (row >= 0) {
      const values = this.#plane === undefined ? this.#columns[this.#colourColumn()]! : this.#columns[0]!;
      words.push(`${values.name} ${describeValue(values, row)}`);
    }
    readout.textContent = words.join(" · ");
  }

  #pick(at: readonly [number, number]): void {
    if (this.#frame === undefined) return;
    const row = this.#find(at);
    this.#picked = row < 0 ? undefined : { row, at: this.#placeOf(row, at) };
    this.#showPicked();
    this.#drawOverlay();
  }

  #placeOf(row: number, at: readonly [number, number]): readonly [number, number] {
    if (this.#plane !== undefined) return this.#toData(at);
    return [this.#columns[0]!.numberAt(row)!, this.#columns[1]!.numberAt(row)!];
  }

  #showPicked(): void {
    const panel = byId("picked");
    const picked = this.#picked;
    if (picked !== undefined && picked.row >= (this.#columns[0]?.length ?? 0)) this.#picked = undefined;
    panel.hidden = this.#picked === undefined;
    if (this.#picked === undefined) {
      panel.replaceChildren();
      return;
    }
    const { row, at } = this.#picked;
    const { scene } = this.#store.state;
    const [stepX, stepY] = this.#pixelSteps();
    const places =
      this.#plane === undefined
        ? []
        : [
            make("dt", {}, scene!.dimensions[scene!.x]!.name),
            make("dd", {}, formatStep(at[0], stepX)),
            ...(scene!.x === scene!.y
              ? []
              : [
                  make("dt", {}, scene!.dimensions[scene!.y]!.name),
                  make("dd", {}, formatStep(at[1], stepY)),
                ]),
          ];
    const rows = this.#columns.flatMap((values) => [
      make("dt", {}, values.name),
      make("dd", {}, describeValue(values, row)),
    ]);
    panel.replaceChildren(make("dl", {}, ...places, ...rows));
  }

  /** At most once a frame, whatever moved. */
  #drawOverlay(): void {
    if (this.#overlayDue) return;
    this.#overlayDue = true;
    requestAnimationFrame(() => {
      this.#overlayDue = false;
      const { scene, draft } = this.#store.state;
      const frame = this.#frame;
      if (scene === undefined || frame === undefined) return drawOverlay(this.#view, undefined);
      const picked = this.#picked?.at;
      drawOverlay(this.#view, { frame, scene, box: planeBox(scene, draft), picked });
    });
  }
}

/** What connects the points of a result. */
function linesOf({ paths, edges }: Extract<Result, { kind: "points" }>): Pick<Points, "paths" | "edges"> {
  return { ...(paths === undefined ? {} : { paths }), ...(edges === undefined ? {} : { edges }) };
}
