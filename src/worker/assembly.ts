/**
 * Where a grid is put together: in memory that all workers write to, in one worker, or on this thread. Workers that can
 * write to it place their blocks themselves; the others' blocks are handed in.
 *
 * @module
 */
import { wholeCrop } from "../bytes/block.js";
import { tooLarge } from "../bytes/fill.js";
import { numbersOf } from "../bytes/ragged.js";
import { countItems, heldBytes, type TypedArray } from "../core/dtype.js";
import { loadPart } from "../core/load-part.js";
import { GridData } from "./grid-data.js";
import type { WorkerLane } from "./lane.js";
import type { BlockResult, GridFill, GridMemory, GridSpec } from "./protocol.js";
import type { MemoryFault } from "./refuse-memory.js";

/** A grid under construction. Whoever does not finish it discards it. */
export interface GridAssembly {
  /** All zero to begin with; otherwise it holds what its memory held. */
  readonly isBlank: boolean;
  /** The name by which a worker may write blocks to the grid itself. */
  idIn(lane: WorkerLane): number | undefined;
  /** Takes a block over; where that is a promise, there is room for the next when it resolves. */
  add(block: BlockResult, offset: readonly number[]): Promise<void> | undefined;
  /** Fills the rest. The numbers of the grid, in C order. */
  finish(fill: GridFill): Promise<TypedArray>;
  /** Lets go; resolves when nobody writes to memory of the user's any more. */
  discard(): Promise<void>;
}

/** On this thread. */
export class LocalGrid implements GridAssembly {
  readonly isBlank: boolean;
  readonly #data: GridData;
  readonly #length: number;

  /** @throws ReaderError `limit-exceeded` when there is no memory for it */
  constructor(spec: GridSpec, memory?: GridMemory) {
    this.isBlank = memory === undefined;
    this.#data = new GridData(spec, memory);
    this.#length = this.#data.values.length;
  }

  idIn(): undefined {}

  add({ data, shape }: BlockResult, offset: readonly number[]): undefined {
    if (this.#isGone) return;
    this.#data.place({ values: numbersOf(data), shape }, wholeCrop(shape), offset);
  }

  async finish(fill: GridFill): Promise<TypedArray> {
    if (this.#isGone) return refuseMemory("gone");
    this.#data.fill(fill);
    return this.#data.values;
  }

  async discard(): Promise<void> {}

  /** The user has transferred the memory meanwhile: what is written to it is lost in silence. */
  get #isGone(): boolean {
    return this.#data.values.length !== this.#length;
  }
}

/** In memory that all workers write to. */
export class SharedGrid implements GridAssembly {
  readonly isBlank: boolean;
  readonly #spec: GridSpec;
  readonly #memory: GridMemory;
  readonly #local: LocalGrid;
  readonly #findLane: () => WorkerLane | undefined;
  readonly #ids = new Map<WorkerLane, number>();
  #isOver = false;

  /**
   * @param memory a `SharedArrayBuffer`'s
   * @param findLane a worker for what no block covers
   */
  constructor(spec: GridSpec, memory: GridMemory, isBlank: boolean, findLane: () => WorkerLane | undefined) {
    this.#findLane = findLane;
    this.isBlank = isBlank;
    this.#spec = spec;
    this.#memory = memory;
    this.#local = new LocalGrid(spec, memory);
  }

