/**
 * Chunks of one array that lie in one compressed block, as one larger chunk: a block is decoded once, however the array is tiled.
 *
 * @module
 */
import { type DataType, isRagged } from "../../core/dtype.js";
import type { ChunkPiece } from "./chunk-pieces.js";

/** A chunk within a larger one. */
export interface Tile {
  /** In the decoded block, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** Where it begins in the larger one. */
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** A piece that may be made of several. */
export interface TiledPiece extends ChunkPiece {
  /** Absent: the chunk alone. */
  readonly tiles?: readonly Tile[];
}

/** Joins pieces that follow one another in one compressed block, as far as they fill boxes of the result. */
export function* joinTiles(pieces: Iterable<ChunkPiece>, dtype: DataType): Generator<TiledPiece> {
  let block: ChunkPiece[] = [];
  for (const piece of pieces) {
    if (block.length > 0 && !isSameBlock(block[0]!, piece)) {
      yield* joinBlock(block, dtype);
      block = [];
    }
    block.push(piece);
  }
  yield* joinBlock(block, dtype);
}

function isSameBlock(a: ChunkPiece, b: ChunkPiece): boolean {
  const { key, stored } = a.chunk;
  return stored.codec !== undefined && key === b.chunk.key && stored.offset === b.chunk.stored.offset;
}

/** As one grows: lists are added to, not copied for each chunk. */
interface Box extends TiledPiece {
  readonly tiles: Tile[];
}

function joinBlock(pieces: readonly ChunkPiece[], dtype: DataType): readonly TiledPiece[] {
  if (pieces.length < 2) return pieces;
  let boxes = pieces.map(boxOf);
  // Items without a common length are put together in order, which is that of the first axis.
  const axes = isRagged(dtype) ? [0] : pieces[0]!.shape.map((_, axis) => axis).reverse();
  for (const axis of axes) {
    const joined: Box[] = [];
    for (const box of boxes) {
      const last = joined.at(-1);
      if (last !== undefined && goesOn(last, box, axis)) joined[joined.length - 1] = join(last, box, axis);
      else joined.push(box);
    }
    boxes = joined;
  }
  return boxes.map((box) => (box.tiles.length === 1 ? pieceOf(box) : box));
}

function boxOf(piece: ChunkPiece): Box {
  const { chunk, shape } = piece;
  const tile = { offset: chunk.offset, length: chunk.length, start: shape.map(() => 0), shape };
  return { ...piece, tiles: [tile] };
}

function pieceOf({ tiles: _one, ...piece }: Box): ChunkPiece {
  return piece;
}

/** Along one axis the cells of the second follow those of the first, in what is read and in the result; else they are alike. */
function goesOn(a: Box, b: Box, axis: number): boolean {
  // Chunks share no bytes, but those of a damaged index may: together they are no more than the block.
  if (a.chunk.length + b.chunk.length > a.chunk.stored.decodedBytes) return false;
  return a.crop.every((first, index) => {
    const second = b.crop[index]!;
    if (first.step !== second.step) return false;
    if (index !== axis) {
      return (
        a.shape[index] === b.shape[index] &&
        a.offset[index] === b.offset[index] &&
        first.start === second.start &&
        first.count === second.count
      );
    }
    return (
      first.start + first.count * first.step === a.shape[index]! + second.start &&
      a.offset[index]! + first.count === b.offset[index]
    );
  });
}

function join(a: Box, b: Box, axis: number): Box {
  const from = a.shape[axis]!;
  for (const tile of b.tiles) {
    a.tiles.push({ ...tile, start: tile.start.with(axis, tile.start[axis]! + from) });
  }
  const crop = a.crop[axis]!;
  return {
    ...a,
    chunk: { ...a.chunk, length: a.chunk.length + b.chunk.length },
    shape: a.shape.with(axis, from + b.shape[axis]!),
    crop: a.crop.with(axis, { ...crop, count: crop.count + b.crop[axis]!.count }),
  };
}
