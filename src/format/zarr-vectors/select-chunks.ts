/**
 * Which chunks a box can have rows in: arithmetic on the grid, then what the store says is there.
 *
 * @module
 */
import type { NumberInterval } from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";
import { type Chunk, compareChunks } from "./cells.js";
import type { Level } from "./levels.js";

/**
 * Part of a chunk edge by which a vertex may lie outside its chunk: a rounding error, where writers find the chunk through bins,
 * before a mean is rounded to the stored type, or by themselves. Elsewhere the chunk is the quotient's floor, exactly.
 */
const chunkTolerance = 1e-6;
/** Cells that are looked at one by one where nothing lists those that are stored. */
const maxProbes = 1_000_000;

/** First and last chunk along each axis of a chunk's coordinates; an empty interval has its last below its first. */
export type ChunkLimits = readonly (readonly [number, number])[];

/** Chunks that the closed intervals of the axes touch; all of them where an axis has none. */
export function chunkLimits(level: Level, intervals: readonly (NumberInterval | undefined)[]): ChunkLimits {
  const { metadata, vertices, container } = level;
  const { bounds, hasBins, isTree } = container.root;
  const tolerance = metadata.level > 0 || hasBins || isTree ? chunkTolerance : 0;
  const chunkAt = (position: number, size: number, side: -1 | 1): number =>
    Math.floor(position / size + side * tolerance);
  const lead = metadata.chunkedBy === undefined ? 0 : 1;
  const limits = metadata.chunkShape.map((size, axis): readonly [number, number] => {
    const first = vertices.grid?.origin[axis + lead];
    const whole: readonly [number, number] =
      vertices.grid !== undefined
        ? [first!, first! + vertices.grid.shape[axis + lead]! - 1]
        : bounds === undefined
          ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
          : [chunkAt(bounds.min[axis]!, size, -1), chunkAt(bounds.max[axis]!, size, 1)];
    const interval = intervals[axis];
    if (interval === undefined) return whole;
    return [
      Math.max(whole[0], chunkAt(Number(interval[0]), size, -1)),
      Math.min(whole[1], chunkAt(Number(interval[1]), size, 1)),
    ];
  });
  return lead === 0 ? limits : [[0, metadata.chunkedBy!.values.length - 1], ...limits];
}

export function isWithin(chunk: Chunk, limits: ChunkLimits): boolean {
  return chunk.every((coordinate, axis) => coordinate >= limits[axis]![0] && coordinate <= limits[axis]![1]);
}

export interface ChunkSelection {
  /** Ascending. */
  readonly chunks: readonly Chunk[];
  /** Whether the store says that they hold data, so that one which does not is damage. */
  readonly isListed: boolean;
}

/**
 * Chunks within limits, of those the store lists, else of the whole grid.
 *
 * @throws ReaderError `unsupported` or `limit-exceeded` where nothing lists them and they are too many to look at
 */
export async function selectChunks(
  level: Level,
  limits: ChunkLimits,
  signal?: AbortSignal,
): Promise<ChunkSelection> {
  const listed = await level.vertices.list(signal);
  if (listed !== undefined) {
    return { chunks: listed.filter((chunk) => isWithin(chunk, limits)), isListed: true };
  }
  const count = limits.reduce((product, [first, last]) => product * Math.max(0, last - first + 1), 1);
  if (count > maxProbes) {
    throw new ReaderError(
      Number.isFinite(count) ? "limit-exceeded" : "unsupported",
      `/${level.vertices.path}: nothing says which chunks are stored, and the box meets ${Number.isFinite(count) ? count : "endlessly many"}.`,
      {
        hint: "Consolidate the store's metadata, read it from a host that can list, or ask for a smaller box.",
      },
    );
  }
  return { chunks: [...enumerate(limits)].sort(compareChunks), isListed: false };
}

/** Every chunk of a box of chunks, the last axis fastest. */
function* enumerate(limits: ChunkLimits): Generator<Chunk> {
  const [first, ...rest] = limits;
  if (first === undefined) {
    yield [];
    return;
  }
  for (let coordinate = first[0]; coordinate <= first[1]; coordinate++) {
    for (const tail of enumerate(rest)) yield [coordinate, ...tail];
  }
}
