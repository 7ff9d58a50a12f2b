/**
 * @module
 * From the data's coordinates to those of the picture: a thousand units wide whatever the data, so that the GPU's
 * 32-bit floats hold UTM northings and nanometres alike.
 */
import type { Scene } from "./scene.js";
import type { Result } from "./state.js";

export interface Frame {
  /** In the data's coordinates: minX, minY, maxX, maxY. */
  readonly extent: readonly [number, number, number, number];
  toPictureX(x: number): number;
  toPictureY(y: number): number;
  toDataX(u: number): number;
  toDataY(v: number): number;
}

const pictureSize = 1000;
/** Up to this ratio both axes keep one scale; beyond it a picture would be a line. */
const longestRatio = 12;

/** A frame around all there is: the source's ends where they are known, else those of the result. */
export function createFrame(scene: Scene, result: Result | undefined): Frame {
  const x = endsOf(scene, scene.x, result);
  const y = scene.x === scene.y ? ([-0.5, 0.5] as const) : endsOf(scene, scene.y, result);
  const [width, height] = [x[1] - x[0], y[1] - y[0]];
  const longest = Math.max(width, height);
  const keepsRatio = longest / Math.min(width, height) <= longestRatio;
  const scaleX = pictureSize / (keepsRatio ? longest : width);
  // Rows of an image without labels are counted from the top.
  const isImage = scene.dimensions[scene.y]?.labelled === false;
  const scaleY =
    ((isImage ? -1 : 1) * (keepsRatio ? pictureSize : pictureSize * 0.6)) / (keepsRatio ? longest : height);
  const [midX, midY] = [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2];
  return {
    extent: [x[0], y[0], x[1], y[1]],
    toPictureX: (value) => (value - midX) * scaleX,
    toPictureY: (value) => (value - midY) * scaleY,
    toDataX: (u) => u / scaleX + midX,
    toDataY: (v) => v / scaleY + midY,
  };
}

function endsOf(scene: Scene, axis: number, result: Result | undefined): readonly [number, number] {
  const { min, max, labels } = scene.dimensions[axis] ?? {};
  let [low, high] = [min ?? Number.POSITIVE_INFINITY, max ?? Number.NEGATIVE_INFINITY];
  if (!(low <= high) && result?.kind === "points") {
    const { positions, dims, length } = result.table;
    for (let row = 0; row < length; row++) {
      const value = Number(positions[row * dims + axis]);
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (!(low <= high)) return [0, 1];
  // A cell reaches half a step beyond its label.
  const half = labels === undefined ? 0 : labels.length > 1 ? (high - low) / (labels.length - 1) / 2 : 0.5;
  return low === high && half === 0 ? [low - 0.5, high + 0.5] : [low - half, high + half];
}
