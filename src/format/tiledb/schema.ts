/**
 * The schema of an array (format_spec/array_schema.md).
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { type TileDBType, tiledbType } from "../../codec/tiledb/datatypes.js";
import type { FilterSpec } from "../../codec/tiledb/filters.js";
import type { GenericTile } from "./generic-tile.js";
import { readPipeline } from "./pipeline.js";

/** Values per cell of fields of variable length. */
export const variable = 0xffffffff;

/** A value of a dimension: BigInt for integers and datetimes of 64 bits, text for text. */
export type DimensionValue = number | bigint | string;

interface FieldParts {
  readonly name: string;
  /** Number of the data type. */
  readonly typeId: number;
  readonly type: TileDBType;
  /** Values per cell, or `variable`. */
  readonly valuesPerCell: number;
  readonly filters: readonly FilterSpec[];
}

export interface Dimension extends FieldParts {
  /** Absent for text. */
  readonly domain?: readonly [number | bigint, number | bigint];
  readonly extent?: number | bigint;
}

export interface Attribute extends FieldParts {
  /** One cell in stored bytes; absent before format 6. */
  readonly fill?: Uint8Array;
  readonly isNullable: boolean;
  readonly fillIsValid: boolean;
  /** Name of the enumeration whose values the codes stand for. */
  readonly enumeration?: string;
}

/** A dimension or an attribute. */
export type Field = Dimension | Attribute;

/** Dimensions first, then attributes. */
export function allFields({ dimensions, attributes }: ArraySchema): readonly Field[] {
  return [...dimensions, ...attributes];
}

export type CellOrder = "row-major" | "col-major" | "hilbert" | "other";

export interface ArraySchema {
  readonly version: number;
  readonly allowsDuplicates: boolean;
  readonly isSparse: boolean;
  readonly tileOrder: CellOrder;
  readonly cellOrder: CellOrder;
  /** Cells of a full sparse tile. */
  readonly capacity: number;
  readonly coordinateFilters: readonly FilterSpec[];
  readonly offsetsFilters: readonly FilterSpec[];
  readonly validityFilters: readonly FilterSpec[];
  readonly dimensions: readonly Dimension[];
  readonly attributes: readonly Attribute[];
  /** File names of enumerations in `__schema/__enumerations/`, by name. */
  readonly enumerations: ReadonlyMap<string, string>;
}

/** One-byte pipelines of the library for what old schemas do not say. */
const rleValidity: readonly FilterSpec[] = [{ id: 4 }];
/** A dimension takes at least its name's length, type, count and pipeline. */
const fieldBytes = 9;

/**
 * Parses a decoded schema file.
 *
 * @throws ReaderError `corrupt`, `unsupported`
 */
export function parseSchema({ bytes, version: writer }: GenericTile, where: string): ArraySchema {
  const cursor = new ByteCursor(bytes, where);
  const version = cursor.u32();
  if (version !== writer) throw cursor.corrupt(`says format ${version} inside format ${writer}`);
  const allowsDuplicates = version >= 5 && cursor.u8() === 1;
  const isSparse = cursor.u8() === 1;
  const tileOrder = readOrder(cursor);
  const cellOrder = readOrder(cursor);
  const capacity = cursor.size();
  const coordinateFilters = readPipeline(cursor);
  const offsetsFilters = readPipeline(cursor);
  const validityFilters = version >= 7 ? readPipeline(cursor) : rleValidity;
  const commonType = version < 5 ? cursor.u8() : undefined;
  const dimensions = readList(cursor, () => readDimension(cursor, commonType));
  const attributes = readList(cursor, () => readAttribute(cursor, version));
  if (version >= 18) readList(cursor, () => skipLabel(cursor));
  const enumerations = new Map(
    version >= 20
      ? readList(cursor, () => [cursor.text(cursor.u32()), cursor.text(cursor.u32())] as const)
      : [],
  );
  if (dimensions.length === 0) throw cursor.corrupt("has no dimension");
  return {
    version,
    allowsDuplicates,
    isSparse,
    tileOrder,
    cellOrder,
    capacity,
    coordinateFilters,
    offsetsFilters,
    validityFilters,
    dimensions: dimensions.map((dimension) =>
      dimension.filters.length > 0 ? dimension : { ...dimension, filters: coordinateFilters },
    ),
    attributes,
    enumerations,
  };
}

