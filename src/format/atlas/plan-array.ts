/**
 * Plans a read of one array: each chunk out of the block that holds it, what was never written from the fill value.
 *
 * @module
 */
import { type DataType, isRagged } from "../../core/dtype.js";
import type { BlockPart, CodecSpec, ColumnRead } from "../../core/plan.js";
import type { Plan, QueryOptions } from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import { axisOf } from "../../engine/labels/axis.js";
import { countRuns, type ResolvedSelection } from "../../engine/selection.js";
import { type ArrayRead, blockCodecs, type ChunkPiece, chunkPieces } from "./chunk-pieces.js";
import { joinPieces } from "./joined-pieces.js";
import { fillBytes } from "./types.js";

export { readPlace } from "./read-place.js";

/** What is to be read. */
export interface ArrayPlan extends ArrayRead, ResolvedSelection {
  readonly dimensions: readonly string[];
  /** With labels; absent: the indices that are read. */
  readonly axes?: readonly Axis[];
  readonly notes?: readonly string[];
}

/** Plans the parts of a read. */
export function planArray(plan: ArrayPlan, { signal }: QueryOptions): Plan {
  const { runs, dropped, dtype, layered, name, axes = indexAxes(plan), notes = [] } = plan;
  const fill = fillBytes(layered.entry.fill, dtype, name);
  return {
    level: 0,
    notes,
    grid: { dtype, shape: runs.map(countRuns), fill, axes, dropped },
    async *[Symbol.asyncIterator]() {
      for (const piece of joinPieces(chunkPieces(plan), layered.entry.shape, dtype)) {
        signal?.throwIfAborted();
        yield partOf(piece, plan);
      }
    },
  };
}

function indexAxes({ dimensions, runs, layered }: ArrayPlan): Axis[] {
  const { shape } = layered.entry;
  return dimensions.map((name, axis) => {
    const dimension = { name, length: shape[axis]!, attributes: {} };
    return axisOf(dimension, undefined, { runs: runs[axis]! });
  });
}

function partOf(piece: ChunkPiece, { name, dtype }: ArrayPlan): BlockPart {
  const { label, shape, crop, offset } = piece;
  return {
    kind: "block",
    label,
    column: { ...readOf(piece, dtype), name, dtype, shape },
    crop,
    offset,
  };
}

function readOf(
  { chunk, label }: ChunkPiece,
  dtype: DataType,
): Pick<ColumnRead, "codecs" | "read" | "required"> {
  const { key, stored: block, offset, length } = chunk;
  const items: CodecSpec = isRagged(dtype)
    ? { name: "offset-items" }
    : { name: "bytes", configuration: { endian: "little" } };
  const compressor = blockCodecs(chunk, label);
  if (compressor.length === 0) {
    return {
      required: true,
      codecs: [items],
      read: { key, range: { offset: block.offset + offset, length } },
    };
  }
  const configuration = { offset, length, total: block.decodedBytes };
  return {
    required: true,
    codecs: [items, { name: "section", configuration }, ...compressor],
    read: { key, range: { offset: block.offset, length: block.storedBytes } },
  };
}
