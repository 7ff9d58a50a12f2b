/**
 * The options of the sharding codec where whole shards are decoded, and what follows from them.
 *
 * @module
 */
import { countItems, type DataType, isDataType } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { isJsonObject, JsonReader, type JsonValue } from "../core/json.js";
import type { CodecSpec } from "../core/plan.js";
import { invalidOption } from "./define.js";
import { type CodecRegistry, encodedLength } from "./registry.js";
import type { ArrayMeta } from "./types.js";

/** The name of the codec. */
export const shardingName = "sharding_indexed";
const name = shardingName;
/** Shards inside shards inside shards: one more than any writer makes. */
const maxLevels = 4;
/** As for indexes that are fetched: beyond this it is a mistake or an attack. */
const maxIndexBytes = 64 * 1024 * 1024;

export interface Sharding {
  readonly chunkShape: readonly number[];
  readonly codecs: readonly CodecSpec[];
  readonly indexCodecs: readonly CodecSpec[];
  readonly isIndexAtEnd: boolean;
  /** What stands in inner chunks that are not stored. Absent: nobody said. */
  readonly fill: ArrayFill | undefined;
}

/** The fill value of the array, and the codecs through which it comes to the shard. */
export interface ArrayFill {
  readonly item: Uint8Array;
  readonly dtype: DataType;
  readonly codecs: readonly CodecSpec[];
}

/** @throws ReaderError `invalid-metadata` naming the option, `limit-exceeded` */
export function parseSharding(configuration: JsonReader): Sharding {
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
export interface ShardGrid {
  readonly shape: readonly number[];
  readonly grid: readonly number[];
  readonly indexShape: readonly number[];
  readonly indexBytes: number;
}

/** @throws ReaderError `invalid-metadata`, `unsupported` or `limit-exceeded` where such a shard has no index that could be read */
export function gridOf(options: Sharding, meta: ArrayMeta, registry: CodecRegistry): ShardGrid {
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
