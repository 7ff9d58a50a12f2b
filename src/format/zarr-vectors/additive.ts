/**
 * Levels that hold only what the next coarser one lacks: their content is the union of a chain, the finest first. Loaded when a
 * store has some. Spec: zarr_vectors `refinement: "add"`.
 *
 * @module
 */

import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { Plan, PointQuery } from "../../core/source.js";
import {
  annotate,
  type Column,
  type ColumnValues,
  type GraphTable,
  type MeshTable,
  type PolylineTable,
} from "../../core/table.js";
import type { VectorPlan } from "../../engine/create-vector-source.js";
import { readMembers } from "./groups.js";
import type { Levels } from "./levels.js";

type VectorTable = PolylineTable | GraphTable | MeshTable;
type Columns = Readonly<Record<string, Column>>;

/** A query for every level of a chain: groups, which one level may hold for all, become the objects in them. */
export async function nameMembers<Q extends PointQuery>(
  levels: Levels,
  chain: readonly number[],
  query: Q,
): Promise<Q> {
  const { groups, ...rest } = query;
  if (groups === undefined) return query;
  const { documents } = levels.container;
  const held = await Promise.all(chain.map((level) => documents.read(`${level}/groups`)));
  const [level = chain[0]!] = chain.filter((_, index) => held[index] !== undefined);
  const members = await readMembers(await levels.open(level), groups);
  const objects = query.objects?.filter((id) => members.has(BigInt(id))) ?? [...members];
  return { ...rest, objects } as unknown as Q;
}

/** What plans of a chain have in common. */
function joinBasics(plans: readonly Plan[], level: number) {
  const sum = (count: (plan: Plan) => number | undefined): number | undefined =>
    plans.map(count).reduce((total, value) => (value === undefined ? undefined : total! + value), 0);
  const [partsTotal, rowsAtMost] = [sum((plan) => plan.partsTotal), sum((plan) => plan.rowsAtMost)];
  return {
    level,
    ...(partsTotal === undefined ? {} : { partsTotal }),
    ...(rowsAtMost === undefined ? {} : { rowsAtMost }),
    ...(plans.some(({ isUpperBound }) => isUpperBound) ? { isUpperBound: true } : {}),
    notes: [
      `Level ${level} adds to coarser ones, so that ${plans.length} levels are read.`,
      ...plans.flatMap((plan) => plan.notes ?? []),
    ],
    async *[Symbol.asyncIterator]() {
      for (const plan of plans) yield* plan;
    },
  };
}

/** Points of a chain; of the fields those that every level has. */
export function joinPointPlans(plans: readonly Plan[], level: number): Plan {
  const targets = plans.map((plan) => plan.points!);
  const [first, ...others] = targets;
  for (const other of others) {
    if (other.positionType !== first!.positionType) throw differs("positions");
  }
  const fields = first!.fields.filter(({ name }) =>
    others.every((target) => target.fields.some((field) => field.name === name)),
  );
  for (const { name, dtype, categories } of fields) {
    const isSame = others.every((target) => {
      const field = target.fields.find((candidate) => candidate.name === name)!;
      return field.dtype === dtype && String(field.categories) === String(categories);
    });
    if (!isSame) throw differs(name);
  }
  return { ...joinBasics(plans, level), points: { ...first!, fields } };
}

/** Lines, graphs or meshes of a chain. */
export function joinVectorPlans<T extends VectorTable>(
  plans: readonly VectorPlan<T>[],
  level: number,
  limit: number = Number.POSITIVE_INFINITY,
): VectorPlan<T> {
  return {
    ...joinBasics(plans, level),
    async read(reader) {
      const tables: T[] = [];
      for (const plan of plans) tables.push(await plan.read(reader));
      return joinTables(tables, limit);
    },
    async *stream(reader) {
      if (limit !== Number.POSITIVE_INFINITY) {
        const table = await this.read(reader);
        if (table.length > 0) yield table;
        return;
      }
      for (const plan of plans) yield* plan.stream(reader);
    },
  };
}

function differs(what: string): ReaderError {
  return new ReaderError(
    "unsupported",
    `The levels that make up this one store ${what} with different types, and cannot be joined.`,
    { hint: "Ask for a coarser level, or without that field." },
  );
}

