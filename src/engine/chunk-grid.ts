/**
 * Arithmetic of regular chunk grids: runs of cells along an axis, cut at the borders of chunks, grouped by shard.
 *
 * @module
 */
import type { Run } from "./selection.js";

/** What a run takes from one chunk along one axis. */
export interface AxisPiece {
  /** Coordinate of the chunk in the grid of the array. */
  readonly chunk: number;
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

/** Cuts runs at chunk borders, in the order of the result. */
export function cutRuns(runs: readonly Run[], chunkLength: number): AxisPiece[] {
  const pieces: AxisPiece[] = [];
  for (const { start, count, step, offset } of runs) {
    for (let done = 0; done < count; ) {
      const index = start + done * step;
      const chunk = Math.floor(index / chunkLength);
      const first = index - chunk * chunkLength;
      // Steps that stay inside: up to the last cell of the chunk, or down to its first.
      const room = step > 0 ? Math.floor((chunkLength - 1 - first) / step) : Math.floor(first / -step);
      const taken = Math.min(count - done, room + 1);
      pieces.push({ chunk, start: first, count: taken, step, offset: offset + done });
      done += taken;
    }
  }
  return pieces;
}

/** Groups pieces by the object that holds them. */
export function groupPieces(pieces: readonly AxisPiece[], chunksPerObject: number): AxisGroup[] {
  const groups: { object: number; pieces: AxisPiece[] }[] = [];
  for (const piece of pieces) {
    const object = Math.floor(piece.chunk / chunksPerObject);
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
