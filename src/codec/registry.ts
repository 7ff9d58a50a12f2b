/**
 * Codecs by name: Zarr v3's names and numcodecs' with the prefix `numcodecs.`, which zarr-python writes into v3 metadata.
 * Those that most stores use are here, the others are loaded with the first that needs one (`on-demand.ts`).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { CodecSpec } from "../core/plan.js";
import { blosc } from "./blosc.js";
import { bytes } from "./bytes.js";
import { crc32c } from "./checksum.js";
import type { CodecDefinition } from "./define.js";
import { gzip } from "./gzip.js";
import { lz4 } from "./lz4.js";
import { shuffle } from "./shuffle.js";
import { transpose } from "./transpose.js";
import type { ArrayMeta } from "./types.js";
import { vlenItem } from "./vlen-item.js";
import { zlib } from "./zlib.js";
import { zstd } from "./zstd.js";

export type { CodecDefinition } from "./define.js";

/** Codecs, and whether numcodecs has one of that name, with or without its prefix. */
export type CodecEntry = readonly [name: string, definition: CodecDefinition, origin?: "numcodecs"];

const usual: readonly CodecEntry[] = [
  ["bytes", bytes],
  ["transpose", transpose],
  ["gzip", gzip, "numcodecs"],
  ["zlib", zlib, "numcodecs"],
  ["zstd", zstd, "numcodecs"],
  ["lz4", lz4, "numcodecs"],
  ["blosc", blosc, "numcodecs"],
  ["crc32c", crc32c, "numcodecs"],
  ["shuffle", shuffle, "numcodecs"],
  ["vlen-item", vlenItem],
];

/** Names of the codecs that are loaded when they are needed; those of `src/codec/seldom.ts`. */
export const seldomCodecs: readonly string[] = [
  ...["adler32", "astype", "base64", "bitround", "bz2", "cast_value", "categorize", "crc32", "delta"],
  ...["fixedscaleoffset", "fletcher32", "json", "json2", "packbits", "quantize", "reshape", "scale_offset"],
  ...["struct-field", "fixed-length-text", "vlen-array", "vlen-bytes", "vlen-utf8"],
];

/** Immutable; make another one to add to it. */
export type CodecRegistry = ReadonlyMap<string, CodecDefinition>;

/** The usual codecs, and those given, which win over usual ones of the same name. */
export function createCodecRegistry(extra: Iterable<CodecEntry> = []): CodecRegistry {
  const registry = new Map<string, CodecDefinition>();
  for (const [name, definition, origin] of [...usual, ...extra]) {
    registry.set(name, definition);
    if (origin !== undefined) registry.set(`${origin}.${name}`, definition);
  }
  return registry;
}

/** The usual codecs. */
export const builtInCodecs: CodecRegistry = createCodecRegistry();

/** Tells codecs that are loaded when they are needed. */
export function isSeldom(name: string): boolean {
  return seldomCodecs.includes(name.replace(/^numcodecs\./, ""));
}

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
  if (isSeldom(name)) {
    throw new ReaderError("unknown-codec", `the codec "${name}" is not loaded.`, {
      detail: { codec: name },
      hint: "loadCodecs([chain]) gives a registry that has it.",
    });
  }
  throw new ReaderError("unknown-codec", `no codec named "${name}" is known.`, {
    detail: { codec: name },
    hint: `Known are ${[...new Set([...registry.keys(), ...seldomCodecs])].filter(isPlainName).join(", ")}.`,
  });
}

/** Neither a second name of a codec nor one of the library's own. */
function isPlainName(name: string): boolean {
  return !name.startsWith("numcodecs.") && !["vlen-item", "struct-field", "fixed-length-text"].includes(name);
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
