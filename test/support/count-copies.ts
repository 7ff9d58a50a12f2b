/**
 * @module Counts what crosses the border of the kernels' memory: every bulk copy of typed arrays, in and out, by the bytes it moves.
 */
import type { KernelMemory } from "../../src/kernel/memory.js";

export interface Copies {
  /** Bytes of each copy into the kernels' memory, in order. */
  readonly entered: number[];
  /** Bytes of each copy out of it. */
  readonly left: number[];
  /** Bytes of each copy between places outside. */
  readonly elsewhere: number[];
  /** Times the memory grew. */
  readonly grown: number;
}

type View = Uint8Array;

/** Runs `work` and counts; copies of a few bytes, such as bounds and masks, are left out. */
export function countCopies(memory: KernelMemory, work: () => void, atLeast: number = 200): Copies {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype) as Record<"set" | "slice", unknown>;
  const { set, slice } = prototype as { set: View["set"]; slice: View["slice"] };
  const { grow } = WebAssembly.Memory.prototype;
  const copies = { entered: [] as number[], left: [] as number[], elsewhere: [] as number[], grown: 0 };

  function note(from: ArrayLike<unknown>, to: View | undefined, bytes: number): void {
    if (bytes < atLeast) return;
    const isFromInside = ArrayBuffer.isView(from) && memory.holds(from);
    const isToInside = to !== undefined && memory.holds(to);
    if (isFromInside && !isToInside) copies.left.push(bytes);
    else if (isToInside && !isFromInside) copies.entered.push(bytes);
    else if (!isFromInside) copies.elsewhere.push(bytes);
  }

  prototype.set = function (this: View, source: ArrayLike<number>, offset?: number) {
    note(source, this, source.length * this.BYTES_PER_ELEMENT);
    set.call(this, source, offset);
  };
  prototype.slice = function (this: View, start?: number, end?: number) {
    const result = slice.call(this, start, end);
    note(this, undefined, result.byteLength);
    return result;
  };
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number) {
    copies.grown++;
    return grow.call(this, pages);
  };
  try {
    work();
  } finally {
    prototype.set = set;
    prototype.slice = slice;
    WebAssembly.Memory.prototype.grow = grow;
  }
  return copies;
}
