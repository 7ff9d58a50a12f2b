/**
 * The memory map of the kernels (docs/design/wasm.md §2): above the static data, one stack of regions. Bytes are laid down
 * where they enter, every kernel writes its result on top, and all that a task placed is given back when the task ends.
 * Memory grows to the largest task and stays, so nothing is allocated per chunk, and equal tasks meet equal addresses.
 *
 * @module
 */
import type { TypedArray, TypedArrayConstructor } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";

/** The host's promise to every kernel: bytes it may touch before a region, and after it. */
const SLACK_BEFORE = 8;
const SLACK_AFTER = 64;
/** Regions begin at multiples of a cache line, more than any number needs. */
const ALIGNMENT = 64;
/** The row filter reads 64 rows of up to 32 bytes at a time, of which only the first need exist. */
const READ_AHEAD = 2048;
const PAGE_BYTES = 65_536;
/** Lengths come back from kernels as signed 32-bit numbers, and a task needs several regions in 4 GiB. */
const MAX_REGION_BYTES = 2 ** 30;

/** Bytes in the kernels' memory; theirs until the scope ends in which they were placed. */
export interface Region {
  readonly at: number;
  readonly length: number;
}

/** Numbers that may lie in the kernels' memory. */
export interface Placed<T extends TypedArray = TypedArray> {
  /** To be read anew after anything was placed: memory that grows leaves older views empty. */
  readonly values: T;
}

export class KernelMemory {
  readonly #memory: WebAssembly.Memory;
  #top: number;
  #bytes: Uint8Array;

  /** @param base first byte after the module's static data */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.#memory = memory;
    this.#top = base;
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** Runs `work`, then gives back every region it placed. Scopes nest; `work` is synchronous. */
  scoped<T>(work: () => T): T {
    const top = this.#top;
    try {
      return work();
    } finally {
      this.#top = top;
    }
  }

  /**
   * Places a region; what it holds is left over from earlier uses. Views of memory may be empty afterwards.
   *
   * @throws ReaderError `limit-exceeded` over 1 GiB, or when the host has no memory left
   */
  reserve(length: number): Region {
    if (length > MAX_REGION_BYTES) throw tooLarge(length);
    const at = roundUp(this.#top + SLACK_BEFORE, ALIGNMENT);
    const top = at + length + SLACK_AFTER;
    const missing = top + READ_AHEAD - this.#bytes.length;
    if (missing > 0) this.#grow(missing);
    this.#top = top;
    return { at, length };
  }

  #grow(missing: number): void {
    try {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (cause) {
      throw tooLarge(missing, cause);
    }
    // A grown memory has another buffer; the old one is detached.
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }

  /** Keeps the first bytes of the region that was placed last, and gives back the rest. */
  shrink({ at }: Region, length: number): Region {
    this.#top = at + length + SLACK_AFTER;
    return { at, length };
  }

  /** Copies bytes in. */
  enter(bytes: Uint8Array): Region {
    const region = this.reserve(bytes.length);
    this.bytes.set(bytes, region.at);
    return region;
  }

  /** The region, or a copy of it where it does not begin at a multiple of `size` bytes. */
  aligned(region: Region, size: number): Region {
    if (region.at % size === 0) return region;
    const moved = this.reserve(region.length);
    this.bytes.copyWithin(moved.at, region.at, region.at + region.length);
    return moved;
  }

  /** Copies a region out into a buffer of its own. */
  take({ at, length }: Region): Uint8Array {
    return this.bytes.slice(at, at + length);
  }

  /** A view of a region, until something is placed. */
  view({ at, length }: Region): Uint8Array {
    return this.bytes.subarray(at, at + length);
  }

  /** A region as numbers; it has to begin at a multiple of their size. */
  numbers<T extends TypedArray>(region: Region, make: TypedArrayConstructor): Placed<T> {
    return new PlacedNumbers<T>(this, region, make);
  }

  /** Numbers that stay readable when memory grows, if they lie in it; others are given as they are. */
  placed<T extends TypedArray>(values: T): Placed<T> {
    if (!this.holds(values)) return { values };
    const region = { at: values.byteOffset, length: values.byteLength };
    return this.numbers<T>(region, values.constructor as TypedArrayConstructor);
  }

  /** Tells whether a view is one of this memory, as it is now. */
  holds(view: ArrayBufferView): boolean {
    return view.buffer === this.#bytes.buffer;
  }

  /** A view of all memory, until something is placed. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }
}

/** A class, as objects with getters of their own are slow to make. */
class PlacedNumbers<T extends TypedArray> implements Placed<T> {
  readonly #memory: KernelMemory;
  readonly #make: TypedArrayConstructor;
  readonly #at: number;
  readonly #length: number;
  #values: TypedArray;

  constructor(memory: KernelMemory, region: Region, make: TypedArrayConstructor) {
    this.#memory = memory;
    this.#make = make;
    this.#at = region.at;
    this.#length = region.length / make.BYTES_PER_ELEMENT;
    this.#values = this.#view();
  }

  get values(): T {
    if (this.#values.length !== this.#length) this.#values = this.#view();
    return this.#values as T;
  }

  #view(): TypedArray {
    return new this.#make(this.#memory.bytes.buffer, this.#at, this.#length);
  }
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

function tooLarge(bytes: number, cause?: unknown): ReaderError {
  return new ReaderError(
    "limit-exceeded",
    `decoding needs ${bytes} bytes more of kernel memory than there is.`,
    {
      hint: "Ask for less at a time, or use data with smaller chunks.",
      cause,
    },
  );
}
