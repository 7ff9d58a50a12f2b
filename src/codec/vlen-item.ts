/**
 * `vlen-item`: a Zarr `vlen-bytes` chunk that holds exactly one item, whose bytes are the payload. This name is the
 * library's own: formats that keep one blob per chunk (Zarr-Vectors) put it in front of what decodes the blob.
 *
 * | offset | bytes | content                       |
 * | ------ | ----- | ----------------------------- |
 * | 0      | 4     | number of items, 1            |
 * | 4      | 4     | length of the item            |
 * | 8      | rest  | the item                      |
 *
 * Little-endian, as numcodecs' `vlen-bytes` writes it.
 *
 * @module
 */
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";

const HEADER_BYTES = 8;

export const vlenItem: CodecDefinition = defineCodec({
  name: "vlen-item",
  kind: "bytes-to-bytes",
  parse: () => undefined,
  encodedLength: (decodedLength) => decodedLength + HEADER_BYTES,
  create: () => ({
    kind: "bytes-to-bytes",
    encodedLength: (decodedLength) => decodedLength + HEADER_BYTES,
    decode(bytes) {
      checkHeader(bytes);
      return bytes.subarray(HEADER_BYTES);
    },
    decodeResident(region, _, { memory }) {
      checkHeader(memory.view(region));
      return { at: region.at + HEADER_BYTES, length: region.length - HEADER_BYTES };
    },
  }),
});

function checkHeader(bytes: Uint8Array): void {
  if (bytes.length < HEADER_BYTES) throw corruptData("vlen-item", `${bytes.length} bytes hold no item`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const items = view.getUint32(0, true);
  if (items !== 1) throw corruptData("vlen-item", `the chunk holds ${items} items where one is expected`);
  const length = view.getUint32(4, true);
  const present = bytes.length - HEADER_BYTES;
  if (length !== present) {
    throw corruptData("vlen-item", `the item should have ${length} bytes, ${present} are there`);
  }
}