  idIn(lane: WorkerLane): number | undefined {
    // Its memory is the user's again, while a read that others wait for is tried once more.
    if (this.#isOver) return undefined;
    const known = this.#ids.get(lane);
    if (known !== undefined) return known;
    const { id, opened } = lane.openGrid(this.#spec, this.#memory);
    // A worker that cannot be told of it has ended, which its tasks tell too.
    opened.catch(() => {});
    this.#ids.set(lane, id);
    return id;
  }

  /** Blocks that are handed in were small enough to be decoded on this thread. */
  add(block: BlockResult, offset: readonly number[]): undefined {
    this.#local.add(block, offset);
  }

  async finish(fill: GridFill): Promise<TypedArray> {
    const isFilled = fill.boxes.length === 0 || (await this.#fill(fill));
    const values = await this.#local.finish(isFilled ? { ...fill, boxes: [] } : fill);
    this.#isOver = true;
    for (const [lane, id] of this.#ids) lane.drop(id);
    return values;
  }

  /** A worker that knows no grid of that name writes to none, whatever it still reads for others. */
  async discard(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#ids].map(([lane, id]) => lane.dropNow(id)));
  }

  /** In a worker; false where none does it. */
  async #fill(fill: GridFill): Promise<boolean> {
    const lane = this.#findLane();
    const id = lane && this.idIn(lane);
    return id === undefined ? false : lane!.fillGrid(id, fill).catch(() => false);
  }
}

/** Blocks on their way to a grid; beyond this whoever adds them waits. */
const pendingBytes = 16 * 1024 * 1024;

interface Owner {
  readonly lane: WorkerLane;
  /** Names the grid there. */
  readonly id: number;
}

/** In the worker that is the first to write to it, where others send their blocks; on this thread when none does. */
export class OwnedGrid implements GridAssembly {
  readonly isBlank: boolean;
  readonly #spec: GridSpec;
  #memory: GridMemory | undefined;
  readonly #findLane: () => WorkerLane | undefined;
  readonly #recycle: (buffer: ArrayBuffer) => void;
  #owner: Owner | undefined;
  /** Names of the way to it in other workers. */
  readonly #ways = new Map<WorkerLane, number>();
  #local: LocalGrid | undefined;
  #pending = 0;
  #failure: { readonly reason: unknown } | undefined;

  /**
   * @param memory to be transferred
   * @param findLane a worker for a grid that none has yet
   * @param recycle takes buffers of blocks that have been placed
   */
  constructor(
    spec: GridSpec,
    memory: GridMemory | undefined,
    findLane: () => WorkerLane | undefined,
    recycle: (buffer: ArrayBuffer) => void,
  ) {
    this.isBlank = memory === undefined;
    this.#spec = spec;
    this.#memory = memory;
    this.#findLane = findLane;
    this.#recycle = recycle;
  }

  idIn(lane: WorkerLane): number | undefined {
    this.#begin(lane);
    if (this.#owner === undefined || this.#owner.lane === lane) return this.#owner?.id;
    return this.#wayFrom(lane, this.#owner);
  }

  add(block: BlockResult, offset: readonly number[]): Promise<void> | undefined {
    this.#begin(this.#findLane());
    const owner = this.#livingOwner();
    return owner === undefined ? this.#here().add(block, offset) : this.#send(owner, block, offset);
  }

  async finish(fill: GridFill): Promise<TypedArray> {
    this.#begin(this.#findLane());
    const owner = this.#livingOwner();
    if (owner === undefined) return this.#here().finish(fill);
    const { lane, id } = owner;
    if (fill.boxes.length > 0) this.#try(lane.fillGrid(id, fill));
    this.#check();
    const values = await lane.takeGrid(id).catch((reason: unknown) => {
      this.#check();
      throw reason;
    });
    this.#check();
    return values;
  }

  async discard(): Promise<void> {
    this.#owner?.lane.drop(this.#owner.id);
  }

  /** Once begun here it stays here. */
  #begin(lane: WorkerLane | undefined): void {
    if (this.#owner !== undefined || this.#local !== undefined || lane === undefined) return;
    const { id, opened } = lane.openGrid(this.#spec, this.#memory);
    this.#memory = undefined;
    this.#try(opened);
    this.#owner = { lane, id };
  }

  /** Its blocks go to the owner without this thread, unless nobody knows yet whether that will ever run. */
  #wayFrom(lane: WorkerLane, owner: Owner): number | undefined {
    if (!owner.lane.ready || !owner.lane.alive) return undefined;
    const known = this.#ways.get(lane);
    if (known !== undefined) return known;
    const { port1, port2 } = new MessageChannel();
    const id = lane.openFarGrid(this.#spec, port1);
    this.#ways.set(lane, id);
    const admitted = owner.lane.admitBlocks(owner.id, port2);
    this.#try(admitted);
    // Taken, dropped, or gone with the owner: nobody waits for blocks to arrive any more.
    admitted.catch(() => {}).then(() => lane.drop(id));
    return id;
  }

  /** A worker that ended before it ran has no block; what it was given is lost. */
  #livingOwner(): Owner | undefined {
    const { lane } = this.#owner ?? {};
    if (lane?.alive === false && !lane.ready) {
      this.#owner = undefined;
      this.#failure = undefined;
    }
    return this.#owner;
  }

  #here(): LocalGrid {
    this.#local ??= new LocalGrid(this.#spec, this.#memory);
    return this.#local;
  }

  async #send({ lane, id }: Owner, block: BlockResult, offset: readonly number[]): Promise<void> {
    const { byteLength } = numbersOf(block.data);
    this.#pending += byteLength;
    const placed = lane.place(id, block, offset).then(this.#recycle);
    this.#try(placed);
    const done = placed
      .catch(() => {})
      .then(() => {
        this.#pending -= byteLength;
      });
    if (this.#pending > pendingBytes) await done;
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  #try(call: Promise<unknown>): void {
    call.catch((reason: unknown) => {
      this.#failure ??= { reason };
    });
  }
}

/**
 * Memory of the user's made ours alone, before a worker is told of it: one that cannot be sent would end the worker's channel.
 *
 * @throws ReaderError `invalid-query` when it cannot be transferred
 */
export async function takeOver({ buffer, byteOffset }: GridMemory): Promise<GridMemory> {
  try {
    return { buffer: structuredClone(buffer, { transfer: [buffer as ArrayBuffer] }), byteOffset };
  } catch (cause) {
    return refuseMemory("fixed", cause);
  }
}

/** @throws ReaderError `invalid-query` */
export async function refuseMemory(fault: MemoryFault, cause?: unknown): Promise<never> {
  const { memoryError } = await loadPart(import("./refuse-memory.js"));
  throw memoryError(fault, cause);
}

/**
 * Fresh memory that can be shared.
 *
 * @throws ReaderError `limit-exceeded` when there is none
 */
export function allocateShared({ dtype, shape }: GridSpec): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(heldBytes(dtype, shape));
  } catch (cause) {
    throw tooLarge(countItems(shape), dtype, cause);
  }
}
