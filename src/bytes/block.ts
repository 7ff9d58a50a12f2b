/**
 * Cuts a strided block out of a C-order array, and places one into another; whole runs are copied where they can be.
 *
 * @module
 */
import { countItems, type TypedArray, type TypedArrayConstructor } from "../core/dtype.js";
import type { CropAxis } from "../core/plan.js";
import { stridesOf } from "../core/table.js";

/** Tells whether a crop keeps a whole chunk as it is. */
export function isWhole(shape: readonly number[], crop: readonly CropAxis[]): boolean {
  return crop.every((axis, index) => axis.start === 0 && axis.step === 1 && axis.count === shape[index]);
}

/**
 * Copies the cells a crop names.
 *
 * @param values C order of `shape`, `lanes` numbers per cell
 * @returns a new array in C order of the crop's counts, or `values` itself when the crop keeps everything
 */
export function cropBlock(
  values: TypedArray,
  shape: readonly number[],
  crop: readonly CropAxis[],
  lanes: number,
): TypedArray {
  if (isWhole(shape, crop)) return values;
  const counts = crop.map((axis) => axis.count);
  const out = new (values.constructor as TypedArrayConstructor)(countItems(counts) * lanes);
  copyRuns(values, stridesOf(shape), out, stridesOf(counts), { crop, lanes });
  return out;
}

/** Copies axis by axis; the last axis as one run where it can. Set and subarray of equal types only. */
function copyRuns(
  source: TypedArray,
  sourceStride: readonly number[],
  target: TypedArray,
  targetStride: readonly number[],
  plan: { readonly crop: readonly CropAxis[]; readonly lanes: number },
): void {
  const { crop, lanes } = plan;
  const last = crop.length - 1;
  const walk = (axis: number, from: number, to: number): void => {
    if (axis > last) {
      for (let lane = 0; lane < lanes; lane++) target[to * lanes + lane] = source[from * lanes + lane]!;
      return;
    }
    const { start, count, step } = crop[axis]!;
    if (axis === last && step === 1) {
      const first = (from + start) * lanes;
      const run = source.subarray(first, first + count * lanes);
      (target as Uint8Array).set(run as Uint8Array, to * lanes);
      return;
    }
    for (let index = 0; index < count; index++) {
      walk(axis + 1, from + (start + index * step) * sourceStride[axis]!, to + index * targetStride[axis]!);
    }
  };
  walk(0, 0, 0);
}

/** Copies a dense block into a larger C-order array at an offset, one entry per axis. */
export function placeBlock(
  block: TypedArray,
  blockShape: readonly number[],
  target: TypedArray,
  targetShape: readonly number[],
  offset: readonly number[],
  lanes: number,
): void {
  const blockStride = stridesOf(blockShape);
  const targetStride = stridesOf(targetShape);
  const last = blockShape.length - 1;
  if (last < 0) {
    (target as Uint8Array).set(block as Uint8Array, 0);
    return;
  }
  const runLength = blockShape[last]! * lanes;
  const walk = (axis: number, from: number, to: number): void => {
    if (axis === last) {
      const run = block.subarray(from * lanes, from * lanes + runLength);
      (target as Uint8Array).set(run as Uint8Array, (to + offset[last]!) * lanes);
      return;
    }
    for (let index = 0; index < blockShape[axis]!; index++) {
      walk(axis + 1, from + index * blockStride[axis]!, to + (offset[axis]! + index) * targetStride[axis]!);
    }
  };
  walk(0, 0, 0);
}
