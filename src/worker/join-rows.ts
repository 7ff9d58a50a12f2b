/**
 * Rows of many parts as one: the same function runs in a worker, where the rows are many, and on the page's thread.
 *
 * @module
 */
import {
  concatRagged,
  gatherRagged,
  isRaggedValues,
  numbersOf,
  ownRagged,
  repeatRagged,
  type Values,
} from "../bytes/ragged.js";
import { arrayOf, type DataType, heldBytes, isRagged, lanesOf, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { Settling } from "../core/settling.js";
import type { FieldData, RowsResult } from "./protocol.js";
import { Spares } from "./spares.js";

/** What the rows are to be. */
export interface JoinSpec {
  readonly dims: number;
  readonly positionType: DataType;
  readonly fields: readonly JoinField[];
  /** What the rows have to go through, which then tells the most rows of the result, and its fields: see `settle-rows.ts`. */
  readonly settling?: Settling;
  /** Most rows of the result; those of the last parts are left out. */
  readonly limit: number;
  /** Which of the joined rows are wanted, in what order, some of them perhaps more than once; absent: all as they come. */
  readonly picks?: Uint32Array;
}

export interface JoinField {
  readonly name: string;
  readonly dtype: DataType;
  /** Items per row. Absent where only the data tells. */
  readonly width?: number;
}

/**
 * Joins rows in the order given. A single part that needs no change is handed through.
 *
 * @param rooms memory for the result, used where it fits
 * @throws ReaderError `corrupt` when parts differ in the number of values per row
 */
export function joinRows(
  spec: JoinSpec,
  parts: readonly RowsResult[],
  rooms: readonly ArrayBuffer[] = [],
): RowsResult {
  return spec.picks === undefined ? joinAll(spec, parts, rooms) : pickRows(spec, parts, spec.picks);
}

function pickRows(spec: JoinSpec, parts: readonly RowsResult[], picks: Uint32Array): RowsResult {
  const starts = [0];
  for (const { rows } of parts) starts.push(starts.at(-1)! + rows);
  const positions = parts.map((part) => part.positions);
  return {
    kind: "rows",
    rows: picks.length,
    positions: pick(positions, starts, spec.positionType, spec.dims, picks),
    fields: spec.fields.map((field) => pickField(field, parts, starts, picks)),
  };
}

function pickField(
  field: JoinField,
  parts: readonly RowsResult[],
  starts: readonly number[],
  picks: Uint32Array,
): FieldData {
  const { name, dtype } = field;
  const pieces = parts.flatMap(({ fields }) => fields.find((data) => data.name === name) ?? []);
  const width = pieces[0]?.width ?? 0;
  const isPlain =
    !isRagged(dtype) &&
    pieces.length === parts.length &&
    width === (field.width === undefined ? width : field.width * lanesOf(dtype)) &&
    pieces.every((data) => data.width === width && data.validity === undefined);
  if (isPlain) {
    const arrays = pieces.map(({ values }) => numbersOf(values));
    return { name, width, values: pick(arrays, starts, dtype, width, picks) };
  }
  const total = starts.at(-1)!;
  const joined = joinField(field, parts, total, new Spares(0));
  const { values, validity } = joined;
  const picked = {
    name,
    width: joined.width,
    values: isRaggedValues(values)
      ? gatherRagged(values, picks, joined.width)
      : pick([values], [0, total], dtype, joined.width, picks),
  };
  if (validity === undefined) return picked;
  return { ...picked, validity: pick([validity], [0, total], "uint8", 1, picks) as Uint8Array };
}

/**
 * Some rows of arrays that lie one after another, straight from them: runs of rows are copied as such.
 *
 * @param starts the first row of each array among those of all, and at the end their number
 */
function pick(
  arrays: readonly TypedArray[],
  starts: readonly number[],
  dtype: DataType,
  width: number,
  picks: Uint32Array,
): TypedArray {
  const out = new (arrayOf(dtype))(picks.length * width) as Float64Array;
  let part = 0;
  for (let at = 0; at < picks.length; ) {
    const row = picks[at]!;
    if (row < starts[part]! || row >= starts[part + 1]!) part = partOf(row, starts);
    const end = starts[part + 1]!;
    let count = 1;
    while (row + count < end && picks[at + count] === row + count) count++;
    const from = arrays[part] as Float64Array;
    const start = (row - starts[part]!) * width;
    if (count > shortRun) out.set(from.subarray(start, start + count * width), at * width);
    else for (let item = 0; item < count * width; item++) out[at * width + item] = from[start + item]!;
    at += count;
  }
  return out;
}

/** The array that a row is of. */
function partOf(row: number, starts: readonly number[]): number {
  let [low, high] = [0, starts.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Rows that are copied one by one sooner than by a view of them. */
const shortRun = 8;

function joinAll(spec: JoinSpec, parts: readonly RowsResult[], rooms: readonly ArrayBuffer[]): RowsResult {
  const spares = new Spares(Number.POSITIVE_INFINITY);
  for (const room of rooms) spares.put(room);
  const total = parts.reduce((sum, part) => sum + part.rows, 0);
  const rows = Math.min(total, spec.limit);
  const positions = join(
    parts.map((part) => part.positions),
    spec.positionType,
    rows * spec.dims,
    spares,
  );
  const fields = spec.fields.map((field) => joinField(field, parts, rows, spares));
  return { kind: "rows", rows, positions, fields };
}

/** Bytes of the arrays that a join makes, as far as they are known before. */
export function joinedBytes(spec: JoinSpec, parts: readonly RowsResult[]): number[] {
  const rows = Math.min(
    parts.reduce((sum, part) => sum + part.rows, 0),
    spec.limit,
  );
  const fields = spec.fields.map(({ dtype, width = 1 }) =>
    isRagged(dtype) ? 0 : heldBytes(dtype, [rows, width]),
  );
  return [heldBytes(spec.positionType, [rows, spec.dims]), ...fields];
}

/** Joins arrays of one type up to a length; a single array that fits is handed through. */
function join(arrays: readonly TypedArray[], dtype: DataType, length: number, spares: Spares): TypedArray {
  if (arrays.length === 1 && arrays[0]!.length === length) return arrays[0]!;
  const make = arrayOf(dtype);
  const room = spares.take(length * make.BYTES_PER_ELEMENT);
  const out = room === undefined ? new make(length) : new make(room, 0, length);
  let at = 0;
  for (const array of arrays) {
    if (at >= length) break;
    const part = array.length > length - at ? array.subarray(0, length - at) : array;
    (out as Float64Array).set(part as Float64Array, at);
    at += part.length;
  }
  // Memory used before holds something else there.
  if (at < length) new Uint8Array(out.buffer as ArrayBuffer).fill(0, at * make.BYTES_PER_ELEMENT);
  return out;
}

function joinValues(arrays: readonly Values[], dtype: DataType, length: number, spares: Spares): Values {
  if (!isRagged(dtype)) return join(arrays.map(numbersOf), dtype, length, spares);
  const whole = concatRagged(arrays.filter(isRaggedValues));
  return whole.length === length ? whole : ownRagged({ ...whole, length });
}

interface Piece {
  readonly rows: number;
  readonly data: FieldData | undefined;
}

function joinField(field: JoinField, parts: readonly RowsResult[], rows: number, spares: Spares): FieldData {
  const { name, dtype } = field;
  const pieces = parts.map((part) => ({
    rows: part.rows,
    data: part.fields.find((data) => data.name === name),
  }));
  const width = widthOf(field, pieces);
  const values = joinValues(
    pieces.map((piece) => valuesOf(field, piece, width)),
    dtype,
    rows * width,
    spares,
  );
  return { name, values, width, ...joinValidity(pieces, rows) };
}

/** Numbers per row: from the metadata, else from the first chunk that has values. */
function widthOf({ width, dtype }: JoinField, pieces: readonly Piece[]): number {
  if (width !== undefined) return width * lanesOf(dtype);
  const told = pieces.find(({ rows, data }) => rows > 0 && data !== undefined && !isAllNull(data, rows));
  return told?.data?.width ?? lanesOf(dtype);
}

function isAllNull(data: FieldData, rows: number): boolean {
  return data.validity?.subarray(0, rows).every((flag) => flag === 0) ?? false;
}

function valuesOf({ name, dtype }: JoinField, { data, rows }: Piece, width: number): Values {
  if (data !== undefined && (data.width === width || rows === 0)) return data.values;
  if (data === undefined || isAllNull(data, rows)) {
    const length = rows * width;
    return isRagged(dtype) ? repeatRagged(new Uint8Array(0), length) : new (arrayOf(dtype))(length);
  }
  throw new ReaderError(
    "corrupt",
    `Field ${name} has ${data.width} numbers per row in one chunk and ${width} in another or in the metadata.`,
  );
}

function joinValidity(pieces: readonly Piece[], length: number): { validity?: Uint8Array } {
  if (pieces.every(({ data }) => data !== undefined && data.validity === undefined)) return {};
  const validity = new Uint8Array(length);
  let at = 0;
  for (const { rows, data } of pieces) {
    const count = Math.min(rows, length - at);
    if (data !== undefined && data.validity === undefined) validity.fill(1, at, at + count);
    else if (data?.validity !== undefined) validity.set(data.validity.subarray(0, count), at);
    at += count;
  }
  return { validity };
}
