/**
 * What the type of an array makes of its metadata: its fill value, and an array for each field of records.
 *
 * @module
 */
import { decodeBase64 } from "../../bytes/base64.js";
import { recodeUtf32, trimZeros } from "../../bytes/fixed-text.js";
import { type FixedType, laneBytes } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonValue } from "../../core/json.js";
import { fieldType, type RecordField, type StoredType } from "./data-type.js";
import { show } from "./extension.js";
import { fillOf } from "./fill-value.js";
import type { ArrayMetadata } from "./metadata.js";

/** The rest of an array's metadata. */
type Untyped = Omit<ArrayMetadata, "dtype" | "itemCodecs" | "unit" | "fields" | "fill">;

/**
 * Adds what follows from the type.
 *
 * @param fill value as metadata has it; of records an object of each field's, or a whole record in base64
 * @throws ReaderError `invalid-metadata` when the fill value does not fit the type
 */
export function arrayOfType(
  type: StoredType,
  fill: JsonValue | undefined,
  where: string,
  rest: Untyped,
): ArrayMetadata {
  const { dtype, itemCodecs, unit, fields, bytes } = type;
  const array = { ...rest, dtype, itemCodecs, ...(unit === undefined ? {} : { unit }) };
  if (fields === undefined) return { ...array, fill: fillOf(fill, type, where) };
  return {
    ...array,
    fill: new Uint8Array(bytes!),
    fields: fields.map((field) => {
      const { dtype: fieldDtype, itemCodecs: steps, unit: fieldUnit } = fieldType(field, bytes!);
      const own = {
        ...rest,
        dtype: fieldDtype,
        itemCodecs: steps,
        fill: fieldFill(fill, field, bytes!, where),
      };
      return { name: field.name, array: fieldUnit === undefined ? own : { ...own, unit: fieldUnit } };
    }),
  };
}

function fieldFill(
  fill: JsonValue | undefined,
  field: RecordField,
  recordBytes: number,
  where: string,
): Uint8Array {
  const { name, offset, type } = field;
  if (isJsonObject(fill)) {
    const value = name
      .split("/")
      .reduce<JsonValue | undefined>((at, key) => (isJsonObject(at) ? at[key] : undefined), fill);
    return fillOf(value, type, where);
  }
  // v2: null and 0 are a record of zeros.
  const record =
    fill === null || fill === 0
      ? new Uint8Array(recordBytes)
      : typeof fill === "string"
        ? decodeBase64(fill)
        : undefined;
  if (record?.length !== recordBytes) {
    throw new ReaderError(
      "invalid-metadata",
      `${where}: the fill_value ${show(fill)} is no record of ${recordBytes} bytes.`,
      {
        detail: { key: where },
      },
    );
  }
  const item = record.slice(offset, offset + type.bytes!);
  if (type.dtype !== "string") return type.endian === "big" ? reversed(item, type.dtype as FixedType) : item;
  return type.isPadded === true ? trimZeros(item) : recodeUtf32(item, type.endian !== "big");
}

function reversed(item: Uint8Array, dtype: FixedType): Uint8Array {
  const lane = laneBytes(dtype);
  for (let at = 0; at < item.length; at += lane) item.subarray(at, at + lane).reverse();
  return item;
}
