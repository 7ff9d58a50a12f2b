/**
 * What a format hands to the engine: which bytes to read, how to decode them, which rows or cells to keep, and where
 * they go. Plain data throughout, so that a part can cross to a worker.
 *
 * @module
 */
import type { DataType, NumberType } from "./dtype.js";
import type { JsonObject } from "./json.js";

/** A key below a store's root; always begins with a slash. */
export type AbsolutePath = `/${string}`;

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** A range from an offset, or the last bytes of an object. */
export type RangeQuery = ByteRange | { readonly suffixLength: number };

/** A codec as data, in the words of Zarr v3; v2 compressors and filters are translated to this by the format. */
export interface CodecSpec {
  readonly name: string;
  readonly configuration?: JsonObject;
}

/** Where the encoded bytes of one chunk lie. */
export interface ChunkRead {
  readonly key: AbsolutePath;
  /** Absent: the whole object. */
  readonly range?: ByteRange;
  /** Encoded size in bytes: exact when a range is given, else an estimate for `explain` and the fetch window. */
  readonly bytesHint?: number;
  /** What lies between this and its neighbours is large: little of it may be read to save a request. */
  readonly isThrifty?: boolean;
}

/** One chunk of one array: its bytes and how they become numbers. */
export interface ColumnRead {
  /** For messages and results. */
  readonly name: string;
  /** Absent: the chunk is known not to be stored, or `bytes` are given. */
  readonly read?: ChunkRead;
  /** Encoded bytes that need not be read; nothing else refers to them. */
  readonly bytes?: Uint8Array;
  /** The metadata promises that the chunk is stored: its absence is an error, not a hole. */
  readonly required?: boolean;
  /** In encoding order, as Zarr v3 lists them; decoded from last to first. */
  readonly codecs: readonly CodecSpec[];
  readonly dtype: DataType;
  /** Decoded shape in C order. Absent for ragged rows, whose number follows from the decoded length. */
  readonly shape?: readonly number[];
  /** Ragged rows: items per row. Absent: decoded items divided by the rows of the part's first column. */
  readonly width?: number;
  /** Handed on whole as it is decoded, and no part of the rows: a table that says what rows belong together. */
  readonly isTable?: boolean;
  /** The bytes of text or byte strings whose beginnings another column tells (`FieldOutput.text`), and no part of the rows. */
  readonly isText?: boolean;
  /** One item in native little-endian bytes, text as UTF-8; used where the chunk is not stored. Absent: such rows are null. */
  readonly fill?: Uint8Array;
}

/** One component of the rows of one column, by position in `RowsPart.columns`. */
export interface ComponentRef {
  readonly column: number;
  readonly component: number;
}

/** Keeps a row when `min <= value <= max`; NaN is never inside. BigInt bounds for 64-bit integers. */
export interface RowCondition extends ComponentRef {
  /** Both text where the column is text. */
  readonly min: number | bigint | string;
  readonly max: number | bigint | string;
}

export interface FieldOutput {
  readonly name: string;
  readonly column: number;
  /** Absent: all components of a row, interleaved. */
  readonly component?: number;
  /** The value that stands for "none": such rows are null. */
  readonly nullValue?: number;
  /** The column with the bytes of the cells; `column` then tells where each cell begins in them. */
  readonly text?: number;
  /** The column that has 0 where a row is null. */
  readonly validity?: number;
}

/** Rings of a GeoJSON `Polygon`: an outer one, then holes; of each position the first two numbers count. */
export type PolygonRings = readonly (readonly (readonly number[])[])[];

/** Keeps a row when its point lies in the polygon or on its edge (even-odd over all rings; exact). */
export interface PolygonCondition {
  readonly rings: PolygonRings;
  readonly x: ComponentRef;
  readonly y: ComponentRef;
}

/** Rows (points): decode the columns, keep the rows that meet every condition, return the wanted columns. */
export interface RowsPart {
  readonly kind: "rows";
  /** Names the part in errors: a chunk key. */
  readonly label: string;
  /** The first column gives the number of rows; tables and text come last. */
  readonly columns: readonly ColumnRead[];
  readonly conditions: readonly RowCondition[];
  /** Tried after the conditions, which hold its box. */
  readonly polygon?: PolygonCondition;
  readonly positions: readonly ComponentRef[];
  readonly fields: readonly FieldOutput[];
  /**
   * For rows that others refer to by number. `"kept"`: the result tells the numbers of its rows. `"all"`: it has every
   * row, and tells the numbers of those that met the conditions.
   */
  readonly numbers?: "kept" | "all";
  /** Rows that count, as pairs of the first and the one after the last, ascending and apart; absent: all. */
  readonly runs?: Uint32Array;
  readonly rowsAtMost?: number;
}

/** One axis of a cut through a chunk: `count` cells from `start`, every `step`-th (negative: backwards). */
export interface CropAxis {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

/** How stored numbers become the ones they stand for: CF's packed data and missing values. */
export interface Unpacking {
  /** Type that the stored bits are taken for: `uint8` for `int8` marked as unsigned. */
  readonly stored: NumberType;
  /** Type of the result; floats wherever a value may be missing. */
  readonly dtype: NumberType;
  /** Stored values that stand for "none": NaN in the result. */
  readonly missing: readonly (number | bigint)[];
  /** Stored values outside are missing too. */
  readonly min?: number | bigint;
  readonly max?: number | bigint;
  readonly scale?: number;
  readonly offset?: number;
}

/** A block of a grid: decode one chunk, crop it, place it at `offset` in the result. */
export interface BlockPart {
  readonly kind: "block";
  readonly label: string;
  readonly column: ColumnRead;
  /** One per axis of the chunk. */
  readonly crop: readonly CropAxis[];
  /** Done to the cells that are left; absent: they stay as they are stored. */
  readonly unpack?: Unpacking;
  /** One per axis of the chunk: where the cropped block begins in the result, axes of count 1 included. */
  readonly offset: readonly number[];
}

export type ReadPart = RowsPart | BlockPart;
