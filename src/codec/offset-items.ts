/**
 * `offset-items`: where each item begins and the last one ends, as 32-bit little-endian numbers, then the bytes of all items:
 * text and byte strings of ATLAS (array-format `layout.rs`). This name is the library's own.
 *
 * @module
 */
import { checkRagged } from "../bytes/ragged.js";
import { countItems } from "../core/dtype.js";
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";

export const offsetItems: CodecDefinition = defineCodec({
  name: "offset-items",
  kind: "array-to-bytes",
  parse: () => undefined,
  create: () => ({
    kind: "array-to-bytes",
    decode(bytes, { shape }) {
      if (shape === undefined) throw corruptData("offset-items", "the number of items is not known");
      const head = 4 * (countItems(shape) + 1);
      if (bytes.length < head) {
        throw corruptData("offset-items", `${bytes.length} bytes are too few for ${countItems(shape)} items`);
      }
      const offsets = new Uint32Array(bytes.slice(0, head).buffer);
      const items = checkRagged(offsets, bytes.slice(head), "offset-items");
      if (offsets[0] === 0 && offsets.at(-1) === items.bytes.length) return { values: items };
      throw corruptData("offset-items", "the items do not fill the bytes behind their offsets");
    },
  }),
});
