/**
 * Tasks of rows; loaded by the first of them.
 *
 * @module
 */
import { repeatItem } from "../bytes/fill.js";
import {
  checkRagged,
  countUp,
  gatherRagged,
  isRaggedValues,
  itemOf,
  numbersOf,
  type Ragged,
  repeatRagged,
  type Values,
} from "../bytes/ragged.js";
import { type DecodeOptions, ownValues, placeChunk } from "../codec/pipeline.js";
import type { CodecRegistry } from "../codec/registry.js";
import type { DecodedArray } from "../codec/types.js";
import { arrayOf, isRagged, lanesOf, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { ComponentRef, FieldOutput } from "../core/plan.js";
import { clockNow, type TaskTimes } from "../core/recorder.js";
import type { Kernels } from "../kernel/kernel.js";
import type { Placed } from "../kernel/memory.js";
import type { RowFilterCondition } from "../kernel/twin/select-rows.js";
import type { ColumnTask, FieldData, RowsResult, RowsTask } from "./protocol.js";

/** What only some tasks need. */
export interface RowsExtras {
  /** Absent: the built-in codecs. */
  readonly registry?: CodecRegistry;
  /** For tasks with a polygon. */
  readonly polygon?: typeof import("../kernel/polygon.js");
}

/** Rows of one decoded column. */
interface DecodedColumn {
  /** As `placeChunk` left them; absent where a ragged chunk is not stored and has no fill. */
  readonly array: DecodedArray | undefined;
  readonly width: number;
  readonly task: ColumnTask;
}

/** Decoded columns, and which of their rows are wanted. */
interface Rows {
  readonly columns: readonly DecodedColumn[];
  /** Rows that the columns have. */
  readonly total: number;
  /** Numbers of the wanted rows; absent when all are. */
  readonly kept: Placed<Uint32Array> | undefined;
  readonly count: number;
  readonly kernels: Kernels;
  /** The text of a column of text, decoded. */
  readonly text: (column: number) => Uint8Array | undefined;
}

/**
 * Decodes columns, keeps the rows that meet every condition, compacts what was asked for.
 *
 * @param times is told when the columns were decoded
 */
export function runRows(task: RowsTask, kernels: Kernels, extras: RowsExtras, times?: TaskTimes): RowsResult {
  const options = { kernels, label: task.label, registry: extras.registry };
  const tables = task.columns.filter((column) => column.isTable).map((table) => decodeTable(table, options));
  const [first, ...others] = task.columns.filter((column) => !column.isTable && !column.isText);
  if (first === undefined) {
    if (tables.length > 0) return { kind: "rows", rows: 0, positions: new Uint8Array(0), fields: [], tables };
    throw new ReaderError("codec-failed", `${task.label}: a task without columns.`);
  }
  const head = decodeRows(first, undefined, options);
  const total = head.array === undefined ? 0 : head.array.values.length / head.width;
  const columns = [head, ...others.map((column) => decodeRows(column, total, options))];
  if (times !== undefined) times.decodedAt = clockNow();
  const selected = selectRows(task, columns, total, kernels);
  const inside = selected && insidePolygon(task, selected, columns, kernels, extras);
  const kept =
    task.runs === undefined ? inside : { values: rowsInRuns(task.runs, inside?.values, total, task.label) };
  const met = kept === undefined || kept.values.length === total ? undefined : kept;
  const wanted = task.numbers === "all" ? undefined : met;
  const count = wanted === undefined ? total : wanted.values.length;
  const text = (index: number): Uint8Array | undefined =>
    decodeTable(task.columns[index]!, options) as Uint8Array;
  const rows = { columns, total, kept: wanted, count, kernels, text };
  return {
    kind: "rows",
    rows: count,
    positions: gatherPositions(task, rows),
    fields: task.fields.map((field) => gatherField(field, rows)),
    ...(task.numbers === undefined
      ? {}
      : { total, ...(met === undefined ? {} : { kept: met.values.slice() }) }),
    ...(tables.length === 0 ? {} : { tables }),
  };
}

function decodeTable({ bytes, codecs, dtype }: ColumnTask, options: DecodeOptions): Values | undefined {
  if (bytes === undefined) return undefined;
  return ownValues<Values>(placeChunk(bytes, codecs, { dtype }, options).values, bytes);
}

function decodeRows(task: ColumnTask, rows: number | undefined, options: DecodeOptions): DecodedColumn {
  const { bytes, codecs, dtype } = task;
  const { label } = options;
  if (bytes === undefined) return absentRows(task, rows);
  const array = placeChunk(bytes, codecs, { dtype }, options);
  const { length } = array.values;
  const lanes = lanesOf(dtype);
  const width = (task.width ?? (rows ? length / lanes / rows : 1)) * lanes;
  const count = length / width;
  if (!Number.isInteger(count) || !Number.isInteger(width) || (rows !== undefined && count !== rows)) {
    throw new ReaderError(
      "corrupt",
      `${label}: column ${task.name} holds ${length} ${isRaggedValues(array.values) ? "items" : "numbers"}, which is not ${rows ?? "a whole number of"} rows of ${width}.`,
      { detail: { part: label } },
    );
  }
  return { array, width, task };
}

function absentRows(task: ColumnTask, rows = 0): DecodedColumn {
  const { dtype, fill } = task;
  const items = task.width ?? 1;
  const array = fill === undefined ? undefined : { values: repeatItem(dtype, rows * items, fill) };
  return { array, width: items * lanesOf(dtype), task };
}

/** Numbers of the rows that meet every condition, or `undefined` where all do and no polygon is asked. */
function selectRows(
  task: RowsTask,
  columns: readonly DecodedColumn[],
  rows: number,
  kernels: Kernels,
): Placed<Uint32Array> | undefined {
  if (rows === 0) return undefined;
  // A polygon is asked of every row where no condition is left open.
  if (task.conditions.length === 0) return task.polygon && { values: countUp(rows) };
  const conditions = [];
  for (const { column, component, min, max } of task.conditions) {
    const { array, width } = columns[column]!;
    if (array === undefined) return { values: new Uint32Array(0) }; // a null meets no condition
    const { values } = array;
    conditions.push(
      typeof min === "string" || typeof max === "string"
        ? textCondition(values as Ragged, String(min), String(max))
        : { values: numbersOf(values), stride: width, offset: component, min, max },
    );
  }
  return kernels.resident?.selectRows(conditions, rows) ?? { values: kernels.selectRows(conditions, rows) };
}

/** A condition on text as one on flags: kernels compare numbers. */
function textCondition(list: Ragged, min: string, max: string): RowFilterCondition {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const values = Uint8Array.from({ length: list.length }, (_, row) => {
    const text = utf8.decode(itemOf(list, row));
    return text >= min && text <= max ? 1 : 0;
  });
  return { values, stride: 1, offset: 0, min: 1, max: 1 };
}

/** Of the rows that meet the conditions, those in the polygon, where there is one. */
function insidePolygon(
  { polygon }: RowsTask,
  selected: Placed<Uint32Array>,
  columns: readonly DecodedColumn[],
  kernels: Kernels,
  extras: RowsExtras,
): Placed<Uint32Array> {
  if (polygon === undefined || selected.values.length === 0) return selected;
  const { rings, x, y } = polygon;
  const [xs, ys] = [x, y].map(({ column, component }) => {
    const { array, width } = columns[column]!;
    return { values: numbersOf(array!.values), stride: width, offset: component };
  });
  const { rowsInPolygonWith } = extras.polygon!;
  return rowsInPolygonWith(kernels.resident?.filter, selected.values, xs!, ys!, rings);
}

/** Of these rows, or of all, those in runs of rows. */
function rowsInRuns(
  runs: Uint32Array,
  rows: Uint32Array | undefined,
  total: number,
  label: string,
): Uint32Array {
  if (runs.length > 0 && runs.at(-1)! > total) {
    throw new ReaderError("corrupt", `${label}: rows up to ${runs.at(-1)} are named, there are ${total}.`);
  }
  const found = new Uint32Array(rows?.length ?? total);
  let length = 0;
  let at = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const [first, end] = [runs[run]!, runs[run + 1]!];
    if (rows === undefined) for (let row = first; row < end; row++) found[length++] = row;
    else {
      while (at < rows.length && rows[at]! < first) at++;
      while (at < rows.length && rows[at]! < end) found[length++] = rows[at++]!;
    }
  }
  return found.slice(0, length);
}

