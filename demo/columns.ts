/**
 * @module
 * One way to look at any column: fields and positions of points, cells of a grid.
 */
import type { Column, GridTable, PointTable } from "cloudcrop";
import { formatSingle, formatValue } from "./format.js";
import { lanesOf } from "./gather.js";
import type { Scene } from "./scene.js";
import { dateWriter } from "./times.js";

export interface Values {
  readonly name: string;
  readonly unit: string | undefined;
  readonly length: number;
  readonly categories: readonly string[] | undefined;
  /** `undefined` where there is no value: null, NaN, or the stored mark for "missing". */
  numberAt(row: number): number | undefined;
  /** As it is read by people and written to files; empty for null. */
  textAt(row: number): string;
}

/** The columns of a point table: positions first. */
export function pointColumns(table: PointTable, scene: Scene): Values[] {
  const { dims, positions, length } = table;
  const axes = Array.from({ length: dims }, (_, axis): Values => {
    const at = (row: number): number | bigint => positions[row * dims + axis]!;
    const dimension = scene.dimensions[axis];
    return {
      name: dimension?.name ?? "xyz"[axis]!,
      unit: dimension?.unit,
      length,
      categories: undefined,
      numberAt: (row) => asNumber(at(row)),
      textAt: (row) => textOf(at(row), positions),
    };
  });
  return [
    ...axes,
    ...Object.entries(table.fields).map(([name, column]) => fieldValues(name, column, length)),
  ];
}

function fieldValues(name: string, column: Column, length: number): Values {
  const { width = 1, validity, categories, unit } = column;
  const isNull = (row: number): boolean => validity !== undefined && validity[row] === 0;
  const date = dateWriter(unit);
  const one = (value: Column[number]): string => {
    if (categories !== undefined) return categories[Number(value)] ?? String(value);
    if (date === undefined || (typeof value !== "number" && typeof value !== "bigint"))
      return textOf(value, column);
    return date(value);
  };
  return {
    name,
    unit,
    length,
    categories: typeof column[0] === "string" ? undefined : categories,
    numberAt(row) {
      const value = column[row * width];
      return isNull(row) ? undefined : asNumber(value);
    },
    textAt(row) {
      if (isNull(row)) return "";
      return Array.from({ length: width }, (_, part) => one(column[row * width + part]!)).join(" ");
    },
  };
}

/** The cells of a grid, in C order. */
export function gridColumn(table: GridTable, scene: Scene): Values {
  const { data, dtype } = table;
  const lanes = lanesOf(dtype);
  const field = scene.source.info.fields[0];
  const missing = missingMark(scene);
  return {
    name: scene.name === "" ? "value" : (field?.name ?? scene.name),
    unit: field?.unit,
    length: data.length / lanes,
    categories: undefined,
    numberAt(cell) {
      const value = asNumber(data[cell * lanes]);
      return value === missing ? undefined : value;
    },
    textAt: (cell) =>
      Array.from({ length: lanes }, (_, lane) => textOf(data[cell * lanes + lane]!, data)).join(" "),
  };
}

function textOf(value: Column[number], column: object): string {
  return typeof value === "number" && column instanceof Float32Array ? formatSingle(value) : String(value);
}

/** The value that stands for "missing" by the attributes; the library hands values on as they are stored. */
export function missingMark(scene: Scene): number | undefined {
  const { _FillValue: fill, missing_value: missing } = scene.source.info.attributes;
  return [fill, missing].find((mark) => typeof mark === "number");
}

function asNumber(value: Column[number] | undefined): number | undefined {
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

/** A value in the readout: short, with its unit. */
export function describeValue(values: Values, row: number): string {
  const number = values.numberAt(row);
  const text = values.textAt(row);
  if (number === undefined && (text === "" || text === "NaN")) return "no value";
  const isWritten = values.categories !== undefined || dateWriter(values.unit) !== undefined;
  if (number === undefined || isWritten || text.includes(" ")) return text;
  return `${formatValue(number)}${values.unit === undefined ? "" : ` ${values.unit}`}`;
}
