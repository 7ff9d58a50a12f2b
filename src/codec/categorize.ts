/**
 * numcodecs' `categorize`: texts stored as numbers of labels, counted from 1; 0 and numbers without a label are empty texts.
 *
 * @module
 */
import { buildRagged, gatherRagged, numbersOf } from "../bytes/ragged.js";
import type { NumberType } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { type CodecDefinition, defineCodec } from "./define.js";
import { readNumpyType } from "./numpy-type.js";
import type { ArrayMeta } from "./types.js";

interface CategorizeOptions {
  readonly labels: readonly string[];
  readonly stored: NumberType;
}

export const categorize: CodecDefinition = defineCodec<CategorizeOptions>({
  name: "categorize",
  kind: "array-to-array",
  parse: (configuration) => ({
    labels: configuration.strings("labels"),
    stored:
      configuration.optional("astype", (self) => readNumpyType(self, "categorize", "astype")) ?? "uint8",
  }),
  check: encodedMeta,
  create: ({ labels, stored }) => ({
    kind: "array-to-array",
    encodedMeta: (meta) => encodedMeta({ labels, stored }, meta),
    decode(array) {
      const encoder = new TextEncoder();
      const texts = buildRagged(labels.length + 1, (index) =>
        encoder.encode(index === 0 ? "" : labels[index - 1]),
      );
      const codes = numbersOf(array.values) as ArrayLike<number | bigint>;
      const rows = Uint32Array.from(codes, (code) => (code > 0 && code <= labels.length ? Number(code) : 0));
      return { ...array, values: gatherRagged(texts, rows) };
    },
  }),
});

function encodedMeta({ stored }: CategorizeOptions, meta: ArrayMeta): ArrayMeta {
  if (meta.dtype === "string") return { ...meta, dtype: stored };
  throw new ReaderError("invalid-metadata", `codec categorize: the array is ${meta.dtype}, not text.`, {
    detail: { codec: "categorize" },
  });
}
