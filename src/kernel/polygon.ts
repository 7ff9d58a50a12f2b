/**
 * The host of the polygon filter (`wasm/assembly/polygon.ts`): lays the edges down for the kernel, and decides exactly where
 * the kernel was in doubt.
 *
 * @module
 */
import type { KernelMemory, Placed, Region } from "./memory.js";
import type { FilterModule } from "./select-rows.js";
import {
  checkPositions,
  type Edge,
  edgesOf,
  isInside,
  type PolygonRings,
  type RowValues,
  rowsInPolygon,
} from "./twin/polygon.js";

export type { PolygonRings, RowValues } from "./twin/polygon.js";

/**
 * The rows among these whose point lies in a polygon, in their order: inside an odd number of its rings, or on an edge of
 * any. Exact in doubles; points that are not finite are never inside. Where rows and floats of one type lie in the kernels'
 * memory, so does the result; without a module plain code serves.
 *
 * @throws ReaderError `invalid-query` when the polygon has no ring, a ring of fewer than three positions or a position that
 *   is not finite, or when positions are 64-bit integers
 */
export function rowsInPolygonWith(
  module: FilterModule | undefined,
  rows: Uint32Array,
  x: RowValues,
  y: RowValues,
  rings: PolygonRings,
): Placed<Uint32Array> {
  const type = x.values.constructor;
  const isResident =
    (type === Float32Array || type === Float64Array) &&
    y.values.constructor === type &&
    [rows, x.values, y.values].every((values) => module?.memory.holds(values));
  if (module === undefined || !isResident) return { values: rowsInPolygon(rows, x, y, rings) };
  const { memory } = module;

  checkPositions(x.values, y.values);
  const edges = edgesOf(rings);
  const size = x.values.BYTES_PER_ELEMENT;
  const columns = [x, y].map((column) => memory.placed(column.values));
  // Addresses are taken before anything is placed: memory that grows leaves views empty.
  const places = [x, y].flatMap(({ values, stride, offset }) => [
    values.byteOffset + offset * size,
    stride * size,
  ]);
  const { byteOffset: numbers, length: count } = rows;

  const kept = memory.reserve(count * 4);
  const found = memory.scoped(() => {
    const table = placeEdges(memory, edges);
    const doubts = memory.reserve((count + 1) * 4);
    const room = table.length / 32;
    const parameters = [...places, numbers, count, table.at, room, kept.at, doubts.at] as const;
    const length = module.run("filter_polygon", size, ...parameters);
    const region = { at: kept.at, length: length * 4 };
    const keptRows = memory.numbers<Uint32Array>(region, Uint32Array).values;
    const doubtful = memory.numbers<Uint32Array>(doubts, Uint32Array).values;
    const [xs, ys] = columns.map(({ values }) => values);
    return settle(keptRows, doubtful, (row) => {
      const at = [x, y].map(({ stride, offset }) => offset + row * stride);
      return isInside(edges, Number(xs![at[0]!]), Number(ys![at[1]!]));
    });
  });
  return memory.numbers<Uint32Array>(memory.shrink(kept, found * 4), Uint32Array);
}

/** Four runs of equal, even length: from x, from y, to x, to y; NaN behind the last edge. */
function placeEdges(memory: KernelMemory, edges: readonly Edge[]): Region {
  const room = edges.length + (edges.length % 2);
  const table = new Float64Array(4 * room).fill(Number.NaN);
  edges.forEach((edge, index) => {
    edge.forEach((coordinate, run) => {
      table[run * room + index] = coordinate;
    });
  });
  return memory.enter(new Uint8Array(table.buffer));
}

const NO_MORE = 0xffffffff;

/** Drops the rows in doubt that are outside; `doubts` are their places, ascending. Returns how many rows are left. */
function settle(rows: Uint32Array, doubts: Uint32Array, isIn: (row: number) => boolean): number {
  if (doubts[0] === NO_MORE) return rows.length;
  let next = 0;
  let doubt = 0;
  rows.forEach((row, place) => {
    if (doubts[doubt] === place) {
      doubt++;
      if (!isIn(row)) return;
    }
    rows[next++] = row;
  });
  return next;
}
