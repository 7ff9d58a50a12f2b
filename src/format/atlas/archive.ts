/**
 * Reading of rkyv 0.8 archives: memory images with relative pointers (<https://rkyv.org/format.html>). Everything is reached
 * by its place, so that of thousands of entries only those asked for are read.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Elements side by side. */
export interface Run {
  readonly at: number;
  readonly length: number;
}

/**
 * An archive; every read checks that its bytes are there.
 *
 * @throws ReaderError `corrupt`, naming `where`
 */
export class Archive {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly where: string;

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.where = where;
  }

  get length(): number {
    return this.#bytes.length;
  }

  u8(at: number): number {
    return this.#view.getUint8(this.#check(at, 1));
  }

  u16(at: number): number {
    return this.#view.getUint16(this.#check(at, 2), true);
  }

  u32(at: number): number {
    return this.#view.getUint32(this.#check(at, 4), true);
  }

  i64(at: number): bigint {
    return this.#view.getBigInt64(this.#check(at, 8), true);
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(this.#check(at, 8), true);
  }

  f32(at: number): number {
    return this.#view.getFloat32(this.#check(at, 4), true);
  }

  f64(at: number): number {
    return this.#view.getFloat64(this.#check(at, 8), true);
  }

  /** A 64-bit length or offset. */
  size(at: number): number {
    const value = this.u64(at);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw this.corrupt(`says ${value} where a length or an offset is expected`);
  }

  flag(at: number): boolean {
    const value = this.u8(at);
    if (value <= 1) return value === 1;
    throw this.corrupt(`holds ${value} where a flag is expected (at byte ${at})`);
  }

  /** A `Vec`: where its elements lie. Children come before their parents. */
  run(at: number, stride: number): Run {
    const length = this.size(at + 8);
    if (length === 0) return { at: 0, length };
    const target = at + this.#offset(at);
    if (target < 0 || target + length * stride > at) {
      throw this.corrupt(
        `has ${length} elements of ${stride} bytes at ${target}, which do not fit before byte ${at}`,
      );
    }
    return { at: target, length };
  }

  /** Whether there can be a `Vec` of such elements. */
  hasRun(at: number, stride: number): boolean {
    const [offset, length] = [this.i64(at), this.u64(at + 8)];
    if (length === 0n) return true;
    const target = BigInt(at) + offset;
    return target >= 0n && target + length * BigInt(stride) <= BigInt(at);
  }

  /** A `Vec<u32>`. */
  numbers(at: number): number[] {
    const { at: first, length } = this.run(at, 4);
    return Array.from({ length }, (_, index) => this.u32(first + 4 * index));
  }

  text(at: number): string {
    const head = this.u8(at);
    if ((head & 0xc0) !== 0x80) {
      const slot = this.#bytes.subarray(at, this.#check(at, 16) + 16);
      const end = slot.indexOf(0xff);
      return this.#decode(end < 0 ? slot : slot.subarray(0, end));
    }
    // Two bits of the length's lowest byte are taken by the mark.
    const word = this.u64(at);
    const length = Number((word & 0x3fn) | ((word & ~0xffn) >> 2n));
    const target = at + this.#offset(at + 8);
    return this.#decode(this.#bytes.subarray(this.#check(target, length), target + length));
  }

  /** A `Vec<u8>`, as a copy. */
  octets(at: number): Uint8Array {
    const { at: first, length } = this.run(at, 1);
    return this.#bytes.slice(first, first + length);
  }

  texts(at: number): string[] {
    const { at: first, length } = this.run(at, 16);
    return Array.from({ length }, (_, index) => this.text(first + 16 * index));
  }

  /** Names that structs of `stride` bytes begin with, with their numbers. */
  numberNames({ at, length }: Run, stride: number): ReadonlyMap<string, number> {
    const names = new Map<string, number>();
    for (let number = 0; number < length; number++) {
      const name = this.text(at + number * stride);
      if (names.has(name)) throw this.corrupt(`has two entries named "${name}"`);
      names.set(name, number);
    }
    return names;
  }

  corrupt(reason: string): ReaderError {
    return new ReaderError("corrupt", `${this.where}: the index ${reason}.`, {
      detail: { part: this.where },
    });
  }

  #offset(at: number): number {
    const value = this.i64(at);
    // Beyond the archive in any case; a safe number keeps the sums exact.
    if (value > 0n || value < -BigInt(this.length))
      throw this.corrupt(`has a pointer of ${value} at byte ${at}`);
    return Number(value);
  }

  #check(at: number, length: number): number {
    if (at >= 0 && at + length <= this.length) return at;
    throw this.corrupt(`has no bytes ${at} to ${at + length}; there are ${this.length}`);
  }

  #decode(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.corrupt("holds a name that is not UTF-8");
    }
  }
}
