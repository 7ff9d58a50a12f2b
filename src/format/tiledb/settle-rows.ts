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

/** Rows are settled for so long at a time: a page has to draw and to answer in between. */
const sliceMs = 8;
/** A clock is not looked at for every row. */
const rowsAtOnce = 512;

/**
 * The rows that are left, in the order they came.
 *
 * @throws the signal's reason
 */
export async function settleRows(
  table: PointTable,
  settling: Settling,
  signal?: AbortSignal,
): Promise<PointTable> {
  const { until, distinctBy, intervals, limit, fields, positions } = settling;
  const rows = new Rows(table, positions);
  const latest = distinctBy === undefined ? undefined : new Latest(distinctBy, rows);
  const counts = new Uint8Array(table.length);
  await eachInSlices(table.length, signal, (row) => {
    if (rows.writtenAt(row) > until) return;
    counts[row] = 1;
    const loser = latest?.add(row);
    if (loser !== undefined) counts[loser] = 0;
  });
  const kept = new Uint32Array(table.length);
  let length = 0;
  await eachInSlices(table.length, signal, (row) => {
    const stays = counts[row] === 1 && isAlive(row, rows, settling) && isInside(row, rows, intervals);
    if (stays) kept[length++] = row;
  });
  return takeRows(table, kept.slice(0, Math.min(length, limit)), fields);
}

async function eachInSlices(
  count: number,
  signal: AbortSignal | undefined,
  visit: (row: number) => void,
): Promise<void> {
  let pauseAt = performance.now() + sliceMs;
  for (let row = 0; row < count; row++) {
    visit(row);
    if (row % rowsAtOnce !== 0 || performance.now() < pauseAt) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    pauseAt = performance.now() + sliceMs;
  }
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
class Latest {
  readonly #fields: readonly string[];
  readonly #rows: Rows;
  readonly #winners = new Map<string, number>();

  constructor(fields: readonly string[], rows: Rows) {
    this.#fields = fields;
    this.#rows = rows;
  }

  /** The row that does not count because of this one, perhaps itself; undefined for the first of a cell. */
  add(row: number): number | undefined {
    const key = JSON.stringify(this.#fields.map((field) => String(this.#rows.value(field, row))));
    const known = this.#winners.get(key);
    if (known !== undefined && !this.#isLater(row, known)) return row;
    this.#winners.set(key, row);
    return known;
  }

  #isLater(row: number, other: number): boolean {
    const [a, b] = [this.#rows.writtenAt(row), this.#rows.writtenAt(other)];
    return a === b ? this.#rows.fragment(row) >= this.#rows.fragment(other) : a > b;
  }
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
    ? (Array.from(rows, (row) => column[row]) as string[] | TypedArray[])
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