function readList<T>(cursor: ByteCursor, read: () => T): T[] {
  const count = cursor.count(cursor.u32(), fieldBytes - 1);
  return Array.from({ length: count }, read);
}

function readOrder(cursor: ByteCursor): CellOrder {
  return (["row-major", "col-major", "other", "other", "hilbert"] as const)[cursor.u8()] ?? "other";
}

function readDimension(cursor: ByteCursor, commonType: number | undefined): Dimension {
  const name = cursor.text(cursor.u32());
  const typeId = commonType ?? cursor.u8();
  const type = tiledbType(typeId);
  const valuesPerCell = commonType === undefined ? cursor.u32() : 1;
  const filters = commonType === undefined ? readPipeline(cursor) : [];
  const domainBytes = commonType === undefined ? cursor.size() : 2 * type.size;
  const field = { name, typeId, type, valuesPerCell, filters };
  if (valuesPerCell !== 1 && valuesPerCell !== variable) {
    throw cursor.corrupt(`dimension ${name} has ${valuesPerCell} values per cell`);
  }
  if (domainBytes !== 0 && domainBytes !== 2 * type.size) {
    throw cursor.corrupt(`the domain of ${name} has ${domainBytes} bytes`);
  }
  const domain =
    domainBytes === 0 ? {} : { domain: [readValue(cursor, type), readValue(cursor, type)] as const };
  const extent = cursor.u8() === 0 ? { extent: readValue(cursor, type) } : {};
  return { ...field, ...domain, ...extent };
}

function readAttribute(cursor: ByteCursor, version: number): Attribute {
  const name = cursor.text(cursor.u32());
  const typeId = cursor.u8();
  const type = tiledbType(typeId);
  const valuesPerCell = cursor.u32();
  if (valuesPerCell === 0) throw cursor.corrupt(`attribute ${name} has no values per cell`);
  const filters = readPipeline(cursor);
  const fill = version >= 6 ? { fill: cursor.bytes(cursor.size()).slice() } : {};
  const isNullable = version >= 7 && cursor.u8() === 1;
  const fillIsValid = version >= 7 && cursor.u8() === 1;
  if (version >= 17) cursor.u8();
  const enumeration = version >= 20 ? cursor.text(cursor.u32()) : "";
  return {
    ...{ name, typeId, type, valuesPerCell, filters, isNullable, fillIsValid, ...fill },
    ...(enumeration === "" ? {} : { enumeration }),
  };
}

/** Dimension labels are arrays of their own, which nothing here asks. */
function skipLabel(cursor: ByteCursor): void {
  cursor.skip(4);
  cursor.skip(cursor.u32());
  cursor.skip(1);
  cursor.skip(cursor.size());
  cursor.skip(cursor.u32());
  cursor.skip(1 + 1 + 4 + 1);
}

/** A number of a fixed-length type; BigInt for 64-bit integers and datetimes. */
export function readValue(cursor: ByteCursor, { size, kind }: TileDBType): number | bigint {
  if (kind === "float") return size === 4 ? cursor.f32() : cursor.f64();
  if (size === 8) return kind === "unsigned" ? cursor.u64() : cursor.i64();
  if (kind === "unsigned") return size === 1 ? cursor.u8() : size === 2 ? cursor.u16() : cursor.u32();
  const value = size === 1 ? cursor.u8() : size === 2 ? cursor.u16() : cursor.i32();
  return size === 4 ? value : (value << (32 - 8 * size)) >> (32 - 8 * size);
}
