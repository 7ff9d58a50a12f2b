/**
 * @module
 * Reads `.npy` files (numpy's format 1 to 3): <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
 */
import { readFileSync } from "node:fs";

export interface NumpyFile {
  /** Type string; undefined for records. */
  readonly descr: string | undefined;
  readonly shape: readonly number[];
  readonly isFortran: boolean;
  /** The items as stored; a pickle where `descr` is `|O`. */
  readonly data: Uint8Array;
}

/** Numbers in C order, with the library's name for their type where it has one. */
export interface NumpyNumbers {
  readonly dtype: string;
  readonly values: ArrayLike<number | bigint> & ArrayBufferView;
}

/** Reads a file whole. */
export function readNumpy(path: string): NumpyFile {
  const file = readFileSync(path);
  if (file.toString("latin1", 0, 6) !== "\x93NUMPY") throw new Error(`${path} is no .npy file`);
  const isFirst = file[6] === 1;
  const start = isFirst ? 10 : 12;
  const end = start + (isFirst ? file.readUInt16LE(8) : file.readUInt32LE(8));
  const header = file.toString(file[6] === 3 ? "utf8" : "latin1", start, end);
  const shape = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (shape === undefined) throw new Error(`${path} has no shape in its header ${header}`);
  return {
    descr: /'descr': '([^']+)'/.exec(header)?.[1],
    shape: shape
      .split(",")
      .filter((size) => size.trim() !== "")
      .map(Number),
    isFortran: header.includes("'fortran_order': True"),
    data: Uint8Array.from(file.subarray(end)),
  };
}

const arrays = {
  b1: ["bool", Uint8Array],
  i1: ["int8", Int8Array],
  i2: ["int16", Int16Array],
  i4: ["int32", Int32Array],
  i8: ["int64", BigInt64Array],
  u1: ["uint8", Uint8Array],
  u2: ["uint16", Uint16Array],
  u4: ["uint32", Uint32Array],
  u8: ["uint64", BigUint64Array],
  f2: ["float16", Uint16Array],
  f4: ["float32", Float32Array],
  f8: ["float64", Float64Array],
  c8: ["complex64", Float32Array],
  c16: ["complex128", Float64Array],
  M8: ["int64", BigInt64Array],
  m8: ["int64", BigInt64Array],
} as const;

/** The library's name of a numpy type; undefined where it has none. */
export function typeOfDescr(descr: string): string | undefined {
  return arrays[descr.slice(1) as keyof typeof arrays]?.[0];
}

/** The numbers of a file, half floats widened; undefined for what is no number. */
export function numbersOf({ descr, shape, isFortran, data }: NumpyFile): NumpyNumbers | undefined {
  // The unit of dates and times stands in brackets.
  const kind = descr?.slice(1).replace(/\[.*$/, "");
  const entry = arrays[kind as keyof typeof arrays];
  if (descr === undefined || kind === undefined || entry === undefined) return undefined;
  const [dtype, Numbers] = entry;
  const itemBytes = Number(kind.slice(1));
  const bytes = isFortran ? toRowOrder(data, shape, itemBytes) : data.slice();
  if (descr.startsWith(">")) reverseItems(bytes, Numbers.BYTES_PER_ELEMENT);
  const values = new Numbers(bytes.buffer);
  return { dtype, values: dtype === "float16" ? Float32Array.from(values as Uint16Array, widen) : values };
}

/** IEEE 754 binary16 by its definition. */
function widen(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

function reverseItems(bytes: Uint8Array, itemBytes: number): void {
  for (let at = 0; at < bytes.length; at += itemBytes) bytes.subarray(at, at + itemBytes).reverse();
}

function toRowOrder(data: Uint8Array, shape: readonly number[], itemBytes: number): Uint8Array<ArrayBuffer> {
  const rows = new Uint8Array(data.length);
  for (let row = 0; row * itemBytes < data.length; row++) {
    let rest = row;
    let column = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = shape.slice(0, axis).reduce((product, size) => product * size, 1);
      column += (rest % shape[axis]!) * stride;
      rest = Math.floor(rest / shape[axis]!);
    }
    rows.set(data.subarray(column * itemBytes, (column + 1) * itemBytes), row * itemBytes);
  }
  return rows;
}
