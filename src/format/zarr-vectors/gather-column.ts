/**
 * Columns out of values that belong to something wider than a row: a fragment, a link, an object.
 *
 * @module
 */
import { isRaggedValues, toItems, type Values } from "../../bytes/ragged.js";
import { arrayOf, isRagged, lanesOf } from "../../core/dtype.js";
import type { FieldInfo } from "../../core/source.js";
import { annotate, type Column } from "../../core/table.js";
import { corruptTable } from "./int64.js";

/** Values of some consecutive owners; without `values` none of them has one. */
export interface Piece {
  readonly rows: number;
  readonly values?: Values | undefined;
}

/** What a column is, and the code that stands for "no value" in it. */
export interface ColumnSpec {
  readonly info: FieldInfo;
  readonly nullValue?: number;
}

/** In place of an owner's number: the row belongs to nothing, and has no value. */
export const noOwner = -1;

/**
 * The values of pieces one after another.
 *
 * @throws ReaderError `corrupt` when a piece does not hold as many values as it has owners
 */
export function joinPieces({ info, nullValue }: ColumnSpec, pieces: readonly Piece[], where: string): Column {
  const width = widthOf(info, pieces, where);
  const total = pieces.reduce((sum, piece) => sum + piece.rows, 0);
  const length = total * width;
  const all = isRagged(info.dtype) ? new Array<string>(length).fill("") : new (arrayOf(info.dtype))(length);
  const validity = new Uint8Array(total);
  let first = 0;
  for (const { rows, values } of pieces) {
    if (values !== undefined) {
      const from = (isRaggedValues(values) ? toItems(values, "string", where) : values) as Float64Array;
      for (let item = 0; item < from.length; item++)
        (all as Float64Array)[first * width + item] = from[item]!;
      for (let row = 0; row < rows; row++) {
        const isNull = nullValue !== undefined && Number(from[row * width]) === nullValue;
        validity[first + row] = isNull ? 0 : 1;
      }
    }
    first += rows;
  }
  return annotate(all, {
    ...(width === 1 ? {} : { width }),
    ...(info.categories === undefined ? {} : { categories: info.categories }),
    ...(info.unit === undefined ? {} : { unit: info.unit }),
    ...(validity.includes(0) ? { validity } : {}),
  });
}

/** The value of each row's owner; rows whose owner is `noOwner` have none. */
export function pickValues(column: Column, owners: Int32Array): Column {
  const { width = 1, validity, categories, unit } = column;
  const from = column as Float64Array;
  const length = owners.length * width;
  const found = Array.isArray(column)
    ? new Array<string>(length).fill("")
    : new (from.constructor as Float64ArrayConstructor)(length);
  const isValid = new Uint8Array(owners.length);
  owners.forEach((owner, row) => {
    if (owner === noOwner) return;
    isValid[row] = validity?.[owner] ?? 1;
    for (let item = 0; item < width; item++) {
      (found as Float64Array)[row * width + item] = from[owner * width + item]!;
    }
  });
  return annotate(found, {
    ...(width === 1 ? {} : { width }),
    ...(categories === undefined ? {} : { categories }),
    ...(unit === undefined ? {} : { unit }),
    ...(isValid.includes(0) ? { validity: isValid } : {}),
  });
}

/** Numbers per owner: from the metadata, else from the first piece that has values. */
function widthOf(info: FieldInfo, pieces: readonly Piece[], where: string): number {
  const lanes = lanesOf(info.dtype);
  let width = info.width === undefined ? undefined : info.width * lanes;
  for (const { rows, values } of pieces) {
    if (values === undefined) continue;
    if (width === undefined && rows > 0) width = values.length / rows;
    if (values.length !== rows * (width ?? 0) || !Number.isInteger(width ?? 0)) {
      throw corruptTable(where, `attribute ${info.name} has ${values.length} values for ${rows} rows.`);
    }
  }
  return width ?? lanes;
}