function gatherPositions({ positions }: RowsTask, rows: Rows): TypedArray {
  const { column } = positions[0]!;
  const head = rows.columns[column]!;
  if (head.array === undefined) return new (arrayOf(head.task.dtype))(0);
  const isWholeRow =
    positions.length === head.width &&
    positions.every((ref, index) => ref.column === column && ref.component === index);
  return isWholeRow ? numbersOf(gather(head, head.array, rows)) : interleave(positions, rows);
}

/** Whole rows of a column, in an array of their own. */
function gather({ task, width }: DecodedColumn, array: DecodedArray, { kept, kernels }: Rows): Values {
  if (kept === undefined) return ownValues(array.values, task.bytes);
  if (isRaggedValues(array.values)) return gatherRagged(array.values, kept.values, width);
  return kernels.gather(array.values, width, kept.values);
}

/**
 * Takes single components of rows from one or several columns of one type.
 *
 * @throws ReaderError `corrupt` when one of them is not stored: a coordinate must never become zero
 */
function interleave(refs: readonly ComponentRef[], rows: Rows): TypedArray {
  const components = refs.map(({ column, component }) => {
    const { array, width, task } = rows.columns[column]!;
    if (array !== undefined) return { values: numbersOf(array.values), width, component };
    throw new ReaderError("corrupt", `Column ${task.name}, which makes up positions, is not stored.`);
  });
  return rows.kernels.interleave(components, rows.kept?.values ?? rows.count);
}

