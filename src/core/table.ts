/**
 * Results: columns of typed arrays, ready for a GPU or a transfer list. Contract: docs/design/api.md §3.
 *
 * @module
 */
import type { DataOf, DataType, TypedArray } from "./dtype.js";

/** What a column may carry beside its values. */
export interface ColumnNotes {
  /** Values per row, when more than one: they are interleaved. */
  readonly width?: number;
  /** One byte per row, 0 where the row has no value. Absent: every row has one. */
  readonly validity?: Uint8Array;
  /** Names of the codes that the column holds. */
  readonly categories?: readonly string[];
  readonly unit?: string;
}

/** The values of a column: numbers, strings, or byte strings and lists of numbers as one array a row. */
export type ColumnValues = TypedArray | string[] | TypedArray[];

/** Numbers, strings, or byte strings and lists of numbers; the caller owns their buffers. */
export type Column = ColumnValues & ColumnNotes;

/** Points in the stored coordinates and the stored type. */
export interface PointTable {
  readonly kind: "points";
  readonly length: number;
  readonly dims: 2 | 3;
  /** Interleaved, `length × dims`. */
  readonly positions: TypedArray;
  readonly fields: Readonly<Record<string, Column>>;
}

/** Vertices that something connects. */
interface VertexTable {
  readonly dims: 2 | 3;
  /** Interleaved, `vertices × dims`, in the stored coordinates and the stored type. */
  readonly positions: TypedArray;
  /** One row per vertex. */
  readonly vertexFields: Readonly<Record<string, Column>>;
}

/** Lines: runs of consecutive vertices. */
export interface PolylineTable extends VertexTable {
  readonly kind: "polylines";
  /** Number of lines. */
  readonly length: number;
  /** First vertex of each line, and at the end the number of vertices: `length + 1` entries. */
  readonly startIndices: Uint32Array;
  /** One row per line. */
  readonly fields: Readonly<Record<string, Column>>;
  /** Object id per line; an object that was cut has several lines. */
  readonly ids?: BigInt64Array;
}

/** Nodes and the edges between them: graphs, skeletons. */
export interface GraphTable extends VertexTable {
  readonly kind: "graph";
  /** Number of nodes. */
  readonly length: number;
  /** Pairs of node numbers; in skeletons a node, then its parent. */
  readonly edges: Uint32Array;
  /** One row per edge. */
  readonly fields: Readonly<Record<string, Column>>;
  /** Object id per node, where objects were asked for. */
  readonly ids?: BigInt64Array;
  /** In streams: so many nodes at the end are in other tables too, and are here for edges of this one. */
  readonly repeated?: number;
}

/** Vertices and the faces between them. */
export interface MeshTable extends VertexTable {
  readonly kind: "mesh";
  /** Number of vertices. */
  readonly length: number;
  /** Vertex numbers, `faceSize` per face, wound as written. */
  readonly indices: Uint32Array;
  /** Vertices per face: 3 for triangles. */
  readonly faceSize: number;
  /** One row per face. */
  readonly fields: Readonly<Record<string, Column>>;
  /** Object id per vertex, where objects were asked for. */
  readonly ids?: BigInt64Array;
  /** In streams: so many vertices at the end are in other tables too, and are here for faces of this one. */
  readonly repeated?: number;
}

/** One axis of a grid result. */
export interface Axis {
  readonly name: string;
  /** Labels of the cells along the axis; their indices in the array where it has no coordinates. */
  readonly values: TypedArray;
  readonly unit?: string;
  /** Time axes: CF's name of the calendar that the unit counts in, where the data state one. */
  readonly calendar?: string;
  /** Whether `values` are coordinates (true) or indices (false). */
  readonly labelled: boolean;
}

/** Which cells of a grid result lie in the query, where the box is not a block of cells: curvilinear grids. */
export interface GridMask {
  /** The two axes of the result that it runs along, ascending; it holds for every index of the others. */
  readonly axes: readonly [number, number];
  /** One byte per pair of indices, in C order: 1 inside the query, 0 outside. */
  readonly values: Uint8Array;
}

/** A coordinate along two axes of a grid result at once: the longitudes of a curvilinear grid. */
export interface GridCoordinate {
  readonly name: string;
  readonly axes: readonly [number, number];
  /** One label per pair of indices, in C order. */
  readonly values: TypedArray;
  readonly unit?: string;
}

/** A dense block of a grid in C order. */
export interface GridTable<D extends DataType = DataType> {
  readonly kind: "grid";
  readonly dtype: D;
  /** In C order; two numbers per cell for complex types, as many bytes as the item has for raw ones (`r24`: 3). */
  readonly data: DataOf<D>;
  /** One byte per cell, 0 where the cell has no value (TileDB). Absent: every cell has one. */
  readonly validity?: Uint8Array;
  /** Names of the codes that the cells hold. */
  readonly categories?: readonly string[];
  /** Of the values: that of the array's attributes, or of a type that has one (`numpy.datetime64`). */
  readonly unit?: string;
  readonly shape: readonly number[];
  /** Cells to step over along each axis. */
  readonly stride: readonly number[];
  readonly axes: readonly Axis[];
  /** Absent: every cell lies in the query. */
  readonly mask?: GridMask;
  /** Coordinates along two axes that the query was compared with. */
  readonly coordinates?: readonly GridCoordinate[];
  /** In streams: where this block begins in the whole result. */
  readonly offset?: readonly number[];
}

/** One variable of several datasets as one grid; its first axis counts the datasets. */
export interface StackedTable<D extends DataType = DataType> extends GridTable<D> {
  /** Names along the first axis. */
  readonly datasets: readonly string[];
}

/** One variable of several datasets, one after another. */
export interface AcrossTable<D extends DataType = DataType> {
  readonly kind: "across";
  readonly dtype: D;
  /** The cells of every dataset in C order; the caller owns the buffer. */
  readonly data: DataOf<D>;
  readonly unit?: string;
  readonly datasets: readonly string[];
  /** First cell of each dataset, and at the end the number of cells: one entry more than there are datasets. */
  readonly startIndices: Uint32Array;
  /** One per dataset; `undefined`, without cells, where a dataset does not have the variable. */
  readonly shapes: readonly (readonly number[] | undefined)[];
}

/** Lays notes on a column; typed arrays are objects, so they can carry them and still be what a GPU takes. */
export function annotate(values: ColumnValues, notes: ColumnNotes): Column {
  return Object.assign(values, notes);
}

/** Strides of a C-order array, in cells. */
export function stridesOf(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) stride[axis] = stride[axis + 1]! * shape[axis + 1]!;
  return stride;
}
