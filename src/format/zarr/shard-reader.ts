/**
 * Finds inner chunks in shards: reads each shard's index once, keeps it, and turns chunk coordinates into ranges.
 *
 * @module
 */
import type { CodecRegistry } from "../../codec/registry.js";
import { countItems } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { AbsolutePath, ByteRange, ChunkRead } from "../../core/plan.js";
import { type AxisChunk, chunkAt } from "../../engine/chunk-grid.js";
import type { Engine } from "../../engine/engine.js";
import { releaseBytes } from "../../net/lane.js";
import type { ReadOptions } from "../../store/types.js";
import { openShard, type ShardDemand } from "./open-shard.js";
import { type ChunkLayout, indexPosition, levelOfShape, type ShardLevel } from "./sharding.js";
import { SharedReads } from "./shared-reads.js";

/** Decoded indexes kept per array: about two million inner chunks. */
const keptIndexBytes = 32 * 1024 * 1024;
const absent = 2n ** 64n - 1n;

/** Part of an object that holds a shard; the length is not known for a whole object whose index lies at its start. */
interface Span {
  readonly offset: number;
  readonly length: number | undefined;
}

interface ShardIndex {
  readonly span: Span;
  /** Offset and length per inner chunk. */
  readonly entries: BigUint64Array;
}

export type ShardEngine = Pick<Engine, "store" | "readBlock" | "decodeBlock">;

/** The shards of one array. */
export class ShardReader {
  readonly #layout: ChunkLayout;
  readonly #engine: ShardEngine;
  readonly #indexes = new SharedReads<ShardIndex | undefined>(keptIndexBytes);

  readonly #registry: CodecRegistry;

  constructor(layout: ChunkLayout, registry: CodecRegistry, engine: ShardEngine) {
    this.#layout = layout;
    this.#registry = registry;
    this.#engine = engine;
  }

  /**
   * Begins to read the index of the object that holds a chunk, so that it is there when it is located. Failures show up then.
   *
   * @param demand what will be read of that object at once
   */
  prefetch(key: AbsolutePath, chunk: readonly number[], signal?: AbortSignal, demand?: ShardDemand): void {
    const level = this.#levelAt(0, this.#shardOf(chunk), key);
    this.#index(key, level, "0", { offset: 0, length: undefined }, signal, demand).catch(() => {});
  }

  /**
   * Where an inner chunk lies.
   *
   * @param chunk coordinates in the grid of the smallest chunks of the array
   * @param demand what will be read of the same object at once
   * @returns `undefined` when the chunk, or the whole shard, is not stored
   * @throws ReaderError `corrupt` when the index points outside its shard
   */
  async locate(
    key: AbsolutePath,
    chunk: readonly number[],
    signal?: AbortSignal,
    demand?: ShardDemand,
  ): Promise<ChunkRead | undefined> {
    let span: Span = { offset: 0, length: undefined };
    let path = "0";
    const shard = this.#shardOf(chunk);
    for (let depth = 0; depth < this.#layout.levels.length; depth++) {
      const level = this.#levelAt(depth, shard, key);
      const index = await this.#index(key, level, path, span, signal, demand);
      if (index === undefined) return undefined;
      const position = indexPosition(level, this.#localCoordinates(level, chunk, shard));
      const range = readEntry(index, position, key);
      if (range === undefined) return undefined;
      span = range;
      path += `/${position}`;
    }
    const range: ByteRange = { offset: span.offset, length: span.length! };
    return { key, range, bytesHint: range.length };
  }

  /** Coordinates of the chunk of a level that holds a smallest chunk, counted within its shard. */
  #localCoordinates(level: ShardLevel, chunk: readonly number[], shard: readonly AxisChunk[]): number[] {
    const { chunkShape } = this.#layout;
    return chunk.map((coordinate, axis) => {
      const cell = coordinate * chunkShape[axis]! - shard[axis]!.from;
      return Math.floor((cell % level.shardShape[axis]!) / level.chunkShape[axis]!);
    });
  }

