/**
 * What a read takes of the chunks of one array: which of them, what of each, and how their blocks are stored.
 *
 * @module
 */
import { type DataType, itemBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { CodecSpec, CropAxis } from "../../core/plan.js";
import { cutRuns, product } from "../../engine/chunk-grid.js";
import type { ResolvedSelection } from "../../engine/selection.js";
import type { FoundChunk, LayeredEntry } from "./layers.js";

/** Blocks of the packages hold 8 MiB and the rest of one chunk; more than this no reader could hold. */
const maxBlockBytes = 2 ** 30;

/** What is read of one array. */
export interface ArrayRead extends Pick<ResolvedSelection, "runs"> {
  /** For messages: dataset and array. */
  readonly name: string;
  readonly dtype: DataType;
  readonly layered: LayeredEntry;
}

/** What is read of one chunk. */
export interface ChunkPiece {
  readonly chunk: FoundChunk;
  /** For messages. */
  readonly label: string;
  /** As the chunk is stored: at the end of an axis no further than the array goes. */
  readonly shape: readonly number[];
  readonly crop: readonly CropAxis[];
  /** Where it begins in the result, one entry per axis. */
  readonly offset: readonly number[];
}

/**
 * The pieces of a read, those of chunks that were never written left out.
 *
 * @throws ReaderError `corrupt` for a chunk that does not fit into its block, or whose length is not that of its cells
 */
export function* chunkPieces({ runs, layered, name, dtype }: ArrayRead): Generator<ChunkPiece> {
  const { shape, chunkShape } = layered.entry;
  const size = itemBytes(dtype);
  const pieces = runs.map((run, axis) => cutRuns(run, Math.max(1, chunkShape[axis]!)));
  for (const at of product(pieces)) {
    const chunk = layered.chunk(at.map((piece) => piece.chunk));
    if (chunk === undefined) continue;
    const label = `${name} chunk ${at.map((piece) => piece.chunk).join() || "0"}`;
    const stored = at.map(({ from, length }, axis) => Math.min(length, shape[axis]! - from));
    const cells = stored.reduce((product, extent) => product * extent, 1);
    if (size !== undefined && chunk.length !== cells * size) {
      throw corrupt(chunk, `${label} should have ${cells * size} bytes, the index says ${chunk.length}.`);
    }
    if (chunk.offset + chunk.length > chunk.stored.decodedBytes) {
      throw corrupt(
        chunk,
        `${label} ends at ${chunk.offset + chunk.length} in a block of ${chunk.stored.decodedBytes} bytes.`,
      );
    }
    const crop = at.map(({ start, count, step }) => ({ start, count, step }));
    yield { chunk, label, shape: stored, crop, offset: at.map((piece) => piece.offset) };
  }
}

/**
 * What undoes the compression of a chunk's block; nothing where it is stored as it is.
 *
 * @throws ReaderError `unknown-codec`, `limit-exceeded`
 */
export function blockCodecs({ key, stored }: FoundChunk, label: string): readonly CodecSpec[] {
  const { codec, decodedBytes } = stored;
  if (codec === undefined) return [];
  if (codec !== "zstd" && codec !== "lz4") {
    throw new ReaderError("unknown-codec", `${label}: the codec "${codec}" is not known in ATLAS stores.`, {
      detail: { key, codec },
    });
  }
  if (decodedBytes <= maxBlockBytes) return [{ name: codec }];
  throw new ReaderError("limit-exceeded", `${label} lies in a block of ${decodedBytes} bytes.`, {
    detail: { key },
  });
}

function corrupt({ key }: FoundChunk, message: string): ReaderError {
  return new ReaderError("corrupt", message, { detail: { key } });
}
