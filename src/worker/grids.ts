/**
 * A grid under construction, and those that a worker keeps so that the page's thread copies nothing big.
 *
 * @module
 */
import { type Cells, fillBox, placeCrop } from "../bytes/block.js";
import { createItems, numbersOfItem } from "../bytes/fill.js";
import { lanesOf, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { CropAxis } from "../core/plan.js";
import type { GridFill, GridMemory, GridSpec } from "./protocol.js";

/** The numbers of a grid, and how they are written. */
export class GridData {
  readonly values: TypedArray;
  readonly #spec: GridSpec;
  readonly #cells: Cells;

  /**
   * @param memory where the grid is to lie; absent: fresh, all zero
   * @throws ReaderError `limit-exceeded` when there is no memory for it
   */
  constructor(spec: GridSpec, memory?: GridMemory) {
    const { dtype, shape } = spec;
    this.#spec = spec;
    this.values = createItems(dtype, shape, memory);
    this.#cells = { values: this.values, shape, lanes: lanesOf(dtype) };
  }

  /**
   * Copies what a crop leaves of these cells.
   *
   * @throws ReaderError `corrupt` when they are of another type than the grid
   */
  place(source: Omit<Cells, "lanes">, crop: readonly CropAxis[], offset: readonly number[]): void {
    const [from, to] = [source.values.constructor, this.values.constructor];
    if (from !== to) throw new ReaderError("corrupt", `A block of ${from.name} is no part of a ${to.name}.`);
    placeCrop({ ...source, lanes: this.#cells.lanes }, crop, this.#cells, offset);
  }

  fill({ item, boxes }: GridFill): void {
    const cell = numbersOfItem(this.#spec.dtype, item);
    for (const box of boxes) fillBox(this.#cells, box, cell);
  }
}

/** The grids that a worker writes to, by the page's names for them. */
export class Grids {
  readonly #grids = new Map<number, GridData>();

  open(spec: GridSpec, id: number, memory: GridMemory | undefined): void {
    this.#grids.set(id, new GridData(spec, memory));
  }

  /** `undefined` for a grid that was dropped, or that there was no memory for: what is written to it is nobody's loss. */
  find(id: number): GridData | undefined {
    return this.#grids.get(id);
  }

  drop(ids: readonly number[]): void {
    for (const id of ids) this.#grids.delete(id);
  }
}
