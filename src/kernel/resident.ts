/**
 * The kernels on data that lies in their memory: regions in, regions out, nothing copied. Every region is valid until the
 * scope ends in which it was placed (`memory.scoped`). Design: docs/design/wasm.md §2.
 *
 * @module
 */
import type { TypedArray, TypedArrayConstructor } from "../core/dtype.js";
import { ReaderError } from "../core/error.js";
import { kernelFailure, kernelTrap, OVERFLOW } from "./failure.js";
import { KernelMemory, type Placed, type Region } from "./memory.js";
import { type FilterModule, isFloats, type RowFilterCondition, selectRowsWith } from "./select-rows.js";
import type { IntegerType } from "./twin/delta.js";
import type { RowComponent } from "./twin/gather.js";

/** The decoders of the module; `deflate` is raw inflate, `lz4` one raw block. */
export type KernelCodec =
  | "zstd"
  | "lz4"
  | "blosc"
  | "gzip"
  | "zlib"
  | "deflate"
  | "snappy"
  | "blosclz"
  | "bzip2";
export type KernelChecksum = "crc32" | "crc32c" | "adler32";

const decoderNames: Readonly<Record<KernelCodec, string>> = {
  zstd: "zstd_decode",
  lz4: "lz4_decode",
  blosc: "blosc_decode",
  gzip: "inflate_gzip",
  zlib: "inflate_zlib",
  deflate: "inflate_raw",
  snappy: "snappy_decode",
  blosclz: "blosclz_decode",
  bzip2: "bzip2_decode",
};

type KernelFunction = (...parameters: (number | bigint)[]) => number | bigint;

/** One instance of the module with its memory. */
export class ResidentKernels {
  readonly memory: KernelMemory;
  readonly #exports: Readonly<Record<string, KernelFunction>>;
  /** For filters with a host of their own. */
  readonly filter: FilterModule;

