/**
 * Little-endian tables of 64-bit integers as numbers: row numbers, chunk coordinates, counts.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";

/** The error for a table that does not say what its length and its counts promise. */
export function corruptTable(where: string, why: string): ReaderError {
  return new ReaderError("corrupt", `${where}: ${why}`, { detail: { part: where } });
}

/** Bounds-checked reading of one table from its start to its end. */
export class TableReader {
  readonly #where: string;
  readonly #view: DataView;
  #at = 0;
  #end: number;
  /** What is read at the moment, where it is one of several. */
  #row: number | undefined;

  constructor(bytes: Uint8Array, where: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
    this.#where = where;
  }

  get where(): string {
    return this.#row === undefined ? this.#where : `${this.#where} row ${this.#row}`;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  /** Reads the next bytes as a table of its own, which has to be read to its end; without a reader they are passed over. */
  row(length: number, row: number, read?: (table: TableReader, row: number) => void): void {
    this.#need(length);
    const [start, end] = [this.#at, this.#end];
    if (read !== undefined) {
      this.#row = row;
      this.#end = start + length;
      read(this, row);
      this.end();
      this.#row = undefined;
      this.#end = end;
    }
    this.#at = start + length;
  }

  uint8(): number {
    this.#need(1);
    return this.#view.getUint8(this.#at++);
  }

  uint16(): number {
    this.#need(2);
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2, true);
  }

  uint32(): number {
    this.#need(4);
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  /** @throws ReaderError `corrupt` beyond 2^53, which no row or chunk reaches */
  int64(): number {
    this.#need(8);
    this.#at += 8;
    const low = this.#view.getUint32(this.#at - 8, true);
    const high = this.#view.getInt32(this.#at - 4, true);
    if (high === 0) return low;
    const value = high * 2 ** 32 + low;
    if (!Number.isSafeInteger(value)) throw corruptTable(this.where, `the number ${value} is out of range.`);
    return value;
  }

  /** A view of the next bytes. */
  bytes(length: number): Uint8Array {
    this.#need(length);
    this.#at += length;
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at - length, length);
  }

  /** @throws ReaderError `corrupt` when something is left */
  end(): void {
    if (this.left > 0) throw corruptTable(this.where, `${this.left} bytes are left at the end.`);
  }

  #need(length: number): void {
    if (length > this.left) {
      throw corruptTable(this.where, `${length} bytes are expected at ${this.#at}, ${this.left} are left.`);
    }
  }
}

/**
 * int64 numbers below a limit, all of a table.
 *
 * @throws ReaderError `corrupt` for one that is negative, or the limit or more
 */
export function readUint32s(bytes: Uint8Array, limit: number, where: string): Uint32Array {
  if (bytes.length % 8 !== 0) throw corruptTable(where, `${bytes.length} bytes are no 64-bit integers.`);
  const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(buffer, byteOffset, bytes.length / 4);
  const values = new Uint32Array(bytes.length / 8);
  for (let index = 0; index < values.length; index++) {
    const low = words[2 * index]!;
    if (words[2 * index + 1]! !== 0 || low >= limit) {
      throw corruptTable(where, `entry ${index} is beyond ${limit}.`);
    }
    values[index] = low;
  }
  return values;
}
