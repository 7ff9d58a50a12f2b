/**
 * Makes tables of decoded parts: a grid's numbers, rows of many parts as one.
 *
 * @module
 */
import { bytesOfValues, type Items, numbersOf, type Ragged, toItems, type Values } from "../bytes/ragged.js";
import { type DataType, isRagged, type RaggedType, type TypedArray } from "../core/dtype.js";
import type { GridTarget, PointsTarget } from "../core/source.js";
import {
  type Axis,
  annotate,
  type Column,
  type GridTable,
  type PointTable,
  stridesOf,
} from "../core/table.js";
import type { JoinSpec } from "../worker/join-rows.js";
import type { DecodePool } from "../worker/pool.js";
import type { BlockResult, RowsResult } from "../worker/protocol.js";

/** Results below this are put together sooner than a worker is told of them. */
const remoteBytes = 4 * 1024 * 1024;
/** Settling rows takes some 50 times as long as copying them. */
const settledBytes = 64 * 1024;

/** A grid table over data in C order of `shape`; integer selections lose their axes here. */
export function gridTable(
  target: GridTarget,
  data: TypedArray | Items,
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
    ...(target.unit === undefined ? {} : { unit: target.unit }),
    ...(target.categories === undefined ? {} : { categories: target.categories }),
  };
}

/** The values of a block that begins at `offset`, as a table holds them. */
export function dataOf(block: BlockResult, dtype: DataType, offset: readonly number[]): TypedArray | Items {
  return isRagged(dtype) ? itemsOf(block, dtype, offset) : numbersOf(block.data);
}

/** The items of a block that begins at `offset`. Which form values have follows from their type; the pipeline checked it. */
export function itemsOf({ data }: BlockResult, dtype: RaggedType, offset: readonly number[]): Items {
  return toItems(data as Ragged, dtype, `The block at [${offset.join(", ")}] of the result`);
}

/** @param what names the values in errors */
function columnOf(values: Values, dtype: DataType, what: string): TypedArray | Items {
  return isRagged(dtype) ? toItems(values as Ragged, dtype, what) : numbersOf(values);
}

/** A part's rows, and where it stands in the plan. */
export interface IndexedRows {
  readonly index: number;
  readonly rows: RowsResult;
}

/**
 * Rows of many parts as one table, in the order of their indices, settled where the target asks for it; many of them in a worker,
 * so that this thread does nothing big. The parts are given away.
 *
 * @param picks which of these rows are wanted, in what order; all of them where absent
 */
export async function collectRows(
  target: PointsTarget,
  parts: readonly IndexedRows[],
  limit: number | undefined,
  pool: Pick<DecodePool, "joinRows">,
  picks?: Uint32Array,
): Promise<PointTable> {
  const inOrder = [...parts]
    .sort((a, b) => a.index - b.index)
    .map(({ rows: { kind, rows, positions, fields } }): RowsResult => ({ kind, rows, positions, fields }));
  const spec = { ...joinSpec(target, limit), ...(picks === undefined ? {} : { picks }) };
  const bytes = inOrder.reduce((sum, part) => sum + bytesOf(part), 0);
  const isWorthIt =
    target.settling === undefined
      ? inOrder.length > 1 && bytes >= remoteBytes
      : inOrder.length > 0 && bytes >= settledBytes;
  const joined = isWorthIt ? await pool.joinRows?.(spec, inOrder) : undefined;
  return pointTable(target, joined ?? (await joinHere(spec, inOrder)));
}

/** One part's rows as a table, up to a limit. */
export async function partTable(target: PointsTarget, rows: RowsResult, limit?: number): Promise<PointTable> {
  return pointTable(target, await joinHere(joinSpec(target, limit), [rows]));
}

/** Loaded by the first rows: many pages read grids only. */
async function joinHere(spec: JoinSpec, parts: readonly RowsResult[]): Promise<RowsResult> {
  if (spec.settling !== undefined) {
    const { settleRows } = await import("../worker/settle-rows.js");
    return settleRows(spec, spec.settling, parts, true);
  }
  const { joinRows } = await import("../worker/join-rows.js");
  return joinRows(spec, parts);
}

function joinSpec(target: PointsTarget, limit = Number.POSITIVE_INFINITY): JoinSpec {
  const { dims, positionType, settling } = target;
  const fields = target.fields.map(({ name, dtype, width }) =>
    width === undefined ? { name, dtype } : { name, dtype, width },
  );
  return settling === undefined
    ? { dims, positionType, fields, limit }
    : { dims, positionType, fields, limit: Number.POSITIVE_INFINITY, settling };
}

function bytesOf({ positions, fields }: RowsResult): number {
  return fields.reduce((sum, { values }) => sum + bytesOfValues(values), positions.byteLength);
}

function pointTable(target: PointsTarget, joined: RowsResult): PointTable {
  const fields: Record<string, Column> = {};
  const shown = target.fields.slice(0, target.settling?.shown);
  shown.forEach(({ name, dtype, categories, unit }, index) => {
    const { values, width, validity } = joined.fields[index]!;
    fields[name] = annotate(columnOf(values, dtype, `Field ${name}`), {
      ...(width === 1 ? {} : { width }),
      ...(categories === undefined ? {} : { categories }),
      ...(unit === undefined ? {} : { unit }),
      ...(validity === undefined ? {} : { validity }),
    });
  });
  return { kind: "points", length: joined.rows, dims: target.dims, positions: joined.positions, fields };
}

/** The buffers that a table's own arrays lie in; those of axes are their source's. */
export function tableBuffers(table: GridTable | PointTable): ArrayBufferLike[] {
  const columns = "fields" in table ? Object.values(table.fields) : [];
  const numbers = "data" in table ? table.data : table.positions;
  const arrays: readonly unknown[] = [numbers, ...columns, ...columns.map(({ validity }) => validity)];
  return arrays.flatMap((array) => (ArrayBuffer.isView(array) ? [array.buffer] : []));
}
