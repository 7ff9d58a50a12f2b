/**
 * The WASM kernels as functions over typed arrays: instantiated once per thread, bytes copied in, results copied out.
 * Design: docs/design/wasm.md.
 *
 * @module
 */
import type { TypedArray } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { compileKernels } from "./compile.js";
import { kernelFailure, kernelTrap, OVERFLOW } from "./failure.js";
import { KernelMemory } from "./memory.js";
import { type RowFilterCondition, selectRowsWith } from "./select-rows.js";
import { gather as gatherRows } from "./twin/gather.js";

export type { RowFilterCondition } from "./select-rows.js";

/** The decoders of the module; `deflate` is raw inflate, `lz4` one raw block. */
export type KernelCodec = "zstd" | "lz4" | "blosc" | "gzip" | "zlib" | "deflate" | "snappy" | "blosclz";

const decoderNames: Readonly<Record<KernelCodec, string>> = {
  zstd: "zstd_decode",
  lz4: "lz4_decode",
  blosc: "blosc_decode",
  gzip: "inflate_gzip",
  zlib: "inflate_zlib",
  deflate: "inflate_raw",
  snappy: "snappy_decode",
  blosclz: "blosclz_decode",
};

type KernelFunction = (...parameters: (number | bigint)[]) => number | bigint;

/** Instantiates the kernels, compiling them first when no module is given. */
export async function loadKernels(module?: WebAssembly.Module): Promise<Kernels> {
  return new WasmKernels(await WebAssembly.instantiate(module ?? (await compileKernels()), {}));
}

/**
 * The kernels of one thread. Every method is synchronous, copies its input and returns memory that the caller owns and
 * may transfer.
 */
export interface Kernels {
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
}

/** One instance of the module with its memory. */
class WasmKernels implements Kernels {
  readonly #exports: Readonly<Record<string, KernelFunction>>;
  readonly #memory: KernelMemory;

  constructor(instance: WebAssembly.Instance) {
    this.#exports = instance.exports as unknown as Record<string, KernelFunction>;
    this.#memory = new KernelMemory(
      instance.exports.memory as WebAssembly.Memory,
      Number(this.#call("heap_base")),
    );
  }

  decode(codec: KernelCodec, input: Uint8Array, capacity: number): Uint8Array {
    const output = this.#tryDecode(codec, input, capacity);
    if (output === undefined) throw kernelFailure(codec, OVERFLOW, input);
    return output;
  }

  decodeUnsized(codec: KernelCodec, input: Uint8Array, limit: number): Uint8Array {
    const known = this.decodedSize(codec, input);
    if (known !== undefined && known <= limit) return this.decode(codec, input, known);
    if (known === undefined) {
      for (let capacity = Math.max(4096, input.length * 4); ; capacity *= 2) {
        const output = this.#tryDecode(codec, input, Math.min(capacity, limit));
        if (output !== undefined) return output;
        if (capacity >= limit) break;
      }
    }
    throw new ReaderError("limit-exceeded", `${codec}: the data decodes to more than ${limit} bytes.`, {
      detail: { codec },
    });
  }

  decodedSize(codec: KernelCodec, input: Uint8Array): number | undefined {
    const name =
      codec === "zstd" ? "zstd_frame_content_size" : codec === "blosc" ? "blosc_decoded_size" : undefined;
    if (name === undefined) return undefined;
    const { input: at } = this.#enter(input, 0);
    const size = Number(this.#run(codec, name, at, input.length));
    return size < 0 ? undefined : size;
  }

  crc32(bytes: Uint8Array, seed: number = 0): number {
    return this.#checksum("crc32", bytes, seed);
  }

  crc32c(bytes: Uint8Array, seed: number = 0): number {
    return this.#checksum("crc32c", bytes, seed);
  }

  adler32(bytes: Uint8Array, seed: number = 1): number {
    return this.#checksum("adler32", bytes, seed);
  }

  unshuffle(bytes: Uint8Array, itemBytes: number): Uint8Array {
    const { input, output } = this.#enter(bytes, bytes.length);
    this.#run("shuffle", "unshuffle", input, bytes.length, itemBytes, output);
    return this.#memory.read(output, bytes.length);
  }

  selectRows(conditions: readonly RowFilterCondition[], rows: number): Uint32Array {
    return selectRowsWith(
      {
        memory: this.#memory,
        run: (name, ...parameters) => Number(this.#run("filter", name, ...parameters)),
      },
      conditions,
      rows,
    );
  }

  gather<T extends TypedArray>(values: T, width: number, rows: Uint32Array): T {
    // Plain code: copying the column in and the rows out again would eat what a kernel could gain here.
    return gatherRows(values, width, rows);
  }

  #tryDecode(codec: KernelCodec, input: Uint8Array, capacity: number): Uint8Array | undefined {
    const { input: from, output: to } = this.#enter(input, capacity);
    const result = Number(this.#run(codec, decoderNames[codec], from, input.length, to, capacity));
    if (result === OVERFLOW) return undefined;
    if (result < 0) throw kernelFailure(codec, result, input);
    return this.#memory.read(to, result);
  }

  #checksum(name: string, bytes: Uint8Array, seed: number): number {
    const { input } = this.#enter(bytes, 0);
    return Number(this.#run(name, name, input, bytes.length, seed)) >>> 0;
  }

  #enter(input: Uint8Array, outputBytes: number): { input: number; output: number } {
    const regions = this.#memory.place(input.length, outputBytes);
    this.#memory.write(regions.input, input);
    return regions;
  }

  #run(codec: string, name: string, ...parameters: (number | bigint)[]): number | bigint {
    try {
      return this.#call(name, ...parameters);
    } catch (cause) {
      throw kernelTrap(codec, cause);
    }
  }

  #call(name: string, ...parameters: (number | bigint)[]): number | bigint {
    return this.#exports[name]!(...parameters);
  }
}
