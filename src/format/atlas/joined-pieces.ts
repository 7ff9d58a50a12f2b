/**
 * Chunks that lie one after another in a block and along the first axis are one larger chunk: their block is decoded once.
 *
 * @module
 */
import { type DataType, isRagged } from "../../core/dtype.js";
import type { ChunkPiece } from "./chunk-pieces.js";

/**
 * Joins neighbouring pieces of one compressed block that span all axes but the first, as files of profiles and of time steps are
 * chunked. Others, and those of text, stay as they are.
 */
export function* joinPieces(
  pieces: Iterable<ChunkPiece>,
  shape: readonly number[],
  dtype: DataType,
): Generator<ChunkPiece> {
  let joined: ChunkPiece | undefined;
  for (const piece of pieces) {
    if (joined === undefined) joined = piece;
    else if (!isRagged(dtype) && goesOn(joined, piece, shape)) joined = join(joined, piece);
    else {
      yield joined;
      joined = piece;
    }
  }
  if (joined !== undefined) yield joined;
}

function goesOn(a: ChunkPiece, b: ChunkPiece, shape: readonly number[]): boolean {
  const [first, second] = [a.crop[0], b.crop[0]];
  if (first === undefined || second === undefined || a.chunk.stored.codec === undefined) return false;
  const isNext =
    a.chunk.key === b.chunk.key &&
    a.chunk.stored.offset === b.chunk.stored.offset &&
    a.chunk.offset + a.chunk.length === b.chunk.offset;
  const isSameStride =
    first.step === second.step &&
    first.start + first.count * first.step === a.shape[0]! + second.start &&
    a.offset[0]! + first.count === b.offset[0];
  return isNext && isSameStride && isWhole(a, shape) && isWhole(b, shape) && isAlike(a, b);
}

/** All of every axis but the first is stored. */
function isWhole(piece: ChunkPiece, shape: readonly number[]): boolean {
  return piece.shape.every((extent, axis) => axis === 0 || extent === shape[axis]);
}

function isAlike(a: ChunkPiece, b: ChunkPiece): boolean {
  return a.crop.every(({ start, count, step }, axis) => {
    const other = b.crop[axis]!;
    if (axis === 0) return true;
    return (
      start === other.start &&
      count === other.count &&
      step === other.step &&
      a.offset[axis] === b.offset[axis]
    );
  });
}

function join(a: ChunkPiece, b: ChunkPiece): ChunkPiece {
  const count = a.crop[0]!.count + b.crop[0]!.count;
  return {
    ...a,
    chunk: { ...a.chunk, length: a.chunk.length + b.chunk.length },
    shape: [a.shape[0]! + b.shape[0]!, ...a.shape.slice(1)],
    crop: [{ ...a.crop[0]!, count }, ...a.crop.slice(1)],
  };
}
