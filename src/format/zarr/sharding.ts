/**
 * The layout of stored chunks, and the sharding codec as a way to find inner chunks.
 * https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/
 *
 * A shard holds inner chunks in any order, and an index at its start or end: for every inner chunk in C order two
 * little-endian uint64, offset and length; both 2^64 - 1 where the chunk is not stored.
 *
 * @module
 */

import { type CodecRegistry, encodedLength } from "../../codec/registry.js";
import { countItems } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { JsonReader } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import type { AxisChunks } from "../../engine/chunk-grid.js";
import { checkChain, parseCodecs, shardingCodec } from "./codec-chain.js";
import type { ArrayMetadata } from "./metadata.js";

/** One level of sharding. */
export interface ShardLevel {
  /** Shape of what the index describes, along the axes of the array. */
  readonly shardShape: readonly number[];
  readonly chunkShape: readonly number[];
  /** Inner chunks along each axis of the array. */
  readonly grid: readonly number[];
  /** Axis `i` of the shard as stored is axis `order[i]` of the array: transposes before the sharding codec. */
  readonly order: readonly number[];
  readonly indexCodecs: readonly CodecSpec[];
  readonly indexAtEnd: boolean;
  /** Decoded: the inner chunks along each axis of the shard as stored, then offset and length. */
  readonly indexShape: readonly number[];
  /** Encoded size of the index. */
  readonly indexBytes: number;
}

/** How cells are stored: objects, the shards they are made of, and what a single chunk is decoded with. */
export interface ChunkLayout {
  /** The stored objects along each axis. */
  readonly objectGrid: readonly AxisChunks[];
  /** Outermost first; none where an object is one chunk. */
  readonly levels: readonly ShardLevel[];
  /** Shape of the smallest unit that is fetched and decoded; of the largest where lengths differ. */
  readonly chunkShape: readonly number[];
  /** These units along each axis. Inner chunks have one length, for they divide every shard. */
  readonly chunkGrid: readonly AxisChunks[];
  readonly codecs: readonly CodecSpec[];
}

/** An index is fetched and kept whole; beyond this it is a mistake or an attack. */
const maxIndexBytes = 64 * 1024 * 1024;
/** Shards inside shards inside shards: one more than any writer makes. */
const maxLevels = 4;

/**
 * Unfolds the sharding codec of an array, shards inside shards included.
 *
 * @throws ReaderError `invalid-metadata`, `unknown-codec`, or `unsupported` for codecs around the shard that cannot be
 * undone chunk by chunk
 */
export function layoutOf(array: ArrayMetadata, where: string): ChunkLayout {
  const levels: ShardLevel[] = [];
  const transposes: CodecSpec[] = [];
  let order: readonly number[] = array.shape.map((_, axis) => axis);
  const objectGrid = array.chunkGrid ?? array.chunkShape;
  let chunkShape = array.chunkShape;
  let codecs = array.codecs;
  for (;;) {
    const at = codecs.findIndex((spec) => spec.name === shardingCodec);
    if (at < 0) break;
    for (const spec of codecs.slice(0, at)) {
      order = applyOrder(order, transposeOrder(spec, order.length, where));
      transposes.push(spec);
    }
    refuseAfterShard(codecs.slice(at + 1), where);
    const level = parseLevel(codecs[at]!, chunkShape, order, array.registry, where);
    if (levels.length === 0) checkDivides(level.level.chunkShape, objectGrid, where);
    levels.push(level.level);
    if (levels.length > maxLevels) {
      throw new ReaderError("limit-exceeded", `${where}: shards are nested more than ${maxLevels} deep.`, {
        detail: { key: where },
      });
    }
    chunkShape = level.level.chunkShape;
    codecs = level.codecs;
  }
  const itemCodecs = withByteOrder(array.itemCodecs, codecs);
  const layout = {
    objectGrid,
    levels,
    chunkShape,
    chunkGrid: levels.length === 0 ? objectGrid : chunkShape,
    codecs: [...itemCodecs, ...transposes, ...codecs],
  };
  checkChain(layout.codecs, { dtype: array.dtype, shape: chunkShape }, array.registry, where);
  return layout;
}

/** Steps that take items apart, told the byte order of what they are in. */
function withByteOrder(steps: readonly CodecSpec[], codecs: readonly CodecSpec[]): readonly CodecSpec[] {
  const endian = codecs.find(({ name }) => name === "bytes")?.configuration?.endian;
  if (endian === undefined) return steps;
  return steps.map(({ name, configuration }) => ({ name, configuration: { endian, ...configuration } }));
}

/** The outermost level as it is in a shard of another shape. Its index is no larger than that of the largest shard. */
export function levelOfShape(
  level: ShardLevel,
  shardShape: readonly number[],
  registry: CodecRegistry,
  where: string,
): ShardLevel {
  if (shardShape.every((length, axis) => length === level.shardShape[axis])) return level;
  const grid = shardShape.map((length, axis) => length / level.chunkShape[axis]!);
  const indexShape = [...applyOrder(grid, level.order), 2];
  const indexBytes = indexSize(indexShape, level.indexCodecs, registry, where);
  return { ...level, shardShape, grid, indexShape, indexBytes };
}

