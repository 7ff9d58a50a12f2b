/**
 * The filters that code metadata and data in parts of known size: GZIP (zlib streams), ZSTD, LZ4, BZIP2, RLE, DOUBLE_DELTA and
 * DELTA share one header (tiledb/sm/filter/compression_filter.cc).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import type { KernelCodec } from "../../kernel/kernel.js";
import { corruptChunk, type FilterContext, joinBytes, type UndoFilter } from "./types.js";

/** Decodes one part to exactly `size` bytes. */
export type DecodePart = (part: Uint8Array, size: number, context: FilterContext) => Uint8Array;

/** A filter that decodes part by part, metadata of earlier filters included. */
export function undoParts(filter: string, decode: DecodePart): UndoFilter {
  return ({ metadata, data }, context) => {
    const header = new ByteCursor(metadata, filter);
    const metadataParts = header.u32();
    const dataParts = header.u32();
    const count = header.count(metadataParts + dataParts, 8);
    const sizes = Array.from({ length: count }, () => [header.u32(), header.u32()] as const);
    const total = sizes.reduce((sum, [size]) => sum + size, 0);
    if (total > context.limit) throw corruptChunk(filter, `promises ${total} bytes`);
    const coded = new ByteCursor(data, filter);
    const parts = sizes.map(([size, codedSize]) => {
      const part = decode(coded.bytes(codedSize), size, context);
      if (part.length !== size) throw corruptChunk(filter, `a part has ${part.length} bytes, not ${size}`);
      return part;
    });
    return {
      metadata: joinBytes([...parts.slice(0, metadataParts), header.bytes(header.left)]),
      data: joinBytes(parts.slice(metadataParts)),
    };
  };
}

/** A general compressor that a kernel decodes. */
export function undoCompressor(filter: string, codec: KernelCodec): UndoFilter {
  return undoParts(filter, (part, size, { kernels }) => kernels.decode(codec, part, size));
}
