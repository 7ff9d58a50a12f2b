/**
 * From runs of cells to the parts of a plan: which chunks, which bytes of them, where their cells go.
 *
 * @module
 */
import { countItems, itemBytes } from "../../core/dtype.js";
import { mapAhead } from "../../core/lookahead.js";
import type { AbsolutePath, BlockPart, ChunkRead, Unpacking } from "../../core/plan.js";
import type { GridTarget, Plan } from "../../core/source.js";
import type { Axis, GridCoordinate, GridMask } from "../../core/table.js";
import {
  type AxisGroup,
  type AxisPiece,
  chunkAt,
  cutRuns,
  groupPieces,
  product,
} from "../../engine/chunk-grid.js";
import type { OpenBodies } from "../../engine/open-bodies.js";
import { countRuns, type Run } from "../../engine/selection.js";
import { chunkName, nodeKey } from "./chunk-key.js";
import type { ArrayMetadata } from "./metadata.js";
import type { ShardDemand } from "./open-shard.js";
import { type ShardEngine, ShardReader } from "./shard-reader.js";
import { type ChunkLayout, layoutOf } from "./sharding.js";

/** An array that can be planned over: its metadata, how its cells are stored, and its shard indexes. */
export interface StoredArray {
  /** Below the root; empty for a root that is an array. */
  readonly path: string;
  /** For messages and results. */
  readonly name: string;
  readonly root: AbsolutePath;
  readonly metadata: ArrayMetadata;
  readonly layout: ChunkLayout;
  /** Absent: not sharded. */
  readonly shards?: ShardReader;
}

/** Offset and length of one chunk. */
const indexEntryBytes = 16;
/** Shard indexes read ahead of the plan, so that a box over many shards does not wait for them one by one. */
const indexesAhead = 8;

/**
 * Prepares an array for planning.
 *
 * @throws ReaderError when its sharding cannot be read chunk by chunk
 */
export function createStoredArray(
  place: { readonly path: string; readonly name: string; readonly root: AbsolutePath },
  metadata: ArrayMetadata,
  engine: ShardEngine,
): StoredArray {
  const layout = layoutOf(metadata, nodeKey(place.root, place.path, "").slice(0, -1) || "/");
  const array = { ...place, metadata, layout };
  return layout.levels.length === 0
    ? array
    : { ...array, shards: new ShardReader(layout, metadata.registry, engine) };
}

/** What a plan over an array needs beside the runs. */
export interface GridPlanOptions {
  readonly level: number;
  readonly axes: readonly Axis[];
  readonly mask?: GridMask;
  readonly coordinates?: readonly GridCoordinate[];
  /** How values are unpacked, and what then stands where nothing is stored. */
  readonly unpack?: { readonly rule: Unpacking; readonly fill: Uint8Array };
  readonly dropped?: readonly number[];
  readonly notes?: readonly string[];
  readonly signal?: AbortSignal;
  /** For a plan that is executed as it is drawn. */
  readonly bodies?: OpenBodies | undefined;
}

/** A plan that reads the cells of some runs per axis. Each iteration plans anew; shard indexes are kept. */
export function planRuns(
  array: StoredArray,
  runs: readonly (readonly Run[])[],
  options: GridPlanOptions,
): Plan & { readonly grid: GridTarget } {
  const { metadata, layout } = array;
  const pieces = runs.map((axis, index) => cutRuns(axis, layout.chunkGrid[index]!));
  const groups = pieces.map((axis, index) => groupPieces(axis, layout.objectGrid[index]!));
  const { notes, signal, bodies, level, axes, dropped = [], mask, coordinates, unpack } = options;
  const readsOnce = pieces.every((axis) => new Set(axis.map(({ chunk }) => chunk)).size === axis.length);
  return {
    level,
    partsTotal: pieces.reduce((total, axis) => total * axis.length, 1),
    readsOnce,
    grid: {
      dtype: unpack?.rule.dtype ?? metadata.dtype,
      shape: runs.map(countRuns),
      fill: unpack?.fill ?? metadata.fill,
      axes,
      dropped,
      ...(metadata.unit === undefined ? {} : { unit: metadata.unit }),
      ...(mask === undefined ? {} : { mask }),
      ...(coordinates === undefined ? {} : { coordinates }),
    },
    ...(notes === undefined || notes.length === 0 ? {} : { notes }),
    [Symbol.asyncIterator]: () =>
      planParts(array, groups, { unpack: unpack?.rule, signal, bodies: readsOnce ? bodies : undefined }),
  };
}

