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
  isDataType,
  isRagged,
  itemBytes,
  lanesOf,
  type TypedArray,
} from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { isJsonObject, JsonReader, type JsonValue } from "../core/json.js";
import type { CodecSpec } from "../core/plan.js";
import type { Kernels } from "../kernel/kernel.js";
import { type CodecDefinition, corruptData, defineCodec, invalidOption } from "./define.js";
import { decodeChunk } from "./pipeline.js";
import { type CodecRegistry, checkCodecs, encodedLength, findCodec } from "./registry.js";
import type { ArrayMeta, DecodedArray } from "./types.js";

const name = "sharding_indexed";
const absent = 2n ** 64n - 1n;
/** Shards inside shards inside shards: one more than any writer makes. */
const maxLevels = 4;
/** As for indexes that are fetched: beyond this it is a mistake or an attack. */
const maxIndexBytes = 64 * 1024 * 1024;
/** What a compressor's frame may take beyond its content. */
const frameBytes = 1024;

interface Sharding {
  readonly chunkShape: readonly number[];
  readonly codecs: readonly CodecSpec[];
  readonly indexCodecs: readonly CodecSpec[];
  readonly isIndexAtEnd: boolean;
  /** What stands in inner chunks that are not stored. Absent: nobody said. */
  readonly fill: ArrayFill | undefined;
}

/** The fill value of the array, and the codecs through which it comes to the shard. */
interface ArrayFill {
  readonly item: Uint8Array;
  readonly dtype: DataType;
  readonly codecs: readonly CodecSpec[];
}

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
    parse,
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

function parse(configuration: JsonReader): Sharding {
  const location = configuration.raw("index_location") ?? "end";
  if (location !== "start" && location !== "end") {
    throw invalidOption(name, "index_location", `is ${JSON.stringify(location)}, neither start nor end`);
  }
  const fill = configuration.optional("fill", parseFill);
  const codecs = specsOf(configuration, "codecs");
  checkDepth(codecs, 1);
  return {
    chunkShape: configuration.sizes("chunk_shape"),
    codecs: fill === undefined ? codecs : codecs.map((spec, at) => withFill(spec, fill, codecs.slice(0, at))),
    indexCodecs: specsOf(configuration, "index_codecs"),
    isIndexAtEnd: location === "end",
    fill,
  };
}

function checkDepth(codecs: readonly CodecSpec[], depth: number): void {
  const inner = codecs.find((spec) => spec.name === name)?.configuration;
  if (inner === undefined) return;
  if (depth === maxLevels) {
    throw new ReaderError("limit-exceeded", `codec ${name}: shards are nested more than ${maxLevels} deep.`, {
      detail: { codec: name },
    });
  }
  checkDepth(specsOf(new JsonReader(inner, `codec ${name}`), "codecs"), depth + 1);
}

function parseFill(configuration: JsonReader): ArrayFill {
  const dtype = configuration.string("fill_type");
  if (!isDataType(dtype)) throw invalidOption(name, "fill_type", `is ${dtype}`);
  const item = Uint8Array.from(configuration.sizes("fill"));
  return { item, dtype, codecs: specsOf(configuration, "fill_codecs") };
}

/** Shards within the shard are told the same fill value, behind the codecs before them. */
function withFill(spec: CodecSpec, fill: ArrayFill, before: readonly CodecSpec[]): CodecSpec {
  if (spec.name !== name) return spec;
  const codecs = [...fill.codecs, ...before].map(({ name: codec, configuration = {} }) => ({
    name: codec,
    configuration,
  }));
  const told = { fill: [...fill.item], fill_type: fill.dtype, fill_codecs: codecs };
  return { name, configuration: { ...spec.configuration, ...told } };
}

function specsOf(configuration: JsonReader, key: string): CodecSpec[] {
  return configuration.array(key).map((value: JsonValue) => {
    if (typeof value === "string") return { name: value };
    if (!isJsonObject(value) || typeof value.name !== "string") {
      throw invalidOption(name, key, "should list codecs by name");
    }
    return isJsonObject(value.configuration)
      ? { name: value.name, configuration: value.configuration }
      : { name: value.name };
  });
}

/** The inner chunks along each axis, and the bytes of their index. */
interface ShardGrid {
  readonly shape: readonly number[];
  readonly grid: readonly number[];
  readonly indexShape: readonly number[];
  readonly indexBytes: number;
}

function gridOf(options: Sharding, meta: ArrayMeta, registry: CodecRegistry): ShardGrid {
  const { chunkShape, indexCodecs } = options;
  const { shape } = meta;
  if (shape === undefined) throw invalidOption(name, "chunk_shape", "cannot divide rows of unknown number");
  const divides =
    chunkShape.length === shape.length &&
    chunkShape.every((size, axis) => size > 0 && shape[axis]! % size === 0);
  if (!divides) {
    throw invalidOption(
      name,
      "chunk_shape",
      `[${chunkShape.join(", ")}] does not divide the shard of [${shape.join(", ")}]`,
    );
  }
  const grid = shape.map((size, axis) => size / chunkShape[axis]!);
  const indexShape = [...grid, 2];
  const indexBytes = encodedLength(indexCodecs, countItems(indexShape) * 8, registry);
  if (indexBytes === undefined) {
    throw new ReaderError(
      "unsupported",
      `codec ${name}: the index is encoded with codecs whose size depends on the data.`,
      {
        hint: "Only codecs of a fixed size, bytes and checksums, are supported there.",
        detail: { codec: name },
      },
    );
  }
  if (indexBytes > maxIndexBytes) {
    throw new ReaderError(
      "limit-exceeded",
      `codec ${name}: an index of ${indexBytes} bytes; the limit is ${maxIndexBytes}.`,
      {
        detail: { codec: name },
      },
    );
  }
  return { shape, grid, indexShape, indexBytes };
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
      ? mostBytes(parse(new JsonReader(configuration, `codec ${name}`)), innerMeta, registry)
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
