/**
 * A chain of codecs as metadata lists it: names known, configurations good, kinds in the order the format asks for.
 * Zarr v3 core §"Chunk encoding": array → array codecs, one array → bytes codec, bytes → bytes codecs.
 *
 * @module
 */
import { type CodecRegistry, checkCodecs, findCodec } from "../../codec/registry.js";
import type { ArrayMeta, Codec } from "../../codec/types.js";
import { isReaderError, ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonValue } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import { parseExtension } from "./extension.js";

/** Names of the codecs that metadata documents need, at any depth; other words may be among them. */
export function codecNames(
  document: JsonValue | undefined,
  names: Set<string> = new Set(),
): ReadonlySet<string> {
  if (typeof document === "string") names.add(document);
  else if (Array.isArray(document)) {
    // A sharding codec alone is undone by the format; with others around it, its decoder may be needed.
    const [only] = document.length === 1 ? document : [];
    const isAlone = isJsonObject(only) && only.name === shardingCodec;
    for (const value of isAlone ? [only.configuration] : document) codecNames(value, names);
  } else if (isJsonObject(document)) {
    for (const name of stepsOfType(document.dtype ?? document.data_type)) names.add(name);
    for (const [key, value] of Object.entries(document)) if (key !== "attributes") codecNames(value, names);
  }
  return names;
}

/** The steps that types need: any but a plain name may be text, or records. */
function stepsOfType(type: JsonValue | undefined): readonly string[] {
  const isPlain = type === undefined || (typeof type === "string" && !/^[<>|][USV]/.test(type));
  return isPlain ? [] : ["fixed-length-text", "struct-field"];
}

/** The sharding codec: undone by the format, chunk by chunk, wherever that can be; then the registry of decoders has none. */
export const shardingCodec = "sharding_indexed";

/**
 * The kind of a codec.
 *
 * @throws ReaderError `unknown-codec` naming it and the document
 */
export function codecKind(name: string, registry: CodecRegistry, where: string): Codec["kind"] {
  return name === shardingCodec ? "array-to-bytes" : placeErrors(where, () => findCodec(name, registry).kind);
}

/**
 * Reads a list of codecs and checks their names; configurations are checked by {@link checkChain}.
 *
 * @throws ReaderError `unknown-codec`, or `invalid-metadata` when the list is malformed or out of order
 */
export function parseCodecs(
  values: readonly JsonValue[],
  registry: CodecRegistry,
  where: string,
): readonly CodecSpec[] {
  const listed = values.map((value, index) => parseExtension(value, `codecs[${index}]`, where));
  // zarr-python takes it for a codec from array to array, so that one from bytes to bytes follows.
  const specs = listed.filter(
    ({ name }, index) => name !== "bytes" || listed[index - 1]?.name !== "numcodecs.packbits",
  );
  const order: readonly Codec["kind"][] = ["array-to-array", "array-to-bytes", "bytes-to-bytes"];
  const ranks = specs.map((spec) => order.indexOf(codecKind(spec.name, registry, where)));
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
 * Checks what each codec of a chain is asked to do.
 *
 * @param meta of the chunk to be decoded
 * @returns what the codec from array to bytes has to give
 * @throws ReaderError `invalid-metadata` naming the codec and its option
 */
export function checkChain(
  specs: readonly CodecSpec[],
  meta: ArrayMeta,
  registry: CodecRegistry,
  where: string,
): ArrayMeta {
  return placeErrors(where, () => checkCodecs(specs, meta, registry).innerMeta);
}

/** Runs a check that does not know which document it is about, and adds that to its error. */
export function placeErrors<T>(where: string, check: () => T): T {
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
