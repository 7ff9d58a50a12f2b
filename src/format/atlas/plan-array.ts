/**
 * Plans a read of one array: each chunk out of the block that holds it, what was never written from the fill value.
 *
 * @module
 */
import { type DataType, isRagged, itemBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { BlockPart, CodecSpec, ColumnRead } from "../../core/plan.js";
import type { Plan, QueryOptions } from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import { type AxisPiece, cutRuns, product } from "../../engine/chunk-grid.js";
import { countRuns, indicesOfRuns, type ResolvedSelection } from "../../engine/selection.js";
import type { FoundChunk, LayeredEntry } from "./layers.js";
import { fillBytes } from "./types.js";

/** Blocks of the packages hold 8 MiB and the rest of one chunk; more than this no reader could hold. */
const maxBlockBytes = 2 ** 30;

/** What is to be read. */
export interface ArrayPlan extends ResolvedSelection {
  /** For messages: dataset and array. */
  readonly name: string;
  readonly dtype: DataType;
  readonly dimensions: readonly string[];
  readonly layered: LayeredEntry;
}

/** Plans the parts of a read. */
export function planArray(plan: ArrayPlan, { signal }: QueryOptions): Plan {
  const { runs, dropped, dtype, dimensions, layered, name } = plan;
  const { entry } = layered;
  const axes: Axis[] = dimensions.map((dimension, axis) => ({
    name: dimension,
    values: Int32Array.from(indicesOfRuns(runs[axis]!)),
    labelled: false,
  }));
  const fill = fillBytes(entry.fill, dtype, name);
  return {
    level: 0,
    grid: { dtype, shape: runs.map(countRuns), fill, axes, dropped },
    async *[Symbol.asyncIterator]() {
      const pieces = runs.map((run, axis) => cutRuns(run, Math.max(1, entry.chunkShape[axis]!)));
      for (const at of product(pieces)) {
        signal?.throwIfAborted();
        const chunk = layered.chunk(at.map((piece) => piece.chunk));
        if (chunk !== undefined) yield partOf(at, chunk, plan);
      }
    },
  };
}

function partOf(at: readonly AxisPiece[], chunk: FoundChunk, { layered, name, dtype }: ArrayPlan): BlockPart {
  const { shape, chunkShape } = layered.entry;
  const label = `${name} chunk ${at.map((piece) => piece.chunk).join() || "0"}`;
  // Chunks at the end of an axis are stored as far as the array goes.
  const stored = at.map((piece, axis) => {
    const extent = Math.max(1, chunkShape[axis]!);
    return Math.min(extent, shape[axis]! - piece.chunk * extent);
  });
  const cells = stored.reduce((product, extent) => product * extent, 1);
  const size = itemBytes(dtype);
  if (size !== undefined && chunk.length !== cells * size) {
    throw new ReaderError(
      "corrupt",
      `${label} should have ${cells * size} bytes, the index says ${chunk.length}.`,
      {
        detail: { key: chunk.key },
      },
    );
  }
  return {
    kind: "block",
    label,
    column: { ...readOf(chunk, dtype, label), name, dtype, shape: stored },
    crop: at.map(({ start, count, step }) => ({ start, count, step })),
    offset: at.map((piece) => piece.offset),
  };
}

function readOf(
  chunk: FoundChunk,
  dtype: DataType,
  label: string,
): Pick<ColumnRead, "codecs" | "read" | "required"> {
  const { key, stored: block, offset, length } = chunk;
  const items: CodecSpec = isRagged(dtype)
    ? { name: "offset-items" }
    : { name: "bytes", configuration: { endian: "little" } };
  if (offset + length > block.decodedBytes) {
    throw new ReaderError(
      "corrupt",
      `${label} ends at ${offset + length} in a block of ${block.decodedBytes} bytes.`,
      {
        detail: { key },
      },
    );
  }
  if (block.codec === undefined) {
    return {
      required: true,
      codecs: [items],
      read: { key, range: { offset: block.offset + offset, length } },
    };
  }
  if (block.codec !== "zstd" && block.codec !== "lz4") {
    throw new ReaderError(
      "unknown-codec",
      `${label}: the codec "${block.codec}" is not known in ATLAS stores.`,
      {
        detail: { key, codec: block.codec },
      },
    );
  }
  if (block.decodedBytes > maxBlockBytes) {
    throw new ReaderError("limit-exceeded", `${label} lies in a block of ${block.decodedBytes} bytes.`, {
      detail: { key },
    });
  }
  const configuration = { offset, length, total: block.decodedBytes };
  return {
    required: true,
    codecs: [items, { name: "section", configuration }, { name: block.codec }],
    read: { key, range: { offset: block.offset, length: block.storedBytes } },
  };
}
