/**
 * Compressors that the kernels decode from the bytes alone: gzip, zlib, zstd and blosc. Their configuration (level,
 * compressor, shuffle) only matters to writers, as the data itself tells how it was written.
 *
 * @module
 */
import type { KernelCodec } from "../kernel/kernel.js";
import { type CodecDefinition, defineCodec } from "./define.js";

/**
 * Most bytes decoded where neither the array nor the data tells how many there are (ragged rows): four times the
 * largest chunk seen in the wild, and a quarter of the memory a worker's kernels can address.
 */
export const MAX_UNSIZED_BYTES: number = 2 ** 29;

/** Defines a compressor whose whole work is one kernel. */
export function defineCompressor(name: string, kernel: KernelCodec): CodecDefinition {
  return defineCodec({
    name,
    kind: "bytes-to-bytes",
    parse: () => undefined,
    create: (_, kernels) => ({
      kind: "bytes-to-bytes",
      decode: (bytes, decodedLength, mostBytes = MAX_UNSIZED_BYTES) =>
        decodedLength === undefined
          ? kernels.decodeUnsized(kernel, bytes, mostBytes)
          : kernels.decode(kernel, bytes, decodedLength),
      enters: true,
      decodeResident: (region, decodedLength, resident, mostBytes = MAX_UNSIZED_BYTES) =>
        decodedLength === undefined
          ? resident.decodeUnsized(kernel, region, mostBytes)
          : resident.decode(kernel, region, decodedLength),
    }),
  });
}
