/**
 * Cuts strided blocks out of arrays, places them into others, fills boxes: what lies together in both is copied as one run.
 *
 * @module
 */
import { countItems, type TypedArray, type TypedArrayConstructor } from "../core/dtype.js";
import type { CropAxis } from "../core/plan.js";
import { stridesOf } from "../core/table.js";
import { countUp, gatherRagged, isRaggedValues, type Values } from "./ragged.js";

/** An array of cells, each of `lanes` numbers that lie together. */
export interface Cells {
  readonly values: TypedArray;
  readonly shape: readonly number[];
  readonly lanes: number;
  /** Cells to step over along each axis; absent: C order. */
  readonly stride?: readonly number[] | undefined;
}

/** A part of an array: one entry per axis. */
export interface Box {
  readonly offset: readonly number[];
  readonly shape: readonly number[];
}

/** Tells whether a crop keeps a whole chunk as it is. */
export function isWhole(shape: readonly number[], crop: readonly CropAxis[]): boolean {
  return crop.every((axis, index) => axis.start === 0 && axis.step === 1 && axis.count === shape[index]);
}

/** The crop that keeps everything. */
export function wholeCrop(shape: readonly number[]): CropAxis[] {
  return shape.map((count) => ({ start: 0, count, step: 1 }));
}

/**
 * Copies the cells a crop names.
 *
 * @param room memory for the result, large enough; absent: fresh
 * @returns an array in C order of the crop's counts; `source.values` themselves when there is nothing to change and no room given
 */
export function cropBlock(source: Cells, crop: readonly CropAxis[], room?: ArrayBuffer): TypedArray {
  const { values, shape, lanes, stride } = source;
  if (room === undefined && isInOrder(shape, stride) && isWhole(shape, crop)) return values;
  const counts = crop.map((axis) => axis.count);
  const make = values.constructor as TypedArrayConstructor;
  const length = countItems(counts) * lanes;
  const out = room === undefined ? new make(length) : new make(room, 0, length);
  placeCrop(
    source,
    crop,
    { values: out, shape: counts, lanes },
    counts.map(() => 0),
  );
  return out;
}

/** As `cropBlock`, of numbers or of items of any length, which are moved by their numbers. */
export function cropValues(
  source: Omit<Cells, "values"> & { readonly values: Values },
  crop: readonly CropAxis[],
): Values {
  const { values } = source;
  if (!isRaggedValues(values)) return cropBlock({ ...source, values }, crop);
  if (isInOrder(source.shape, source.stride) && isWhole(source.shape, crop)) return values;
  return gatherRagged(values, cropBlock({ ...source, values: countUp(values.length) }, crop) as Uint32Array);
}

/** Copies a whole block into a larger array at an offset, one entry per axis. */
export function placeBlock(block: Cells, target: Cells, offset: readonly number[]): void {
  placeCrop(block, wholeCrop(block.shape), target, offset);
}

/** Copies the cells a crop names into another array of the same type at an offset, bit by bit. */
export function placeCrop(
  source: Cells,
  crop: readonly CropAxis[],
  target: Cells,
  offset: readonly number[],
): void {
  const { lanes } = source;
  const from = source.stride ?? stridesOf(source.shape);
  const to = target.stride ?? stridesOf(target.shape);
  let [first, place] = [0, 0];
  const axes: CopyAxis[] = crop.map(({ start, count, step }, axis) => {
    first += start * from[axis]! * lanes;
    place += offset[axis]! * to[axis]! * lanes;
    return { count, from: from[axis]! * step * lanes, to: to[axis]! * lanes };
  });
  axes.push({ count: lanes, from: 1, to: 1 });
  copyAxes(source.values, first, target.values, place, axes);
}

