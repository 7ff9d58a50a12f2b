/**
 * `section`: a run of the bytes of a block that holds several chunks, as ATLAS stores them. This name is the library's own;
 * it stands in front of what decodes the block.
 *
 * @module
 */
import { type CodecDefinition, corruptData, defineCodec, invalidOption } from "./define.js";

interface Section {
  /** First byte, and bytes, within the decoded block. */
  readonly offset: number;
  readonly length: number;
  /** Bytes of the whole block. */
  readonly total: number;
}

export const section: CodecDefinition = defineCodec<Section>({
  name: "section",
  kind: "bytes-to-bytes",
  parse(configuration) {
    const read = (key: string): number => {
      const value = configuration.number(key);
      if (Number.isSafeInteger(value) && value >= 0) return value;
      throw invalidOption("section", key, `should be a size, found ${value}`);
    };
    return { offset: read("offset"), length: read("length"), total: read("total") };
  },
  create: ({ offset, length, total }) => {
    const check = (found: number): void => {
      if (found === total && offset + length <= total) return;
      throw corruptData("section", `bytes ${offset} to ${offset + length} of ${total} lie in ${found}`);
    };
    return {
      kind: "bytes-to-bytes",
      encodedLength: () => total,
      decode(bytes) {
        check(bytes.length);
        return bytes.subarray(offset, offset + length);
      },
      decodeResident(region) {
        check(region.length);
        return { at: region.at + offset, length };
      },
    };
  },
});
