/**
 * lz4 as numcodecs frames it: the decoded length as a 32-bit little-endian integer, then one raw block.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { MAX_UNSIZED_BYTES } from "./compressed.js";
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";

const HEADER_BYTES = 4;

export const lz4: CodecDefinition = defineCodec({
  name: "lz4",
  kind: "bytes-to-bytes",
  parse: () => undefined,
  create: (_, kernels) => ({
    kind: "bytes-to-bytes",
    decode(bytes, decodedLength) {
      if (bytes.length < HEADER_BYTES) throw corruptData("lz4", "the input is shorter than its header");
      const promised = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      if (decodedLength !== undefined && promised !== decodedLength) {
        throw corruptData(
          "lz4",
          `the header promises ${promised} bytes where the array has ${decodedLength}`,
        );
      }
      if (promised > MAX_UNSIZED_BYTES && decodedLength === undefined) {
        throw new ReaderError("limit-exceeded", `lz4: the header promises ${promised} bytes.`, {
          detail: { codec: "lz4" },
        });
      }
      const decoded = kernels.decode("lz4", bytes.subarray(HEADER_BYTES), promised);
      if (decoded.length !== promised) {
        throw corruptData("lz4", `decoded to ${decoded.length} bytes where the header promises ${promised}`);
      }
      return decoded;
    },
  }),
});
