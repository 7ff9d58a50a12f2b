/**
 * A codec's entry in the registry: what can be checked on the main thread, apart from what decodes in the worker.
 *
 * @module
 */
import type { FixedType, TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { type JsonObject, JsonReader } from "../core/json.js";
import type { Kernels } from "../kernel/kernel.js";
import type { ArrayMeta, Codec, CodecFactory } from "./types.js";

/** What becomes of one item, the fill value, on its way through an array-to-array codec. */
export interface StoredFill {
  readonly values: TypedArray;
  readonly dtype: FixedType;
  /** The codec works on each item by itself, and gives this one back to the bit. */
  readonly isKept: boolean;
}

/** One codec as the registry knows it. */
export interface CodecDefinition {
  readonly kind: Codec["kind"];
  /**
   * Checks a configuration, and what the codec is asked to produce, without WASM. Returns what the next codec inwards
   * has to produce; only array-to-array codecs change it.
   *
   * @throws ReaderError `invalid-metadata` naming the option
   */
  readonly check: (configuration: JsonObject, meta: ArrayMeta) => ArrayMeta;
  readonly create: CodecFactory;
  /** Encoded length for a decoded one, for codecs whose output size does not depend on the data. */
  readonly encodedLength?: (decodedLength: number) => number;
  /**
   * What array-to-array codecs store the fill value as: what is meant by an inner chunk that a shard behind them lacks.
   * Undefined: writers do not agree.
   */
  readonly storedFill?: (
    configuration: JsonObject,
    fill: TypedArray,
    dtype: FixedType,
  ) => StoredFill | undefined;
}

/** What a codec's file supplies: its options are parsed once and used for checking and decoding alike. */
export interface CodecParts<Options> {
  readonly name: string;
  readonly kind: Codec["kind"];
  readonly parse: (configuration: JsonReader) => Options;
  readonly check?: (options: Options, meta: ArrayMeta) => ArrayMeta;
  readonly create: (options: Options, kernels: Kernels) => Codec;
  readonly encodedLength?: (decodedLength: number) => number;
  readonly storedFill?: (options: Options, fill: TypedArray, dtype: FixedType) => StoredFill | undefined;
}

/** Makes a definition from a codec's parts. */
export function defineCodec<Options>(parts: CodecParts<Options>): CodecDefinition {
  const parse = (configuration: JsonObject): Options =>
    parts.parse(new JsonReader(configuration, `codec ${parts.name}`, "configuration"));
  const { encodedLength, storedFill } = parts;
  return {
    kind: parts.kind,
    check(configuration, meta) {
      const options = parse(configuration);
      return parts.check === undefined ? meta : parts.check(options, meta);
    },
    create: (configuration, kernels) => parts.create(parse(configuration), kernels),
    ...(encodedLength && { encodedLength }),
    ...(storedFill && { storedFill: (options, ...item) => storedFill(parse(options), ...item) }),
  };
}

/** A refused option, named. */
export function invalidOption(codec: string, option: string, reason: string): ReaderError {
  return new ReaderError("invalid-metadata", `codec ${codec}: configuration.${option} ${reason}.`, {
    detail: { codec },
  });
}

/** Data that a codec cannot have written. */
export function corruptData(codec: string, reason: string): ReaderError {
  return new ReaderError("corrupt", `${codec}: ${reason}.`, { detail: { codec } });
}
