/**
 * Numbers of a few bits, packed: Zarr v3's `packbits`
 * (<https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/packbits>), which begins at the lowest bit of each byte,
 * and numcodecs' codec of that name, for booleans, which begins at the highest.
 *
 * @module
 */

import { smallIntegerBits } from "../bytes/narrow.js";
import { toNumbers } from "../bytes/numbers.js";
import {
  countItems,
  type DataType,
  type FixedType,
  isRagged,
  isRaw,
  itemBytes,
  laneBytes,
  lanesOf,
} from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { JsonReader } from "../core/json.js";
import { type CodecDefinition, corruptData, defineCodec, invalidOption } from "./define.js";
import type { ArrayMeta, DecodedArray } from "./types.js";

interface PackOptions {
  readonly padding: "none" | "first_byte" | "last_byte";
  readonly firstBit: number;
  /** Absent: the type's last one. */
  readonly lastBit: number | undefined;
  readonly isHighestFirst: boolean;
}

export const packbits: CodecDefinition = definePackbits((configuration) => {
  const padding =
    configuration.optional("padding_encoding", (self) => self.string("padding_encoding")) ?? "none";
  if (padding !== "none" && padding !== "first_byte" && padding !== "last_byte") {
    throw invalidOption(
      "packbits",
      "padding_encoding",
      `should be none, first_byte or last_byte, found "${padding}"`,
    );
  }
  const bit = (key: string): number | undefined => {
    const value = configuration.optional(key, (self) => self.number(key));
    if (value === undefined || (Number.isInteger(value) && value >= 0 && value < 64)) return value;
    throw invalidOption("packbits", key, `is ${value}`);
  };
  return { padding, firstBit: bit("first_bit") ?? 0, lastBit: bit("last_bit"), isHighestFirst: false };
});

export const numcodecsPackbits: CodecDefinition = definePackbits(() => {
  return { padding: "first_byte", firstBit: 0, lastBit: undefined, isHighestFirst: true };
});

function definePackbits(parse: (configuration: JsonReader) => PackOptions): CodecDefinition {
  return defineCodec<PackOptions>({
    name: "packbits",
    kind: "array-to-bytes",
    parse,
    check(options, meta) {
      layoutOf(options, meta.dtype);
      return meta;
    },
    create: (options) => ({
      kind: "array-to-bytes",
      decode: (bytes, meta) => decode(options, bytes, meta),
    }),
  });
}

/** The bits of one number: all there are, and which are stored. */
interface BitLayout {
  readonly dtype: FixedType;
  readonly bits: number;
  readonly first: number;
  readonly count: number;
}

function layoutOf({ firstBit, lastBit, isHighestFirst }: PackOptions, dtype: DataType): BitLayout {
  if (isRagged(dtype) || isRaw(dtype) || (isHighestFirst && dtype !== "bool")) {
    throw new ReaderError("unsupported", `codec packbits: items of ${dtype} cannot be packed.`, {
      detail: { codec: "packbits" },
    });
  }
  const bits = dtype === "bool" ? 1 : (smallIntegerBits(dtype) ?? 8 * laneBytes(dtype));
  const last = lastBit ?? bits - 1;
  if (last < firstBit || last >= bits) {
    throw invalidOption(
      "packbits",
      "last_bit",
      `is ${last}, where numbers of ${dtype} have bits ${firstBit} to ${bits - 1}`,
    );
  }
  return { dtype, bits, first: firstBit, count: last - firstBit + 1 };
}

function decode(options: PackOptions, bytes: Uint8Array, { dtype: type, shape }: ArrayMeta): DecodedArray {
  const layout = layoutOf(options, type);
  const { dtype, count } = layout;
  const { padding } = options;
  const isTold = padding !== "none";
  if (isTold && bytes.length === 0) throw corruptData("packbits", "the number of padding bits is missing");
  const packed =
    padding === "first_byte" ? bytes.subarray(1) : bytes.subarray(0, bytes.length - (isTold ? 1 : 0));
  const unused = isTold ? bytes[padding === "first_byte" ? 0 : bytes.length - 1]! : undefined;
  const lanes = lanesOf(dtype);
  const numbers = shape === undefined ? undefined : countItems(shape) * lanes;
  const stored = 8 * packed.length - (unused ?? 0);
  const needed = numbers === undefined ? stored : numbers * count;
  const isGood =
    (unused ?? 0) < 8 &&
    (numbers !== undefined || (isTold && stored % (count * lanes) === 0)) &&
    (isTold ? stored === needed : packed.length === Math.ceil(needed / 8));
  if (!isGood) throw corruptData("packbits", `${packed.length} bytes where ${needed} bits are needed`);
  const spread = spreadBits(packed, needed / count, layout, options.isHighestFirst);
  return { values: toNumbers(spread, dtype), ...(shape === undefined ? {} : { shape }) };
}

/** Each number's bits at the place they have in its bytes, lowest first; the highest stored one of signed integers is repeated. */
function spreadBits(
  packed: Uint8Array,
  length: number,
  layout: BitLayout,
  isHighestFirst: boolean,
): Uint8Array {
  const { dtype, first, count } = layout;
  const size = itemBytes(dtype) / lanesOf(dtype);
  const isSigned = dtype.startsWith("int");
  const spread = new Uint8Array(length * size);
  let at = 0;
  for (let index = 0; index < length; index++) {
    let bit = 0;
    for (let place = first; place < first + count; place++, at++) {
      bit = (packed[at >> 3]! >> (isHighestFirst ? 7 - (at & 7) : at & 7)) & 1;
      if (bit === 1) spread[index * size + (place >> 3)]! |= 1 << (place & 7);
    }
    if (!isSigned || bit === 0) continue;
    for (let place = first + count; place < 8 * size; place++)
      spread[index * size + (place >> 3)]! |= 1 << (place & 7);
  }
  return spread;
}
