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
    if (!Number.isInteger(itemBytes) || itemBytes < 1 || itemBytes > MAX_ITEM_BYTES) {
      throw invalidOption("shuffle", "elementsize", `should be 1 to ${MAX_ITEM_BYTES}, found ${itemBytes}`);
    }
    return itemBytes;
  },
  encodedLength: (decodedLength) => decodedLength,
  create: (itemBytes, kernels) => ({
    kind: "bytes-to-bytes",
    encodedLength: (decodedLength) => decodedLength,
    decode(bytes) {
      if (itemBytes === 1) return bytes;
      if (bytes.length % itemBytes !== 0) {
        throw corruptData("shuffle", `${bytes.length} bytes are no whole number of ${itemBytes}-byte items`);
      }
      return kernels.unshuffle(bytes, itemBytes);
    },
  }),
});
