/**
 * The way of blocks to a grid that lies in another worker: over a port between the two, small ones together, in trays that come back empty.
 *
 * @module
 */
import { type Cells, wholeCrop } from "../bytes/block.js";
import { createItems } from "../bytes/fill.js";
import { heldBytes } from "../core/dtype.js";
import type { CropAxis } from "../core/plan.js";
import { type BlockTarget, GridData } from "./grid-data.js";
import type { GridSpec } from "./protocol.js";
import type { Spares } from "./spares.js";

/** Small blocks fill a tray of so many bytes; a larger one has its own. */
const trayBytes = 256 * 1024;
/** Trays on their way from one worker; beyond this it decodes nothing for the grid. The seven others of a large machine have some 16 MiB on their way so. */
const pendingBytes = 2 * 1024 * 1024;

/** A block in a tray, and where it goes. */
interface TrayBlock {
  readonly byteOffset: number;
  readonly shape: readonly number[];
  readonly offset: readonly number[];
}

/** As it crosses; the buffer alone goes back. */
interface Tray {
  readonly buffer: ArrayBuffer;
  readonly blocks: TrayBlock[];
}

/** The near end: in the worker that decodes. */
export class FarGrid implements BlockTarget {
  readonly #spec: GridSpec;
  readonly #port: MessagePort;
  readonly #spares: Spares;
  #tray: Tray | undefined;
  #filled = 0;
  #pending = 0;
  /** Trays come back in the order they went. */
  readonly #away: (() => void)[] = [];
  #lastArrived = Promise.resolve();

  /** @param spares for trays that came back */
  constructor(spec: GridSpec, port: MessagePort, spares: Spares) {
    this.#spec = spec;
    this.#port = port;
    this.#spares = spares;
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      this.#pending -= data.byteLength;
      spares.put(data);
      this.#away.shift()?.();
    };
  }

  /** Whether so much is on its way that the next block had better wait. */
  get isFull(): boolean {
    return this.#pending > pendingBytes;
  }

  /** @throws ReaderError `corrupt` when the cells are of another type than the grid */
  place(source: Omit<Cells, "lanes">, crop: readonly CropAxis[], offset: readonly number[]): void {
    const shape = crop.map(({ count }) => count);
    const spec = { ...this.#spec, shape };
    const bytes = heldBytes(spec.dtype, shape);
    const { buffer, blocks } = this.#trayFor(bytes);
    const byteOffset = this.#filled;
    new GridData(spec, { buffer, byteOffset }).place(
      source,
      crop,
      shape.map(() => 0),
    );
    this.#filled += bytes;
    blocks.push({ byteOffset, shape, offset });
  }

  /** Sends what is in the tray; resolves when all blocks so far are in the grid, or nobody wants them any more. */
  arrive(): Promise<void> {
    if (this.#tray !== undefined) {
      const { buffer } = this.#tray;
      this.#pending += buffer.byteLength;
      this.#lastArrived = new Promise((resolve) => this.#away.push(resolve));
      this.#port.postMessage(this.#tray, [buffer]);
      this.#tray = undefined;
    }
    return this.#lastArrived;
  }

  /** Nobody wants blocks any more. */
  close(): void {
    this.#port.close();
    this.#pending = 0;
    for (const resolve of this.#away.splice(0)) resolve();
  }

  #trayFor(bytes: number): Tray {
    if (this.#tray !== undefined && this.#filled + bytes > this.#tray.buffer.byteLength) void this.arrive();
    if (this.#tray === undefined) {
      const wanted = Math.max(bytes, trayBytes);
      this.#tray = { buffer: this.#spares.take(wanted) ?? new ArrayBuffer(wanted), blocks: [] };
      this.#filled = 0;
    }
    return this.#tray;
  }
}

/**
 * The far end: in the worker that has the grid.
 *
 * @param find the grid; `undefined` once it is gone, when what comes is nobody's loss
 */
export function admitBlocks(port: MessagePort, find: () => GridData | undefined): void {
  port.onmessage = ({ data: { buffer, blocks } }: MessageEvent<Tray>) => {
    const grid = find();
    for (const { byteOffset, shape, offset } of grid === undefined ? [] : blocks) {
      const values = createItems(grid!.spec.dtype, shape, { buffer, byteOffset });
      grid!.place({ values, shape }, wholeCrop(shape), offset);
    }
    port.postMessage(buffer, [buffer]);
  };
}
