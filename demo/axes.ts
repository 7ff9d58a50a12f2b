/**
 * @module
 * What lies over the picture: ticks and names of the axes, the bounds of the data, the box, the picked place.
 */
import { byId } from "./dom.js";
import { formatStep, shortUnit } from "./format.js";
import type { Frame } from "./projection.js";
import type { Scene } from "./scene.js";
import { margin, type View } from "./view.js";

export interface Overlay {
  readonly frame: Frame;
  readonly scene: Scene;
  /** minX, minY, maxX, maxY in the data's coordinates. */
  readonly box: readonly [number, number, number, number] | undefined;
  readonly picked: readonly [number, number] | undefined;
}

/** Draws all of it; called whenever the view, the box or the pointer moved. */
export function drawOverlay(view: View, overlay: Overlay | undefined): void {
  const canvas = byId<HTMLCanvasElement>("overlay");
  const ratio = globalThis.devicePixelRatio || 1;
  const { width, height } = view;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (context === null || overlay === undefined) return;
  context.scale(ratio, ratio);
  const colours = themeColours();
  const { frame, box, picked } = overlay;
  const [minX, minY, maxX, maxY] = frame.extent;
  const rectangle = (a: number, b: number, c: number, d: number): [number, number, number, number] => {
    const [x0, y0] = view.toPixel(frame.toPictureX(a), frame.toPictureY(b));
    const [x1, y1] = view.toPixel(frame.toPictureX(c), frame.toPictureY(d));
    return [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
  };
  context.strokeStyle = colours.faint;
  context.lineWidth = 1;
  context.strokeRect(...rectangle(minX, minY, maxX, maxY));
  if (box !== undefined) drawBox(context, rectangle(...box), colours);
  if (picked !== undefined) {
    const [x, y] = view.toPixel(frame.toPictureX(picked[0]), frame.toPictureY(picked[1]));
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 8, 0, 2 * Math.PI);
    context.stroke();
  }
  drawTicks(context, view, overlay, colours);
}

interface Colours {
  readonly ink: string;
  readonly faint: string;
  readonly accent: string;
  readonly ground: string;
}

function themeColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return { ink: read("--ink"), faint: read("--faint"), accent: read("--accent"), ground: read("--stage") };
}

function drawBox(
  context: CanvasRenderingContext2D,
  [x, y, width, height]: readonly [number, number, number, number],
  colours: Colours,
): void {
  // Light below dark: seen on any colour of the map.
  for (const [colour, line] of [
    ["#fff", 4],
    [colours.accent, 2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(x, y, Math.max(width, 1), Math.max(height, 1));
  }
}

function drawTicks(
  context: CanvasRenderingContext2D,
  view: View,
  { frame, scene }: Overlay,
  colours: Colours,
): void {
  const { width, height } = view;
  context.globalAlpha = 0.85;
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, margin.left, height);
  context.fillRect(margin.left, height - margin.bottom, width, margin.bottom);
  context.globalAlpha = 1;
  context.strokeStyle = colours.faint;
  context.fillStyle = colours.ink;
  context.lineWidth = 1;
  context.font = "12px system-ui, sans-serif";
  const [left, bottom] = view.fromPixel(margin.left, height - margin.bottom);
  const [right, top] = view.fromPixel(width, 0);
  context.textAlign = "center";
  context.textBaseline = "top";
  const across = ticks(frame.toDataX(left), frame.toDataX(right), Math.max(2, (width - margin.left) / 70));
  for (const value of across.values) {
    const [x] = view.toPixel(frame.toPictureX(value), 0);
    line(context, x, height - margin.bottom, x, height - margin.bottom + 5);
    const text = formatStep(value, across.step);
    if (x > margin.left + 14 && x < width - context.measureText(text).width / 2) {
      context.fillText(text, x, height - margin.bottom + 7);
    }
  }
  if (scene.x !== scene.y) {
    context.textAlign = "right";
    context.textBaseline = "middle";
    const up = ticks(frame.toDataY(bottom), frame.toDataY(top), Math.max(2, height / 60));
    for (const value of up.values) {
      const [, y] = view.toPixel(0, frame.toPictureY(value));
      if (y > height - margin.bottom - 4 || y < 8) continue;
      line(context, margin.left - 5, y, margin.left, y);
      context.fillText(formatStep(value, up.step), margin.left - 8, y);
    }
  }
  line(context, margin.left, 0, margin.left, height - margin.bottom);
  line(context, margin.left, height - margin.bottom, width, height - margin.bottom);
  drawNames(context, scene, width, height);
}

function drawNames(context: CanvasRenderingContext2D, scene: Scene, width: number, height: number): void {
  const name = (axis: number): string => {
    const { name: word = "", unit } = scene.dimensions[axis] ?? {};
    return unit === undefined ? word : `${word} (${shortUnit(unit)})`;
  };
  context.textAlign = "center";
  context.textBaseline = "bottom";
  context.fillText(name(scene.x), margin.left + (width - margin.left) / 2, height - 2);
  if (scene.x === scene.y) return;
  context.save();
  context.translate(2, (height - margin.bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = "top";
  context.fillText(name(scene.y), 0, 0);
  context.restore();
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath();
  context.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
  context.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
  context.stroke();
}

/** Round numbers between two ends, about so many. */
export function ticks(from: number, to: number, about: number): { values: number[]; step: number } {
  const [low, high] = from <= to ? [from, to] : [to, from];
  const rough = (high - low) / about;
  if (!(rough > 0) || !Number.isFinite(rough)) return { values: [], step: 0 };
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const count = Math.min(100, Math.floor(high / step) - first + 1);
  return { values: Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) * step), step };
}