/** Tables of the levels of a chain as one: an object is in one of them only. Columns are those that all tables with rows have. */
function joinTables<T extends VectorTable>(tables: readonly T[], limit: number): T {
  const filled = tables.filter((table) => table.length > 0);
  const [first = tables[0]!, ...others] = filled;
  if (others.length === 0) return first;
  const used = cutToLimit([first, ...others], limit);
  const { dims } = first;
  if (used.some((table) => table.dims !== dims)) throw differs("positions");
  const vertexCounts = used.map((table) => table.positions.length / dims);
  const shared = {
    dims,
    positions: joinArrays(
      used.map((table) => table.positions),
      "positions",
    ) as TypedArray,
    vertexFields: joinColumns(
      used.map((table) => table.vertexFields),
      vertexCounts,
    ),
    ...(used.every((table) => table.ids !== undefined)
      ? { ids: BigInt64Array.from(used.flatMap((table) => [...table.ids!])) }
      : {}),
  };
  const length = used.reduce((sum, table) => sum + table.length, 0);
  /** Numbers of vertices, each behind those of the tables before. */
  const renumber = (numbers: (table: T) => Uint32Array): Uint32Array => {
    let base = 0;
    const parts = used.map((table, index) => {
      const from = base;
      base += vertexCounts[index]!;
      return numbers(table).map((number) => number + from);
    });
    return joinArrays(parts, "links") as Uint32Array;
  };
  if (first.kind === "polylines") {
    const starts = renumber((table) => (table as PolylineTable).startIndices.subarray(0, table.length));
    const end = vertexCounts.reduce((sum, count) => sum + count, 0);
    const fields = joinColumns(
      used.map((table) => table.fields),
      used.map((table) => table.length),
    );
    return {
      ...shared,
      kind: "polylines",
      length,
      startIndices: Uint32Array.of(...starts, end),
      fields,
    } as unknown as T;
  }
  const isGraph = first.kind === "graph";
  const linksOf = (table: T): Uint32Array =>
    table.kind === "graph" ? table.edges : (table as MeshTable).indices;
  const width = isGraph ? 2 : (first as MeshTable).faceSize;
  const fields = joinColumns(
    used.map((table) => table.fields),
    used.map((table) => linksOf(table).length / width),
  );
  const links = renumber(linksOf);
  const own = isGraph ? { kind: "graph", edges: links } : { kind: "mesh", indices: links, faceSize: width };
  return { ...shared, ...own, length, fields } as unknown as T;
}

/** The first lines of tables. */
function cutToLimit<T extends VectorTable>(tables: readonly T[], limit: number): readonly T[] {
  let left = limit;
  return tables.flatMap((table) => {
    const count = Math.min(left, table.length);
    left -= count;
    if (count === table.length) return [table];
    if (count === 0 || table.kind !== "polylines") return [];
    const lines = table as PolylineTable;
    const end = lines.startIndices[count]!;
    return [
      {
        ...lines,
        length: count,
        startIndices: lines.startIndices.slice(0, count + 1),
        positions: lines.positions.slice(0, end * lines.dims),
        vertexFields: cutColumns(lines.vertexFields, end),
        fields: cutColumns(lines.fields, count),
        ...(lines.ids === undefined ? {} : { ids: lines.ids.slice(0, count) }),
      } as unknown as T,
    ];
  });
}

function cutColumns(columns: Columns, rows: number): Columns {
  const cut = Object.entries(columns).map(([name, column]) => {
    const { width = 1, validity, categories, unit } = column;
    const values = column.slice(0, rows * width) as Column;
    return [name, annotate(values, notesOf({ width, validity: validity?.slice(0, rows), categories, unit }))];
  });
  return Object.fromEntries(cut);
}

function joinColumns(columns: readonly Columns[], rows: readonly number[]): Columns {
  const [first, ...others] = columns;
  const names = Object.keys(first!).filter((name) => others.every((other) => name in other));
  const joined = names.map((name) => {
    const parts = columns.map((column) => column[name]!);
    const { width = 1, categories, unit } = parts[0]!;
    const isSame = parts.every(
      (part) => (part.width ?? 1) === width && String(part.categories) === String(categories),
    );
    if (!isSame) throw differs(name);
    const validity = parts.some((part) => part.validity !== undefined)
      ? (joinArrays(
          parts.map((part, at) => part.validity ?? new Uint8Array(rows[at]!).fill(1)),
          name,
        ) as Uint8Array)
      : undefined;
    return [name, annotate(joinArrays(parts, name), notesOf({ width, validity, categories, unit }))];
  });
  return Object.fromEntries(joined);
}

function notesOf(notes: {
  readonly width: number;
  readonly validity: Uint8Array | undefined;
  readonly categories: readonly string[] | undefined;
  readonly unit: string | undefined;
}) {
  const { width, validity, categories, unit } = notes;
  return {
    ...(width === 1 ? {} : { width }),
    ...(validity === undefined ? {} : { validity }),
    ...(categories === undefined ? {} : { categories }),
    ...(unit === undefined ? {} : { unit }),
  };
}

function joinArrays(arrays: readonly ColumnValues[], what: string): Column {
  const [first] = arrays;
  if (Array.isArray(first)) return (arrays as string[][]).flat();
  const make = first!.constructor as Float64ArrayConstructor;
  if (arrays.some((array) => array.constructor !== make)) throw differs(what);
  const joined = new make(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays as Float64Array[]) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
}
