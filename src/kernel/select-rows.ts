/**
 * The host of the row filter (`wasm/assembly/box.ts`). Rows are tested in blocks that stay in cache: columns of the kernels'
 * memory where they lie, others through a staging region. Components of interleaved positions are tested together, and
 * columns of wide rows last, in plain code, on the rows that are left.
 *
 * @module
 */
import type { TypedArray } from "../core/dtype.js";
import { boundsOfFloat32, boundsOfFloat64, boundsOfIntegers } from "./bounds.js";
import type { KernelMemory, Placed, Region } from "./memory.js";
import { checkConditions, keepRows, type RowFilterCondition } from "./twin/select-rows.js";

export type { RowFilterCondition } from "./twin/select-rows.js";

/** What the filter needs of the module. */
export interface FilterModule {
  readonly memory: KernelMemory;
  run(name: string, ...parameters: (number | bigint)[]): number;
}

/** Rows per block, a multiple of 64: at most 512 KiB of the widest rows the kernels take, which stays in a second-level cache. */
const BLOCK_ROWS = 16_384;
/** Wider rows are cheaper to test where they lie than to copy. */
const MAX_ROW_BYTES = 32;
/** Most interleaved components that the float kernels take. */
const MAX_COMPONENTS = 4;
const BOUNDS_BYTES = 2 * MAX_COMPONENTS * 16;

/** One pass of a kernel over one column. */
interface Pass {
  readonly values: TypedArray;
  /** Where the column lies in the kernels' memory; undefined for one that lies elsewhere. */
  readonly at: number | undefined;
  readonly stride: number;
  /** Index of the first row's first value. */
  readonly offset: number;
  /** Runs the kernel on a block at `at`; returns whether a row is left. */
  readonly run: (at: number, rows: number, mask: number, bounds: number) => boolean;
}

/** Numbers of the rows that meet every condition, ascending, in the kernels' memory; all rows when there is none. */
export function selectRowsWith(
  module: FilterModule,
  conditions: readonly RowFilterCondition[],
  rows: number,
): Placed<Uint32Array> {
  checkConditions(conditions, rows);
  const { memory } = module;
  const passes = planPasses(module, conditions.filter(isNarrow));
  const wide = conditions
    .filter((condition) => !isNarrow(condition))
    .map((condition) => ({ condition, column: memory.placed(condition.values) }));

  const room = memory.reserve(rows * 4);
  let count = passes === undefined ? 0 : memory.scoped(() => runPasses(module, passes, rows, room));
  if (wide.length > 0) {
    const found = memory.numbers<Uint32Array>({ at: room.at, length: count * 4 }, Uint32Array);
    const placed = wide.map(({ condition, column }) => ({ ...condition, values: column.values }));
    count = keepRows(placed, found.values);
  }
  return memory.numbers<Uint32Array>(memory.shrink(room, count * 4), Uint32Array);
}

function isNarrow({ values, stride }: RowFilterCondition): boolean {
  return (
    stride * values.BYTES_PER_ELEMENT <= MAX_ROW_BYTES && (!isFloats(values) || stride <= MAX_COMPONENTS)
  );
}

/** Writes the numbers of the rows that pass at `numbers`; returns how many they are. */
function runPasses(module: FilterModule, passes: readonly Pass[], rows: number, numbers: Region): number {
  const { memory } = module;
  const staging = memory.reserve(passes.every(({ at }) => at !== undefined) ? 0 : BLOCK_ROWS * MAX_ROW_BYTES);
  const bounds = memory.reserve(BOUNDS_BYTES);
  const { at: mask } = memory.reserve(BLOCK_ROWS / 8);
  const { bytes } = memory;

  let count = 0;
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const blockRows = Math.min(BLOCK_ROWS, rows - first);
    module.run("filter_begin", mask, blockRows);
    const isAnyLeft = passes.every(({ values, at, offset, stride, run }) => {
      const start = offset + first * stride;
      if (at !== undefined) return run(at + start * values.BYTES_PER_ELEMENT, blockRows, mask, bounds.at);
      bytes.set(bytesOf(values, start, start + blockRows * stride), staging.at);
      return run(staging.at, blockRows, mask, bounds.at);
    });
    if (isAnyLeft) count += module.run("filter_rows", mask, blockRows, first, numbers.at + count * 4);
  }
  return count;
}