function checkDivides(inner: readonly number[], objects: readonly AxisChunks[], where: string): void {
  objects.forEach((chunks, axis) => {
    if (typeof chunks === "number") return;
    const odd = chunks.find(({ length }) => length % inner[axis]! !== 0);
    if (odd === undefined) return;
    throw new ReaderError(
      "invalid-metadata",
      `${where}: inner chunks of ${inner[axis]} cells do not divide shards of ${odd.length} on axis ${axis}.`,
      { detail: { key: where, codec: shardingCodec } },
    );
  });
}

/** Number of an inner chunk in the index of its shard. */
export function indexPosition(level: ShardLevel, coordinates: readonly number[]): number {
  return level.order.reduce((position, axis) => position * level.grid[axis]! + coordinates[axis]!, 0);
}

/** `inner[i] = outer[order[i]]`: composes two permutations. */
function applyOrder(outer: readonly number[], order: readonly number[]): readonly number[] {
  return order.map((axis) => outer[axis]!);
}

function transposeOrder(spec: CodecSpec, rank: number, where: string): readonly number[] {
  if (spec.name !== "transpose") {
    throw new ReaderError(
      "unsupported",
      `${where}: the codec "${spec.name}" before sharding_indexed is not supported; transpose is.`,
      { detail: { key: where, codec: spec.name } },
    );
  }
  const order = new JsonReader(spec.configuration ?? {}, where, "$.codecs.transpose").sizes("order");
  const isPermutation =
    order.length === rank && new Set(order).size === rank && order.every((axis) => axis < rank);
  if (isPermutation) return order;
  throw new ReaderError(
    "invalid-metadata",
    `${where}: the transpose order [${order.join(", ")}] is no permutation of ${rank} axes.`,
    { detail: { key: where, codec: "transpose" } },
  );
}

function refuseAfterShard(specs: readonly CodecSpec[], where: string): void {
  if (specs.length === 0) return;
  throw new ReaderError(
    "unsupported",
    `${where}: codecs after sharding_indexed are not supported: ${specs.map((spec) => spec.name).join(", ")}.`,
    {
      hint: "They apply to whole shards, so no inner chunk could be read on its own.",
      detail: { key: where, codec: specs[0]!.name },
    },
  );
}

function parseLevel(
  spec: CodecSpec,
  shardShape: readonly number[],
  order: readonly number[],
  registry: CodecRegistry,
  where: string,
): { level: ShardLevel; codecs: readonly CodecSpec[] } {
  const reader = new JsonReader(spec.configuration ?? {}, where, "$.codecs.sharding_indexed.configuration");
  const storedShape = reader.sizes("chunk_shape");
  const fits = storedShape.length === order.length;
  const chunkShape = [...shardShape];
  if (fits)
    order.forEach((axis, stored) => {
      chunkShape[axis] = storedShape[stored]!;
    });
  if (!fits || chunkShape.some((size, axis) => size < 1 || shardShape[axis]! % size !== 0)) {
    throw new ReaderError(
      "invalid-metadata",
      `${where}: inner chunks of [${storedShape.join(", ")}] do not divide the shard of [${applyOrder(shardShape, order).join(", ")}].`,
      { detail: { key: where, codec: "sharding_indexed" } },
    );
  }
  const grid = shardShape.map((size, axis) => size / chunkShape[axis]!);
  const location = reader.optional("index_location", (self) => self.string("index_location")) ?? "end";
  if (location !== "start" && location !== "end") {
    throw new ReaderError(
      "invalid-metadata",
      `${where}: index_location "${location}" is neither start nor end.`,
      {
        detail: { key: where, codec: "sharding_indexed" },
      },
    );
  }
  const indexCodecs = parseCodecs(reader.array("index_codecs"), registry, where);
  const indexShape = [...applyOrder(grid, order), 2];
  const level: ShardLevel = {
    shardShape,
    chunkShape,
    grid,
    order,
    indexCodecs,
    indexAtEnd: location === "end",
    indexShape,
    indexBytes: indexSize(indexShape, indexCodecs, registry, where),
  };
  return { level, codecs: parseCodecs(reader.array("codecs"), registry, where) };
}

/** The index is found by its size, so its codecs must have a fixed one. */
function indexSize(
  shape: readonly number[],
  codecs: readonly CodecSpec[],
  registry: CodecRegistry,
  where: string,
): number {
  checkChain(codecs, { dtype: "uint64", shape }, registry, where);
  const bytes = encodedLength(codecs, countItems(shape) * 8, registry);
  if (bytes === undefined) {
    throw new ReaderError(
      "unsupported",
      `${where}: the shard index is encoded with ${codecs.map((spec) => spec.name).join(", ")}, whose size depends on the data.`,
      {
        hint: "Only codecs of a fixed size, bytes and checksums, are supported there.",
        detail: { key: where },
      },
    );
  }
  if (bytes > maxIndexBytes) {
    throw new ReaderError(
      "limit-exceeded",
      `${where}: a shard index of ${bytes} bytes; the limit is ${maxIndexBytes}.`,
      { detail: { key: where } },
    );
  }
  return bytes;
}
