/**
 * Selections by index with numpy's semantics, as runs of cells along each axis.
 * Source of the rule: numpy "Basic indexing", Python's `slice.indices`.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { GridSelection, Slice } from "../core/source.js";

/** `count` cells from index `start`, every `step`-th, placed from `offset` on in the result. */
export interface Run {
  readonly start: number;
  readonly count: number;
  readonly step: number;
  readonly offset: number;
}

/** The cells that a query takes along one axis. */
export interface AxisPick {
  readonly runs: readonly Run[];
  /** What is added to their labels, cell by cell in the order of the result; absent: nothing. */
  readonly shifts?: Float64Array;
}

export interface ResolvedSelection {
  /** Per axis; an axis without runs selects nothing. */
  readonly runs: readonly (readonly Run[])[];
  /** Axes selected by an integer. */
  readonly dropped: readonly number[];
}

const entryHint = "Give one entry per axis: null, an index, or a slice.";

/** Ours or zarrita's; a list of indices is none. */
function isSlice(entry: unknown): entry is Slice {
  return typeof entry === "object" && entry !== null && "stop" in entry;
}

/**
 * Resolves one entry per axis; an empty selection means everything.
 *
 * @param names of the axes, for messages
 * @throws ReaderError `invalid-query` naming the axis and its bounds
 */
export function resolveSelection(
  selection: GridSelection,
  shape: readonly number[],
  names: readonly string[],
): ResolvedSelection {
  if (!Array.isArray(selection) || (selection.length !== 0 && selection.length !== shape.length)) {
    throw new ReaderError(
      "invalid-query",
      Array.isArray(selection)
        ? `The selection has ${selection.length} entries, the array ${shape.length} axes (${names.join(", ")}).`
        : `The selection should be a list, found ${String(selection)}.`,
      { hint: entryHint },
    );
  }
  const dropped: number[] = [];
  const runs = shape.map((length, axis) => {
    const entry = selection[axis] ?? null;
    if (entry === null) return runOf(0, length, 1);
    const where = `axis ${axis} (${names[axis]})`;
    if (isSlice(entry)) return resolveSlice(entry, length, where);
    if (typeof entry !== "number") {
      const message = `The selection holds ${String(entry)} on ${where}.`;
      throw new ReaderError("invalid-query", message, { hint: entryHint });
    }
    dropped.push(axis);
    return runOf(resolveIndex(entry, length, where), 1, 1);
  });
  return { runs, dropped };
}

/** Splits ascending or arbitrary indices into arithmetic runs, placed one after another. */
export function runsOfIndices(indices: ArrayLike<number>): readonly Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < indices.length; ) {
    const start = indices[at]!;
    const step = at + 1 < indices.length ? indices[at + 1]! - start : 1;
    let count = 1;
    while (at + count < indices.length && indices[at + count] === start + count * step) count++;
    runs.push({ start, count, step, offset: at });
    at += count;
  }
  return runs;
}

/** The indices that runs stand for, in the order of the result. */
export function indicesOfRuns(runs: readonly Run[]): number[] {
  const indices: number[] = [];
  for (const { start, count, step } of runs) {
    for (let at = 0; at < count; at++) indices.push(start + at * step);
  }
  return indices;
}

/** The cells of a pick whose position and index pass a test. */
export function keepCells(pick: AxisPick, test: (position: number, index: number) => boolean): AxisPick {
  const positions: number[] = [];
  const indices: number[] = [];
  indicesOfRuns(pick.runs).forEach((index, position) => {
    if (!test(position, index)) return;
    positions.push(position);
    indices.push(index);
  });
  const { shifts } = pick;
  const runs = runsOfIndices(indices);
  return shifts === undefined
    ? { runs }
    : { runs, shifts: Float64Array.from(positions, (at) => shifts[at]!) };
}

/** Cells that the runs of one axis select. */
export function countRuns(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.count, 0);
}

function runOf(start: number, count: number, step: number): readonly Run[] {
  return count > 0 ? [{ start, count, step, offset: 0 }] : [];
}

function resolveIndex(index: number, length: number, where: string): number {
  const isInside = Number.isInteger(index) && index >= -length && index < length;
  if (isInside) return index < 0 ? index + length : index;
  throw new ReaderError(
    "invalid-query",
    length === 0
      ? `Index ${index} on ${where}: the axis is empty.`
      : `Index ${index} on ${where} is outside ${-length} … ${length - 1}.`,
  );
}

function resolveSlice(slice: Slice, length: number, where: string): readonly Run[] {
  // zarrita's slices hold null where ours hold undefined.
  const [start, stop, given] = [slice.start, slice.stop, slice.step].map((value) => value ?? undefined);
  const bad = [start, stop, given].find((value) => value !== undefined && !Number.isInteger(value));
  if (bad !== undefined) {
    throw new ReaderError("invalid-query", `The slice on ${where} holds ${bad}; integers are needed.`);
  }
  const step = given ?? 1;
  if (step === 0) {
    throw new ReaderError("invalid-query", `The slice on ${where} has step 0; it must move.`);
  }
  const lowest = step > 0 ? 0 : -1;
  const highest = step > 0 ? length : length - 1;
  const clip = (value: number): number =>
    Math.min(highest, Math.max(lowest, value < 0 ? value + length : value));
  const from = start === undefined ? (step > 0 ? lowest : highest) : clip(start);
  const to = stop === undefined ? (step > 0 ? highest : lowest) : clip(stop);
  return runOf(from, Math.max(0, Math.ceil((to - from) / step)), step);
}
