/**
 * CHECKSUM_MD5 and CHECKSUM_SHA256: digests of consecutive slices, verified (tiledb/sm/filter/checksum_*_filter.cc).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { md5 } from "./md5.js";
import { sha256 } from "./sha256.js";
import { corruptChunk, type UndoFilter } from "./types.js";

function undoChecksum(
  filter: string,
  digestBytes: number,
  digest: (bytes: Uint8Array) => Uint8Array,
): UndoFilter {
  return ({ metadata, data }) => {
    const header = new ByteCursor(metadata, filter);
    const ofMetadata = header.u32();
    const ofData = header.u32();
    const count = header.count(ofMetadata + ofData, 8 + digestBytes);
    const digests = Array.from({ length: count }, () => ({
      length: header.size(),
      wanted: header.bytes(digestBytes),
    }));
    const rest = header.bytes(header.left);
    verify(rest, digests.slice(0, ofMetadata), true);
    verify(data, digests.slice(ofMetadata), false);
    return { metadata: rest, data };
  };

  function verify(
    bytes: Uint8Array,
    digests: readonly { length: number; wanted: Uint8Array }[],
    isMetadata: boolean,
  ): void {
    const cursor = new ByteCursor(bytes, filter);
    for (const { length, wanted } of digests) {
      const found = digest(cursor.bytes(length));
      if (found.some((byte, at) => byte !== wanted[at])) throw corruptChunk(filter, "the checksum differs");
    }
    // Bytes that no digest covers would be unverified data behind a checksum.
    if (cursor.left > 0 && !isMetadata) throw corruptChunk(filter, "the digests do not cover all bytes");
  }
}

export const undoMd5: UndoFilter = undoChecksum("CHECKSUM_MD5", 16, md5);
export const undoSha256: UndoFilter = undoChecksum("CHECKSUM_SHA256", 32, sha256);
