/**
 * Rows of links: vertex numbers, and how a stored order of them becomes the order they were written in.
 *
 * @module
 */
import { type DataType, itemBytes } from "../../core/dtype.js";
import { corruptTable, readUint32s, TableReader } from "./int64.js";

/** Links of one cell. */
export interface LinkRows {
  readonly count: number;
  /** Vertex numbers, `width` per link, as stored: number `k` is of the chunk of endpoint `k`. */
  readonly vertices: Uint32Array;
  /** Per link, how the stored order is to be changed; absent where it is the written one. */
  readonly orders?: Uint32Array;
}

export interface LinkFormat {
  readonly dtype: DataType;
  /** Vertices per link. */
  readonly width: number;
  /** Whether each row begins with the code of a permutation. */
  readonly hasOrder: boolean;
  /** Rows alone; else a table of groups lies before them. */
  readonly isFlat: boolean;
}

/**
 * Reads a cell.
 *
 * In groups: int64 K, then K int64 byte offsets into what follows; groups lie one after another, so that their rows are
 * what follows.
 *
 * @throws ReaderError `corrupt`
 */
export function parseLinkRows(bytes: Uint8Array, format: LinkFormat, where: string): LinkRows {
  const { dtype, width, hasOrder, isFlat } = format;
  const rows = isFlat ? bytes : skipGroups(bytes, where);
  const numbers = readIntegers(rows, dtype, where);
  const stride = hasOrder ? width + 1 : width;
  const count = numbers.length / stride;
  if (!Number.isInteger(count)) {
    throw corruptTable(where, `${numbers.length} numbers are no rows of ${stride}.`);
  }
  if (!hasOrder) return { count, vertices: numbers };
  const vertices = new Uint32Array(count * width);
  const orders = new Uint32Array(count);
  for (let link = 0; link < count; link++) {
    orders[link] = numbers[link * stride]!;
    for (let k = 0; k < width; k++) vertices[link * width + k] = numbers[link * stride + 1 + k]!;
  }
  return { count, vertices, orders };
}

function skipGroups(bytes: Uint8Array, where: string): Uint8Array {
  const table = new TableReader(bytes, where);
  const groups = table.int64();
  if (groups < 0 || groups * 8 > table.left) {
    throw corruptTable(where, `${groups} groups of links are said to be in ${bytes.length} bytes.`);
  }
  let last = 0;
  const offsets = new TableReader(table.bytes(8 * groups), where);
  for (let group = 0; group < groups; group++) {
    const offset = offsets.int64();
    if (offset < last || offset > table.left || (group === 0 && offset !== 0)) {
      throw corruptTable(where, `group ${group} of links is said to begin at ${offset}.`);
    }
    last = offset;
  }
  return table.bytes(table.left);
}

/** Row numbers of any integer type, as uint32. */
function readIntegers(bytes: Uint8Array, dtype: DataType, where: string): Uint32Array {
  const limit = 2 ** 32 - 1;
  if (dtype === "int64" || dtype === "uint64") return readUint32s(bytes, limit, where);
  const match = /^u?int(8|16|32)$/.exec(dtype);
  const size = itemBytes(dtype);
  if (match === null || size === undefined || bytes.length % size !== 0) {
    throw corruptTable(where, `${bytes.length} bytes are no links of type ${dtype}.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (at: number): number =>
    size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  const signBit = 2 ** (8 * size - 1);
  return Uint32Array.from({ length: bytes.length / size }, (_, index) => {
    const value = read(index * size);
    if (!dtype.startsWith("u") && value >= signBit)
      throw corruptTable(where, `link number ${index} is negative.`);
    return value;
  });
}

/**
 * The permutation of a Lehmer code: stored endpoint `i` was endpoint `order[i]` when it was written.
 *
 * @throws ReaderError `corrupt` for a code that is none
 */
export function decodeOrder(code: number, width: number, where: string): readonly number[] {
  const left = Array.from({ length: width }, (_, index) => index);
  const order: number[] = [];
  let rest = code;
  for (let index = 0; index < width; index++) {
    const factorial = factorialOf(width - 1 - index);
    const [picked] = left.splice(Math.floor(rest / factorial), 1);
    if (picked === undefined) throw corruptTable(where, `${code} is no order of ${width} vertices.`);
    order.push(picked);
    rest %= factorial;
  }
  return order;
}

function factorialOf(n: number): number {
  return n <= 1 ? 1 : n * factorialOf(n - 1);
}
