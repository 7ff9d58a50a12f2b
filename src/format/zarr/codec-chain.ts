/**
 * A chain of codecs as metadata lists it: names known, configurations good, kinds in the order the format asks for.
 * Zarr v3 core §"Chunk encoding": array → array codecs, one array → bytes codec, bytes → bytes codecs.
 *
 * @module
 */
import { checkCodecs, findCodec } from "../../codec/registry.js";
import type { ArrayMeta, Codec } from "../../codec/types.js";
import { isReaderError, ReaderError } from "../../core/error.js";
import type { JsonValue } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import { parseExtension } from "./extension.js";

/** The sharding codec: undone by the format, chunk by chunk, so the registry of decoders does not know it. */
export const shardingCodec = "sharding_indexed";

/**
 * The kind of a codec.
 *
 * @throws ReaderError `unknown-codec` naming it and the document
 */
export function codecKind(name: string, where: string): Codec["kind"] {
  return name === shardingCodec ? "array-to-bytes" : placeErrors(where, () => findCodec(name).kind);
}

/**
 * Reads a list of codecs and checks their names; configurations are checked by {@link checkChain}.
 *
 * @throws ReaderError `unknown-codec`, or `invalid-metadata` when the list is malformed or out of order
 */
export function parseCodecs(values: readonly JsonValue[], where: string): readonly CodecSpec[] {
  const specs = values.map((value, index) => parseExtension(value, `codecs[${index}]`, where));
  const order: readonly Codec["kind"][] = ["array-to-array", "array-to-bytes", "bytes-to-bytes"];
  const ranks = specs.map((spec) => order.indexOf(codecKind(spec.name, where)));
  const isSorted = ranks.every((rank, index) => index === 0 || ranks[index - 1]! <= rank);
  if (isSorted && ranks.filter((rank) => rank === 1).length === 1) return specs;
  throw new ReaderError(
    "invalid-metadata",
    `${where}: the codecs ${specs.map((spec) => spec.name).join(", ")} are no chain of array codecs, one codec ` +
      "from array to bytes, and bytes codecs.",
    { detail: { key: where } },
  );
}

/**
 * Checks what each codec of a chain without shards is asked to do.
 *
 * @param meta of the chunk to be decoded
 * @throws ReaderError `invalid-metadata` naming the codec and its option
 */
export function checkChain(specs: readonly CodecSpec[], meta: ArrayMeta, where: string): void {
  placeErrors(where, () => checkCodecs(specs, meta));
}

/** Runs a check that does not know which document it is about, and adds that to its error. */
function placeErrors<T>(where: string, check: () => T): T {
  try {
    return check();
  } catch (thrown) {
    if (!isReaderError(thrown)) throw thrown;
    const { code, hint, detail } = thrown;
    const tail = hint === undefined ? thrown.message : thrown.message.slice(0, -hint.length - 1);
    throw new ReaderError(code, `${where}: ${tail.replace(`${code}: `, "")}`, {
      hint,
      detail: { ...detail, key: where },
      cause: thrown,
    });
  }
}
