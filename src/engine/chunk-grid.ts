/**
 * Arithmetic of chunk grids, regular and rectilinear: runs of cells along an axis, cut at the borders of chunks, grouped by shard.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { Run } from "./selection.js";

/** Pieces along one axis that a plan holds: more of them, as a damaged shape has, would fill the memory. */
const mostPieces = 2 ** 22;

/** Neighbouring chunks of one length. */
export interface EqualChunks {
  /** Coordinate of the first of them. */
  readonly chunk: number;
  /** First cell of the first of them. */
  readonly from: number;
  readonly length: number;
}

/** The chunks along one axis: their length where all have the same, else where the length changes, ascending from 0. */
export type AxisChunks = number | readonly EqualChunks[];

/** One chunk along one axis: its coordinate, its first cell in the array, and how many cells it has. */
export type AxisChunk = EqualChunks;

/** The chunk that holds a cell. Behind the last change of length chunks go on without end. */
export function chunkAt(chunks: AxisChunks, cell: number): AxisChunk {
  if (typeof chunks === "number") {
    const chunk = Math.floor(cell / chunks);
    return { chunk, from: chunk * chunks, length: chunks };
  }
  let low = 0;
  for (let high = chunks.length; high - low > 1; ) {
    const middle = (low + high) >>> 1;
    if (chunks[middle]!.from <= cell) low = middle;
    else high = middle;
  }
  const { chunk, from, length } = chunks[low]!;
  const further = Math.floor((cell - from) / length);
  return { chunk: chunk + further, from: from + further * length, length };
}

/** What a run takes from one chunk along one axis. */
export interface AxisPiece {
  /** Coordinate of the chunk in the grid of the array. */
  readonly chunk: number;
  /** First cell of the chunk in the array. */
  readonly from: number;
  /** Cells of the chunk. */
  readonly length: number;
  /** First cell within the chunk. */
  readonly start: number;
  readonly count: number;
  readonly step: number;
  /** Where the piece begins in the result. */
  readonly offset: number;
}

/** Neighbouring pieces of one axis that lie in the same stored object. */
export interface AxisGroup {
  /** Coordinate of the object (a chunk, or a shard) in the grid of objects. */
  readonly object: number;
  readonly pieces: readonly AxisPiece[];
}

/**
 * Cuts runs at chunk borders, in the order of the result.
 *
 * @throws ReaderError `limit-exceeded` for more than 4,194,304 pieces
 */
export function cutRuns(runs: readonly Run[], chunks: AxisChunks): AxisPiece[] {
  const pieces: AxisPiece[] = [];
  for (const { start, count, step, offset } of runs) {
    if (typeof chunks === "number") checkPieces(pieces.length + fewestPieces(count, step, chunks));
    for (let done = 0; done < count; ) {
      const index = start + done * step;
      const { chunk, from, length } = chunkAt(chunks, index);
      const first = index - from;
      // Steps that stay inside: up to the last cell of the chunk, or down to its first.
      const room = step > 0 ? Math.floor((length - 1 - first) / step) : Math.floor(first / -step);
      const taken = Math.min(count - done, room + 1);
      pieces.push({ chunk, from, length, start: first, count: taken, step, offset: offset + done });
      done += taken;
      checkPieces(pieces.length);
    }
  }
  return pieces;
}

/** So that too many are refused before they are made. */
function fewestPieces(count: number, step: number, length: number): number {
  return Math.min(count, Math.floor((count * Math.abs(step)) / length));
}

function checkPieces(pieces: number): void {
  if (pieces <= mostPieces) return;
  throw new ReaderError(
    "limit-exceeded",
    `A query of ${pieces} chunks along one axis is too large for one plan.`,
    {
      hint: "Ask for fewer cells at a time.",
    },
  );
}

/** Groups pieces by the object that holds them; `objects` are the stored ones along the axis. */
export function groupPieces(pieces: readonly AxisPiece[], objects: AxisChunks): AxisGroup[] {
  const groups: { object: number; pieces: AxisPiece[] }[] = [];
  for (const piece of pieces) {
    const object = chunkAt(objects, piece.from).chunk;
    const last = groups.at(-1);
    if (last?.object === object) last.pieces.push(piece);
    else groups.push({ object, pieces: [piece] });
  }
  return groups;
}

/** Every combination of one item per axis, the last axis fastest; one empty combination for no axes. */
export function* product<T>(axes: readonly (readonly T[])[]): Generator<readonly T[]> {
  if (axes.some((items) => items.length === 0)) return;
  const at = new Array<number>(axes.length).fill(0);
  for (;;) {
    yield axes.map((items, axis) => items[at[axis]!]!);
    let axis = axes.length - 1;
    while (axis >= 0 && ++at[axis]! === axes[axis]!.length) at[axis--] = 0;
    if (axis < 0) return;
  }
}
