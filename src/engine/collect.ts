/**
 * Puts decoded parts together: blocks into one grid, rows into one table.
 *
 * @module
 */
import { placeBlock } from "../bytes/block.js";
import { repeatItem } from "../bytes/fill.js";
import { arrayOf, countItems, type DataType, itemBytes, lanesOf, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { FieldInfo, GridTarget, PointsTarget } from "../core/source.js";
import {
  type Axis,
  annotate,
  type Column,
  type GridTable,
  type PointTable,
  stridesOf,
} from "../core/table.js";
import type { RemoteGrid } from "../worker/lane.js";
import type { DecodePool } from "../worker/pool.js";
import type { BlockResult, FieldData, RowsResult } from "../worker/protocol.js";

/** Results below this are put together sooner than a worker is told of them. */
const remoteGridBytes = 4 * 1024 * 1024;

/**
 * One grid, filled block by block: a large one in a worker, begun when the first block comes, so that this thread copies
 * nothing big.
 */
export class GridCollector {
  readonly #target: GridTarget;
  readonly #pool: Pick<DecodePool, "openGrid">;
  #data: TypedArray | undefined;
  #remote: RemoteGrid | undefined;

  constructor(target: GridTarget, pool: Pick<DecodePool, "openGrid"> = {}) {
    this.#target = target;
    this.#pool = pool;
  }

  /** Takes a block over; where that is a promise, there is room for the next when it resolves. */
  add(block: BlockResult, offset: readonly number[]): Promise<void> | undefined {
    const { dtype, shape, fill } = this.#target;
    const bytes = countItems(shape) * itemBytes(dtype);
    if (this.#data === undefined && bytes >= remoteGridBytes) {
      this.#remote ??= this.#pool.openGrid?.({ dtype, shape, fill });
      if (this.#remote !== undefined) return this.#remote.add(block, offset);
    }
    placeBlock(block.data, block.shape, this.#own(), shape, offset, lanesOf(dtype));
    return undefined;
  }

  async finish(): Promise<GridTable> {
    const data = this.#remote === undefined ? this.#own() : await this.#remote.finish();
    return gridTable(this.#target, data, this.#target.shape, this.#target.axes);
  }

  /** Lets go of a grid that nobody will finish. */
  discard(): void {
    this.#remote?.discard();
  }

  #own(): TypedArray {
    const { dtype, shape, fill } = this.#target;
    this.#data ??= repeatItem(dtype, countItems(shape), fill);
    return this.#data;
  }
}

/** A grid table over data in C order of `shape`; integer selections lose their axes here. */
export function gridTable(
  target: GridTarget,
  data: TypedArray,
  shape: readonly number[],
  axes: readonly Axis[],
): GridTable {
  const keep = (_: unknown, axis: number): boolean => !target.dropped.includes(axis);
  const kept = shape.filter(keep);
  return {
    kind: "grid",
    dtype: target.dtype,
    data: data as GridTable["data"],
    shape: kept,
    stride: stridesOf(kept),
    axes: axes.filter(keep),
  };
}

/** Rows of many parts as one table, in the order of their indices. */
export function concatRows(
  target: PointsTarget,
  parts: readonly { readonly index: number; readonly rows: RowsResult }[],
  limit = Number.POSITIVE_INFINITY,
): PointTable {
  const inOrder = [...parts].sort((a, b) => a.index - b.index).map((part) => part.rows);
  const total = inOrder.reduce((sum, part) => sum + part.rows, 0);
  const length = Math.min(total, limit);
  const positions = concat(
    inOrder.map((part) => part.positions),
    target.positionType,
    length * target.dims,
  );
  const fields: Record<string, Column> = {};
  for (const info of target.fields) fields[info.name] = concatField(info, inOrder, length);
  return { kind: "points", length, dims: target.dims, positions, fields };
}

/** Joins arrays of one type up to a length; a single array that fits is handed through. */
function concat(arrays: readonly TypedArray[], dtype: DataType, length: number): TypedArray {
  if (arrays.length === 1 && arrays[0]!.length === length) return arrays[0]!;
  const out = new (arrayOf(dtype))(length);
  let at = 0;
  for (const array of arrays) {
    if (at >= length) break;
    const part = array.length > length - at ? array.subarray(0, length - at) : array;
    (out as Float64Array).set(part as Float64Array, at);
    at += part.length;
  }
  return out;
}

function concatField(info: FieldInfo, parts: readonly RowsResult[], length: number): Column {
  const pieces = parts.map((part) => ({
    rows: part.rows,
    data: part.fields.find((field) => field.name === info.name),
  }));
  const width = fieldWidth(info, pieces);
  const values = concat(
    pieces.map(({ rows, data }) => valuesOf(info, data, rows, width)),
    info.dtype,
    length * width,
  );
  return annotate(values, {
    ...(width === 1 ? {} : { width }),
    ...(info.categories === undefined ? {} : { categories: info.categories }),
    ...(info.unit === undefined ? {} : { unit: info.unit }),
    ...joinValidity(pieces, length),
  });
}

interface Piece {
  readonly rows: number;
  readonly data: FieldData | undefined;
}

/** Numbers per row: from the metadata, else from the first chunk that has values. */
function fieldWidth(info: FieldInfo, pieces: readonly Piece[]): number {
  if (info.width !== undefined) return info.width * lanesOf(info.dtype);
  const told = pieces.find(({ rows, data }) => rows > 0 && data !== undefined && !isAllNull(data, rows));
  return told?.data?.width ?? lanesOf(info.dtype);
}

function isAllNull(data: FieldData, rows: number): boolean {
  return data.validity?.subarray(0, rows).every((flag) => flag === 0) ?? false;
}

function valuesOf(info: FieldInfo, data: FieldData | undefined, rows: number, width: number): TypedArray {
  if (data !== undefined && (data.width === width || rows === 0)) return data.values;
  if (data === undefined || isAllNull(data, rows)) return new (arrayOf(info.dtype))(rows * width);
  throw new ReaderError(
    "corrupt",
    `Field ${info.name} has ${data.width} numbers per row in one chunk and ${width} in another or in the metadata.`,
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
