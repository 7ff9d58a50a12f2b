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
import { type GridAssembly, LocalGrid, refuseMemory } from "../worker/assembly.js";
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
 * @throws ReaderError `invalid-query` when the result cannot be put into it, `limit-exceeded` when there is no memory
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
  const memory = into && (await memoryOf(into, dtype, bytes));
  const free = memory && (await reserve(memory, bytes));
  try {
    const remote = await pool.openGrid?.(spec, memory);
    if (remote === undefined && memory !== undefined) await checkThere(memory);
    const grid = remote ?? new LocalGrid(spec, memory ?? spareOf(pool, bytes));
    return new NumberCollector(target, grid, free);
  } catch (thrown) {
    free?.();
    throw thrown;
  }
}

function spareOf(pool: Pick<DecodePool, "spare">, bytes: number): Memory | undefined {
  const buffer = pool.spare?.(bytes);
  return buffer && { buffer, byteOffset: 0 };
}

/** @param needed bytes of the result */
async function memoryOf(
  into: NonNullable<GridOptions["into"]>,
  dtype: FixedType,
  needed: number,
): Promise<Memory> {
  const isArray = ArrayBuffer.isView(into);
  const wanted = arrayOf(dtype);
  const memory = isArray
    ? { buffer: into.buffer, byteOffset: into.byteOffset }
    : { buffer: into, byteOffset: 0 };
  await checkThere(memory);
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
  return memory;
}

/** Engines without `ArrayBuffer.prototype.detached` tell by refusing views. */
async function checkThere({ buffer }: Memory): Promise<void> {
  try {
    new Uint8Array(buffer);
  } catch (cause) {
    await refuseMemory("gone", cause);
  }
}

/** Bytes of users' buffers that results are being written to, each from its first to behind its last. */
const reserved = new WeakMap<ArrayBufferLike, Set<readonly [number, number]>>();

/**
 * Keeps memory for one result.
 *
 * @returns gives it back
 * @throws ReaderError `invalid-query` when another result is being written there: each would hold some of both
 */
async function reserve({ buffer, byteOffset }: Memory, bytes: number): Promise<() => void> {
  const places = reserved.get(buffer) ?? new Set();
  const end = byteOffset + bytes;
  if ([...places].some(([from, to]) => from < end && byteOffset < to)) return refuseMemory("busy");
  const place = [byteOffset, end] as const;
  reserved.set(buffer, places.add(place));
  return () => places.delete(place);
}

/** What no block covers is filled at the end, which for a dense array is nothing. */
class NumberCollector implements GridCollector {
  readonly grid: GridAssembly;
  readonly #target: GridTarget;
  readonly #boxes: Box[] = [];
  readonly #free: () => void;

  /** @param free told when nobody writes to the grid any more */
  constructor(target: GridTarget, grid: GridAssembly, free: () => void = () => {}) {
    this.grid = grid;
    this.#target = target;
    this.#free = free;
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
    this.#free();
    return { ...gridTable(this.#target, data, shape, axes), ...planesOf(this.#target) };
  }

  async discard(): Promise<void> {
    await this.grid.discard();
    this.#free();
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
