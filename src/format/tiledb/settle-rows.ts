/**
 * Rows of several fragments settled: of cells written more than once the latest, and none that a delete condition took.
 *
 * Both need rows side by side that different parts bring, so they are done here, before what the query asks of attributes:
 * a cell that was overwritten does not come back because its successor is not wanted.
 *
 * @module
 */
import type { NumberInterval } from "../../core/bbox.js";
import type { TypedArray } from "../../core/dtype.js";
import { annotate, type Column, type PointTable } from "../../core/table.js";
import type { CellValue, DeleteCondition } from "./deletes.js";
import { hiddenFields } from "./plan-sparse.js";

/** When the cells of a fragment were written, and which conditions it has been through. */
export interface FragmentTimes {
  readonly start: number;
  readonly end: number;
  readonly hasTimestamps: boolean;
  readonly processed: ReadonlySet<string>;
}

/** What rows have to go through. */
export interface Settling {
  /** Fields whose values tell cells apart; absent where equal cells stay side by side. */
  readonly distinctBy?: readonly string[];
  readonly deletes: readonly DeleteCondition[];
  readonly fragments: readonly FragmentTimes[];
  /** Milliseconds since 1970: what was written or deleted later does not count. */
  readonly until: number;
  /** Of fields, tested last. */
  readonly intervals: ReadonlyMap<string, NumberInterval>;
  readonly limit: number;
  /** Fields of the result. */
  readonly fields: readonly string[];
  /** Fields that make up positions, in order. */
  readonly positions: readonly string[];
}

/** The rows that are left, in the order they came. */
export function settleRows(table: PointTable, settling: Settling): PointTable {
  const rows = new Rows(table, settling.positions);
  let kept = Array.from({ length: table.length }, (_, row) => row);
  kept = kept.filter((row) => rows.writtenAt(row) <= settling.until);
  if (settling.distinctBy !== undefined) kept = latestOf(kept, settling.distinctBy, rows);
  kept = kept
    .filter((row) => isAlive(row, rows, settling))
    .filter((row) => isInside(row, rows, settling.intervals));
  return takeRows(table, Uint32Array.from(kept.slice(0, settling.limit)), settling.fields);
}

/** Values of rows by field, positions included. */
class Rows {
  readonly #table: PointTable;
  readonly #positions: readonly string[];

  constructor(table: PointTable, positions: readonly string[]) {
    this.#table = table;
    this.#positions = positions;
  }

  value(field: string, row: number): CellValue {
    const { dims, positions, fields } = this.#table;
    const axis = this.#positions.indexOf(field);
    if (axis >= 0) return positions[row * dims + axis];
    const column = fields[field]!;
    return column.validity?.[row] === 0 ? undefined : (column[row] as CellValue);
  }

  fragment(row: number): number {
    return this.value(hiddenFields.fragment.name, row) as number;
  }

  writtenAt(row: number): number {
    return Number(this.value(hiddenFields.written.name, row));
  }

  deletedAt(row: number): bigint {
    return this.value(hiddenFields.deleted.name, row) as bigint;
  }
}

/** Of rows with equal cells the one written last; of those written at once, that of the later fragment. */
function latestOf(rows: readonly number[], fields: readonly string[], values: Rows): number[] {
  const winners = new Map<string, number>();
  for (const row of rows) {
    const key = JSON.stringify(fields.map((field) => String(values.value(field, row))));
    const known = winners.get(key);
    if (known === undefined || isLater(row, known, values)) winners.set(key, row);
  }
  return [...winners.values()].sort((a, b) => a - b);
}

function isLater(row: number, other: number, values: Rows): boolean {
  const [a, b] = [values.writtenAt(row), values.writtenAt(other)];
  return a === b ? values.fragment(row) >= values.fragment(other) : a > b;
}

function isAlive(row: number, rows: Rows, { deletes, fragments, until }: Settling): boolean {
  const deleted = rows.deletedAt(row);
  if (
    deleted !== 2n ** 64n - 1n &&
    deleted <= BigInt(Number.isFinite(until) ? until : Number.MAX_SAFE_INTEGER)
  ) {
    return false;
  }
  const fragment = fragments[rows.fragment(row)]!;
  return deletes.every((condition) => {
    const { time, relativeName } = condition;
    if (time < fragment.start || fragment.processed.has(relativeName)) return true;
    const isWithin = fragment.hasTimestamps && time <= fragment.end;
    if (isWithin && rows.writtenAt(row) > time) return true;
    return condition.keeps((field) => rows.value(field, row));
  });
}

function isInside(row: number, rows: Rows, intervals: ReadonlyMap<string, NumberInterval>): boolean {
  for (const [field, [min, max]] of intervals) {
    const value = rows.value(field, row);
    if (value === undefined || typeof value === "string" || !(value >= min && value <= max)) return false;
  }
  return true;
}

function takeRows(table: PointTable, rows: Uint32Array, names: readonly string[]): PointTable {
  return {
    ...table,
    length: rows.length,
    positions: takeNumbers(table.positions, rows, table.dims),
    fields: Object.fromEntries(names.map((name) => [name, takeColumn(table.fields[name]!, rows)])),
  };
}

function takeColumn(column: Column, rows: Uint32Array): Column {
  const { width, validity, categories, unit } = column;
  const values = Array.isArray(column)
    ? (Array.from(rows, (row) => column[row]) as string[] | Uint8Array[])
    : takeNumbers(column, rows, width ?? 1);
  const flags = validity && (takeNumbers(validity, rows, 1) as Uint8Array);
  return annotate(values, {
    ...(width === undefined ? {} : { width }),
    ...(flags?.includes(0) ? { validity: flags } : {}),
    ...(categories === undefined ? {} : { categories }),
    ...(unit === undefined ? {} : { unit }),
  });
}

function takeNumbers(values: TypedArray, rows: Uint32Array, width: number): TypedArray {
  const taken = new (values.constructor as new (length: number) => TypedArray)(rows.length * width);
  rows.forEach((row, index) => {
    for (let k = 0; k < width; k++) taken[index * width + k] = values[row * width + k]!;
  });
  return taken;
}
