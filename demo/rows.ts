/**
 * @module
 * A result as rows and columns of text: for the table on the page and for the file.
 */
import type { GridTable } from "cloudcrop";
import { gridColumn, pointColumns, type Values } from "./columns.js";
import type { Scene } from "./scene.js";
import type { Result } from "./state.js";
import { dateWriter } from "./times.js";

/** All columns of a result; of a grid, the labels of each axis first. */
export function columnsOf(result: Result, scene: Scene): readonly Values[] {
  if (result.kind === "points") return pointColumns(result.table, scene);
  const { table } = result;
  const cells = gridColumn(table, scene);
  return [...table.axes.map((_, axis) => axisColumn(table, axis, cells.length)), cells];
}

function axisColumn(table: GridTable, axis: number, length: number): Values {
  const { name, unit, calendar, values } = table.axes[axis]!;
  const [stride, size] = [table.stride[axis]!, table.shape[axis]!];
  const label = (cell: number): number | bigint => values[Math.floor(cell / stride) % size]!;
  const write = dateWriter(unit, calendar) ?? String;
  return {
    name,
    unit,
    length,
    categories: undefined,
    numberAt: (cell) => Number(label(cell)),
    textAt: (cell) => write(label(cell)),
  };
}

/** RFC 4180, in pieces so that no string grows beyond what an engine can hold. */
export function writeCsv(columns: readonly Values[]): string[] {
  const pieces: string[] = [];
  let lines = [
    columns.map(({ name, unit }) => quote(unit === undefined ? name : `${name} (${unit})`)).join(","),
  ];
  const length = columns[0]?.length ?? 0;
  for (let row = 0; row < length; row++) {
    lines.push(columns.map((values) => quote(values.textAt(row))).join(","));
    if (lines.length >= 5000) {
      pieces.push(`${lines.join("\r\n")}\r\n`);
      lines = [];
    }
  }
  if (lines.length > 0) pieces.push(`${lines.join("\r\n")}\r\n`);
  return pieces;
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
