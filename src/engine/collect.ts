/**
 * Puts decoded parts together: blocks into one grid, rows into one table.
 *
 * @module
 */
import { placeBlock } from "../bytes/block.js";
import { repeatNumbers } from "../bytes/fill.js";
import {
  bytesOfValues,
  countUp,
  type Items,
  numbersOf,
  type Ragged,
  repeatRagged,
  toItems,
  type Values,
} from "../bytes/ragged.js";
import {
  countItems,
  type DataType,
  type FixedType,
  isRagged,
  itemBytes,
  lanesOf,
  type RaggedType,
  type TypedArray,
} from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
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
import { planesOf } from "./planes.js";

/** Results below this are put together sooner than a worker is told of them. */
const remoteBytes = 4 * 1024 * 1024;
/** Most strings in one result: engines make a dictionary of longer plain arrays (2^25, V8). */
const maxItems = 2 ** 25;

/**
 * One grid, filled block by block: a large one in a worker, begun when the first block comes, so that this thread copies
 * nothing big.
 */
export class GridCollector {
  readonly #target: GridTarget;
  readonly #pool: Pick<DecodePool, "openGrid">;
  #data: TypedArray | undefined;
  #items: ItemGrid | undefined;
  #remote: RemoteGrid | undefined;

  constructor(target: GridTarget, pool: Pick<DecodePool, "openGrid"> = {}) {
    this.#target = target;
    this.#pool = pool;
  }

  /** Takes a block over; where that is a promise, there is room for the next when it resolves. */
  add(block: BlockResult, offset: readonly number[]): Promise<void> | undefined {
    const { dtype, shape, fill } = this.#target;
    if (isRagged(dtype)) {
      this.#ownItems(dtype).add(itemsOf(block.data, dtype, blockAt(offset)), block.shape, offset);
      return undefined;
    }
    const bytes = countItems(shape) * itemBytes(dtype);
    if (this.#data === undefined && bytes >= remoteBytes) {
      this.#remote ??= this.#pool.openGrid?.({ dtype, shape, fill });
      if (this.#remote !== undefined) return this.#remote.add(block, offset);
    }
    const lanes = lanesOf(dtype);
    placeBlock(
      { values: numbersOf(block.data), shape: block.shape, lanes },
      { values: this.#own(dtype), shape, lanes },
      offset,
    );
    return undefined;
  }

  async finish(): Promise<GridTable> {
    const { dtype, shape, axes } = this.#target;
    const own = (): TypedArray | Items =>
      isRagged(dtype) ? this.#ownItems(dtype).finish() : this.#own(dtype);
    const data = this.#remote === undefined ? own() : await this.#remote.finish();
    return { ...gridTable(this.#target, data, shape, axes), ...planesOf(this.#target) };
  }

  /** Lets go of a grid that nobody will finish. */
  discard(): void {
    this.#remote?.discard();
  }

  #own(dtype: FixedType): TypedArray {
    const { shape, fill } = this.#target;
    this.#data ??= repeatNumbers(dtype, countItems(shape), fill);
    return this.#data;
  }

  #ownItems(dtype: RaggedType): ItemGrid {
    const { shape, fill } = this.#target;
    this.#items ??= new ItemGrid(dtype, shape, fill);
    return this.#items;
  }
}

/** A grid of items of any length: their numbers are placed, and stand for them until the end. */
class ItemGrid {
  /** The fill value, then the items as they come. */
  readonly #items: (string | Uint8Array)[];
  readonly #numbers: Uint32Array;
  readonly #shape: readonly number[];

  constructor(dtype: RaggedType, shape: readonly number[], fill: Uint8Array) {
    const length = countItems(shape);
    if (length > maxItems) {
      throw new ReaderError("limit-exceeded", `${length} items of ${dtype}; the limit is ${maxItems}.`, {
        hint: "Ask for a smaller box.",
      });
    }
    this.#items = toItems(repeatRagged(fill, 1), dtype, "The fill value");
    this.#numbers = new Uint32Array(length);
    this.#shape = shape;
  }

  add(items: Items, shape: readonly number[], offset: readonly number[]): void {
    const numbers = countUp(items.length, this.#items.length);
    for (const item of items) this.#items.push(item);
    const target = { values: this.#numbers, shape: this.#shape, lanes: 1 };
    placeBlock({ values: numbers, shape, lanes: 1 }, target, offset);
  }

  finish(): Items {
    return Array.from(this.#numbers, (number) => this.#items[number]!) as Items;
  }
}

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
  };
}

/** The values of a block that begins at `offset`, as a table holds them. */
export function dataOf(block: BlockResult, dtype: DataType, offset: readonly number[]): TypedArray | Items {
  return columnOf(block.data, dtype, blockAt(offset));
}

/** @param what names the values in errors */
function columnOf(values: Values, dtype: DataType, what: string): TypedArray | Items {
  return isRagged(dtype) ? itemsOf(values, dtype, what) : numbersOf(values);
}

/** Which form values have follows from their type; the pipeline checked it. */
function itemsOf(values: Values, dtype: RaggedType, what: string): Items {
  return toItems(values as Ragged, dtype, what);
}

function blockAt(offset: readonly number[]): string {
  return `The block at [${offset.join(", ")}] of the result`;
}

/** A part's rows, and where it stands in the plan. */
export interface IndexedRows {
  readonly index: number;
  readonly rows: RowsResult;
}

/**
 * Rows of many parts as one table, in the order of their indices; many of them in a worker, so that this thread copies nothing
 * big. The parts are given away.
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
  return fields.reduce((sum, { values }) => sum + bytesOfValues(values), positions.byteLength);
}

function pointTable(target: PointsTarget, joined: RowsResult): PointTable {
  const fields: Record<string, Column> = {};
  target.fields.forEach(({ name, dtype, categories, unit }, index) => {
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
