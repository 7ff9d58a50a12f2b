/**
 * @module
 * Puts the parts of a stream together as they land, so that the picture can show what is there so far.
 */
import type {
  Column,
  FieldInfo,
  GridSource,
  GridTable,
  PointSource,
  PointTable,
  TypedArray,
} from "cloudcrop";
import type { Result } from "./state.js";

export interface Gather<T> {
  add(part: T): void;
  /** What is there so far; `done` says that no more will come. */
  result(done: boolean): Result;
}

type GridPlan = NonNullable<Awaited<ReturnType<GridSource["plan"]>>["grid"]>;
type ArrayMaker = new (length: number) => TypedArray;

const arrays: Readonly<Partial<Record<GridPlan["dtype"], ArrayMaker>>> = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float16: Float32Array,
  float32: Float32Array,
  float64: Float64Array,
  complex64: Float32Array,
  complex128: Float64Array,
};

/** Cells of a grid, in one array that begins with the fill value. */
export function gatherGrid(plan: GridPlan): Gather<GridTable> {
  const { dtype, shape, axes } = plan;
  const lanes = lanesOf(dtype);
  const cells = shape.reduce((product, size) => product * size, 1);
  const data = makeData(plan, cells * lanes);
  const landed = new Uint8Array(cells);
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const table = { kind: "grid", dtype, data, shape, stride, axes } as GridTable;
  return {
    add(part) {
      const offset = part.offset ?? shape.map(() => 0);
      const row = part.shape.at(-1) ?? 1;
      const rows = row === 0 ? 0 : part.data.length / lanes / row;
      for (let index = 0; index < rows; index++) {
        let [rest, target] = [index, (offset.at(-1) ?? 0) * (stride.at(-1) ?? 1)];
        for (let axis = part.shape.length - 2; axis >= 0; axis--) {
          const size = part.shape[axis]!;
          target += (offset[axis]! + (rest % size)) * stride[axis]!;
          rest = Math.floor(rest / size);
        }
        const piece = part.data.slice(index * row * lanes, (index + 1) * row * lanes);
        if (Array.isArray(data)) data.splice(target, row, ...(piece as string[]));
        else (data as Float64Array).set(piece as Float64Array, target * lanes);
        landed.fill(1, target, target + row);
      }
    },
    result: (done) => ({ kind: "grid", table, ...(done ? {} : { landed }) }),
  };
}

/** Numbers per cell: two of complex types, the bytes of raw ones. */
export function lanesOf(dtype: string): number {
  if (/^r\d+$/.test(dtype)) return Number(dtype.slice(1)) / 8;
  return dtype.startsWith("complex") ? 2 : 1;
}

function makeData({ dtype, fill }: GridPlan, length: number): GridTable["data"] {
  if (dtype === "string") return new Array<string>(length).fill(new TextDecoder().decode(fill));
  if (dtype === "bytes") return new Array<Uint8Array>(length).fill(fill);
  const make = arrays[dtype];
  if (make !== undefined) return filled(new make(length), fill, dtype);
  if (/^(r|u?int)\d+$/.test(dtype))
    return filled(dtype.startsWith("int") ? new Int8Array(length) : new Uint8Array(length), fill, dtype);
  // Small floats: what is not stored is shown as no value.
  return new Float32Array(length).fill(fill.every((byte) => byte === 0) ? 0 : Number.NaN);
}

function filled(data: TypedArray, fill: Uint8Array, dtype: string): TypedArray {
  if (fill.every((byte) => byte === 0)) return data;
  if (dtype === "float16") return data.fill(widen(fill[0]! | (fill[1]! << 8)) as never);
  const Maker = data.constructor as new (buffer: ArrayBuffer) => TypedArray;
  const item = new Maker(fill.slice().buffer);
  for (let at = 0; at < data.length; at++) data[at] = item[at % item.length]!;
  return data;
}

/** IEEE 754 binary16. */
function widen(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rows of points, joined when somebody looks. */
export function gatherPoints(source: PointSource, fields: readonly string[] | undefined): Gather<PointTable> {
  let parts: PointTable[] = [];
  return {
    add: (part) => parts.push(part),
    result() {
      if (parts.length !== 1) parts = [joinParts(parts, source, fields)];
      return { kind: "points", table: parts[0]! };
    },
  };
}

function joinParts(
  parts: readonly PointTable[],
  source: PointSource,
  fields?: readonly string[],
): PointTable {
  const { info } = source;
  if (parts.length > 0) return joinTables(parts);
  const wanted = info.fields.filter(({ name }) => fields?.includes(name) ?? true);
  return {
    kind: "points",
    length: 0,
    dims: info.dimensions.length === 2 ? 2 : 3,
    positions: new Float64Array(0),
    fields: Object.fromEntries(wanted.map((field) => [field.name, emptyColumn(field)])),
  };
}

/** Rows of tables of one kind, one after another; there is at least one. */
export function joinTables(parts: readonly PointTable[]): PointTable {
  const names = Object.keys(parts[0]!.fields);
  return {
    kind: "points",
    length: parts.reduce((sum, part) => sum + part.length, 0),
    dims: parts[0]!.dims,
    positions: joinArrays(parts.map(({ positions }) => positions)),
    fields: Object.fromEntries(names.map((name) => [name, joinColumn(parts, name)])),
  };
}

function emptyColumn({ categories, unit }: FieldInfo): Column {
  return Object.assign(new Float64Array(0), {
    ...(categories === undefined ? {} : { categories }),
    ...(unit === undefined ? {} : { unit }),
  });
}

function joinColumn(parts: readonly PointTable[], name: string): Column {
  const columns = parts.map((part) => part.fields[name]!);
  const notes = columns[0]!;
  const isText = Array.isArray(notes);
  const values = isText ? (columns as string[][]).flat() : joinArrays(columns as TypedArray[]);
  const hasNulls = columns.some(({ validity }) => validity !== undefined);
  return Object.assign(values, {
    ...(notes.width === undefined ? {} : { width: notes.width }),
    ...(notes.categories === undefined ? {} : { categories: notes.categories }),
    ...(notes.unit === undefined ? {} : { unit: notes.unit }),
    ...(hasNulls ? { validity: joinValidity(parts, columns) } : {}),
  }) as Column;
}

function joinValidity(parts: readonly PointTable[], columns: readonly Column[]): Uint8Array {
  return joinArrays(
    columns.map(({ validity }, index) => validity ?? new Uint8Array(parts[index]!.length).fill(1)),
  ) as Uint8Array;
}

function joinArrays(arrays: readonly TypedArray[]): TypedArray {
  const total = arrays.reduce((sum, array) => sum + array.length, 0);
  const joined = new (arrays[0]!.constructor as ArrayMaker)(total);
  let at = 0;
  for (const array of arrays) {
    (joined as Float64Array).set(array as Float64Array, at);
    at += array.length;
  }
  return joined;
}
