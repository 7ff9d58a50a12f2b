/**
 * @module
 * The drawing surface: deck.gl with one orthographic view, and the place it looks at.
 */
import { Deck, type Layer, OrthographicView, type OrthographicViewState } from "@deck.gl/core";
import { BitmapLayer, LineLayer, PathLayer, ScatterplotLayer } from "@deck.gl/layers";
import { byId } from "./dom.js";

export interface Points {
  /** Interleaved x, y, 0 in the picture's coordinates. */
  readonly positions: Float32Array;
  readonly colours: Uint8Array;
  readonly length: number;
  /** First point of each line, and at the end the number of points. */
  readonly paths?: Uint32Array;
  /** Pairs of points. */
  readonly edges?: Uint32Array;
}

export interface Bitmap {
  readonly image: ImageData;
  /** Left, bottom, right, top in the picture's coordinates. */
  readonly bounds: readonly [number, number, number, number];
}

/** Room for the axes, in pixels; the buttons and the legend need more. */
export const margin = { left: 64, bottom: 40 };
/** From this width on, the legend stands beside the picture; below, above it. */
const wide = 760;

const zoomLimits = { minZoom: -3, maxZoom: 16 };

export class View {
  readonly #deck: Deck<OrthographicView> | undefined;
  readonly #host: HTMLElement;
  readonly #onMove: () => void;
  #target: readonly [number, number] = [0, 0];
  #zoom = 0;
  #pans = true;
  #fitted: readonly [number, number, number, number] | undefined;

