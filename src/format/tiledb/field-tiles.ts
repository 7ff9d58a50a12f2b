/**
 * Where the tiles of one field lie in one fragment, as columns to read: numbers, flags of nulls, text and where it begins.
 *
 * @module
 */
import { uint8Type, uint64Type } from "../../codec/tiledb/datatypes.js";
import { dictionaryFilter, rleFilter } from "../../codec/tiledb/filters.js";
import type { DataType, NumberType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { CodecSpec, ColumnRead } from "../../core/plan.js";
import type { ReadOptions } from "../../store/types.js";
import type { ColumnTiles, Fragment } from "./fragment.js";
import { tileCodec } from "./pipeline.js";
import { allFields, type Field, variable } from "./schema.js";

/** Tiles of one file, and how they are decoded. */
interface TileColumn {
  readonly name: string;
  readonly tiles: ColumnTiles;
  readonly codecs: readonly CodecSpec[];
  readonly dtype: DataType;
  readonly width: number;
}

/** One field in one fragment. */
export interface FieldTiles {
  readonly field: Field;
  /** Absent where the fragment was written before the field was added: its rows hold the fill value. */
  readonly cells?: TileColumn;
  /** Bytes of text; `cells` then tells where each begins. */
  readonly text?: TileColumn;
  readonly validity?: TileColumn;
}

/** Types whose cells of any length are bytes, not numbers. */
const byteTypes: ReadonlySet<string> = new Set(["CHAR", "ANY", "BLOB", "GEOM_WKB"]);

/** What results hold a field in. */
export function fieldType({ type, valuesPerCell }: Field): DataType {
  if (valuesPerCell !== variable) return type.dtype;
  if (byteTypes.has(type.name)) return "bytes";
  return type.text === undefined ? `list<${type.dtype as NumberType}>` : "string";
}

/** @throws ReaderError `unsupported` for text of any length in units of more than one byte */
export function checkField({ name, type, valuesPerCell }: Field): void {
  if (valuesPerCell !== variable || type.text === undefined || type.size === 1) return;
  throw new ReaderError("unsupported", `Field ${name} holds text in ${type.name}, which cannot be read.`, {
    hint: "Name the other fields in `fields`.",
  });
}

/** Finds a field's tiles; reads the tables it needs. */
export async function locateField(
  fragment: Fragment,
  field: Field,
  options: ReadOptions,
): Promise<FieldTiles> {
  checkField(field);
  const { schema, footer } = fragment;
  const stored = allFields(schema).find(({ name }) => name === field.name);
  if (stored === undefined) return { field };
  const column = columnOf(fragment, field.name);
  const { version } = footer;
  const { name, typeId, valuesPerCell, filters } = stored;
  const validity = await locateValidity(fragment, stored, column, options);
  const dimension = schema.dimensions.indexOf(stored as (typeof schema.dimensions)[number]);
  if (version < 5 && dimension >= 0) {
    // A tile holds the coordinates of the first dimension, then those of the next one.
    const part = { index: dimension, of: schema.dimensions.length };
    const codecs = [tileCodec({ version, type: typeId, valuesPerCell: part.of, filters, part })];
    const tiles = await fragment.tiles(column, options);
    return { field, cells: { name, tiles, codecs, dtype: stored.type.dtype, width: 1 } };
  }
  if (valuesPerCell !== variable) {
    const codecs = [tileCodec({ version, type: typeId, valuesPerCell, filters })];
    const tiles = await fragment.tiles(column, options);
    return {
      field,
      cells: { name, tiles, codecs, dtype: stored.type.dtype, width: valuesPerCell },
      ...validity,
    };
  }
  const text = [tileCodec({ version, type: typeId, filters })];
  const texts = { name, tiles: await fragment.variableTiles(column, options), codecs: text, width: 1 };
  if (holdsOffsets(stored, schema.version))
    return { field, cells: { ...texts, dtype: fieldType(field) }, ...validity };
  const offsets = [tileCodec({ version, type: uint64Type, filters: schema.offsetsFilters })];
  const tiles = await fragment.tiles(column, options);
  return {
    field,
    cells: { name, tiles, codecs: offsets, dtype: "uint64", width: 1 },
    text: { ...texts, dtype: "uint8" },
    ...validity,
  };
}

/** Whether the first filter keeps where each cell begins with the text itself (format_spec/filters/{rle,dictionary}). */
function holdsOffsets({ type, filters }: Field, version: number): boolean {
  const first = filters[0]?.id;
  if (type.name === "STRING_ASCII")
    return first === dictionaryFilter ? version >= 13 : first === rleFilter && version >= 12;
  return type.name === "STRING_UTF8" && version >= 17 && (first === dictionaryFilter || first === rleFilter);
}

async function locateValidity(
  fragment: Fragment,
  field: Field,
  column: number,
  options: ReadOptions,
): Promise<{ validity?: TileColumn }> {
  if (!("isNullable" in field) || !field.isNullable) return {};
  const { version } = fragment.footer;
  const codecs = [tileCodec({ version, type: uint8Type, filters: fragment.schema.validityFilters })];
  const tiles = await fragment.validityTiles(column, options);
  return { validity: { name: `${field.name} (nulls)`, tiles, codecs, dtype: "uint8", width: 1 } };
}

/** A column that the library adds to fragments: cell timestamps and delete times. */
export async function locateInternal(
  fragment: Fragment,
  name: string,
  column: number,
  options: ReadOptions,
): Promise<TileColumn> {
  const { footer, schema } = fragment;
  const codecs = [
    tileCodec({ version: footer.version, type: uint64Type, filters: schema.coordinateFilters }),
  ];
  return { name, tiles: await fragment.tiles(column, options), codecs, dtype: "uint64", width: 1 };
}

/** The read of one tile of a column. Tiles of rows lie far apart where a box is small, those of grids in rows side by side. */
export function readTile(
  { name, tiles, codecs, dtype, width }: TileColumn,
  tile: number,
  isThrifty = true,
): ColumnRead {
  const offset = tiles.offsets[tile];
  const end = tiles.offsets[tile + 1];
  if (offset === undefined || end === undefined) {
    throw new ReaderError("corrupt", `${tiles.key}: there is no offset of tile ${tile}.`, {
      detail: { key: tiles.key },
    });
  }
  const read = { key: tiles.key, range: { offset, length: end - offset }, isThrifty };
  return { name, dtype, width, codecs, required: true, read };
}

/** The column of rows that were written before their field was added. */
export function fillColumn(field: Field): ColumnRead {
  const { name, valuesPerCell } = field;
  const fill = "fill" in field ? field.fill : undefined;
  if (fill === undefined) {
    throw new ReaderError("unsupported", `Field ${name} is not in every fragment and has no fill value.`);
  }
  const isNull = "isNullable" in field && field.isNullable && !field.fillIsValid;
  const width = valuesPerCell === variable ? 1 : valuesPerCell;
  const column = { name, dtype: fieldType(field), width, codecs: [] };
  if (isNull) return column;
  // A fill of several values holds them all; an item is one of them, and they are equal.
  return { ...column, fill: valuesPerCell === variable ? fill : fill.subarray(0, field.type.size) };
}

/** Number of a field's column in a fragment's tables; before format 5 all dimensions are in one. */
export function columnOf({ schema, footer }: Fragment, name: string): number {
  const attribute = schema.attributes.findIndex((field) => field.name === name);
  if (attribute >= 0) return attribute;
  if (footer.version < 5) return schema.attributes.length;
  return schema.attributes.length + 1 + schema.dimensions.findIndex((field) => field.name === name);
}