/** Writes one cell's numbers all over a box. */
export function fillBox({ values, shape, lanes }: Cells, box: Box, cell: TypedArray): void {
  const stride = stridesOf(shape);
  let place = 0;
  const axes = box.shape.map((count, axis) => {
    place += box.offset[axis]! * stride[axis]! * lanes;
    return { count, from: 0, to: stride[axis]! * lanes };
  });
  // One run of the box is written number by number, the others are copies of it.
  const run = joinAxes(
    [...axes, { count: lanes, from: 1, to: 1 }].map(({ count, to }) => ({ count, from: to, to })),
  );
  if (run === undefined) return;
  const last = (run.at(-1)?.to === 1 ? run.pop() : undefined) ?? { count: 1, from: 1, to: 1 };
  const pattern = values.subarray(place, place + last.count) as Float64Array;
  if (cell.length === 1) pattern.fill(cell[0] as number);
  else for (let at = 0; at < last.count; at += cell.length) pattern.set(cell as Float64Array, at);
  copyAxes(pattern, 0, values, place, [...run.map((axis) => ({ ...axis, from: 0 })), last]);
}

/** Steps in numbers. */
interface CopyAxis {
  readonly count: number;
  readonly from: number;
  readonly to: number;
}

/** Shorter runs are copied faster number by number. */
const shortRun = 16;

function copyAxes(
  source: TypedArray,
  first: number,
  target: TypedArray,
  place: number,
  all: readonly CopyAxis[],
): void {
  const axes = joinAxes(all);
  if (axes === undefined) return;
  const run = axes.pop() ?? { count: 1, from: 1, to: 1 };
  const copyRun =
    run.from === 1 && run.to === 1 && run.count >= shortRun
      ? copyDense(source, target, run.count)
      : copyWords(source, target, run);
  const walk = (axis: number, from: number, to: number): void => {
    if (axis === axes.length) {
      copyRun(from, to);
      return;
    }
    const step = axes[axis]!;
    for (let index = 0; index < step.count; index++)
      walk(axis + 1, from + index * step.from, to + index * step.to);
  };
  walk(0, first, place);
}

/** As few axes as will do: those that follow one another in both arrays become one. Undefined: there is nothing to copy. */
function joinAxes(axes: readonly CopyAxis[]): CopyAxis[] | undefined {
  const joined: CopyAxis[] = [];
  for (const axis of axes.toReversed()) {
    if (axis.count === 0) return undefined;
    if (axis.count === 1) continue;
    const inner = joined.at(-1);
    const follows = inner && axis.from === inner.from * inner.count && axis.to === inner.to * inner.count;
    if (follows) joined[joined.length - 1] = { ...inner, count: inner.count * axis.count };
    else joined.push(axis);
  }
  return joined.reverse();
}

type CopyRun = (from: number, to: number) => void;

function copyDense(source: TypedArray, target: TypedArray, count: number): CopyRun {
  return (from, to) => (target as Uint8Array).set(source.subarray(from, from + count) as Uint8Array, to);
}

/** By way of integers: engines may change the bits of a NaN on its way through a float, and big integers are slow. */
function copyWords(source: TypedArray, target: TypedArray, run: CopyAxis): CopyRun {
  const { count, from: step, to: stride } = run;
  const [read, write] = [wordsOf(source), wordsOf(target)];
  if (source.BYTES_PER_ELEMENT < 8) {
    return (from, to) => {
      for (let index = 0; index < count; index++, from += step, to += stride) write[to] = read[from]!;
    };
  }
  return (from, to) => {
    for (let index = 0; index < count; index++, from += step, to += stride) {
      write[2 * to] = read[2 * from]!;
      write[2 * to + 1] = read[2 * from + 1]!;
    }
  };
}

function wordsOf({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: size }: TypedArray): Int32Array {
  const words = size === 1 ? Int8Array : size === 2 ? Int16Array : Int32Array;
  return new words(buffer as ArrayBuffer, byteOffset, byteLength / words.BYTES_PER_ELEMENT) as Int32Array;
}

function isInOrder(shape: readonly number[], stride: readonly number[] | undefined): boolean {
  if (stride === undefined) return true;
  const inOrder = stridesOf(shape);
  return shape.every((size, axis) => size === 1 || stride[axis] === inOrder[axis]);
}
