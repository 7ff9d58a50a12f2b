/**
 * @module What is mutated: recorded output of the reference encoders, with what it decodes to, by codec.
 */
import { loadCases, makeInput } from "../unit/kernel/codec-cases.js";
import { loadZstdCases, makeContent } from "../unit/kernel/zstd-cases.js";

export type FuzzCodec =
  | "lz4"
  | "blosclz"
  | "snappy"
  | "zstd"
  | "deflate"
  | "zlib"
  | "gzip"
  | "blosc"
  | "bzip2";

export interface FuzzSample {
  readonly name: string;
  readonly encoded: Uint8Array;
  readonly decoded: Uint8Array;
}

export interface FuzzTarget {
  /** The kernel's exported name. */
  readonly kernel: string;
  /** Wrong bytes never pass: the format carries a checksum of its content. */
  readonly isChecked: boolean;
  readonly samples: readonly FuzzSample[];
}

/** Larger samples only make a run longer. */
const MAX_ENCODED_BYTES = 64 << 10;
const MAX_DECODED_BYTES = 256 << 10;
const LZ4_LENGTH_BYTES = 4;
const BLOSC_STREAM_AT = 24;

const kernels: Readonly<Record<FuzzCodec, string>> = {
  lz4: "lz4_decode",
  blosclz: "blosclz_decode",
  snappy: "snappy_decode",
  zstd: "zstd_decode",
  deflate: "inflate_raw",
  zlib: "inflate_zlib",
  gzip: "inflate_gzip",
  blosc: "blosc_decode",
  bzip2: "bzip2_decode",
};

export const fuzzCodecs: readonly FuzzCodec[] = Object.keys(kernels) as FuzzCodec[];

/** The kernel of a codec and its samples. */
export function loadTarget(codec: FuzzCodec): FuzzTarget {
  const samples = loadSamples(codec).filter(
    ({ encoded, decoded }) => encoded.length <= MAX_ENCODED_BYTES && decoded.length <= MAX_DECODED_BYTES,
  );
  const isChecked = codec === "zlib" || codec === "gzip" || codec === "zstd" || codec === "bzip2";
  return { kernel: kernels[codec], isChecked, samples };
}

function loadSamples(codec: FuzzCodec): FuzzSample[] {
  if (codec === "zstd") {
    return loadZstdCases()
      .filter((one) => one.dictionary === undefined)
      .map((one) => ({
        name: one.name,
        encoded: one.frame,
        decoded: makeContent(one.kind, one.size, one.seed),
      }));
  }
  const isInflate = codec === "deflate" || codec === "zlib" || codec === "gzip";
  const folder = isInflate ? "inflate" : codec === "blosclz" ? "blosc" : codec;
  const cases = loadCases(folder)
    .filter((one) => !isInflate || (one as unknown as { codec: string }).codec === codec)
    .filter((one) => codec !== "blosclz" || isBareBlosclz(one));
  const from = codec === "lz4" ? LZ4_LENGTH_BYTES : codec === "blosclz" ? BLOSC_STREAM_AT : 0;
  return cases.map((one) => ({
    name: one.name,
    encoded: one.encoded.slice(from),
    decoded: makeInput(one.kind, one.size, one.typesize, one.seed),
  }));
}

/** A chunk of one block in one unshuffled stream, which can be decoded alone. */
function isBareBlosclz({
  encoded,
  cname,
  size,
  shuffle,
  typesize,
}: ReturnType<typeof loadCases>[number]): boolean {
  if (cname !== "blosclz" || size === 0) return false;
  const flags = encoded[2]!;
  const blockBytes = new DataView(encoded.buffer, encoded.byteOffset).getUint32(8, true);
  const isOneStream = blockBytes === size && ((flags & 0x10) !== 0 || typesize === 1);
  return isOneStream && (flags & 2) === 0 && (shuffle === 0 || (typesize === 1 && shuffle !== 2));
}