function gatherField(field: FieldOutput, rows: Rows): FieldData {
  const { name, nullValue } = field;
  const column = rows.columns[field.column]!;
  const { array, width } = column;
  if (array === undefined) {
    const { dtype } = column.task;
    const length = rows.count * width;
    const empty = isRagged(dtype) ? repeatRagged(new Uint8Array(0), length) : new (arrayOf(dtype))(length);
    return { name, values: empty, width, validity: new Uint8Array(rows.count) };
  }
  if (field.component !== undefined) {
    const refs = [{ column: field.column, component: field.component }];
    return { name, values: interleave(refs, rows), width: 1 };
  }
  const cells = field.text === undefined ? array : cellsOfText(array, rows.text(field.text), name);
  const values = gather({ ...column, array: cells }, cells, rows);
  const data = { name, values, width, ...validityOf(field, rows) };
  return nullValue === undefined || isRaggedValues(values)
    ? data
    : { ...data, ...nullsOf(values, nullValue) };
}

/** Cells of any length, of a column that tells where each begins. */
function cellsOfText({ values }: DecodedArray, bytes: Uint8Array | undefined, name: string): DecodedArray {
  const starts = numbersOf(values);
  const text = bytes ?? new Uint8Array(0);
  const offsets = new Uint32Array(starts.length + 1);
  for (let row = 0; row < starts.length; row++) {
    const start = Number(starts[row]);
    // Beyond 32 bits it would come out as another place.
    if (start > text.length) throw new ReaderError("corrupt", `${name}: row ${row} begins behind the text.`);
    offsets[row] = start;
  }
  offsets[starts.length] = text.length;
  return { values: checkRagged(offsets, text, name) };
}

/** The flags of a column that has them in another; nothing when no kept row is null. */
function validityOf({ validity }: FieldOutput, rows: Rows): { validity?: Uint8Array } {
  const flags = validity === undefined ? undefined : rows.columns[validity]!;
  if (flags?.array === undefined) return {};
  const kept = gather(flags, flags.array, rows) as Uint8Array;
  return kept.includes(0) ? { validity: kept } : {};
}

/** Validity of values among which one stands for "none"; nothing when none is there. */
function nullsOf(values: TypedArray, nullValue: number): { validity?: Uint8Array } {
  const validity = Uint8Array.from(values as Float64Array, (value) => (Number(value) === nullValue ? 0 : 1));
  return validity.includes(0) ? { validity } : {};
}
