/**
 * @module
 * A plane of a grid as an image. Pixels are even, cells need not be: every pixel looks up the cell it lies in.
 */
import type { Axis, GridTable } from "cloudcrop";
import { colourOf, type Scale } from "./colour.js";
import type { Values } from "./columns.js";
import type { Scene } from "./scene.js";

/** Larger images are thinned: beyond this some GPUs take no texture. */
const maxPixels = 4096;

/** An axis as pixels: the cell of each, ascending in the label, between the outer edges of the cells. */
export interface PixelAxis {
  readonly low: number;
  readonly high: number;
  readonly cellAt: Int32Array;
  /** The cell at a label, or −1 beyond the edges. */
  find(label: number): number;
}

/** Lays pixels over the labels of an axis; `step` is the width of a cell that has no neighbour. */
export function createPixelAxis(axis: Axis | undefined, step: number): PixelAxis {
  const labels = axis === undefined ? [0] : Array.from(axis.values, Number);
  const count = labels.length;
  const isDescending = count > 1 && labels[count - 1]! < labels[0]!;
  const ascending = isDescending ? labels.toReversed() : labels;
  const edges = edgesOf(ascending, step);
  const [low, high] = [edges[0] ?? 0, edges[count] ?? 0];
  const cellOf = (index: number): number => (isDescending ? count - 1 - index : index);
  const find = (label: number): number => {
    if (count === 0 || !(label >= low && label <= high)) return -1;
    let [first, last] = [0, count - 1];
    while (first < last) {
      const middle = (first + last + 1) >> 1;
      if (edges[middle]! <= label) first = middle;
      else last = middle - 1;
    }
    return cellOf(first);
  };
  const pixels = Math.min(maxPixels, isEven(edges) ? count : 3 * count);
  const cellAt = Int32Array.from({ length: pixels }, (_, pixel) =>
    find(low + ((pixel + 0.5) * (high - low)) / pixels),
  );
  return { low, high, cellAt, find };
}

/** Half-way between labels; the outer ones as far out as the next label is far. */
function edgesOf(labels: readonly number[], step: number): number[] {
  const count = labels.length;
  if (count === 0) return [];
  if (count === 1) return [labels[0]! - step / 2, labels[0]! + step / 2];
  const inner = labels.slice(1).map((label, index) => (label + labels[index]!) / 2);
  return [2 * labels[0]! - inner[0]!, ...inner, 2 * labels[count - 1]! - inner[count - 2]!];
}

function isEven(edges: readonly number[]): boolean {
  const count = edges.length - 1;
  const step = (edges[count]! - edges[0]!) / count;
  return edges.every((edge, index) => Math.abs(edge - (edges[0]! + index * step)) <= 0.25 * Math.abs(step));
}

/** A plane of a grid result: where its cells are, and which cell lies at a place. */
export interface Plane {
  readonly x: PixelAxis;
  readonly y: PixelAxis;
  /** Position in the data of the cell at a place of the plane, or −1. */
  cellAt(x: number, y: number): number;
  paint(values: Values, scale: Scale, landed: Uint8Array | undefined): ImageData | undefined;
}

export function createPlane(table: GridTable, scene: Scene, slice: Readonly<Record<string, number>>): Plane {
  const stepOf = (axis: number): number => {
    const { min, max, labels } = scene.dimensions[axis] ?? {};
    return min === undefined || max === undefined || (labels?.length ?? 0) < 2
      ? 1
      : (max - min) / (labels!.length - 1);
  };
  const isLine = scene.x === scene.y;
  const x = createPixelAxis(table.axes[scene.x], stepOf(scene.x));
  const y = createPixelAxis(isLine ? undefined : table.axes[scene.y], isLine ? 1 : stepOf(scene.y));
  const strideX = table.stride[scene.x] ?? 0;
  const strideY = isLine ? 0 : (table.stride[scene.y] ?? 0);
  const base = table.shape.reduce((sum, size, axis) => {
    if (axis === scene.x || axis === scene.y) return sum;
    const index = Math.min(size - 1, slice[table.axes[axis]!.name] ?? 0);
    return sum + Math.max(0, index) * table.stride[axis]!;
  }, 0);
  return {
    x,
    y,
    cellAt(dataX, dataY) {
      const [column, row] = [x.find(dataX), y.find(dataY)];
      return column < 0 || row < 0 ? -1 : base + column * strideX + row * strideY;
    },
    paint(values, scale, landed) {
      const [width, height] = [x.cellAt.length, y.cellAt.length];
      if (width === 0 || height === 0 || table.shape.includes(0)) return undefined;
      const image = new ImageData(width, height);
      const { data } = image;
      for (let line = 0; line < height; line++) {
        // The first line of an image is its top.
        const row = base + y.cellAt[height - 1 - line]! * strideY;
        for (let pixel = 0; pixel < width; pixel++) {
          const cell = row + x.cellAt[pixel]! * strideX;
          if (landed !== undefined && landed[cell] === 0) continue;
          const [red, green, blue] = colourOf(scale, values.numberAt(cell));
          const at = 4 * (line * width + pixel);
          data[at] = red;
          data[at + 1] = green;
          data[at + 2] = blue;
          data[at + 3] = 255;
        }
      }
      return image;
    },
  };
}