interface PartOptions {
  readonly unpack: Unpacking | undefined;
  readonly signal: AbortSignal | undefined;
  readonly bodies: OpenBodies | undefined;
}

async function* planParts(
  array: StoredArray,
  groups: readonly (readonly AxisGroup[])[],
  { unpack, signal, bodies }: PartOptions,
): AsyncGenerator<BlockPart> {
  const { shards } = array;
  const begin = async (object: readonly AxisGroup[]): Promise<readonly AxisGroup[]> => {
    const first = object.map((group) => group.pieces[0]!);
    if (shards !== undefined && !isBeyond(array, first)) {
      const demand = bodies && demandOf(array, object, bodies);
      await bodies?.room(demand?.atMostBytes);
      shards.prefetch(objectKey(array, object), chunkOf(first), signal, demand);
    }
    return object;
  };
  for await (const object of mapAhead(product(groups), shards === undefined ? 1 : indexesAhead, begin)) {
    const key = objectKey(array, object);
    for (const pieces of product(object.map((group) => group.pieces))) {
      signal?.throwIfAborted();
      const isNowhere = isBeyond(array, pieces);
      const read = isNowhere
        ? undefined
        : shards === undefined
          ? wholeObject(array, key, pieces)
          : await shards.locate(key, chunkOf(pieces), signal);
      const part = partOf(array, key, pieces, read);
      yield unpack === undefined ? part : { ...part, unpack };
    }
  }
}

/** What the parts of one object will read of it. */
function demandOf(array: StoredArray, object: readonly AxisGroup[], bodies: OpenBodies): ShardDemand {
  const { metadata, layout } = array;
  const stored = object.map(({ pieces: [first] }, axis) => {
    const { from, length } = chunkAt(layout.objectGrid[axis]!, first!.from);
    const end = Math.min(from + length, (metadata.storedShape ?? metadata.shape)[axis]!);
    return Math.ceil((end - from) / layout.chunkShape[axis]!);
  });
  const oneItem = itemBytes(metadata.dtype);
  const inShard = countItems(stored);
  return {
    bodies,
    chunks: [...product(object.map((group) => group.pieces))]
      .filter((pieces) => !isBeyond(array, pieces))
      .map(chunkOf),
    stored: inShard,
    // Chunks of codecs that compress nothing, and their index.
    atMostBytes: oneItem && inShard * (countItems(layout.chunkShape) * oneItem + indexEntryBytes),
  };
}

function objectKey(array: StoredArray, object: readonly AxisGroup[]): AbsolutePath {
  const coordinates = object.map((group) => group.object);
  return nodeKey(array.root, array.path, chunkName(array.metadata.chunkKeys, coordinates));
}

function chunkOf(pieces: readonly AxisPiece[]): readonly number[] {
  return pieces.map((piece) => piece.chunk);
}

function shapeOf(pieces: readonly AxisPiece[]): readonly number[] {
  return pieces.map((piece) => piece.length);
}

/** What an item of any length is taken to weigh. */
const usualItemBytes = 16;

/** Whether a chunk lies wholly where nothing was ever written. */
function isBeyond({ metadata }: StoredArray, pieces: readonly AxisPiece[]): boolean {
  const { storedShape } = metadata;
  return storedShape?.some((length, axis) => pieces[axis]!.from >= length) ?? false;
}

/** The decoded size bounds what compressed chunks take, and is exact for those that are not. */
function wholeObject(array: StoredArray, key: AbsolutePath, pieces: readonly AxisPiece[]): ChunkRead {
  const oneItem = itemBytes(array.metadata.dtype) ?? usualItemBytes;
  return { key, bytesHint: countItems(shapeOf(pieces)) * oneItem };
}

function partOf(
  array: StoredArray,
  key: AbsolutePath,
  pieces: readonly AxisPiece[],
  read: ChunkRead | undefined,
): BlockPart {
  const { metadata, layout } = array;
  return {
    kind: "block",
    label: array.shards === undefined ? key : `${key} inner chunk ${chunkOf(pieces).join(",")}`,
    column: {
      name: array.name,
      ...(read === undefined ? {} : { read }),
      codecs: layout.codecs,
      dtype: metadata.dtype,
      shape: shapeOf(pieces),
      fill: metadata.fill,
    },
    crop: pieces.map(({ start, count, step }) => ({ start, count, step })),
    offset: pieces.map((piece) => piece.offset),
  };
}
