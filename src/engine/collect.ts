/**
 * Puts decoded parts together: blocks into one grid, rows into one table.
 *
 * @module
 */
import { placeBlock } from "../bytes/block.js";
import { repeatItem } from "../bytes/fill.js";
import { countItems, itemBytes, lanesOf, type TypedArray } from "../core/dtype.js";
import type { GridTarget, PointsTarget } from "../core/source.js";
import {
  type Axis,
  annotate,
  type Column,
  type GridTable,
  type PointTable,
  stridesOf,
} from "../core/table.js";
import { type JoinSpec, joinRows } from "../worker/join-rows.js";
import type { RemoteGrid } from "../worker/lane.js";
import type { DecodePool } from "../worker/pool.js";
import type { BlockResult, RowsResult } from "../worker/protocol.js";

/** Results below this are put together sooner than a worker is told of them. */
const remoteBytes = 4 * 1024 * 1024;

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
    if (this.#data === undefined && bytes >= remoteBytes) {
      this.#remote ??= this.#pool.openGrid?.({ dtype, shape, fill });
      if (this.#remote !== undefined) return this.#remote.add(block, offset);
    }
    const lanes = lanesOf(dtype);
    placeBlock(
      { values: block.data, shape: block.shape, lanes },
      { values: this.#own(), shape, lanes },
      offset,
    );
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

/** A part's rows, and where it stands in the plan. */
export interface IndexedRows {
  readonly index: number;
  readonly rows: RowsResult;
}

/**
 * Rows of many parts as one table, in the order of their indices; many of them in a worker, so that this thread copies nothing
 * big. The parts are given away.
 */
export async function collectRows(
  target: PointsTarget,
  parts: readonly IndexedRows[],
  limit: number | undefined,
  pool: Pick<DecodePool, "joinRows">,
): Promise<PointTable> {
  const inOrder = [...parts].sort((a, b) => a.index - b.index).map((part) => part.rows);
  const spec = joinSpec(target, limit);
  const bytes = inOrder.reduce((sum, part) => sum + bytesOf(part), 0);
  const isWorthIt = inOrder.length > 1 && bytes >= remoteBytes;
  const joining = isWorthIt ? pool.joinRows?.(spec, inOrder) : undefined;
  return pointTable(target, joining === undefined ? joinRows(spec, inOrder) : await joining);
}

/** One part's rows as a table, up to a limit. */
export function partTable(target: PointsTarget, rows: RowsResult, limit?: number): PointTable {
  return pointTable(target, joinRows(joinSpec(target, limit), [rows]));
}

function joinSpec(target: PointsTarget, limit = Number.POSITIVE_INFINITY): JoinSpec {
  const { dims, positionType } = target;
  const fields = target.fields.map(({ name, dtype, width }) =>
    width === undefined ? { name, dtype } : { name, dtype, width },
  );
  return { dims, positionType, fields, limit };
}

function bytesOf({ positions, fields }: RowsResult): number {
  return fields.reduce((sum, { values }) => sum + values.byteLength, positions.byteLength);
}

function pointTable(target: PointsTarget, joined: RowsResult): PointTable {
  const fields: Record<string, Column> = {};
  target.fields.forEach(({ name, categories, unit }, index) => {
    const { values, width, validity } = joined.fields[index]!;
    fields[name] = annotate(values, {
      ...(width === 1 ? {} : { width }),
      ...(categories === undefined ? {} : { categories }),
      ...(unit === undefined ? {} : { unit }),
      ...(validity === undefined ? {} : { validity }),
    });
  });
  return { kind: "points", length: joined.rows, dims: target.dims, positions: joined.positions, fields };
}
