/**
 * numcodecs' `shuffle`: the first bytes of all items, then the second bytes, and so on.
 *
 * @module
 */
import { type CodecDefinition, corruptData, defineCodec, invalidOption } from "./define.js";

/** What numcodecs takes when the option is absent. */
const DEFAULT_ITEM_BYTES = 4;
/** The kernel's bound; numpy has no wider numeric type than 32 bytes. */
const MAX_ITEM_BYTES = 255;

export const shuffle: CodecDefinition = defineCodec({
  name: "shuffle",
  kind: "bytes-to-bytes",
  parse(configuration) {
    const bytes = configuration.optional("elementsize", (self) => self.number("elementsize"));
    const itemBytes = bytes ?? DEFAULT_ITEM_BYTES;
    if (!Number.isInteger(itemBytes) || itemBytes > MAX_ITEM_BYTES) {
      throw invalidOption("shuffle", "elementsize", `should be up to ${MAX_ITEM_BYTES}, found ${itemBytes}`);
    }
    // numcodecs leaves the bytes as they are for items of one byte and for sizes that make no sense.
    return Math.max(1, itemBytes);
  },
  encodedLength: (decodedLength) => decodedLength,
  create: (itemBytes, kernels) => ({
    kind: "bytes-to-bytes",
    encodedLength: (decodedLength) => decodedLength,
    decode(bytes) {
      requireWholeItems(bytes.length, itemBytes);
      return itemBytes === 1 ? bytes : kernels.unshuffle(bytes, itemBytes);
    },
    enters: itemBytes > 1,
    decodeResident(region, _, resident) {
      requireWholeItems(region.length, itemBytes);
      return itemBytes === 1 ? region : resident.unshuffle(region, itemBytes);
    },
  }),
});

function requireWholeItems(length: number, itemBytes: number): void {
  if (length % itemBytes === 0) return;
  throw corruptData("shuffle", `${length} bytes are no whole number of ${itemBytes}-byte items`);
}
