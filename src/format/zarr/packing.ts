/**
 * How the values of an array of Zarr are unpacked, and what then stands where nothing is stored.
 *
 * @module
 */
import { repeatNumbers } from "../../bytes/fill.js";
import { unpackValues } from "../../bytes/unpack.js";
import type { Unpacking } from "../../core/plan.js";
import { unpackingOf } from "../../engine/packing.js";
import { encodeFillValue } from "./fill-value.js";
import type { ArrayMetadata } from "./metadata.js";

type Described = Pick<ArrayMetadata, "attributes" | "dtype" | "fill" | "hasFill" | "unit" | "zarrFormat">;

/**
 * Reads how values are unpacked. In v2 the `fill_value` stands for "none" too: xarray writes it in place of `_FillValue`.
 *
 * @throws ReaderError `invalid-metadata` when an attribute is no number
 */
export function zarrUnpacking(metadata: Described, name: string): Unpacking | undefined {
  const { zarrFormat, hasFill, fill, ...described } = metadata;
  return unpackingOf({ ...described, mark: zarrFormat === 2 && hasFill ? fill : undefined }, name);
}

/** One item of the result where nothing is stored, in little-endian bytes. */
export function unpackFill(fill: Uint8Array, rule: Unpacking): Uint8Array {
  if (rule.dtype === rule.stored && !rule.dtype.startsWith("float")) return fill;
  const [value] = unpackValues(repeatNumbers(rule.stored, 1, fill), rule);
  const number = Number(value);
  return encodeFillValue(Number.isFinite(number) ? number : String(number), rule.dtype, "fill_value");
}
