/**
 * Chunks of many arrays by the blocks that hold them: each block is read and decoded once, whatever lies in it.
 *
 * @module
 */
import { type MergeLimits, mergeRanges } from "../../bytes/ranges.js";
import { startPace } from "../../core/pace.js";
import type { BlockPart, ChunkRead, CodecSpec } from "../../core/plan.js";
import { blockCodecs, type ChunkPiece } from "./chunk-pieces.js";

/** Bytes of one block, and the chunks that are cut out of them. */
export interface BlockRead<P extends ChunkPiece = ChunkPiece> {
  /** Its result are bytes of the decoded block. */
  readonly part: BlockPart;
  /** Place of the first of these bytes in the decoded block. */
  readonly from: number;
  readonly pieces: readonly P[];
}

/**
 * Groups pieces by block, in the order of the files. Of blocks that are stored as they are only the runs that hold pieces are read.
 *
 * @throws ReaderError `unknown-codec`, `limit-exceeded`
 */
export async function blockReads<P extends ChunkPiece>(
  pieces: Iterable<P>,
  limits: MergeLimits,
): Promise<BlockRead<P>[]> {
  const blocks = new Map<string, P[]>();
  const pace = startPace();
  for (const piece of pieces) {
    const wait = pace.step();
    if (wait !== undefined) await wait;
    const { key, stored } = piece.chunk;
    const name = `${key} ${stored.offset}`;
    const known = blocks.get(name);
    if (known === undefined) blocks.set(name, [piece]);
    else known.push(piece);
  }
  const reads = [...blocks.values()].flatMap((block) => readsOf(block, limits));
  return reads.sort((a, b) => compare(a.part.column.read!, b.part.column.read!));
}

function readsOf<P extends ChunkPiece>(pieces: readonly P[], limits: MergeLimits): BlockRead<P>[] {
  const { chunk, label } = pieces[0]!;
  const { key, stored } = chunk;
  const compressor = blockCodecs(chunk, label);
  const ranges = pieces.map(({ chunk: { offset, length } }) => ({ offset, length }));
  if (compressor.length === 0) {
    return mergeRanges(ranges, limits).map(({ offset, length, members }) => ({
      part: partOf({ key, range: { offset: stored.offset + offset, length } }, [], length, [0, length]),
      from: offset,
      pieces: members.map((member) => pieces[member]!),
    }));
  }
  const from = ranges.reduce((least, { offset }) => Math.min(least, offset), stored.decodedBytes);
  const end = ranges.reduce((most, { offset, length }) => Math.max(most, offset + length), 0);
  const read = { key, range: { offset: stored.offset, length: stored.storedBytes } };
  return [{ part: partOf(read, compressor, stored.decodedBytes, [from, end - from]), from, pieces }];
}

function partOf(
  read: ChunkRead,
  compressor: readonly CodecSpec[],
  length: number,
  [start, count]: readonly [number, number],
): BlockPart {
  const label = `${read.key.slice(1)} block at ${read.range!.offset}`;
  const codecs = [{ name: "bytes" }, ...compressor];
  return {
    kind: "block",
    label,
    column: { name: label, dtype: "uint8", shape: [length], codecs, read, required: true },
    crop: [{ start, count, step: 1 }],
    offset: [0],
  };
}

function compare(a: ChunkRead, b: ChunkRead): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.range!.offset - b.range!.offset;
}
