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
      const length = readHeader(bytes, decodedLength);
      const decoded = kernels.decode("lz4", bytes.subarray(HEADER_BYTES), length);
      requireLength(decoded.length, length);
      return decoded;
    },
    enters: true,
    decodeResident(region, decodedLength, resident) {
      const length = readHeader(resident.memory.view(region), decodedLength);
      const block = { at: region.at + HEADER_BYTES, length: region.length - HEADER_BYTES };
      const decoded = resident.decode("lz4", block, length);
      requireLength(decoded.length, length);
      return decoded;
    },
  }),
});

/** The decoded length that the header promises. */
function readHeader(bytes: Uint8Array, decodedLength: number | undefined): number {
  if (bytes.length < HEADER_BYTES) throw corruptData("lz4", "the input is shorter than its header");
  const promised = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (decodedLength !== undefined && promised !== decodedLength) {
    throw corruptData("lz4", `the header promises ${promised} bytes where the array has ${decodedLength}`);
  }
  if (promised > MAX_UNSIZED_BYTES && decodedLength === undefined) {
    throw new ReaderError("limit-exceeded", `lz4: the header promises ${promised} bytes.`, {
      detail: { codec: "lz4" },
    });
  }
  return promised;
}

function requireLength(decoded: number, promised: number): void {
  if (decoded === promised) return;
  throw corruptData("lz4", `decoded to ${decoded} bytes where the header promises ${promised}`);
}
