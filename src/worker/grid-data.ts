/**
 * A grid under construction: its numbers, and how they are written.
 *
 * @module
 */
import { type Cells, fillBox, placeCrop } from "../bytes/block.js";
import { createItems, numbersOfItem } from "../bytes/fill.js";
import { lanesOf, type TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import type { CropAxis } from "../core/plan.js";
import type { GridFill, GridMemory, GridSpec } from "./protocol.js";

/** Where blocks are written to. */
export interface BlockTarget {
  /**
   * Copies what a crop leaves of these cells.
   *
   * @throws ReaderError `corrupt` when they are of another type than the grid
   */
  place(source: Omit<Cells, "lanes">, crop: readonly CropAxis[], offset: readonly number[]): void;
}

export class GridData implements BlockTarget {
  readonly values: TypedArray;
  readonly spec: GridSpec;
  readonly #cells: Cells;

  /**
   * @param memory where the grid is to lie; absent: fresh, all zero
   * @throws ReaderError `limit-exceeded` when there is no memory for it
   */
  constructor(spec: GridSpec, memory?: GridMemory) {
    const { dtype, shape } = spec;
    this.spec = spec;
    this.values = createItems(dtype, shape, memory);
    this.#cells = { values: this.values, shape, lanes: lanesOf(dtype) };
  }

  place(source: Omit<Cells, "lanes">, crop: readonly CropAxis[], offset: readonly number[]): void {
    const [from, to] = [source.values.constructor, this.values.constructor];
    if (from !== to) throw new ReaderError("corrupt", `A block of ${from.name} is no part of a ${to.name}.`);
    placeCrop({ ...source, lanes: this.#cells.lanes }, crop, this.#cells, offset);
  }

  fill({ item, boxes }: GridFill): void {
    const cell = numbersOfItem(this.spec.dtype, item);
    for (const box of boxes) fillBox(this.#cells, box, cell);
  }
}
