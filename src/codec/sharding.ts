/**
 * `sharding_indexed` as a codec among others: a whole shard in memory, its inner chunks decoded out of it;
 * <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/>.
 *
 * Formats read inner chunks by range wherever they can. This is for shards that cannot be taken apart before they are decoded: with
 * codecs behind the sharding codec, or with ones before it that do not work on each item by itself.
 *
 * @module
 */
import { placeBlock } from "../bytes/block.js";
import { createItems, numbersOfItem } from "../bytes/fill.js";
import {
  concatRagged,
  countUp,
  gatherRagged,
  isRaggedValues,
  type Ragged,
  repeatRagged,
} from "../bytes/ragged.js";
import {
  countItems,
  type DataType,
  type FixedType,
  isRagged,
  itemBytes,
  lanesOf,
  type TypedArray,
} from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { JsonReader } from "../core/json.js";
import type { Kernels } from "../kernel/kernel.js";
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";
import { decodeChunk } from "./pipeline.js";
import { type CodecRegistry, checkCodecs, findCodec } from "./registry.js";
import { type ArrayFill, gridOf, parseSharding, type Sharding, shardingName } from "./sharding-options.js";
import type { ArrayMeta, DecodedArray } from "./types.js";

const name = shardingName;
const absent = 2n ** 64n - 1n;
/** What a compressor's frame may take beyond its content. */
const frameBytes = 1024;

/** An inner chunk that is not stored, in the type of the shard. */
type Filling = TypedArray | Uint8Array;

/**
 * Defines the codec. To the options of the specification it adds what a chunk alone does not tell: `fill`, the bytes of one item, with
 * `fill_type`, its type, and `fill_codecs`, the array-to-array codecs in front of the shard.
 *
 * @param registryOf the codecs of inner chunks; asked for when one is checked or decoded
 */
export function defineSharding(registryOf: () => CodecRegistry): CodecDefinition {
  return defineCodec<Sharding>({
    name,
    kind: "array-to-bytes",
    parse: parseSharding,
    check(options, meta) {
      checkSharding(options, meta, registryOf());
      return meta;
    },
    create: (options, kernels) => ({
      kind: "array-to-bytes",
      mostBytes: (meta) => mostBytes(options, meta, registryOf()),
      decode: (bytes, meta) => decodeShard(bytes, options, meta, { kernels, registry: registryOf() }),
    }),
  });
}

function checkSharding(options: Sharding, meta: ArrayMeta, registry: CodecRegistry): void {
  const { indexShape } = gridOf(options, meta, registry);
  checkCodecs(options.indexCodecs, { dtype: "uint64", shape: indexShape }, registry);
  checkCodecs(options.codecs, { dtype: meta.dtype, shape: options.chunkShape }, registry);
}

/** Most bytes that a shard can sensibly take: what a compressed one is decoded to before it is taken apart. */
function mostBytes(options: Sharding, meta: ArrayMeta, registry: CodecRegistry): number | undefined {
  const { grid, indexBytes } = gridOf(options, meta, registry);
  const { codecs, chunkShape } = options;
  const { innerMeta, bytesAt } = checkCodecs(codecs, { dtype: meta.dtype, shape: chunkShape }, registry);
  const size = itemBytes(innerMeta.dtype);
  if (size === undefined || innerMeta.shape === undefined) return undefined;
  const { name: inner, configuration = {} } = codecs[bytesAt]!;
  // Encodings such as base64 take more than what they encode, though never twice as much.
  const chunk =
    inner === name
      ? mostBytes(parseSharding(new JsonReader(configuration, `codec ${name}`)), innerMeta, registry)
      : 2 * countItems(innerMeta.shape) * size;
  return chunk && countItems(grid) * (chunk + frameBytes) + indexBytes;
}

interface Means {
  readonly kernels: Kernels;
  readonly registry: CodecRegistry;
}

function decodeShard(bytes: Uint8Array, options: Sharding, meta: ArrayMeta, means: Means): DecodedArray {
  const { indexCodecs, isIndexAtEnd } = options;
  const { shape, grid, indexShape, indexBytes } = gridOf(options, meta, means.registry);
  if (bytes.length < indexBytes) {
    throw corruptData(name, `the shard is ${bytes.length} bytes long, its index alone takes ${indexBytes}`);
  }
  const indexAt = isIndexAtEnd ? bytes.length - indexBytes : 0;
  const encoded = bytes.subarray(indexAt, indexAt + indexBytes);
  const indexMeta: ArrayMeta = { dtype: "uint64", shape: indexShape };
  const index = decodeChunk(encoded, indexCodecs, indexMeta, { ...means, label: "the index" })
    .values as BigUint64Array;
  const chunks = Array.from({ length: countItems(grid) }, (_, chunk) => chunkBytes(bytes, index, chunk));
  const fill = chunks.includes(undefined) ? fillingOf(options.fill, meta.dtype, means.registry) : undefined;
  const place = isRagged(meta.dtype) ? placeItems : placeNumbers;
  const values = place(chunks, { shape, grid, options, dtype: meta.dtype, fill }, means);
  return { values, shape };
}

