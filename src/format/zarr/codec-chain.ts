/**
 * A chain of codecs as metadata lists it: names known, kinds in the order the format asks for.
 * Zarr v3 core §"Chunk encoding": array → array codecs, one array → bytes codec, bytes → bytes codecs.
 *
 * @module
 */
import { type DataType, laneBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonValue } from "../../core/json.js";
import type { CodecSpec } from "../../core/plan.js";
import { parseExtension } from "./extension.js";

export type CodecKind = "array-to-array" | "array-to-bytes" | "bytes-to-bytes";

/** Codecs that can be decoded, and where they may stand. */
const kinds: ReadonlyMap<string, CodecKind> = new Map([
  ["transpose", "array-to-array"],
  ["delta", "array-to-array"],
  ["bytes", "array-to-bytes"],
  ["sharding_indexed", "array-to-bytes"],
  ["blosc", "bytes-to-bytes"],
  ["gzip", "bytes-to-bytes"],
  ["zlib", "bytes-to-bytes"],
  ["zstd", "bytes-to-bytes"],
  ["lz4", "bytes-to-bytes"],
  ["crc32c", "bytes-to-bytes"],
  ["shuffle", "bytes-to-bytes"],
]);

/** The kind of a codec, or `undefined` when it is not known. */
export function codecKind(name: string): CodecKind | undefined {
  return kinds.get(name);
}

/** @throws ReaderError `unknown-codec` naming the codec */
export function refuseCodec(name: string, where: string): never {
  throw new ReaderError("unknown-codec", `${where}: the codec "${name}" is not known.`, {
    hint: `Known are ${[...kinds.keys()].join(", ")}.`,
    detail: { key: where, codec: name },
  });
}

/**
 * Reads `codecs` of v3 metadata: names checked, numcodecs' wrapped names unwrapped, kinds in order.
 *
 * @throws ReaderError `unknown-codec`, or `invalid-metadata` when the order or a configuration is wrong
 */
export function parseCodecs(
  values: readonly JsonValue[],
  dtype: DataType,
  where: string,
): readonly CodecSpec[] {
  const specs = values.map((value, index) => {
    const { name, configuration } = parseExtension(value, `codecs[${index}]`, where);
    // zarr-python 3 lists numcodecs' own codecs as "numcodecs.zlib" and so on; the bytes are the same.
    const bare = name.startsWith("numcodecs.") ? name.slice("numcodecs.".length) : name;
    if (codecKind(bare) === undefined) refuseCodec(name, where);
    return { name: bare, configuration };
  });
  checkOrder(specs, where);
  const bytes = specs.find((spec) => spec.name === "bytes");
  const isNarrowed = specs.some((spec) => spec.name === "delta");
  if (bytes !== undefined && !isNarrowed) checkEndian(bytes, dtype, where);
  return specs;
}

function checkOrder(specs: readonly CodecSpec[], where: string): void {
  const order: readonly CodecKind[] = ["array-to-array", "array-to-bytes", "bytes-to-bytes"];
  const ranks = specs.map((spec) => order.indexOf(codecKind(spec.name)!));
  const isSorted = ranks.every((rank, index) => index === 0 || ranks[index - 1]! <= rank);
  if (isSorted && ranks.filter((rank) => rank === 1).length === 1) return;
  throw new ReaderError(
    "invalid-metadata",
    `${where}: the codecs ${specs.map((spec) => spec.name).join(", ")} are no chain of array codecs, one codec ` +
      "from array to bytes, and bytes codecs.",
    { detail: { key: where } },
  );
}

function checkEndian(spec: CodecSpec, dtype: DataType, where: string): void {
  const endian = spec.configuration?.endian;
  if (endian === "little" || endian === "big") return;
  if (endian === undefined && laneBytes(dtype) === 1) return;
  throw new ReaderError(
    "invalid-metadata",
    `${where}: the bytes codec of ${dtype} should say endian "little" or "big", found ${JSON.stringify(endian)}.`,
    { detail: { key: where, codec: "bytes" } },
  );
}
