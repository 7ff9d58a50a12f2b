import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { wholeCrop } from "../../../src/bytes/block.js";
import { numbersOf } from "../../../src/bytes/ragged.js";
import { decodeChunk } from "../../../src/codec/pipeline.js";
import {
  arrayOf,
  countItems,
  type FixedType,
  laneBytes,
  lanesOf,
  type TypedArray,
} from "../../../src/core/dtype.js";
import type { CodecSpec } from "../../../src/core/plan.js";
import { type Kernels, loadKernels } from "../../../src/kernel/kernel.js";
import { twinKernels } from "../../../src/kernel/twin/kernels.js";
import { GridData } from "../../../src/worker/grid-data.js";
import type { BlockResult, DecodeTask, RowsResult } from "../../../src/worker/protocol.js";
import * as rowTasks from "../../../src/worker/run-rows.js";
import { runTask } from "../../../src/worker/run-task.js";
import { allCodecs } from "../../support/all-codecs.js";
import { bytesCodecs, encodeChain, orderBytes } from "../../support/encode-chain.js";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const dtypes: readonly FixedType[] = [
  "bool",
  "int8",
  "uint16",
  "int32",
  "uint64",
  "float32",
  "float64",
  "complex64",
];
/** Codecs that plain code can run: what the twins have to agree on. */
const plainCodecs = ["crc32c", "crc32", "adler32", "vlen-item", "shuffle"];

const bytesSpec = fc.constantFrom(...bytesCodecs, ...plainCodecs);
const chain = fc.record({
  dtype: fc.constantFrom(...dtypes),
  isBig: fc.boolean(),
  names: fc.array(bytesSpec, { maxLength: 4 }),
  seed: fc.nat({ max: 1e6 }),
});

/** Numbers that every type can hold, with runs in them. */
function makeValues(dtype: FixedType, length: number, seed: number): TypedArray {
  const values = new (arrayOf(dtype))(length * lanesOf(dtype));
  for (let i = 0; i < values.length; i++) {
    const number = (Math.imul((i >> 2) + seed, 2654435761) >>> 28) % (dtype === "bool" ? 2 : 16);
    (values as unknown as Record<number, number | bigint>)[i] =
      typeof values[i] === "bigint" ? BigInt(number) : number;
  }
  return values;
}

/** The specs of a chain; shuffled bytes have to be whole items, so their size follows from where they stand. */
async function encode(
  values: TypedArray,
  { dtype, isBig, names }: { dtype: FixedType; isBig: boolean; names: readonly string[] },
): Promise<{ specs: CodecSpec[]; bytes: Uint8Array }> {
  const specs: CodecSpec[] = [{ name: "bytes", configuration: { endian: isBig ? "big" : "little" } }];
  let bytes: Uint8Array = orderBytes(values, laneBytes(dtype), isBig);
  for (const name of names) {
    const elementsize = [8, 4, 3, 2, 1].find((size) => bytes.length % size === 0)!;
    const spec = name === "shuffle" ? { name, configuration: { elementsize } } : { name };
    bytes = await encodeChain(bytes, [spec]);
    specs.push(spec);
  }
  // At an odd place in a larger buffer, as a range of an object is.
  const host = new Uint8Array(bytes.length + 9).fill(170);
  host.set(bytes, 3);
  return { specs, bytes: host.subarray(3, 3 + bytes.length) };
}

function outcome(task: DecodeTask, used: Kernels): BlockResult | RowsResult {
  const reply = runTask(task, used, { rows: rowTasks, registry: allCodecs });
  if (!reply.ok) throw new Error(reply.error.message);
  if (reply.result.kind === "placed") throw new Error("nothing came back");
  return reply.result;
}

function isPlain(specs: readonly CodecSpec[]): boolean {
  return specs.slice(1).every(({ name }) => plainCodecs.includes(name));
}

/** The same block in memory that held something else, and in a grid, one cell off its beginning. */
function expectElsewhere(
  task: Extract<DecodeTask, { kind: "block" }>,
  data: TypedArray,
  counts: readonly number[],
): void {
  const dtype = task.column.dtype as FixedType;
  const room = new Uint8Array(data.byteLength + 5).fill(201).buffer;
  const there = outcome({ ...task, room }, kernels) as BlockResult;
  expect(there.data).toEqual(data);
  expect(numbersOf(there.data).buffer).toBe(room);
  const shape = counts.map((count) => count + 2);
  const grid = new GridData({ dtype, shape });
  const offset = counts.map(() => 1);
  const reply = runTask({ ...task, place: { grid: 7, offset } }, kernels, {
    registry: allCodecs,
    gridOf: (id) => (id === 7 ? grid : undefined),
  });
  expect(reply).toMatchObject({ ok: true, result: { kind: "placed" } });
  const expected = new GridData({ dtype, shape });
  expected.place({ values: data, shape: counts }, wholeCrop(counts), offset);
  expect(grid.values).toEqual(expected.values);
}

/** Results are transferred: nobody else may see their buffer. */
function expectOwned(values: TypedArray, bytes: Uint8Array): void {
  expect(values.buffer.byteLength).toBe(values.byteLength);
  expect(values.buffer).not.toBe(bytes.buffer);
  expect(kernels.resident!.memory.holds(values)).toBe(false);
}

