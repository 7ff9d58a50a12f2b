/**
 * @module Encodes arrays as chains of codecs say: with other people's compressors, and plain code for the rest. The
 * library only decodes.
 */
import { deflateSync, gzipSync } from "node:zlib";
import Blosc from "numcodecs/blosc";
import Lz4 from "numcodecs/lz4";
import Zstd from "numcodecs/zstd";
import type { CodecSpec } from "../../src/core/plan.js";
import { adler32, crc32, crc32c } from "../../src/kernel/twin/checksum.js";

type Encode = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function u32(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function shuffle(bytes: Uint8Array, itemBytes: number): Uint8Array {
  const items = bytes.length / itemBytes;
  return bytes.map((_, i) => bytes[(i % items) * itemBytes + Math.floor(i / items)]!);
}

const encoders: Readonly<Record<string, (spec: CodecSpec) => Encode>> = {
  gzip: () => (bytes) => new Uint8Array(gzipSync(bytes)),
  zlib: () => (bytes) => new Uint8Array(deflateSync(bytes)),
  zstd: () => (bytes) => Zstd.fromConfig({ id: "zstd", level: 3 }).encode(bytes),
  lz4: () => (bytes) => Lz4.fromConfig({ id: "lz4", acceleration: 1 }).encode(bytes),
  blosc: () => (bytes) =>
    Blosc.fromConfig({ id: "blosc", cname: "lz4", clevel: 5, shuffle: 1 }).encode(bytes),
  crc32c: () => (bytes) => join(bytes, u32(crc32c(bytes))),
  crc32: () => (bytes) => join(u32(crc32(bytes)), bytes),
  adler32: () => (bytes) => join(u32(adler32(bytes)), bytes),
  "vlen-item": () => (bytes) => join(u32(1, bytes.length), bytes),
  shuffle: (spec) => (bytes) => shuffle(bytes, spec.configuration!.elementsize as number),
};

/** Names of the bytes-to-bytes codecs that can be encoded. */
export const bytesCodecs: readonly string[] = Object.keys(encoders);

/** Runs bytes through bytes-to-bytes codecs, first to last. */
export async function encodeChain(bytes: Uint8Array, specs: readonly CodecSpec[]): Promise<Uint8Array> {
  let encoded = bytes;
  for (const spec of specs) encoded = Uint8Array.from(await encoders[spec.name]!(spec)(encoded));
  return encoded;
}

/** The bytes of numbers in a byte order, `laneBytes` each. */
export function orderBytes(values: ArrayBufferView, laneBytes: number, isBig: boolean): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return bytes.map((_, i) => bytes[isBig ? i - (i % laneBytes) + laneBytes - 1 - (i % laneBytes) : i]!);
}
