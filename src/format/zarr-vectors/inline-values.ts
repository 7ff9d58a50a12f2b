/**
 * Values at hand as columns of a part: what is known of rows before they are read goes to the worker with them.
 *
 * @module
 */
import type { DataType } from "../../core/dtype.js";
import type { ColumnRead, FieldOutput } from "../../core/plan.js";
import type { Column } from "../../core/table.js";

/** Columns of a part, and the field that they make up. */
export interface InlineValues {
  readonly columns: readonly ColumnRead[];
  readonly field: FieldOutput;
}

const littleEndian = [{ name: "bytes", configuration: { endian: "little" } }];

/**
 * One field of values, and of flags where some are null.
 *
 * @param column one value, or one row of them, for each row of the part; nothing else may refer to its memory
 * @param at the number that the first of the columns has in the part
 */
export function inlineValues(name: string, column: Column, at: number): InlineValues {
  const { width = 1, validity } = column;
  const values: ColumnRead = Array.isArray(column)
    ? { name, width, dtype: "string", codecs: [{ name: "vlen-utf8" }], bytes: encodeText(column as string[]) }
    : {
        name,
        width,
        dtype: typeOf(column as Float64Array),
        codecs: littleEndian,
        bytes: bytesOf(column as Float64Array),
      };
  if (validity === undefined) return { columns: [values], field: { name, column: at } };
  const flags: ColumnRead = { name, width: 1, dtype: "uint8", codecs: littleEndian, bytes: validity };
  return { columns: [values, flags], field: { name, column: at, validity: at + 1 } };
}

/** Named by what holds the values: narrow floats are wide by now. */
function typeOf(values: Float64Array): DataType {
  return values.constructor.name.toLowerCase().replace(/^big|array$/g, "") as DataType;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A uint32 number of items, then a uint32 length and so many bytes each. */
function encodeText(items: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const encoded = items.map((item) => encoder.encode(item));
  const bytes = new Uint8Array(encoded.reduce((sum, item) => sum + 4 + item.length, 4));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, items.length, true);
  let at = 4;
  for (const item of encoded) {
    view.setUint32(at, item.length, true);
    bytes.set(item, at + 4);
    at += 4 + item.length;
  }
  return bytes;
}