describe("random chains of codecs", () => {
  it("blocks hold the cells that were asked for", async () => {
    const axis = fc.record({
      size: fc.integer({ min: 1, max: 9 }),
      from: fc.nat(),
      take: fc.nat(),
      step: fc.constantFrom(1, 1, 2, -1),
    });
    const grid = fc.record({
      parts: chain,
      axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
      isWhole: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(grid, async ({ parts, axes, isWhole }) => {
        const shape = axes.map(({ size }) => size);
        const values = makeValues(parts.dtype, countItems(shape), parts.seed);
        const { specs, bytes } = await encode(values, parts);
        const before = bytes.slice();
        const crop = axes.map(({ size, from, take, step }) => {
          if (isWhole) return { start: 0, count: size, step: 1 };
          const start = from % size;
          const room = step > 0 ? Math.ceil((size - start) / step) : start + 1;
          return { start, count: 1 + (take % room), step };
        });
        const column = { name: "x", codecs: specs, dtype: parts.dtype, shape, bytes };
        const task: DecodeTask = { kind: "block", label: "x", column, crop };
        const { data } = outcome(task, kernels) as BlockResult;

        const lanes = lanesOf(parts.dtype);
        const counts = crop.map(({ count }) => count);
        const expected = new (arrayOf(parts.dtype))(countItems(counts) * lanes) as Float64Array;
        for (let cell = 0; cell < countItems(counts); cell++) {
          let rest = cell;
          let at = 0;
          let stride = 1;
          for (let k = crop.length - 1; k >= 0; k--) {
            at += stride * (crop[k]!.start + (rest % counts[k]!) * crop[k]!.step);
            rest = Math.floor(rest / counts[k]!);
            stride *= shape[k]!;
          }
          for (let lane = 0; lane < lanes; lane++)
            expected[cell * lanes + lane] = (values as Float64Array)[at * lanes + lane]!;
        }
        expect(data).toEqual(expected);
        expectOwned(numbersOf(data), bytes);
        expectElsewhere(task, numbersOf(data), counts);
        expect(bytes).toEqual(before);
        if (isPlain(specs))
          expect(outcome(task, twinKernels)).toEqual({ kind: "block", data, shape: counts });
        const meta = { dtype: parts.dtype, shape };
        expect(decodeChunk(bytes, specs, meta, { kernels, label: "x", registry: allCodecs }).values).toEqual(
          values,
        );
      }),
      { numRuns: 400, seed: 11 },
    );
  });

  it("rows hold what the filter leaves, of every column", async () => {
    const table = fc.record({
      rows: fc.integer({ min: 1, max: 300 }),
      columns: fc.array(fc.record({ parts: chain, width: fc.integer({ min: 1, max: 5 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
      picks: fc.array(
        fc.record({
          column: fc.nat(),
          component: fc.nat(),
          min: fc.integer({ min: -1, max: 8 }),
          reach: fc.nat({ max: 16 }),
        }),
        { maxLength: 3 },
      ),
      position: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(table, async ({ rows, columns, picks, position }) => {
        const decoded = columns.map(({ parts, width }) => makeValues(parts.dtype, rows * width, parts.seed));
        const encoded = await Promise.all(columns.map(({ parts }, i) => encode(decoded[i]!, parts)));
        const widths = columns.map(({ parts, width }) => width * lanesOf(parts.dtype));
        const conditions = picks.map((pick) => {
          const column = pick.column % columns.length;
          return {
            column,
            component: pick.component % widths[column]!,
            min: pick.min,
            max: pick.min + pick.reach,
          };
        });
        const task: DecodeTask = {
          kind: "rows",
          label: "x",
          columns: columns.map(({ parts, width }, i) => {
            return {
              name: `${i}`,
              codecs: encoded[i]!.specs,
              dtype: parts.dtype,
              width,
              bytes: encoded[i]!.bytes,
            };
          }),
          conditions,
          positions:
            position % 2 === 0
              ? Array.from({ length: widths[0]! }, (_, component) => ({ column: 0, component }))
              : [{ column: 0, component: position % widths[0]! }],
          fields: columns.flatMap((_, column) => [
            { name: "whole", column },
            { name: "one", column, component: widths[column]! - 1 },
          ]),
        };
        const result = outcome(task, kernels) as RowsResult;

        const kept: number[] = [];
        for (let row = 0; row < rows; row++) {
          const isIn = conditions.every(({ column, component, min, max }) => {
            const value = decoded[column]![row * widths[column]! + component]!;
            return value >= min && value <= max;
          });
          if (isIn) kept.push(row);
        }
        const pick = (column: number, components: readonly number[]): TypedArray => {
          const numbers = kept.flatMap((row) =>
            components.map((k) => decoded[column]![row * widths[column]! + k]!),
          );
          return (arrayOf(columns[column]!.parts.dtype) as unknown as typeof Float64Array).from(
            numbers as number[],
          );
        };
        const every = (column: number) => Array.from({ length: widths[column]! }, (_, k) => k);
        expect(result.rows).toBe(kept.length);
        expect(result.positions).toEqual(
          pick(
            0,
            task.positions.map(({ component }) => component),
          ),
        );
        result.fields.forEach(({ values }, i) => {
          const column = i >> 1;
          expect(values).toEqual(pick(column, i % 2 === 0 ? every(column) : [widths[column]! - 1]));
          expectOwned(numbersOf(values), encoded[column]!.bytes);
        });
        if (encoded.every(({ specs }) => isPlain(specs))) expect(outcome(task, twinKernels)).toEqual(result);
      }),
      { numRuns: 250, seed: 12 },
    );
  });
});
