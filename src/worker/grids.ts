/**
 * Grids put together in a worker, so that the page's thread copies nothing big.
 *
 * @module
 */
import { placeBlock } from "../bytes/block.js";
import { repeatNumbers } from "../bytes/fill.js";
import { numbersOf } from "../bytes/ragged.js";
import { countItems, lanesOf, type TypedArray } from "../core/dtype.js";
import type { BlockResult, GridSpec } from "./protocol.js";

export class Grids {
  readonly #grids = new Map<number, { readonly spec: GridSpec; readonly data: TypedArray }>();

  open(spec: GridSpec, id: number): void {
    this.#grids.set(id, { spec, data: repeatNumbers(spec.dtype, countItems(spec.shape), spec.fill) });
  }

  /** A block of a grid that was dropped is dropped too. */
  place(block: BlockResult, offset: readonly number[], id: number): void {
    const grid = this.#grids.get(id);
    if (grid === undefined) return;
    const { dtype, shape } = grid.spec;
    const lanes = lanesOf(dtype);
    placeBlock(
      { values: numbersOf(block.data), shape: block.shape, lanes },
      { values: grid.data, shape, lanes },
      offset,
    );
  }

  take(id: number): TypedArray {
    const { data } = this.#grids.get(id)!;
    this.#grids.delete(id);
    return data;
  }

  drop(ids: readonly number[]): void {
    for (const id of ids) this.#grids.delete(id);
  }
}
