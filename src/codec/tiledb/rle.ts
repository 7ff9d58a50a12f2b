/**
 * RLE of whole cells: each is followed by its run length, a big-endian u16 (tiledb/sm/compressors/rle_compressor.cc).
 *
 * @module
 */
import type { DecodePart } from "./compressor.js";
import { corruptChunk } from "./types.js";

/** @throws ReaderError `corrupt` when runs do not fill the part exactly */
export const decodeRle: DecodePart = (part, size, { cellBytes }) => {
  const pairBytes = cellBytes + 2;
  if (part.length % pairBytes !== 0) throw corruptChunk("RLE", "a run is cut short");
  const result = new Uint8Array(size);
  let at = 0;
  for (let pair = 0; pair < part.length; pair += pairBytes) {
    const run = (part[pair + cellBytes]! << 8) | part[pair + cellBytes + 1]!;
    const end = at + run * cellBytes;
    if (end > size) throw corruptChunk("RLE", "runs are longer than the part");
    if (cellBytes === 1) {
      result.fill(part[pair]!, at, end);
    } else {
      for (; at < end; at += cellBytes) result.set(part.subarray(pair, pair + cellBytes), at);
    }
    at = end;
  }
  if (at !== size) throw corruptChunk("RLE", `runs fill ${at} of ${size} bytes`);
  return result;
};
