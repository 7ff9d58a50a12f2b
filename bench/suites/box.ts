/**
 * The box filter on lidar points: f32 and f64, columns apart and interleaved, with few hits and with all; and after a decode.
 *
 * @module
 */
import { type Kernels, loadKernels, type RowFilterCondition } from "../../src/kernel/kernel.js";
import { selectRows } from "../../src/kernel/twin/select-rows.js";
import type { Host, Row } from "../lib/host.js";
import { measure, median } from "../lib/measure.js";
import { createRawKernels, createResident } from "../lib/raw-kernels.js";
import { rateRow, roundsOf, valueRow } from "../lib/rows.js";

type Floats = Float32Array | Float64Array;
type Box = readonly (readonly [min: number, max: number])[];

const POINTS = 100_000;
/** As the host does it: a block whose columns stay in the second-level cache. */
const BLOCK_ROWS = 16_384;
/** Half the side of a box in x and y, as a share of the points' own, and the share of points that lie in it. */
const shares: Readonly<Record<string, number>> = { "0 %": 0, "1 %": 0.1, "25 %": 0.47, "100 %": 1.1 };

export async function boxRows(host: Host): Promise<Row[]> {
  const columns = await loadColumns(host);
  const kernels = await loadKernels();
  const rows: Row[] = [];
  for (const [name, kind] of [
    ["f32", Float32Array],
    ["f64", Float64Array],
  ] as const) {
    const typed = columns.map((column, axis) =>
      fill(new kind(POINTS), (i) => column[i]! + (axis < 2 && name === "f64" ? 4e6 : 0)),
    );
    const interleaved = fill(new kind(POINTS * 3), (i) => typed[i % 3]![Math.floor(i / 3)]!);
    for (const [share, half] of Object.entries(shares)) {
      host.say(`box ${name} ${share}`);
      const box = boxOf(typed, half);
      const apart = typed.map((values, axis) => condition(values, 1, 0, box[axis]!));
      const together = typed.map((_, axis) => condition(interleaved, 3, axis, box[axis]!));
      rows.push(await boxRow(host, kernels, `box ${name} ${share} columns`, typed, 1, box, apart));
      rows.push(
        await boxRow(host, kernels, `box ${name} ${share} interleaved`, [interleaved], 3, box, together),
      );
    }
  }
  return rows;
}

/** x, y and z of the first chunk of columns. */
async function loadColumns(host: Host): Promise<Float32Array[]> {
  const bytes = await host.load("lidar-f32.raw");
  return [0, 1, 2].map((axis) => new Float32Array(bytes.buffer, axis * POINTS * 4, POINTS));
}

function fill<A extends Floats>(array: A, value: (index: number) => number): A {
  for (let i = 0; i < array.length; i++) array[i] = value(i);
  return array;
}

function boxOf(columns: readonly Floats[], half: number): Box {
  return columns.map((values, axis) => {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (axis === 2) return [low, high];
    if (half === 0) return [high + 1, high + 9];
    const middle = (low + high) / 2;
    const reach = ((high - low) / 2) * half;
    // Numbers of the columns' own type, so that the kernel and its twin compare with the same.
    const round = values instanceof Float32Array ? Math.fround : Number;
    return [round(middle - reach), round(middle + reach)];
  });
}

function condition(
  values: Floats,
  stride: number,
  offset: number,
  [min, max]: readonly [number, number],
): RowFilterCondition {
  return { values, stride, offset, min, max };
}

