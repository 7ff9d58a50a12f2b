/**
 * numcodecs' `base64`: bytes as text (RFC 4648 §4, padded).
 *
 * @module
 */
import { decodeBase64 } from "../bytes/base64.js";
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";

export const base64: CodecDefinition = defineCodec({
  name: "base64",
  kind: "bytes-to-bytes",
  parse: () => undefined,
  create: () => ({
    kind: "bytes-to-bytes",
    decode(bytes) {
      const decoded = decodeBase64(new TextDecoder("latin1").decode(bytes));
      if (decoded === undefined) throw corruptData("base64", "the data is no base64");
      return decoded;
    },
  }),
});