  constructor(instance: WebAssembly.Instance) {
    this.#exports = instance.exports as unknown as Record<string, KernelFunction>;
    this.memory = new KernelMemory(
      instance.exports.memory as WebAssembly.Memory,
      Number(this.#exports.heap_base!()),
    );
    this.filter = {
      memory: this.memory,
      run: (name, ...parameters) => this.#run("filter", name, ...parameters),
    };
  }

  /** As `Kernels.decode`. */
  decode(codec: KernelCodec, input: Region, capacity: number): Region {
    const output = this.#tryDecode(codec, input, capacity);
    if (output === undefined) throw kernelFailure(codec, OVERFLOW, this.memory.view(input));
    return output;
  }

  /** As `Kernels.decodeUnsized`. */
  decodeUnsized(codec: KernelCodec, input: Region, limit: number): Region {
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

  /** As `Kernels.decodedSize`. */
  decodedSize(codec: KernelCodec, { at, length }: Region): number | undefined {
    const name =
      codec === "zstd" ? "zstd_frame_content_size" : codec === "blosc" ? "blosc_decoded_size" : undefined;
    if (name === undefined) return undefined;
    const size = Number(this.#run(codec, name, at, length));
    return size < 0 ? undefined : size;
  }

  /** The checksum of a region; `seed` is the sum of what came before, if anything did. */
  checksum(name: KernelChecksum, { at, length }: Region, seed: number = name === "adler32" ? 1 : 0): number {
    return this.#run(name, name, at, length, seed) >>> 0;
  }

  /** As `Kernels.unshuffle`. */
  unshuffle({ at, length }: Region, itemBytes: number): Region {
    const output = this.memory.reserve(length);
    this.#run("shuffle", "unshuffle", at, length, itemBytes, output.at);
    return output;
  }

  /** Puts the bits of values back that were shuffled as one block; their number is a multiple of eight. */
  unshuffleBits({ at, length }: Region, itemBytes: number, to: Region): void {
    this.#run("shuffle", "bitunshuffle", at, length, itemBytes, to.at);
  }

  /** As `Kernels.selectRows`; the row numbers stay in memory. Columns there are tested where they lie. */
  selectRows(conditions: readonly RowFilterCondition[], rows: number): Placed<Uint32Array> {
    return selectRowsWith(this.filter, conditions, rows);
  }

  /** As `Kernels.gather`, of values and row numbers that lie in memory. */
  gather<T extends TypedArray>(values: T, width: number, rows: Uint32Array): T {
    const make = values.constructor as TypedArrayConstructor;
    const rowBytes = width * make.BYTES_PER_ELEMENT;
    const { byteOffset: from } = values;
    const { byteOffset: numbers, length: count } = rows;
    return this.memory.scoped(() => {
      const output = this.memory.reserve(count * rowBytes);
      this.#run("gather", "gather_rows", from, rowBytes, numbers, count, output.at);
      return this.memory.numbers<T>(output, make).values.slice() as T;
    });
  }

  /** As `Kernels.interleave`, of values and row numbers that lie in memory. */
  interleave(components: readonly RowComponent[], rows: Uint32Array | number): TypedArray {
    const make = components[0]!.values.constructor as TypedArrayConstructor;
    const size = make.BYTES_PER_ELEMENT;
    const outRowBytes = components.length * size;
    const [numbers, count] = typeof rows === "number" ? [0, rows] : [rows.byteOffset, rows.length];
    const columns = components.map(({ values, width, component }) => {
      return { from: values.byteOffset + component * size, rowBytes: width * size };
    });
    return this.memory.scoped(() => {
      const output = this.memory.reserve(count * outRowBytes);
      columns.forEach(({ from, rowBytes }, index) => {
        const to = output.at + index * size;
        this.#run("gather", "gather_component", size, from, rowBytes, numbers, count, to, outRowBytes);
      });
      return this.memory.numbers(output, make).values.slice();
    });
  }

  /** Reverses the bytes of every number of `size` bytes, in place. */
  swapBytes({ at, length }: Region, size: number): void {
    if (size > 1) this.#run("bytes", "swap_bytes", at, length, size);
  }

  /** Makes 1 of every byte above it, in place. */
  clampBools({ at, length }: Region): void {
    this.#run("bytes", "clamp_bools", at, length);
  }

  /** Makes running sums of numbers that lie in memory, in place; those of integers begin at `start`. */
  sumDeltas(values: TypedArray, start: bigint = 0n): void {
    const { byteOffset, length, BYTES_PER_ELEMENT: size } = values;
    if (isFloats(values)) this.#run("delta", "sum_floats", byteOffset, length, size);
    else this.#run("delta", "sum_integers", byteOffset, length, size, start);
  }

  /**
   * The integers of one part of TileDB's double-delta filter.
   *
   * @throws ReaderError `codec-failed` when the part is cut short or holds more than `capacity` bytes
   */
  decodeDoubleDelta(part: Region, { size }: IntegerType, capacity: number): Region {
    const output = this.memory.reserve(capacity);
    const { at, length } = part;
    const result = this.#run("double-delta", "double_delta_decode", at, length, output.at, capacity, size);
    if (result < 0) throw kernelFailure("double-delta", result, this.memory.view(part));
    return this.memory.shrink(output, result);
  }

  /** Integers widened to `size` bytes, an offset added: one window of TileDB's bit-width reduction. */
  widenIntegers({ at, length }: Region, from: IntegerType, size: 2 | 4 | 8, offset: bigint): Region {
    const count = length / from.size;
    const output = this.memory.reserve(count * size);
    const narrow = from.isSigned ? -from.size : from.size;
    this.#run("bit-width", "widen_integers", narrow, at, count, output.at, size, offset);
    return output;
  }

  /** Half-precision numbers as single-precision ones. */
  widenHalves({ at, length }: Region): Region {
    const output = this.memory.reserve(length * 2);
    this.#run("bytes", "widen_halves", at, length / 2, output.at);
    return output;
  }

  /** Writes into a region of its own; undefined, and nothing placed, when `capacity` is too small. */
  #tryDecode(codec: KernelCodec, input: Region, capacity: number): Region | undefined {
    const work = codec === "bzip2" ? [this.#reserveWork("bzip2_work_bytes").at] : [];
    const output = this.memory.reserve(capacity);
    const result = this.#run(
      codec,
      decoderNames[codec],
      input.at,
      input.length,
      output.at,
      capacity,
      ...work,
    );
    if (result === OVERFLOW) {
      this.memory.shrink(output, 0);
      return undefined;
    }
    if (result < 0) throw kernelFailure(codec, result, this.memory.view(input));
    return this.memory.shrink(output, result);
  }

  /** Room that a decoder needs besides its output. */
  #reserveWork(bytes: string): Region {
    return this.memory.reserve(Number(this.#exports[bytes]!()));
  }

  #run(codec: string, name: string, ...parameters: (number | bigint)[]): number {
    try {
      return Number(this.#exports[name]!(...parameters));
    } catch (cause) {
      throw kernelTrap(codec, cause);
    }
  }
}
