/**
 * Codecs by name: Zarr v3's names and numcodecs' with the prefix `numcodecs.`, which zarr-python writes into v3 metadata.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { CodecSpec } from "../core/plan.js";
import { blosc } from "./blosc.js";
import { bytes } from "./bytes.js";
import { bz2 } from "./bz2.js";
import { adler32, crc32, crc32c } from "./checksum.js";
import type { CodecDefinition } from "./define.js";
import { delta } from "./delta.js";
import { gzip } from "./gzip.js";
import { lz4 } from "./lz4.js";
import { shuffle } from "./shuffle.js";
import { transpose } from "./transpose.js";
import type { ArrayMeta } from "./types.js";
import { vlenBytes, vlenUtf8 } from "./vlen.js";
import { vlenItem } from "./vlen-item.js";
import { zlib } from "./zlib.js";
import { zstd } from "./zstd.js";

export type { CodecDefinition } from "./define.js";

const zarrCodecs: readonly (readonly [string, CodecDefinition])[] = [
  ["bytes", bytes],
  ["transpose", transpose],
  ["gzip", gzip],
  ["zlib", zlib],
  ["zstd", zstd],
  ["bz2", bz2],
  ["lz4", lz4],
  ["blosc", blosc],
  ["crc32c", crc32c],
  ["crc32", crc32],
  ["adler32", adler32],
  ["shuffle", shuffle],
  ["delta", delta],
  ["vlen-utf8", vlenUtf8],
  ["vlen-bytes", vlenBytes],
  ["vlen-item", vlenItem],
];

const numcodecs = [
  "gzip",
  "zlib",
  "zstd",
  "lz4",
  "blosc",
  "crc32c",
  "crc32",
  "adler32",
  "shuffle",
  "delta",
  "vlen-utf8",
  "vlen-bytes",
];

/** Immutable; make another one to add to it. */
export type CodecRegistry = ReadonlyMap<string, CodecDefinition>;

/** The built-in codecs, and those given, which win over built-in ones of the same name. */
export function createCodecRegistry(extra: Iterable<readonly [string, CodecDefinition]> = []): CodecRegistry {
  const registry = new Map(zarrCodecs);
  for (const name of numcodecs) registry.set(`numcodecs.${name}`, registry.get(name)!);
  for (const [name, definition] of extra) registry.set(name, definition);
  return registry;
}

/** The built-in codecs. */
export const builtInCodecs: CodecRegistry = createCodecRegistry();

/** Tells whether a codec of this name can be decoded. */
export function isKnownCodec(name: string, registry: CodecRegistry = builtInCodecs): boolean {
  return registry.has(name);
}

/**
 * The definition of a codec.
 *
 * @throws ReaderError `unknown-codec` naming it
 */
export function findCodec(name: string, registry: CodecRegistry = builtInCodecs): CodecDefinition {
  const definition = registry.get(name);
  if (definition !== undefined) return definition;
  throw new ReaderError("unknown-codec", `no codec named "${name}" is known.`, {
    detail: { codec: name },
    hint: `Known are ${[...registry.keys()].filter((known) => !known.startsWith("numcodecs.")).join(", ")}.`,
  });
}

/** What `checkCodecs` learned of a chain. */
export interface CheckedCodecs {
  /** What the array-to-bytes codec has to produce, once the array-to-array codecs in front of it are undone. */
  readonly innerMeta: ArrayMeta;
  /** Position of the array-to-bytes codec. */
  readonly bytesAt: number;
}

/**
 * Checks a chain of codecs without WASM: names, options, and that exactly one array-to-bytes codec stands between
 * array-to-array codecs (before it) and bytes-to-bytes codecs (after it).
 *
 * @param meta the array that decoding has to produce
 * @throws ReaderError `unknown-codec` naming the codec, `invalid-metadata` naming codec and option, `unsupported`
 */
export function checkCodecs(
  specs: readonly CodecSpec[],
  meta: ArrayMeta,
  registry: CodecRegistry = builtInCodecs,
): CheckedCodecs {
  let innerMeta = meta;
  let bytesAt = -1;
  for (const [position, { name, configuration = {} }] of specs.entries()) {
    const definition = findCodec(name, registry);
    const isInPlace = definition.kind === "bytes-to-bytes" ? bytesAt >= 0 : bytesAt < 0;
    if (!isInPlace) {
      throw new ReaderError(
        "invalid-metadata",
        `codec ${name} (${definition.kind}) is out of place at ${position}.`,
        {
          detail: { codec: name },
          hint: "A chain has array-to-array codecs, one array-to-bytes codec, then bytes-to-bytes codecs.",
        },
      );
    }
    if (definition.kind === "array-to-bytes") bytesAt = position;
    innerMeta = definition.check(configuration, innerMeta);
  }
  if (bytesAt < 0) {
    throw new ReaderError("invalid-metadata", "the codecs hold none that turns an array into bytes.", {
      hint: 'Every chain needs one, as a rule "bytes".',
    });
  }
  return { innerMeta, bytesAt };
}

/**
 * Encoded length of data of `decodedLength` bytes; undefined where it depends on the data. A shard's index, for one, is
 * found by it.
 */
export function encodedLength(
  specs: readonly CodecSpec[],
  decodedLength: number,
  registry: CodecRegistry = builtInCodecs,
): number | undefined {
  let length: number | undefined = decodedLength;
  for (const { name } of specs) {
    if (length === undefined) return undefined;
    length = findCodec(name, registry).encodedLength?.(length);
  }
  return length;
}
