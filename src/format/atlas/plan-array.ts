/**
 * Plans a read of one array: each chunk out of the block that holds it, what was never written from the fill value.
 *
 * @module
 */
import { countItems, type DataType, isRagged, itemBytes } from "../../core/dtype.js";
import type { BlockPart, CodecSpec, ColumnRead } from "../../core/plan.js";
import type { Plan } from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import { axisOf } from "../../engine/labels/axis.js";
import type { PlanOptions } from "../../engine/planner.js";
import { countRuns, type ResolvedSelection } from "../../engine/selection.js";
import { type ArrayRead, blockCodecs, chunkPieces } from "./chunk-pieces.js";
import { joinPieces } from "./joined-pieces.js";
import { joinTiles, type TiledPiece } from "./joined-tiles.js";
import { keepBodies } from "./keep-bodies.js";
import type { GridUnpacking } from "./packing.js";
import { fillBytes } from "./types.js";

export { readPlace } from "./read-place.js";

/** What is to be read. */
export interface ArrayPlan extends ArrayRead, ResolvedSelection {
  readonly dimensions: readonly string[];
  /** With labels; absent: the indices that are read. */
  readonly axes?: readonly Axis[];
  readonly notes?: readonly string[];
  readonly unpack?: GridUnpacking | undefined;
}

/** Plans the parts of a read. */
export function planArray(plan: ArrayPlan, { signal, bodies }: PlanOptions): Plan {
  const { runs, dropped, layered, name, axes = indexAxes(plan), notes = [], unpack } = plan;
  const dtype = unpack?.rule.dtype ?? plan.dtype;
  const fill = unpack?.fill ?? fillBytes(layered.entry.fill, dtype, name);
  return {
    level: 0,
    notes,
    grid: { dtype, shape: runs.map(countRuns), fill, axes, dropped },
    async *[Symbol.asyncIterator]() {
      let parts: Iterable<BlockPart> = partsOf(plan);
      if (bodies !== undefined && bodies.all().length > 0) {
        const all = [...parts];
        keepBodies(bodies, all);
        parts = all;
      }
      for (const part of parts) {
        signal?.throwIfAborted();
        yield part;
      }
    },
  };
}

function* partsOf(plan: ArrayPlan): Generator<BlockPart> {
  const { dtype, layered } = plan;
  const runs = joinPieces(chunkPieces(plan), layered.entry.shape, dtype);
  for (const piece of joinTiles(runs, dtype)) yield partOf(piece, plan);
}

function indexAxes({ dimensions, runs, layered }: ArrayPlan): Axis[] {
  const { shape } = layered.entry;
  return dimensions.map((name, axis) => {
    const dimension = { name, length: shape[axis]!, attributes: {} };
    return axisOf(dimension, undefined, { runs: runs[axis]! });
  });
}

function partOf(piece: TiledPiece, { name, dtype, unpack }: ArrayPlan): BlockPart {
  const { label, shape, crop, offset } = piece;
  return {
    kind: "block",
    label,
    column: { ...readOf(piece, dtype), name, dtype, shape },
    crop,
    offset,
    ...(unpack && { unpack: unpack.rule }),
  };
}

function readOf(piece: TiledPiece, dtype: DataType): Pick<ColumnRead, "codecs" | "read" | "required"> {
  const { chunk, label } = piece;
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
  const codecs = tileCodecs(piece, dtype) ?? [items, { name: "section", configuration }];
  return {
    required: true,
    codecs: [...codecs, ...compressor],
    read: { key, range: { offset: block.offset, length: block.storedBytes } },
  };
}

/** What puts several chunks of a block together; `undefined` for one. */
function tileCodecs({ chunk, shape, tiles }: TiledPiece, dtype: DataType): CodecSpec[] | undefined {
  if (tiles === undefined) return undefined;
  const total = chunk.stored.decodedBytes;
  const size = itemBytes(dtype);
  if (size === undefined) {
    const pieces = tiles.flatMap(({ offset, length, shape }) => {
      const items = countItems(shape);
      return [offset, length, items, 0, items, 1];
    });
    return [{ name: "text-sections", configuration: { total, pieces } }];
  }
  const numbers = tiles.flatMap(({ offset, start, shape }) => [offset, ...start, ...shape]);
  return [
    { name: "bytes", configuration: { endian: "little" } },
    { name: "tiles", configuration: { total, size, shape: [...shape], tiles: numbers } },
  ];
}
