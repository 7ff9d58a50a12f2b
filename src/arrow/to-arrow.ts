/**
 * Tables of results as tables of Apache Arrow.
 *
 * @module
 */
import { type Data, Field, makeData, RecordBatch, Schema, Struct, Table } from "apache-arrow";
import type { TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { FieldInfo } from "../core/source.js";
import {
  type Axis,
  annotate,
  type Column,
  type ColumnNotes,
  type GraphTable,
  type GridTable,
  type MeshTable,
  type PointTable,
  type PolylineTable,
} from "../core/table.js";
import { type ArrowColumn, toColumn } from "./columns.js";
import { type Crs, lineColumn, listData, pointColumn } from "./geometry.js";

/** What a source tells of its tables: `source.info` is one. */
export interface ArrowFacts {
  readonly name?: string;
  readonly crs?: Crs;
  /** Types that a column alone does not tell (`bool`), and units. */
  readonly fields?: readonly Pick<FieldInfo, "name" | "dtype" | "unit">[];
}

export interface ToArrowOptions {
  /** `source.info`, for the reference system, for booleans, and for the name of a grid's values. */
  readonly info?: ArrowFacts;
  /** In place of `info.crs`: an authority's code, WKT or PROJJSON. */
  readonly crs?: Crs;
  /** Name of the geometry column. Default `"geometry"`. */
  readonly geometry?: string;
}

/**
 * An Arrow table of a result: the columns' own buffers wherever Arrow has the same layout.
 *
 * - Points: one row each; `geometry` is `geoarrow.point`, its coordinates widened to 64 bits.
 * - Polylines: one row each; `geometry` is `geoarrow.linestring`; fields of vertices are lists, ids the column `id`.
 * - Grids: one row per cell in C order; a column per axis with its labels, and the values under the name of the array.
 *
 * Rows without a value are null, categories dictionaries, values of several numbers fixed-size lists, units metadata (`unit`) of
 * their field. A name that is taken gets an underscore.
 *
 * @throws ReaderError `unsupported` for graphs and meshes, and positions that are no doubles; `corrupt` for codes without a
 *   category; `limit-exceeded` over 2^31 vertices or bytes of text
 */
export function toArrow(
  table: PointTable | PolylineTable | GridTable | GraphTable | MeshTable,
  options: ToArrowOptions = {},
): Table {
  switch (table.kind) {
    case "points":
      return assemble(table.length, pointColumns(table, options));
    case "polylines":
      return assemble(table.length, lineColumns(table, options));
    case "grid":
      return assemble(cellsOf(table.shape), gridColumns(table, options));
    default:
      throw new ReaderError(
        "unsupported",
        `A ${table.kind} is more than one table; Arrow's has one kind of row.`,
        {
          hint: "Points, polylines and grids become tables.",
        },
      );
  }
}

function pointColumns(table: PointTable, options: ToArrowOptions): ArrowColumn[] {
  const { length, dims, positions, fields } = table;
  const names = new Names(Object.keys(fields));
  const geometry = pointColumn(names.free(options.geometry ?? "geometry"), positions, dims, crsOf(options));
  return [geometry, ...fieldColumns(fields, length, options)];
}

function lineColumns(table: PolylineTable, options: ToArrowOptions): ArrowColumn[] {
  const { length, dims, positions, startIndices, fields, vertexFields, ids } = table;
  const names = new Names(Object.keys(fields));
  const geometry = names.free(options.geometry ?? "geometry");
  const columns = [lineColumn(geometry, positions, dims, startIndices, crsOf(options))];
  if (ids !== undefined) columns.push(toColumn(names.free("id"), ids, { rows: length }));
  columns.push(...fieldColumns(fields, length, options));
  for (const { field, data } of fieldColumns(vertexFields, positions.length / dims, options)) {
    // The field of the items tells their unit, and whether they may be null.
    const list = listData(data, field.clone({ name: "vertices" }), startIndices);
    columns.push({ field: new Field(names.free(field.name), list.type, false), data: list });
  }
  return columns;
}

/** What cells carry beside their values; each of several values of a cell has the cell's flag. */
function notesOf({ validity, categories }: GridTable, rows: number): ColumnNotes {
  const each = rows / (validity?.length ?? rows);
  return {
    ...(validity === undefined
      ? {}
      : { validity: Uint8Array.from({ length: rows }, (_, row) => validity[Math.floor(row / each)]!) }),
    ...(categories === undefined ? {} : { categories }),
  };
}

function gridColumns(table: GridTable, options: ToArrowOptions): ArrowColumn[] {
  const { shape, axes, data, dtype, unit } = table;
  const rows = cellsOf(shape);
  const names = new Names([]);
  const labels = axes.map((axis, index) => {
    const { name, values, unit: of } = axis;
    return toColumn(names.free(name), spread(values, index, shape, rows), { rows, unit: of });
  });
  const name = names.free(options.info?.name || "value");
  return [
    ...labels,
    toColumn(name, annotate(data as TypedArray, notesOf(table, rows)), { rows, dtype, unit }),
  ];
}

function fieldColumns(
  fields: Readonly<Record<string, Column>>,
  rows: number,
  { info }: ToArrowOptions,
): ArrowColumn[] {
  return Object.entries(fields).map(([name, column]) => {
    const known = info?.fields?.find((field) => field.name === name);
    return toColumn(name, column, { rows, dtype: known?.dtype, unit: known?.unit });
  });
}

/** Labels of one axis, repeated so that there is one per cell. */
function spread(labels: Axis["values"], axis: number, shape: readonly number[], rows: number): TypedArray {
  const count = shape[axis]!;
  const inner = cellsOf(shape.slice(axis + 1));
  const values = new (labels.constructor as new (length: number) => Float64Array)(rows);
  for (let row = 0, label = 0; row < rows; row += inner, label = (label + 1) % count) {
    values.fill((labels as Float64Array)[label]!, row, row + inner);
  }
  return values;
}

function cellsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function crsOf({ crs, info }: ToArrowOptions): Crs | undefined {
  return crs ?? info?.crs;
}

function assemble(length: number, columns: readonly ArrowColumn[]): Table {
  const fields = columns.map(({ field }) => field);
  const schema = new Schema(fields);
  const children: Data[] = columns.map(({ data }) => data);
  return new Table([
    new RecordBatch(schema, makeData({ type: new Struct(fields), length, nullCount: 0, children })),
  ]);
}

/** Names of columns, each given once. */
class Names {
  readonly #taken: Set<string>;

  constructor(taken: readonly string[]) {
    this.#taken = new Set(taken);
  }

  free(name: string): string {
    let free = name;
    while (this.#taken.has(free)) free += "_";
    this.#taken.add(free);
    return free;
  }
}
