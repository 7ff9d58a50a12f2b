/**
 * Memory for results: what was released is used again, for grids, blocks and joined rows.
 *
 * @module
 */
import { heldBytes } from "../core/dtype.js";
import type { GridAssembly } from "./assembly.js";
import type { WorkerLane } from "./lane.js";
import { canShareMemory } from "./node.js";
import type { PoolOptions } from "./pool-types.js";
import type { GridMemory, GridSpec } from "./protocol.js";
import { Spares } from "./spares.js";

/** Memory of results that were released, kept for others: a large grid and some more, of either kind. */
const spareBytes = 256 * 1024 * 1024;
/** Smaller grids are put together on the page's thread: in memory that workers write to themselves, and in memory that one of them holds. */
const smallest = { shared: 1024 * 1024, owned: 4 * 1024 * 1024 } as const;

/** The memory of one pool's results. */
export class ResultMemory {
  readonly #plain = new Spares<ArrayBuffer>(spareBytes);
  readonly #shared = new Spares<SharedArrayBuffer>(spareBytes);
  readonly #kind: PoolOptions["memory"];

  /** @param kind absent: shared memory where it can be */
  constructor(kind: PoolOptions["memory"]) {
    this.#kind = kind;
  }

  /** A released buffer of about so many bytes and no fewer, if there is one. */
  take(bytes: number): ArrayBuffer | undefined {
    return this.#plain.take(bytes);
  }

  /** Takes buffers over that nobody reads any more. */
  recycle(buffers: Iterable<ArrayBufferLike>): void {
    for (const buffer of buffers) {
      if (buffer instanceof ArrayBuffer) this.#plain.put(buffer);
      else if (this.#shares) this.#shared.put(buffer);
    }
  }

  /**
   * A grid that workers put together, in the memory given, in released memory or in fresh one; `undefined` for one too small for it.
   *
   * @param findLane a worker that runs, for a grid that one of them holds
   * @throws ReaderError `limit-exceeded` when there is no memory for it, `invalid-query` when that given was released or cannot be transferred
   */
  async openGrid(
    spec: GridSpec,
    memory: GridMemory | undefined,
    findLane: () => WorkerLane | undefined,
  ): Promise<GridAssembly | undefined> {
    if (memory !== undefined && this.#isSpare(memory.buffer))
      return (await import("./assembly.js")).refuseMemory("released");
    const isShared = memory === undefined ? this.#shares : !(memory.buffer instanceof ArrayBuffer);
    if (heldBytes(spec.dtype, spec.shape) < smallest[isShared ? "shared" : "owned"]) return undefined;
    const { allocateShared, OwnedGrid, SharedGrid, takeOver } = await import("./assembly.js");
    if (isShared) {
      const given = memory ?? spareFor(this.#shared, spec);
      const buffer = given?.buffer ?? allocateShared(spec);
      return new SharedGrid(spec, given ?? { buffer, byteOffset: 0 }, given === undefined, findLane);
    }
    const given = memory === undefined ? spareFor(this.#plain, spec) : await takeOver(memory);
    return new OwnedGrid(spec, given, findLane, (buffer) => this.#plain.put(buffer));
  }

  clear(): void {
    this.#plain.clear();
    this.#shared.clear();
  }

  #isSpare(buffer: ArrayBufferLike): boolean {
    return buffer instanceof ArrayBuffer ? this.#plain.has(buffer) : this.#shared.has(buffer);
  }

  get #shares(): boolean {
    return this.#kind !== "transferable" && canShareMemory();
  }
}

function spareFor(spares: Spares<ArrayBufferLike>, { dtype, shape }: GridSpec): GridMemory | undefined {
  const buffer = spares.take(heldBytes(dtype, shape));
  return buffer && { buffer, byteOffset: 0 };
}