  /** The object that holds a chunk. */
  #shardOf(chunk: readonly number[]): readonly AxisChunk[] {
    const { chunkShape, objectGrid } = this.#layout;
    return objectGrid.map((objects, axis) => chunkAt(objects, chunk[axis]! * chunkShape[axis]!));
  }

  /** Only the outermost shards differ in shape. */
  #levelAt(depth: number, shard: readonly AxisChunk[], key: AbsolutePath): ShardLevel {
    const level = this.#layout.levels[depth]!;
    const shape = shard.map(({ length }) => length);
    return depth > 0 ? level : levelOfShape(level, shape, this.#registry, key);
  }

  #index(
    key: AbsolutePath,
    level: ShardLevel,
    path: string,
    span: Span,
    signal: AbortSignal | undefined,
    demand?: ShardDemand,
  ): Promise<ShardIndex | undefined> {
    const read = async (shared: AbortSignal): Promise<ShardIndex | undefined> => {
      const opened = demand && (await this.#open(key, level, demand, shared));
      if (opened === "absent") return undefined;
      return opened ?? this.#readIndex(key, level, span, shared);
    };
    return this.#indexes.get(`${key}#${path}`, countItems(level.grid) * 16, read, signal);
  }

  /** By the body of the shard; its chunks are told which of them that serves. */
  async #open(
    key: AbsolutePath,
    level: ShardLevel,
    demand: ShardDemand,
    signal: AbortSignal,
  ): Promise<ShardIndex | "absent" | undefined> {
    const { store } = this.#engine;
    if (this.#layout.levels.length > 1) return undefined;
    const opened = await openShard(key, level, demand, store, signal);
    if (opened === undefined || opened === "absent") return opened;
    try {
      const { size, index: bytes, keep } = opened;
      const { data } = await this.#engine
        .decodeBlock(
          { name: key, bytes, codecs: level.indexCodecs, dtype: "uint64", shape: level.indexShape },
          { signal },
        )
        .finally(() => releaseBytes(bytes));
      const index = { span: { offset: 0, length: size }, entries: data as BigUint64Array };
      const shard = this.#shardOf(demand.chunks[0]!);
      keep(
        demand.chunks.flatMap((chunk) => {
          const position = indexPosition(level, this.#localCoordinates(level, chunk, shard));
          return readEntry(index, position, key) ?? [];
        }),
      );
      return index;
    } catch (thrown) {
      opened.close();
      throw thrown;
    }
  }

  async #readIndex(
    key: AbsolutePath,
    level: ShardLevel,
    span: Span,
    signal: AbortSignal,
  ): Promise<ShardIndex | undefined> {
    let known = span;
    if (level.indexAtEnd && span.length === undefined) {
      // A closed range behind a HEAD: suffix ranges cost browsers a preflight per key.
      const length = await objectSize(this.#engine.store, key, { signal, mayBeAbsent: true });
      if (length === undefined) return undefined;
      known = { offset: 0, length };
    }
    if (known.length !== undefined && known.length < level.indexBytes) {
      throw new ReaderError(
        "corrupt",
        `${key}: the shard is ${known.length} bytes long, its index alone takes ${level.indexBytes}.`,
        { detail: { key } },
      );
    }
    const offset = level.indexAtEnd ? known.offset + known.length! - level.indexBytes : known.offset;
    const block = await this.#engine.readBlock(
      {
        name: `${key} index`,
        read: { key, range: { offset, length: level.indexBytes }, bytesHint: level.indexBytes },
        codecs: level.indexCodecs,
        dtype: "uint64",
        shape: level.indexShape,
      },
      { signal },
    );
    return block === undefined ? undefined : { span: known, entries: block.data as BigUint64Array };
  }
}

/** One entry of an index as a range of the object; checked against the shard's extent. */
function readEntry(index: ShardIndex, position: number, key: AbsolutePath): ByteRange | undefined {
  const offset = index.entries[2 * position]!;
  const length = index.entries[2 * position + 1]!;
  if (offset === absent && length === absent) return undefined;
  const { span } = index;
  const end = BigInt(span.length ?? Number.MAX_SAFE_INTEGER - span.offset);
  if (length === 0n || offset + length > end) {
    throw new ReaderError(
      "corrupt",
      `${key}: the shard index puts inner chunk ${position} at ${offset} with ${length} bytes, outside the shard` +
        `${span.length === undefined ? "" : ` of ${span.length} bytes`}.`,
      { detail: { key } },
    );
  }
  return { offset: span.offset + Number(offset), length: Number(length) };
}

async function objectSize(
  store: Engine["store"],
  key: AbsolutePath,
  options: ReadOptions,
): Promise<number | undefined> {
  if (store.size !== undefined) return store.size(key, options);
  return (await store.get(key, options))?.byteLength;
}