function bytesOf(values: TypedArray, start: number, end: number): Uint8Array {
  const size = values.BYTES_PER_ELEMENT;
  const length = Math.min(end, values.length) - start;
  return new Uint8Array(values.buffer, values.byteOffset + start * size, length * size);
}

/** Undefined where a condition can never be met. */
function planPasses(module: FilterModule, conditions: readonly RowFilterCondition[]): Pass[] | undefined {
  const passes: Pass[] = [];
  const taken = new Set<RowFilterCondition>();
  for (const condition of conditions) {
    if (taken.has(condition)) continue;
    const pass = isFloats(condition.values)
      ? planFloats(module, groupOf(condition, conditions, taken), condition.values)
      : planIntegers(module, condition, condition.values);
    if (pass === undefined) return undefined;
    passes.push(pass);
  }
  return passes;
}

function addressOf({ memory }: FilterModule, values: TypedArray): number | undefined {
  return memory.holds(values) ? values.byteOffset : undefined;
}

/** Tells whether the float kernels take these numbers. */
export function isFloats(values: TypedArray): values is Float32Array | Float64Array {
  return values instanceof Float32Array || values instanceof Float64Array;
}

/** The components of the same rows, when the kernel can test them together; one condition per component. */
function groupOf(
  condition: RowFilterCondition,
  conditions: readonly RowFilterCondition[],
  taken: Set<RowFilterCondition>,
): RowFilterCondition[] {
  const { values, stride, offset } = condition;
  const group = new Map([[offset, condition]]);
  const row = Math.floor(offset / stride);
  for (const other of conditions) {
    const isSame = other.values === values && other.stride === stride;
    if (!isSame || taken.has(other) || Math.floor(other.offset / stride) !== row) continue;
    if (!group.has(other.offset)) group.set(other.offset, other);
  }
  for (const member of group.values()) taken.add(member);
  return [...group.values()];
}

function planFloats(
  module: FilterModule,
  group: readonly RowFilterCondition[],
  values: Float32Array | Float64Array,
): Pass | undefined {
  const { stride, offset } = group[0]!;
  const isSingle = values instanceof Float32Array;
  const make = isSingle ? Float32Array : Float64Array;
  const lanes = 16 / make.BYTES_PER_ELEMENT;
  const width = stride;
  const base = Math.floor(offset / stride) * stride;

  // Lanes of `width` vectors, over which the components run on.
  const lows = new make(width * lanes);
  const highs = new make(width * lanes);
  let bounded = 0;
  for (const condition of group) {
    const bounds = (isSingle ? boundsOfFloat32 : boundsOfFloat64)(condition.min, condition.max);
    if (bounds === undefined) return undefined;
    const component = condition.offset - base;
    for (let lane = component; lane < width * lanes; lane += width) {
      lows[lane] = bounds[0];
      highs[lane] = bounds[1];
    }
    for (let row = 0; row < 8; row++) bounded |= 1 << (component + row * width);
  }
  const table = new Uint8Array(width * 32);
  table.set(new Uint8Array(lows.buffer));
  table.set(new Uint8Array(highs.buffer), width * 16);
  const name = isSingle ? "filter_f32" : "filter_f64";
  return {
    values,
    at: addressOf(module, values),
    stride,
    offset: base,
    run(at, rows, mask, bounds) {
      module.memory.bytes.set(table, bounds);
      return module.run(name, at, width, rows, bounds, ~bounded, mask) !== 0;
    },
  };
}

function planIntegers(
  module: FilterModule,
  condition: RowFilterCondition,
  values: TypedArray,
): Pass | undefined {
  const { stride, offset, min, max } = condition;
  const bits = values.BYTES_PER_ELEMENT * 8;
  const isSigned =
    values instanceof Int8Array ||
    values instanceof Int16Array ||
    values instanceof Int32Array ||
    values instanceof BigInt64Array;
  const least = isSigned ? -(1n << BigInt(bits - 1)) : 0n;
  const bounds = boundsOfIntegers(min, max, least, least + (1n << BigInt(bits)) - 1n);
  if (bounds === undefined) return undefined;
  const kind = isSigned ? bits / 8 : -bits / 8;
  const low = BigInt.asIntN(64, bounds[0]);
  const high = BigInt.asIntN(64, bounds[1]);
  return {
    values,
    at: addressOf(module, values),
    stride,
    offset,
    run: (at, rows, mask) => module.run("filter_integers", kind, at, stride, rows, low, high, mask) !== 0,
  };
}
