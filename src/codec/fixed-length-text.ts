/**
 * `fixed-length-text`: texts in items of one length, with zeros behind the shorter ones, as numpy has them (`<U5`, `|S5`). This
 * name is the library's own: the format puts it in front of the codecs of such an array.
 *
 * @module
 */
import { recodeUtf32, trimZeros } from "../bytes/fixed-text.js";
import { buildRagged, numbersOf } from "../bytes/ragged.js";
import { isRaw, itemBytes, type RawType, rawType } from "../core/dtype.js";
import { type CodecDefinition, defineCodec, invalidOption } from "./define.js";

interface TextOptions {
  readonly itemBytes: number;
  /** Of UTF-32. Absent: the bytes are the text, in UTF-8. */
  readonly endian: "little" | "big" | undefined;
}

export const fixedLengthText: CodecDefinition = defineCodec<TextOptions>({
  name: "fixed-length-text",
  kind: "array-to-array",
  parse(configuration) {
    const encoding = configuration.string("encoding");
    const endian = configuration.optional("endian", (self) => self.string("endian"));
    if (encoding === "utf-32" && endian !== "little" && endian !== "big") {
      throw invalidOption("bytes", "endian", "is absent, but UTF-32 has a byte order");
    }
    const bytes = configuration.number("itemBytes");
    if (encoding === "utf-32" && bytes % 4 !== 0) {
      throw invalidOption("fixed-length-text", "itemBytes", `is ${bytes}, no multiple of 4`);
    }
    return {
      itemBytes: bytes,
      endian: encoding === "utf-32" ? (endian as TextOptions["endian"]) : undefined,
    };
  },
  check: (options, meta) => ({ ...meta, dtype: storedType(options) }),
  create: (options) => ({
    kind: "array-to-array",
    encodedMeta: (meta) => ({ ...meta, dtype: storedType(options) }),
    decode(array) {
      const bytes = numbersOf(array.values) as Uint8Array;
      const length = bytes.length / options.itemBytes;
      const { endian } = options;
      const textOf = (item: Uint8Array): Uint8Array =>
        endian === undefined ? trimZeros(item) : recodeUtf32(item, endian === "little");
      return {
        ...array,
        values: buildRagged(length, (index) =>
          textOf(bytes.subarray(index * options.itemBytes, (index + 1) * options.itemBytes)),
        ),
      };
    },
  }),
});

function storedType({ itemBytes: bytes }: TextOptions): RawType {
  const type = rawType(bytes);
  if (isRaw(type) && itemBytes(type) === bytes) return type;
  throw invalidOption("fixed-length-text", "itemBytes", `is ${bytes}`);
}
