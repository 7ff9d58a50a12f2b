/**
 * The WASM kernels as functions over typed arrays: instantiated once per thread, bytes copied in, results copied out. What
 * works on their memory without copies is `resident`. Design: docs/design/wasm.md.
 *
 * @module
 */
import type { TypedArray } from "../core/dtype.js";
import { compileKernels } from "./compile.js";
import type { Region } from "./memory.js";
import { type KernelChecksum, type KernelCodec, ResidentKernels } from "./resident.js";
import type { RowFilterCondition } from "./select-rows.js";
import { gather, interleave, type RowComponent } from "./twin/gather.js";

export type { KernelCodec } from "./resident.js";
export type { RowFilterCondition } from "./select-rows.js";
export type { RowComponent } from "./twin/gather.js";

/** Instantiates the kernels, compiling them first when no module is given. */
export async function loadKernels(module?: WebAssembly.Module): Promise<Kernels> {
  return new WasmKernels(await WebAssembly.instantiate(module ?? (await compileKernels()), {}));
}

/**
 * The kernels of one thread. Every method is synchronous, copies its input and returns memory that the caller owns and
 * may transfer.
 */
export interface Kernels {
  /** The same over data in the kernels' own memory; absent where they have none. */
  readonly resident?: ResidentKernels;
  /**
   * Decodes into at most `capacity` bytes; the result has the decoded length, which may be less.
   *
   * @throws ReaderError `codec-failed` when the input cannot be decoded or decodes to more than `capacity`,
   *   `corrupt` when a checksum it carries differs, `limit-exceeded` over 1 GiB
   */
  decode(codec: KernelCodec, input: Uint8Array, capacity: number): Uint8Array;
  /**
   * Decodes data whose length nothing tells: from the frame's own header where it has one, else with an output that
   * doubles until the data fits.
   *
   * @param limit most bytes the output may have
   * @throws ReaderError as `decode`, and `limit-exceeded` when the output would be over `limit`
   */
  decodeUnsized(codec: KernelCodec, input: Uint8Array, limit: number): Uint8Array;
  /** The decoded length a frame's header promises; undefined where the format has none or it was left out. */
  decodedSize(codec: KernelCodec, input: Uint8Array): number | undefined;
  /** CRC-32 (zip, gzip); `seed` is the CRC of what came before, 0 to begin with. */
  crc32(bytes: Uint8Array, seed?: number): number;
  /** CRC-32C (Castagnoli); `seed` is the CRC of what came before, 0 to begin with. */
  crc32c(bytes: Uint8Array, seed?: number): number;
  /** Adler-32; `seed` is the sum of what came before, 1 to begin with. */
  adler32(bytes: Uint8Array, seed?: number): number;
  /** Undoes the byte shuffle of items of `itemBytes`; bytes after the last whole item stay as they are. */
  unshuffle(bytes: Uint8Array, itemBytes: number): Uint8Array;
  /**
   * Numbers of the rows that meet every condition, ascending; all rows when there is none.
   * Intervals are closed and exact in the type of their column; NaN is never inside.
   *
   * @throws ReaderError `invalid-query` when a condition reaches outside its values
   */
  selectRows(conditions: readonly RowFilterCondition[], rows: number): Uint32Array;
  /**
   * The rows of these numbers, `width` values each, in a fresh array of the same type. The caller has checked that every
   * row lies in `values`.
   */
  gather<T extends TypedArray>(values: T, width: number, rows: Uint32Array): T;
  /**
   * These components of each row, interleaved in a fresh array of their common type; of the first rows, when `rows` is a
   * count. The caller has checked that every row lies in every column.
   */
  interleave(components: readonly RowComponent[], rows: Uint32Array | number): TypedArray;
}

/** The copying methods: each enters its input, runs the kernel and takes the result out. */
class WasmKernels implements Kernels {
  readonly resident: ResidentKernels;

  constructor(instance: WebAssembly.Instance) {
    this.resident = new ResidentKernels(instance);
  }

  decode(codec: KernelCodec, input: Uint8Array, capacity: number): Uint8Array {
    return this.#copied(input, (region) => this.resident.decode(codec, region, capacity));
  }

  decodeUnsized(codec: KernelCodec, input: Uint8Array, limit: number): Uint8Array {
    return this.#copied(input, (region) => this.resident.decodeUnsized(codec, region, limit));
  }

  decodedSize(codec: KernelCodec, input: Uint8Array): number | undefined {
    return this.#entered(input, (region) => this.resident.decodedSize(codec, region));
  }

  crc32(bytes: Uint8Array, seed?: number): number {
    return this.#checksum("crc32", bytes, seed);
  }

  crc32c(bytes: Uint8Array, seed?: number): number {
    return this.#checksum("crc32c", bytes, seed);
  }

  adler32(bytes: Uint8Array, seed?: number): number {
    return this.#checksum("adler32", bytes, seed);
  }

  unshuffle(bytes: Uint8Array, itemBytes: number): Uint8Array {
    return this.#copied(bytes, (region) => this.resident.unshuffle(region, itemBytes));
  }

  selectRows(conditions: readonly RowFilterCondition[], rows: number): Uint32Array {
    return this.resident.memory.scoped(() => this.resident.selectRows(conditions, rows).values.slice());
  }

  gather<T extends TypedArray>(values: T, width: number, rows: Uint32Array): T {
    const { memory } = this.resident;
    // Elsewhere in plain code: copying the column in and the rows out again would eat what a kernel could gain.
    if (!memory.holds(values) || !memory.holds(rows)) return gather(values, width, rows);
    return this.resident.gather(values, width, rows);
  }

  interleave(components: readonly RowComponent[], rows: Uint32Array | number): TypedArray {
    const { memory } = this.resident;
    const type = components[0]!.values.constructor;
    // The kernel moves bits: numbers of different types are for plain code, which converts them.
    const isResident =
      components.every(({ values }) => memory.holds(values) && values.constructor === type) &&
      (typeof rows === "number" || memory.holds(rows));
    return isResident ? this.resident.interleave(components, rows) : interleave(components, rows);
  }

  #checksum(name: KernelChecksum, bytes: Uint8Array, seed: number | undefined): number {
    return this.#entered(bytes, (region) => this.resident.checksum(name, region, seed));
  }

  #copied(input: Uint8Array, work: (region: Region) => Region): Uint8Array {
    return this.#entered(input, (region) => this.resident.memory.take(work(region)));
  }

  #entered<T>(input: Uint8Array, work: (region: Region) => T): T {
    const { memory } = this.resident;
    return memory.scoped(() => work(memory.enter(input)));
  }
}