  constructor(onMove: () => void) {
    this.#onMove = onMove;
    this.#host = byId("canvas");
    if (document.createElement("canvas").getContext("webgl2") === null) {
      byId("no-webgl").hidden = false;
      return;
    }
    this.#deck = new Deck({
      parent: this.#host as HTMLDivElement,
      views: new OrthographicView({ id: "picture", flipY: false }),
      controller: this.#controller(),
      viewState: this.#viewState(),
      onViewStateChange: ({ viewState }) => this.#move(viewState as OrthographicViewState),
      // The stage around it takes the focus and the keys.
      onLoad: () => this.#host.querySelector("canvas")?.setAttribute("tabindex", "-1"),
      getCursor: () => "inherit",
      // The page finds what is under the pointer itself, and smooth edges of dots are drawn by their shader.
      deviceProps: { type: "webgl", webgl: { antialias: false } },
      layers: [],
    });
  }

  get width(): number {
    return this.#host.clientWidth;
  }

  get height(): number {
    return this.#host.clientHeight;
  }

  get margins(): { left: number; right: number; top: number; bottom: number } {
    const beside = this.width >= wide;
    return { ...margin, top: beside ? 48 : 140, right: beside ? 226 : 12 };
  }

  draw(points: Points | undefined, bitmap: Bitmap | undefined): void {
    const layers: Layer[] = [];
    if (bitmap !== undefined) {
      layers.push(
        new BitmapLayer({
          id: "grid",
          image: bitmap.image,
          bounds: [...bitmap.bounds],
          textureParameters: { magFilter: "nearest", minFilter: "linear", mipmapFilter: "none" },
        }),
      );
    }
    if (points !== undefined && points.length > 0) layers.push(...layersOf(points));
    this.#deck?.setProps({ layers });
  }

  /** After a change of size: what was shown whole is shown whole again, unless the user has moved since. */
  refit(): void {
    if (this.#fitted !== undefined) this.fit(this.#fitted);
    else this.#onMove();
  }

  /** Looks at a rectangle of the picture, whole. */
  fit(rectangle: readonly [number, number, number, number]): void {
    const [left, bottom, right, top] = rectangle;
    this.#fitted = rectangle;
    const { margins } = this;
    const width = Math.max(50, this.width - margins.left - margins.right);
    const height = Math.max(50, this.height - margins.top - margins.bottom);
    const across = Math.max(Math.abs(right - left), 1e-3);
    const up = Math.max(Math.abs(top - bottom), 1e-3);
    // On narrow pages the stage is no higher than a picture of this width needs.
    const needed = Math.round(margins.top + margins.bottom + (width * up) / across);
    this.#host.parentElement?.style.setProperty("--picture", `${needed}px`);
    this.#zoom = Math.log2(Math.min(width / across, height / up) * 0.98);
    const scale = 2 ** this.#zoom;
    this.#target = [
      (left + right) / 2 - (margins.left - margins.right) / 2 / scale,
      (bottom + top) / 2 - (margins.bottom - margins.top) / 2 / scale,
    ];
    this.#apply();
  }

  pan(dx: number, dy: number): void {
    this.#fitted = undefined;
    const scale = 2 ** this.#zoom;
    this.#target = [this.#target[0] + dx / scale, this.#target[1] - dy / scale];
    this.#apply();
  }

  zoom(by: number): void {
    this.#fitted = undefined;
    this.#zoom = Math.min(zoomLimits.maxZoom, Math.max(zoomLimits.minZoom, this.#zoom + by));
    this.#apply();
  }

  /** While a box is drawn, dragging does not pan. */
  set pans(pans: boolean) {
    if (pans === this.#pans) return;
    this.#pans = pans;
    this.#deck?.setProps({ controller: this.#controller() });
  }

  /** From the picture to pixels of the surface. */
  toPixel(u: number, v: number): readonly [number, number] {
    const scale = 2 ** this.#zoom;
    return [(u - this.#target[0]) * scale + this.width / 2, this.height / 2 - (v - this.#target[1]) * scale];
  }

  fromPixel(x: number, y: number): readonly [number, number] {
    const scale = 2 ** this.#zoom;
    return [(x - this.width / 2) / scale + this.#target[0], (this.height / 2 - y) / scale + this.#target[1]];
  }

  #controller(): object {
    return {
      dragPan: this.#pans,
      scrollZoom: { speed: 0.008, smooth: false },
      keyboard: false,
      inertia: false,
    };
  }

  #viewState(): OrthographicViewState {
    return { target: [this.#target[0], this.#target[1], 0], zoom: this.#zoom, ...zoomLimits };
  }

  #move({ target, zoom }: OrthographicViewState): void {
    this.#fitted = undefined;
    if (target !== undefined) this.#target = [target[0], target[1]];
    if (typeof zoom === "number") this.#zoom = zoom;
    else if (zoom !== undefined) this.#zoom = zoom[0];
    this.#apply();
  }

  #apply(): void {
    this.#deck?.setProps({ viewState: this.#viewState() });
    this.#onMove();
  }
}

/** Lines as paths, edges as lines, points as dots; all in arrays, as the library returns them. */
function layersOf({ positions, colours, length, paths, edges }: Points): Layer[] {
  if (paths !== undefined) {
    const attributes = {
      getPath: { value: positions, size: 3 },
      getColor: { value: colours, size: 4, normalized: true },
    };
    const data = { length: paths.length - 1, startIndices: paths, attributes };
    return [
      new PathLayer({ id: "paths", data, _pathType: "open", widthUnits: "pixels", getWidth: 1.5 } as never),
    ];
  }
  const dots = new ScatterplotLayer({
    id: "points",
    data: {
      length,
      attributes: {
        getPosition: { value: positions, size: 3 },
        getFillColor: { value: colours, size: 4, normalized: true },
      },
    },
    radiusUnits: "pixels",
    getRadius: edges === undefined ? radiusFor(length) : 1.2,
  });
  if (edges === undefined) return [dots];
  const ends = (first: 0 | 1, source: Float32Array | Uint8Array, size: number): Float32Array => {
    const values = new Float32Array((edges.length / 2) * size);
    for (let edge = 0; edge < edges.length / 2; edge++) {
      const at = edges[2 * edge + first]! * size;
      values.set(source.subarray(at, at + size), edge * size);
    }
    return values;
  };
  const lines = new LineLayer({
    id: "edges",
    data: {
      length: edges.length / 2,
      attributes: {
        getSourcePosition: { value: ends(0, positions, 3), size: 3 },
        getTargetPosition: { value: ends(1, positions, 3), size: 3 },
        getColor: { value: Uint8Array.from(ends(0, colours, 4)), size: 4, normalized: true },
      },
    },
    widthUnits: "pixels",
    getWidth: 1,
  });
  return [lines, dots];
}

/** Pixels: few points are seen one by one, many as a cloud. */
export function radiusFor(count: number): number {
  return Math.min(5, Math.max(1.2, 14 / Math.max(1, count) ** 0.2));
}
