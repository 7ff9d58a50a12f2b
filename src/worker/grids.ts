/**
 * The grids that a worker writes to, so that the page's thread copies nothing big: those that it keeps, and those that lie in other workers.
 *
 * @module
 */
import { admitBlocks, FarGrid } from "./far-grid.js";
import { type BlockTarget, GridData } from "./grid-data.js";
import type { DecodeTask, GridMemory, GridSpec } from "./protocol.js";
import { Spares } from "./spares.js";

/** Trays that came back, kept for blocks to come. */
const spareBytes = 4 * 1024 * 1024;

/** By the page's names for them. */
export class Grids {
  readonly #grids = new Map<number, GridData>();
  readonly #far = new Map<number, FarGrid>();
  readonly #spares = new Spares(spareBytes);
  /** Told when a grid goes from here. */
  readonly #leaving = new Map<number, (() => void)[]>();

  open(spec: GridSpec, id: number, memory: GridMemory | undefined): void {
    this.#grids.set(id, new GridData(spec, memory));
  }

  /** Opens the way to a grid that lies in another worker. */
  openFar(spec: GridSpec, id: number, port: MessagePort): void {
    this.#far.set(id, new FarGrid(spec, port, this.#spares));
  }

  /** Takes blocks from another worker; resolves when the grid is taken or dropped. */
  async admit(id: number, port: MessagePort): Promise<void> {
    admitBlocks(port, () => this.find(id));
    if (!this.#grids.has(id)) return;
    await new Promise<void>((leave) => this.#leaving.set(id, [...(this.#leaving.get(id) ?? []), leave]));
  }

  /** `undefined` for a grid that was dropped, or that there was no memory for: what is written to it is nobody's loss. */
  find(id: number): GridData | undefined {
    return this.#grids.get(id);
  }

  /** Where a task's block goes, here or not; as `find`. */
  targetOf(id: number): BlockTarget | undefined {
    return this.#grids.get(id) ?? this.#far.get(id);
  }

  /** The grid in another worker that a task writes to, if it does. */
  farOf(task: DecodeTask): FarGrid | undefined {
    return task.kind === "block" && task.place ? this.#far.get(task.place.grid) : undefined;
  }

  drop(ids: readonly number[]): void {
    for (const id of ids) {
      this.#grids.delete(id);
      for (const leave of this.#leaving.get(id) ?? []) leave();
      this.#leaving.delete(id);
      this.#far.get(id)?.close();
      this.#far.delete(id);
    }
  }
}
