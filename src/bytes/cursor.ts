/**
 * A reader that walks through little-endian bytes and never past their end.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

/**
 * Walks through bytes from front to back. Every read checks that the bytes are there; lengths and offsets beyond 2^53 are
 * refused, as no file has them.
 *
 * @throws ReaderError `corrupt`, naming `where`, when bytes are missing
 */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #where: string;
  #at = 0;

  /** @param where names the bytes in messages: a key, or a key and a part of it */
  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Goes on at an offset from the beginning. */
  seek(offset: number): this {
    if (offset < 0 || offset > this.#bytes.length) throw this.corrupt(`has no byte ${offset}`);
    this.#at = offset;
    return this;
  }

  /** Passes over bytes. */
  skip(length: number): this {
    this.#take(length);
    return this;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A 64-bit length, offset or count. */
  size(): number {
    const value = this.u64();
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw this.corrupt(`says ${value} where a length or an offset is expected`);
  }

  /**
   * A count of things that take at least `itemBytes` each of the bytes that are left: a hostile count fails here, before
   * anything is allocated for it.
   */
  count(value: number, itemBytes: number): number {
    if (value * itemBytes <= this.left) return value;
    throw this.corrupt(
      `promises ${value} items of ${itemBytes} bytes or more where ${this.left} bytes are left`,
    );
  }

  /** A view of the next bytes; it shares their buffer. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** UTF-8 of so many bytes; what is not UTF-8 is refused. */
  text(length: number): string {
    const bytes = this.bytes(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.corrupt("holds a name that is not UTF-8");
    }
  }

  /** The error for bytes that cannot be what they should be. */
  corrupt(reason: string): ReaderError {
    return new ReaderError("corrupt", `${this.#where}: ${reason} (at byte ${this.#at}).`, {
      detail: { part: this.#where },
    });
  }

  #take(length: number): number {
    const at = this.#at;
    if (!(length >= 0) || length > this.left) {
      throw this.corrupt(`ends too early: ${length} bytes are needed, ${this.left} are left`);
    }
    this.#at = at + length;
    return at;
  }
}
