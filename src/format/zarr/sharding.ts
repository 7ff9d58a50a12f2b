/**
 * The layout of stored chunks, and the sharding codec as a way to find inner chunks.
 * https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/
 *
 * A shard holds inner chunks in any order, and an index at its start or end: for every inner chunk in C order two
 * little-endian uint64, offset and length; both 2^64 - 1 where the chunk is not stored.
 *
 * @module
 */

import { numbersOfItem } from "../../bytes/fill.js";
import type { StoredFill } from "../../codec/define.js";
import { type CodecRegistry, encodedLength, findCodec } from "../../codec/registry.js";
import { countItems, type DataType, isRagged, itemBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { isJsonObject, JsonReader, type JsonValue } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import type { AxisChunks } from "../../engine/chunk-grid.js";
import { checkChain, parseCodecs, placeErrors, shardingCodec } from "./codec-chain.js";
import type { ArrayMetadata } from "./metadata.js";

/** One level of sharding. */
export interface ShardLevel {
  /** Shape of what the index describes, along the axes of the array. */
  readonly shardShape: readonly number[];
  readonly chunkShape: readonly number[];
  /** Inner chunks along each axis of the array. */
  readonly grid: readonly number[];
  /** Axis `i` of the shard as stored is axis `order[i]` of the array: by transposes before the sharding codec. */
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

/** What one decoded chunk may take: buffers of WASM and typed arrays end at 2 GiB. */
const maxChunkBytes = 2 ** 31 - 1;

/**
 * Unfolds the sharding codec of an array, shards inside shards included, as far as inner chunks can be decoded by themselves. A shard that
 * is encoded as one, by codecs behind the sharding codec or by ones before it that do not work on each item by itself, is one chunk.
 *
 * @throws ReaderError `invalid-metadata`, `unknown-codec`, `unsupported`, or `limit-exceeded`
 */
export function layoutOf(array: ArrayMetadata, where: string): ChunkLayout {
  const levels: ShardLevel[] = [];
  const around: CodecSpec[] = [];
  let order: readonly number[] = array.shape.map((_, axis) => axis);
  const objectGrid = array.chunkGrid ?? array.chunkShape;
  let chunkShape = array.chunkShape;
  let codecs = array.codecs;
  const itemCodecs = withByteOrder(array.itemCodecs, codecs);
  for (;;) {
    const at = codecs.findIndex((spec) => spec.name === shardingCodec);
    if (at < 0) break;
    const before = codecs.slice(0, at);
    if (codecs.length > at + 1 || !placeErrors(where, () => worksByItem(array, [...around, ...before]))) {
      codecs = codecs.map((spec, index) =>
        index === at ? withFill(spec, array, [...itemCodecs, ...around, ...before]) : spec,
      );
      break;
    }
    for (const spec of before) {
      if (spec.name === "transpose") order = applyOrder(order, transposeOrder(spec, order.length, where));
      around.push(spec);
    }
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
  const layout = {
    objectGrid,
    levels,
    chunkShape,
    chunkGrid: levels.length === 0 ? objectGrid : chunkShape,
    codecs: [...itemCodecs, ...around, ...codecs],
  };
  const { dtype, registry } = array;
  const inner = checkChain(layout.codecs, { dtype, shape: chunkShape }, registry, where);
  // An item of any length takes an offset of four bytes at least.
  const oneItem = Math.max(itemBytes(dtype) ?? 4, itemBytes(inner.dtype) ?? 4);
  checkChunkBytes(chunkShape, oneItem, dtype, where);
  return layout;
}

function checkChunkBytes(shape: readonly number[], oneItem: number, dtype: DataType, where: string): void {
  const bytes = countItems(shape) * oneItem;
  if (bytes <= maxChunkBytes) return;
  throw new ReaderError(
    "limit-exceeded",
    `${where}: one chunk of ${shape.join(" × ")} ${dtype} is ${bytes} bytes; the limit is ${maxChunkBytes}.`,
    { detail: { key: where } },
  );
}

/** Whether the array codecs before a shard can be undone chunk by chunk, and leave the fill value of a chunk that is not stored. */
function worksByItem({ dtype, fill, registry }: ArrayMetadata, specs: readonly CodecSpec[]): boolean {
  let item: StoredFill | undefined;
  for (const { name, configuration = {} } of specs) {
    if (name === "transpose") continue;
    if (isRagged(dtype)) return false;
    item ??= { values: numbersOfItem(dtype, fill), dtype, isKept: true };
    item = findCodec(name, registry).storedFill?.(configuration, item.values, item.dtype);
    if (!item?.isKept) return false;
  }
  return true;
}

/** The sharding codec for those who decode whole shards: told what stands in chunks that are not stored. */
function withFill(
  { name, configuration }: CodecSpec,
  array: ArrayMetadata,
  before: readonly CodecSpec[],
): CodecSpec {
  const { fill, dtype } = array;
  const codecs = before.map((spec) => ({ configuration: {}, ...spec }));
  return {
    name,
    configuration: { ...configuration, fill: [...fill], fill_type: dtype, fill_codecs: codecs },
  };
}

/** Steps that take items apart, told the byte order of what they are in. */
function withByteOrder(steps: readonly CodecSpec[], codecs: readonly CodecSpec[]): readonly CodecSpec[] {
  const endian = steps.length === 0 ? undefined : byteOrderOf(codecs);
  if (endian === undefined) return steps;
  return steps.map(({ name, configuration }) => ({ name, configuration: { endian, ...configuration } }));
}

/** Of the codec `bytes`, which may be within shards. */
function byteOrderOf(codecs: unknown): JsonValue | undefined {
  for (const spec of Array.isArray(codecs) ? (codecs as readonly JsonValue[]) : []) {
    if (!isJsonObject(spec) || !isJsonObject(spec.configuration)) continue;
    if (spec.name === "bytes") return spec.configuration.endian;
    if (spec.name === shardingCodec) return byteOrderOf(spec.configuration.codecs);
  }
  return undefined;
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
