/**
 * Encodes the data sets with other people's encoders: c-blosc, zstd and lz4 as npm numcodecs has them in WASM, and Node's zlib.
 *
 * npm numcodecs cannot be told the size of an element, so its c-blosc shuffles nothing. The shuffle and the container are therefore made
 * here, by c-blosc 1.21's rules for level 5 (block sizes, splits, lz4's acceleration), and every stream in it by those encoders.
 *
 * @module
 */
import { deflateSync, gzipSync } from "node:zlib";
import Blosc from "numcodecs/blosc";
import Lz4 from "numcodecs/lz4";
import Zstd from "numcodecs/zstd";
import { bitshuffle, shuffle } from "./shuffle.js";

/** Encodes one chunk of items of `itemBytes`. */
export type Encode = (bytes: Uint8Array, itemBytes: number) => Promise<Uint8Array>;

/** Every encoding that is measured, by name; the part before the first digit or dash is the format. */
export const encodings: Readonly<Record<string, Encode>> = {
  "blosc-lz4-shuffle": (bytes, itemBytes) => encodeBlosc(bytes, itemBytes, "lz4", SHUFFLE),
  "blosc-lz4-bitshuffle": (bytes, itemBytes) => encodeBlosc(bytes, itemBytes, "lz4", BITSHUFFLE),
  "blosc-zstd-shuffle": (bytes, itemBytes) => encodeBlosc(bytes, itemBytes, "zstd", SHUFFLE),
  "zstd-1": zstd(1),
  "zstd-3": zstd(3),
  "zstd-9": zstd(9),
  lz4: async (bytes) => Lz4.fromConfig({ id: "lz4", acceleration: 1 }).encode(bytes),
  "gzip-5": async (bytes) => new Uint8Array(gzipSync(bytes, { level: 5 })),
  "zlib-5": async (bytes) => new Uint8Array(deflateSync(bytes, { level: 5 })),
};

function zstd(level: number): Encode {
  return async (bytes) => Zstd.fromConfig({ id: "zstd", level }).encode(bytes);
}

type Compressor = "lz4" | "zstd";

const LEVEL = 5;
const HEADER_BYTES = 16;
const SHUFFLE = 1;
const BITSHUFFLE = 4;
const COPIED = 2;
const NOT_SPLIT = 0x10;
/** The format's number of a compressor, and its rule of blocks at level 5: a split block has a stream for every byte of an item. */
const rules: Readonly<Record<Compressor, { id: number; isSplit: boolean }>> = {
  lz4: { id: 1, isSplit: true },
  zstd: { id: 4, isSplit: false },
};

async function encodeBlosc(
  bytes: Uint8Array,
  itemBytes: number,
  compressor: Compressor,
  filter: number,
): Promise<Uint8Array> {
  const { id, isSplit } = rules[compressor];
  const blockBytes = Math.min(bytes.length, isSplit ? 131_072 * itemBytes : 262_144);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes);
    const shuffled = filter === SHUFFLE ? shuffle(block, itemBytes) : bitshuffle(block, itemBytes);
    const isWhole = block.length === blockBytes;
    blocks.push(await encodeBlock(shuffled, isSplit && isWhole ? itemBytes : 1, compressor));
  }
  const length = blocks.reduce((sum, block) => sum + block.length, HEADER_BYTES + 4 * blocks.length);
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  out.set([2, 1, filter | (isSplit ? 0 : NOT_SPLIT) | (id << 5), itemBytes]);
  view.setInt32(4, bytes.length, true);
  view.setInt32(8, blockBytes, true);
  view.setInt32(12, length, true);
  let at = HEADER_BYTES + 4 * blocks.length;
  blocks.forEach((block, index) => {
    view.setInt32(HEADER_BYTES + 4 * index, at, true);
    out.set(block, at);
    at += block.length;
  });
  return out;
}

async function encodeBlock(block: Uint8Array, streams: number, compressor: Compressor): Promise<Uint8Array> {
  const streamBytes = block.length / streams;
  const parts: Uint8Array[] = [];
  for (let at = 0; at < block.length; at += streamBytes) {
    const stream = await encodeStream(block.slice(at, at + streamBytes), compressor);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setInt32(0, stream.length, true);
    parts.push(length, stream);
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/** One compressed stream; the bytes themselves where they do not get shorter, which is how the format marks that. */
async function encodeStream(bytes: Uint8Array, compressor: Compressor): Promise<Uint8Array> {
  const stream = compressor === "lz4" ? await encodeLz4Block(bytes) : await encodeZstdStream(bytes);
  return stream.length < bytes.length ? stream : bytes;
}

/** npm numcodecs puts four bytes of decoded length before the block. */
async function encodeLz4Block(bytes: Uint8Array): Promise<Uint8Array> {
  const frame = await Lz4.fromConfig({ id: "lz4", acceleration: 10 - LEVEL }).encode(bytes);
  return frame.subarray(4);
}

/** c-blosc has its own table from its levels to zstd's, so it is asked, and the stream taken out of a chunk of one block. */
async function encodeZstdStream(bytes: Uint8Array): Promise<Uint8Array> {
  const options = { id: "blosc", cname: "zstd", clevel: LEVEL, shuffle: 0, blocksize: bytes.length };
  const chunk = await Blosc.fromConfig(options).encode(bytes);
  if ((chunk[2]! & COPIED) !== 0) return bytes;
  const view = new DataView(chunk.buffer, chunk.byteOffset);
  if (view.getInt32(8, true) !== bytes.length) throw new Error("c-blosc made more than one block");
  const start = view.getInt32(HEADER_BYTES, true);
  return chunk.slice(start + 4, start + 4 + view.getInt32(start, true));
}
