/**
 * The decoders that are compared, by encoding.
 *
 * @module
 */
import { gunzipSync, unzlibSync } from "fflate";
import lz4js from "lz4js";
import Blosc from "numcodecs/blosc";
import Lz4 from "numcodecs/lz4";
import Zstd from "numcodecs/zstd";
import { ZSTDDecoder } from "zstddec";
import { type KernelCodec, loadKernels } from "../../src/kernel/kernel.js";
import { createRawKernels } from "./raw-kernels.js";

/** Decodes one chunk of a known length. Only the kernels "in place" return nothing. */
export type Decode = (chunk: Uint8Array, length: number) => Uint8Array | Promise<Uint8Array>;

/** Ours, as results leave the kernels: copied into a buffer that is used again. The name in all tables and goals. */
export const OURS = "cloudcrop";

/** Every alternative for an encoding, ours first. */
export async function decodersFor(encoding: string, chunkBytes: number): Promise<Record<string, Decode>> {
  return { ...(await ourDecoders(encoding, chunkBytes)), ...(await peers(encoding)) };
}

/** Decoders' names in `Kernels`, and the module's own. */
function kernelOf(encoding: string): { codec: KernelCodec; name: string } {
  if (encoding.startsWith("blosc")) return { codec: "blosc", name: "blosc_decode" };
  if (encoding.startsWith("zstd")) return { codec: "zstd", name: "zstd_decode" };
  if (encoding.startsWith("gzip")) return { codec: "gzip", name: "inflate_gzip" };
  if (encoding.startsWith("zlib")) return { codec: "zlib", name: "inflate_zlib" };
  return { codec: "lz4", name: "lz4_decode" };
}

/** numcodecs' `lz4` puts four bytes of length before the block. */
const LZ4_HEADER_BYTES = 4;

async function ourDecoders(encoding: string, chunkBytes: number): Promise<Record<string, Decode>> {
  const { codec, name } = kernelOf(encoding);
  const raw = await createRawKernels(2 * chunkBytes, chunkBytes);
  const kernels = await loadKernels();
  const reused = new Uint8Array(chunkBytes);
  const block = (chunk: Uint8Array): Uint8Array =>
    codec === "lz4" ? chunk.subarray(LZ4_HEADER_BYTES) : chunk;
  return {
    [OURS]: (chunk, length) => {
      raw.decode(name, block(chunk), length);
      reused.set(raw.bytes.subarray(raw.output, raw.output + length));
      return reused.subarray(0, length);
    },
    "in place": (chunk, length) => {
      raw.decode(name, block(chunk), length);
      return raw.bytes.subarray(raw.output, raw.output + length);
    },
    fresh: (chunk, length) => kernels.decode(codec, block(chunk), length),
  };
}

async function peers(encoding: string): Promise<Record<string, Decode>> {
  if (encoding.startsWith("blosc")) {
    const blosc = Blosc.fromConfig({ id: "blosc" });
    return { numcodecs: (chunk) => blosc.decode(chunk) };
  }
  if (encoding.startsWith("zstd")) {
    const zstd = Zstd.fromConfig({ id: "zstd", level: 1 });
    const zstddec = new ZSTDDecoder();
    await zstddec.init();
    return {
      numcodecs: (chunk) => zstd.decode(chunk),
      zstddec: (chunk, length) => zstddec.decode(chunk, length),
    };
  }
  if (encoding.startsWith("lz4")) {
    const lz4 = Lz4.fromConfig({ id: "lz4", acceleration: 1 });
    return {
      numcodecs: (chunk) => lz4.decode(chunk),
      lz4js: (chunk, length) => {
        const out = new Uint8Array(length);
        lz4js.decompressBlock(chunk, out, LZ4_HEADER_BYTES, chunk.length - LZ4_HEADER_BYTES, 0);
        return out;
      },
    };
  }
  const isGzip = encoding.startsWith("gzip");
  return {
    fflate: (chunk) => (isGzip ? gunzipSync(chunk) : unzlibSync(chunk)),
    DecompressionStream: (chunk, length) => decompressionStream(isGzip ? "gzip" : "deflate", chunk, length),
  };
}

/** Read by a reader into one buffer: up to 3.8 times faster than through `Response` (docs/design/wasm.md §1). */
async function decompressionStream(
  format: "gzip" | "deflate",
  chunk: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  const written = writer.write(chunk as BufferSource).then(() => writer.close());
  const out = new Uint8Array(length);
  const reader = stream.readable.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    out.set(value, at);
    at += value.length;
  }
  await written;
  return out;
}
