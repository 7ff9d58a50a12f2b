/**
 * @module
 * The pointer and the keyboard over the picture: drawing a box, panning by keys, pointing at a place.
 */
import { byId } from "./dom.js";
import type { View } from "./view.js";

export interface Gestures {
  /** Two corners in pixels of the surface; called again and again while the box is drawn. */
  box(from: readonly [number, number], to: readonly [number, number]): void;
  /** `undefined`: the pointer left. */
  point(at: readonly [number, number] | undefined): void;
  pick(at: readonly [number, number]): void;
  fit(): void;
}

/** Smaller drags are clicks. */
const leastPixels = 4;
const panPixels = 60;

export function bindGestures(view: View, gestures: Gestures): void {
  const stage = byId("stage");
  const toggle = byId<HTMLButtonElement>("draw");
  stage.tabIndex = 0;
  let from: readonly [number, number] | undefined;
  let downAt: readonly [number, number] | undefined;
  let mode = false;
  const place = (event: PointerEvent): readonly [number, number] => {
    const { left, top } = stage.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const setMode = (on: boolean): void => {
    mode = on;
    toggle.setAttribute("aria-pressed", String(on));
    stage.classList.toggle("drawing", on);
    view.pans = !on;
  };
  toggle.addEventListener("click", () => setMode(!mode));

  // Caught before deck.gl sees it, which would pan.
  stage.addEventListener(
    "pointerdown",
    (event) => {
      if (!isPicture(event) || event.button !== 0) return;
      downAt = place(event);
      if (!mode && !event.shiftKey) return;
      event.stopPropagation();
      event.preventDefault();
      stage.focus({ preventScroll: true });
      stage.setPointerCapture(event.pointerId);
      from = downAt;
    },
    { capture: true },
  );
  stage.addEventListener(
    "pointermove",
    (event) => {
      if (from === undefined)
        return isPicture(event) ? gestures.point(place(event)) : gestures.point(undefined);
      event.stopPropagation();
      if (isDrag(from, place(event))) gestures.box(from, place(event));
    },
    { capture: true },
  );
  const end = (event: PointerEvent): void => {
    const at = place(event);
    const wasDrawing = from !== undefined;
    if (wasDrawing) {
      event.stopPropagation();
      if (isDrag(from!, at)) setMode(false);
    }
    from = undefined;
    if (event.type === "pointerup" && downAt !== undefined && !isDrag(downAt, at)) gestures.pick(at);
    downAt = undefined;
  };
  stage.addEventListener("pointerup", end, { capture: true });
  stage.addEventListener("pointercancel", end, { capture: true });
  stage.addEventListener("pointerleave", () => gestures.point(undefined));

  stage.addEventListener("keydown", (event) => {
    if (!isOnPicture(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys(view, gestures, () => setMode(false)).get(event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

function keys(view: View, gestures: Gestures, stop: () => void): ReadonlyMap<string, () => void> {
  return new Map([
    ["ArrowLeft", () => view.pan(-panPixels, 0)],
    ["ArrowRight", () => view.pan(panPixels, 0)],
    ["ArrowUp", () => view.pan(0, -panPixels)],
    ["ArrowDown", () => view.pan(0, panPixels)],
    ["+", () => view.zoom(0.5)],
    ["=", () => view.zoom(0.5)],
    ["-", () => view.zoom(-0.5)],
    ["0", () => gestures.fit()],
    ["Escape", stop],
  ]);
}

function isOnPicture({ target }: Event): boolean {
  return target instanceof Element && (target.id === "stage" || target.closest("#canvas") !== null);
}

/** Buttons and the legend lie on the stage too. */
function isPicture(event: Event): boolean {
  return (
    event.target instanceof Element && event.target.closest("#tools, #legend, #welcome, #picked") === null
  );
}

function isDrag(from: readonly [number, number], to: readonly [number, number]): boolean {
  return Math.hypot(to[0] - from[0], to[1] - from[1]) >= leastPixels;
}