/** The bytes of an inner chunk; undefined where it is not stored. */
function chunkBytes(bytes: Uint8Array, index: BigUint64Array, chunk: number): Uint8Array | undefined {
  const [offset, length] = [index[2 * chunk]!, index[2 * chunk + 1]!];
  if (offset === absent && length === absent) return undefined;
  if (length === 0n || offset + length > BigInt(bytes.length)) {
    throw corruptData(
      name,
      `the index puts inner chunk ${chunk} at ${offset} with ${length} bytes, outside the shard of ${bytes.length} bytes`,
    );
  }
  return bytes.subarray(Number(offset), Number(offset + length));
}

interface ShardPlan {
  readonly shape: readonly number[];
  readonly grid: readonly number[];
  readonly options: Sharding;
  readonly dtype: DataType;
  /** Present where an inner chunk is not stored. */
  readonly fill: Filling | undefined;
}

type PlaceChunks<T> = (chunks: readonly (Uint8Array | undefined)[], plan: ShardPlan, means: Means) => T;

const placeNumbers: PlaceChunks<TypedArray> = (chunks, plan, means) => {
  const { shape, dtype, fill } = plan;
  if (isRagged(dtype)) throw corruptData(name, `${dtype} are no numbers`);
  const values = createItems(dtype, shape) as Float64Array;
  const lanes = lanesOf(dtype);
  if (fill !== undefined) {
    if (fill.length === 1) values.fill(fill[0] as number);
    else for (let at = 0; at < values.length; at += fill.length) values.set(fill as Float64Array, at);
  }
  eachChunk(chunks, plan, means, (block, offset) => {
    if (isRaggedValues(block.values)) throw corruptData(name, "an inner chunk holds no numbers");
    placeBlock(
      { values: block.values, shape: plan.options.chunkShape, lanes },
      { values, shape, lanes },
      offset,
    );
  });
  return values;
};

/** Items are put one after another, and gathered by their numbers; the fill value is the first. */
const placeItems: PlaceChunks<Ragged> = (chunks, plan, means) => {
  const { shape, fill } = plan;
  const lists: Ragged[] = [repeatRagged((fill as Uint8Array | undefined) ?? new Uint8Array(0), 1)];
  const numbers = new Uint32Array(countItems(shape));
  let next = 1;
  eachChunk(chunks, plan, means, ({ values }, offset) => {
    if (!isRaggedValues(values)) throw corruptData(name, "an inner chunk holds numbers");
    const block = { values: countUp(values.length, next), shape: plan.options.chunkShape, lanes: 1 };
    placeBlock(block, { values: numbers, shape, lanes: 1 }, offset);
    lists.push(values);
    next += values.length;
  });
  return gatherRagged(concatRagged(lists), numbers);
};

/** Decodes the chunks that are stored, and tells where in the shard each begins. */
function eachChunk(
  chunks: readonly (Uint8Array | undefined)[],
  { grid, options, dtype }: ShardPlan,
  means: Means,
  take: (block: DecodedArray, offset: readonly number[]) => void,
): void {
  const { chunkShape, codecs } = options;
  for (const [number, bytes] of chunks.entries()) {
    if (bytes === undefined) continue;
    const block = decodeChunk(
      bytes,
      codecs,
      { dtype, shape: chunkShape },
      { ...means, label: `inner chunk ${number}` },
    );
    let rest = number;
    const offset = new Array<number>(grid.length);
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      offset[axis] = (rest % grid[axis]!) * chunkShape[axis]!;
      rest = Math.floor(rest / grid[axis]!);
    }
    take(block, offset);
  }
}

/**
 * The fill value as it is in the shard, having gone through the codecs before it.
 *
 * @throws ReaderError `unsupported` where that is not certain
 */
function fillingOf(fill: ArrayFill | undefined, dtype: DataType, registry: CodecRegistry): Filling {
  const filling = fill && throughCodecs(fill, dtype, registry);
  if (filling !== undefined) return filling;
  throw new ReaderError(
    "unsupported",
    `${name}: an inner chunk is not stored, and it is not certain what the codecs before the shard make of the fill value.`,
    { detail: { codec: name } },
  );
}

function throughCodecs(fill: ArrayFill, wanted: DataType, registry: CodecRegistry): Filling | undefined {
  const isZero = fill.item.every((byte) => byte === 0);
  let { dtype } = fill;
  let filling: Filling | undefined = isRagged(dtype) ? fill.item : numbersOfItem(dtype, fill.item);
  for (const { name: codec, configuration = {} } of fill.codecs) {
    if (codec === "transpose") continue;
    const { storedFill, check } = findCodec(codec, registry);
    if (storedFill === undefined) {
      // Text of a fixed length and fields of records: nothing is stored as zeros.
      dtype = check(configuration, { dtype }).dtype;
      filling =
        isZero && !isRagged(dtype) ? numbersOfItem(dtype, new Uint8Array(itemBytes(dtype))) : undefined;
    } else {
      const stored = storedFill(configuration, filling as TypedArray, dtype as FixedType);
      filling = stored?.values;
      dtype = stored?.dtype ?? dtype;
    }
    if (filling === undefined) return undefined;
  }
  return dtype === wanted ? filling : undefined;
}
