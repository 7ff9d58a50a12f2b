/**
 * Puts the blocks of a grid together; loaded by the first query of one.
 *
 * @module
 */
import { type Box, placeBlock } from "../bytes/block.js";
import type { Memory } from "../bytes/fill.js";
import { countUp, type Items, repeatRagged, toItems } from "../bytes/ragged.js";
import { uncoveredBoxes } from "../bytes/uncovered.js";
import { arrayOf, countItems, type FixedType, heldBytes, isRagged, type RaggedType } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { BlockPart } from "../core/plan.js";
import type { GridOptions, GridTarget } from "../core/source.js";
import type { GridTable } from "../core/table.js";
import { type GridAssembly, LocalGrid } from "../worker/assembly.js";
import type { DecodePool } from "../worker/pool.js";
import type { DecodeResult } from "../worker/protocol.js";
import { gridTable, itemsOf } from "./collect.js";
import { planesOf } from "./planes.js";

/** One grid, filled part by part. Whoever does not finish it discards it. */
export interface GridCollector {
  /** For workers that can write to it themselves. */
  readonly grid?: GridAssembly;
  /** Takes a part's block over; where that is a promise, there is room for the next when it resolves. */
  add(part: Pick<BlockPart, "crop" | "offset">, result: DecodeResult | undefined): Promise<void> | undefined;
  finish(): Promise<GridTable>;
  /** Lets go; resolves when nobody writes to memory of the user's any more. */
  discard(): Promise<void>;
}

/**
 * Starts a grid: a large one is put together by workers, so that this thread copies nothing big.
 *
 * @param into memory of the user's for the result
 * @throws ReaderError `invalid-query` when the result does not fit into it, `limit-exceeded` when there is no memory
 */
export async function openCollector(
  target: GridTarget,
  pool: Pick<DecodePool, "openGrid" | "spare"> = {},
  into?: GridOptions["into"],
): Promise<GridCollector> {
  const { dtype, shape } = target;
  if (isRagged(dtype)) {
    if (into === undefined) return new ItemCollector(target, dtype);
    throw new ReaderError("invalid-query", `into cannot hold ${dtype}, whose items have no common length.`);
  }
  const spec = { dtype, shape };
  const bytes = heldBytes(dtype, shape);
  const memory = into && memoryOf(into, dtype, bytes);
  const remote = await pool.openGrid?.(spec, memory);
  return new NumberCollector(target, remote ?? new LocalGrid(spec, memory ?? spareOf(pool, bytes)));
}

function spareOf(pool: Pick<DecodePool, "spare">, bytes: number): Memory | undefined {
  const buffer = pool.spare?.(bytes);
  return buffer && { buffer, byteOffset: 0 };
}

/** @param needed bytes of the result */
function memoryOf(into: NonNullable<GridOptions["into"]>, dtype: FixedType, needed: number): Memory {
  const isArray = ArrayBuffer.isView(into);
  const wanted = arrayOf(dtype);
  if (isArray && into.constructor !== wanted) {
    throw new ReaderError(
      "invalid-query",
      `into is a ${into.constructor.name}; ${dtype} needs a ${wanted.name}.`,
    );
  }
  if (into.byteLength < needed) {
    throw new ReaderError(
      "invalid-query",
      `into holds ${into.byteLength} bytes; the result takes ${needed}.`,
    );
  }
  return isArray ? { buffer: into.buffer, byteOffset: into.byteOffset } : { buffer: into, byteOffset: 0 };
}

/** What no block covers is filled at the end, which for a dense array is nothing. */
class NumberCollector implements GridCollector {
  readonly grid: GridAssembly;
  readonly #target: GridTarget;
  readonly #boxes: Box[] = [];

  constructor(target: GridTarget, grid: GridAssembly) {
    this.grid = grid;
    this.#target = target;
  }

  add(
    { crop, offset }: Pick<BlockPart, "crop" | "offset">,
    result: DecodeResult | undefined,
  ): Promise<void> | undefined {
    if (result?.kind !== "placed" && result?.kind !== "block") return undefined;
    this.#boxes.push({ offset, shape: crop.map(({ count }) => count) });
    return result.kind === "block" ? this.grid.add(result, offset) : undefined;
  }

  async finish(): Promise<GridTable> {
    const { shape, fill, axes } = this.#target;
    const isDone = this.grid.isBlank && fill.every((byte) => byte === 0);
    const boxes = isDone ? [] : uncoveredBoxes(shape, this.#boxes);
    const data = await this.grid.finish({ item: fill, boxes });
    return { ...gridTable(this.#target, data, shape, axes), ...planesOf(this.#target) };
  }

  discard(): Promise<void> {
    return this.grid.discard();
  }
}

/** Most strings in one result: engines make a dictionary of longer plain arrays (2^25, V8). */
const maxItems = 2 ** 25;

/** Items of any length: their numbers are placed, and stand for them until the end. */
class ItemCollector implements GridCollector {
  readonly #target: GridTarget;
  readonly #dtype: RaggedType;
  /** The fill value, then the items as they come. */
  readonly #items: Items[number][];
  readonly #numbers: Uint32Array;

  constructor(target: GridTarget, dtype: RaggedType) {
    const length = countItems(target.shape);
    if (length > maxItems) {
      throw new ReaderError("limit-exceeded", `${length} items of ${dtype}; the limit is ${maxItems}.`, {
        hint: "Ask for a smaller box.",
      });
    }
    this.#target = target;
    this.#dtype = dtype;
    this.#items = toItems(repeatRagged(target.fill, 1), dtype, "The fill value");
    this.#numbers = new Uint32Array(length);
  }

  add({ offset }: Pick<BlockPart, "crop" | "offset">, result: DecodeResult | undefined): undefined {
    if (result?.kind !== "block") return;
    const items = itemsOf(result, this.#dtype, offset);
    const numbers = countUp(items.length, this.#items.length);
    for (const item of items) this.#items.push(item);
    const target = { values: this.#numbers, shape: this.#target.shape, lanes: 1 };
    placeBlock({ values: numbers, shape: result.shape, lanes: 1 }, target, offset);
  }

  async finish(): Promise<GridTable> {
    const { shape, axes } = this.#target;
    const items = Array.from(this.#numbers, (number) => this.#items[number]!) as Items;
    return { ...gridTable(this.#target, items, shape, axes), ...planesOf(this.#target) };
  }

  async discard(): Promise<void> {}
}