async function boxRow(
  host: Host,
  kernels: Kernels,
  name: string,
  columns: readonly Floats[],
  width: number,
  box: Box,
  conditions: readonly RowFilterCondition[],
): Promise<Row> {
  const wanted = selectRows(conditions, POINTS);
  const inPlace = await createFilter(columns, width, box);
  const found = kernels.selectRows(conditions, POINTS);
  if (!isSame(inPlace.rows(), wanted) || !isSame(found, wanted)) throw new Error(`${name}: wrong rows`);
  const position = conditions[0]!.values as Floats;
  const samples = await measure(
    {
      "in place": inPlace.run,
      host: () => kernels.selectRows(conditions, POINTS),
      "host + gather": () => kernels.gather(position, width, kernels.selectRows(conditions, POINTS)),
      twin: () => selectRows(conditions, POINTS),
    },
    roundsOf(host.options.quick),
  );
  return rateRow(name, samples, {
    units: POINTS,
    unit: "Gp/s",
    own: "in place",
    notes: { hits: wanted.length },
  });
}

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** The kernels on columns that lie in their memory already, block by block. */
async function createFilter(columns: readonly Floats[], width: number, box: Box) {
  const bytes = columns[0]!.byteLength + 64;
  const raw = await createRawKernels(bytes * columns.length, POINTS * 4 + 16_384);
  const addresses = columns.map((column, i) => {
    const at = raw.input + Math.ceil((bytes * i) / 64) * 64;
    raw.bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    return at;
  });
  const isSingle = columns[0] instanceof Float32Array;
  const kernel = raw.exports[isSingle ? "filter_f32" : "filter_f64"]!;
  const rowBytes = width * (isSingle ? 4 : 8);
  const bounds = raw.output;
  const mask = bounds + 512;
  const out = mask + BLOCK_ROWS / 8 + 64;
  const tables =
    width === 1 ? box.map((axis) => boundsTable(isSingle, [axis])) : [boundsTable(isSingle, box)];
  let count = 0;
  return {
    run(): void {
      count = 0;
      for (let first = 0; first < POINTS; first += BLOCK_ROWS) {
        const rows = Math.min(BLOCK_ROWS, POINTS - first);
        raw.exports.filter_begin!(mask, rows);
        const isAnyLeft = addresses.every((at, i) => {
          raw.bytes.set(tables[i]!, bounds);
          return kernel(at + first * rowBytes, width, rows, bounds, 0, mask) !== 0;
        });
        if (isAnyLeft) count += raw.exports.filter_rows!(mask, rows, first, out + 4 * count);
      }
    },
    rows(): Uint32Array {
      this.run();
      return new Uint32Array(raw.bytes.buffer.slice(out, out + 4 * count));
    },
  };
}

/** `width` vectors of lower bounds, then of upper ones, running on over the vectors as the components do. */
function boundsTable(isSingle: boolean, box: Box): Uint8Array {
  const kind = isSingle ? Float32Array : Float64Array;
  const lanes = box.length * (isSingle ? 4 : 2);
  const pick = (end: 0 | 1): Floats => fill(new kind(lanes), (lane) => box[lane % box.length]![end]);
  return new Uint8Array([pick(0), pick(1)].flatMap((half) => [...new Uint8Array(half.buffer)]));
}

/**
 * A decode of 1 MiB, alone and followed by the filter over what it gave, taken as three columns. "cost" is of the whole way through a worker:
 * all numbers leave after a decode alone, the rows that were kept after a filter. "in memory" is without what leaves.
 */
export async function decodeAndFilterRows(host: Host): Promise<Row[]> {
  const kernels = await createResident();
  const { memory } = kernels;
  const rows: Row[] = [];
  for (const [encoding, codec] of [
    ["blosc-lz4-shuffle", "blosc"],
    ["zstd-3", "zstd"],
  ] as const) {
    host.say(`decode + filter ${encoding}`);
    const pack = host.manifest.packs.find((one) => one.encoding === encoding && one.set === "lidar-f32")!;
    const chunk = (await host.load(`lidar-f32.${encoding}.pack`)).slice(0, pack.lengths[0]);
    const points = Math.floor(pack.chunkBytes / 12);
    const decode = () => kernels.decode(codec, memory.enter(chunk), pack.chunkBytes);
    const split = ({ at }: { at: number }): Float32Array[] =>
      [0, 1, 2].map(
        (axis) =>
          memory.numbers<Float32Array>({ at: at + axis * points * 4, length: points * 4 }, Float32Array)
            .values,
      );
    const box = memory.scoped(() => boxOf(split(decode()), 0.43));
    const filter = () => {
      const columns = split(decode());
      const conditions = columns.map((values, axis) => condition(values, 1, 0, box[axis]!));
      return { columns, rows: kernels.selectRows(conditions, points).values };
    };
    const leave = (): Float32Array[] => {
      const { columns, rows: kept } = filter();
      return columns.map((values) => kernels.gather(values, 1, kept));
    };
    const hits = memory.scoped(leave)[0]!.length;
    const samples = await measure(
      {
        decode: () => memory.scoped(decode),
        "decode, all out": () => memory.scoped(() => memory.take(decode())),
        filter: () => memory.scoped(() => filter().rows.length),
        "filter, rows out": () => memory.scoped(leave),
      },
      roundsOf(host.options.quick, 15),
    );
    const ratioTo = (name: string, other: string): number[] =>
      samples[name]!.map((ms, round) => ms / samples[other]![round]!);
    rows.push({
      ...valueRow(`decode + filter ${encoding}`, "×", {
        cost: ratioTo("filter, rows out", "decode, all out"),
        "in memory": ratioTo("filter", "decode"),
      }),
      notes: {
        ...Object.fromEntries(
          Object.entries(samples).map(([name, list]) => [`${name} ms`, median(list).toFixed(3)]),
        ),
        points,
        hits,
      },
    });
  }
  return rows;
}
