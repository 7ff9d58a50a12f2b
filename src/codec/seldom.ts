/**
 * The codecs that few stores use, loaded with the first that does.
 *
 * @module
 */
import { base64 } from "./base64.js";
import { bz2 } from "./bz2.js";
import { astype, bitround, castValue, quantize } from "./cast.js";
import { categorize } from "./categorize.js";
import { adler32, crc32, fletcher32 } from "./checksum.js";
import { delta } from "./delta.js";
import { fixedLengthText } from "./fixed-length-text.js";
import { json2 } from "./json2.js";
import { numcodecsPackbits, packbits } from "./packbits.js";
import type { CodecEntry } from "./registry.js";
import { reshape } from "./reshape.js";
import { fixedScaleOffset, scaleOffset } from "./scale-offset.js";
import { structField } from "./struct-field.js";
import { vlenArray, vlenBytes, vlenUtf8 } from "./vlen.js";

/** `packbits` is of Zarr v3, numcodecs' codec of that name another one. */
export const entries: readonly CodecEntry[] = [
  ["adler32", adler32, "numcodecs"],
  ["astype", astype, "numcodecs"],
  ["base64", base64, "numcodecs"],
  ["bitround", bitround, "numcodecs"],
  ["bz2", bz2, "numcodecs"],
  ["cast_value", castValue],
  ["categorize", categorize, "numcodecs"],
  ["crc32", crc32, "numcodecs"],
  ["delta", delta, "numcodecs"],
  ["fixedscaleoffset", fixedScaleOffset, "numcodecs"],
  ["fletcher32", fletcher32, "numcodecs"],
  ["json", json2, "numcodecs"],
  ["json2", json2, "numcodecs"],
  ["packbits", packbits],
  ["numcodecs.packbits", numcodecsPackbits],
  ["quantize", quantize, "numcodecs"],
  ["reshape", reshape],
  ["scale_offset", scaleOffset],
  ["struct-field", structField],
  ["fixed-length-text", fixedLengthText],
  ["vlen-array", vlenArray, "numcodecs"],
  ["vlen-bytes", vlenBytes, "numcodecs"],
  ["vlen-utf8", vlenUtf8, "numcodecs"],
];
