/**
 * Points that belong to something: what their fragments, their objects and the groups of these carry, as fields of the points.
 * Loaded when a store has such attributes.
 *
 * Whose a row is stands in fragment tables and manifests, which are read while the query is planned, as the values are; they go to
 * the worker with the part, one per row.
 *
 * @module
 */
import { remember } from "../../core/lookahead.js";
import type { RowsPart } from "../../core/plan.js";
import type { FieldInfo, PointQuery } from "../../core/source.js";
import type { Column } from "../../core/table.js";
import { missingChunk } from "../../engine/engine.js";
import { type Chunk, chunkCode, chunkKey, compareChunks } from "./cells.js";
import type { Attribute } from "./fields.js";
import { readFragments } from "./fragment-tables.js";
import { type Fragments, forEachRun } from "./fragments.js";
import { joinPieces, noOwner, pickValues } from "./gather-column.js";
import { ObjectColumns } from "./group-columns.js";
import { type InlineValues, inlineValues } from "./inline-values.js";
import { corruptTable } from "./int64.js";
import { type Level, type Levels, nameApart } from "./levels.js";
import { ManifestBuilder, tooMany } from "./manifests.js";
import { type ObjectColumn, readColumn } from "./object-columns.js";
import { type ObjectPlan, planObjects } from "./object-query.js";
import { forEachFragment, groupRuns, type ObjectRows, runsOfObjects, whereOf } from "./object-rows.js";
import { type ObjectSet, readObjects } from "./objects.js";
import type { AskedOwners } from "./plan-points.js";

export interface PointOwners {
  /** Fields of the vertices, then those that they have of their owners. */
  readonly fields: readonly FieldInfo[];
  /** @throws ReaderError `invalid-query` naming the field that neither vertices nor owners have */
  ask(level: Level, query: PointQuery, signal?: AbortSignal): Promise<AskedOwners>;
}

/** @param vertexFields what the finest level has of the vertices themselves */
export async function openPointOwners(
  levels: Levels,
  vertexFields: readonly FieldInfo[],
): Promise<PointOwners> {
  const finest = await levels.open(levels.container.root.levels[0]!);
  const ofFragments = [...(await finest.fragmentAttributes()).values()].map(({ info }) => info);
  const taken = [...vertexFields, ...ofFragments].map(({ name }) => name);
  const columns = new ObjectColumns(levels);
  const columnsAt = async ({ metadata }: Level, groups?: readonly number[]) =>
    nameApart(await columns.at(metadata.level, groups), "objects", taken);
  const ofObjects = [...(await columnsAt(finest)).values()].map(({ info }) => info);
  return {
    fields: [...vertexFields, ...ofFragments, ...ofObjects],
    ask: async (level, query, signal) =>
      askOwners(level, await columnsAt(level, query.groups), query, signal),
  };
}

async function askOwners(
  level: Level,
  objectColumns: ReadonlyMap<string, ObjectColumn>,
  query: PointQuery,
  signal?: AbortSignal,
): Promise<AskedOwners> {
  const asked = await planObjects(level, objectColumns, query);
  const { columns, fragmentColumns, filters, vertexQuery } = asked;
  const isOfObjects = query.objects !== undefined || query.groups !== undefined || filters.length > 0;
  const objects =
    isOfObjects || columns.length > 0 ? await keptObjects(level, query, asked, signal) : undefined;
  const rows = objects?.rows ?? new Uint32Array(0);
  const valuesOf = await Promise.all(columns.map((column) => readColumn(column, rows, signal)));
  const runsIn = objects && groupRuns(objects.manifests);
  const tables = new Map<number | string, Promise<Fragments | undefined>>();
  const tableOf = (chunk: Chunk): Promise<Fragments | undefined> =>
    remember(tables, chunkCode(chunk), () => readFragments(level, chunk, signal));
  const fields = [...fragmentColumns, ...columns].map(({ info }) => info);
  const wanted: ObjectRows = {
    chunks: [...(objects?.manifests.chunks ?? [])].sort(compareChunks),
    objects: objects ?? nothing,
    async runsOf(chunk) {
      const fragments = await tableOf(chunk);
      return fragments && runsOfObjects(objects!.manifests, runsIn!(chunk), fragments, whereOf(level, chunk));
    },
  };
  return {
    vertexQuery,
    otherNames: asked.otherNames,
    ...(isOfObjects ? { wanted } : {}),
    fields,
    async carry(part, chunk, runs) {
      const table = fields.length === 0 ? undefined : tableOf(chunk);
      tables.delete(chunkCode(chunk));
      if (table === undefined) return part;
      const where = whereOf(level, chunk);
      const fragments = await table;
      // Without its table nothing would say which rows are whose.
      if (fragments === undefined) throw missingChunk(where);
      const total = rowsOf(fragments, level, where);
      // Where only the rows of the objects are read, those before and behind have no values either.
      const [first = 0, end = total] = part.runs === runs ? [] : [runs![0], runs!.at(-1)];
      const found: Column[] = [];
      if (fragmentColumns.length > 0) {
        const owners = fragmentOfRows(fragments, total, where).subarray(first, end);
        for (const column of fragmentColumns) {
          const values = await readFragmentColumn(level, column, chunk, fragments, signal);
          found.push(pickValues(values, owners));
        }
      }
      if (valuesOf.length > 0) {
        const owners = objectOfRows(objects, runsIn?.(chunk), fragments, total, where).subarray(first, end);
        found.push(...valuesOf.map((values) => pickValues(values, owners)));
      }
      return withValues(part, found, fields);
    },
  };
}

const nothing: ObjectSet = {
  rows: new Uint32Array(0),
  ids: new BigInt64Array(0),
  manifests: new ManifestBuilder().finish(),
};

/** The objects that are named, or all, but for those that ranges leave out. */
async function keptObjects(
  level: Level,
  query: PointQuery,
  { filters }: ObjectPlan,
  signal?: AbortSignal,
): Promise<ObjectSet | undefined> {
  const all = await readObjects(level, query, signal);
  if (all === undefined || filters.length === 0) return all;
  const flags = await Promise.all(filters.map((filter) => filter.keep(all.rows, signal)));
  const objects = [...all.ids].filter((_, object) => flags.every((kept) => kept[object] === 1));
  return readObjects(level, { objects }, signal);
}

/** The values of a chunk's fragments. */
async function readFragmentColumn(
  level: Level,
  attribute: Attribute,
  chunk: Chunk,
  { count }: Fragments,
  signal?: AbortSignal,
): Promise<Column> {
  const column = await attribute.columnAt(chunk, signal);
  const block =
    column.read && (await level.container.engine.readBlock(column, signal === undefined ? {} : { signal }));
  const where = `/${level.metadata.level}/fragment_attributes ${chunkKey(chunk)}`;
  return joinPieces(attribute, [{ rows: count, values: block?.data }], where);
}

/** Rows of one chunk whose owners are kept, where the level does not tell how many rows it has. */
const maxRows = 2 ** 26;
/** Rows of fragments that may be gone through for one chunk, and as many times the rows there are where that is more. */
const maxSteps = 2 ** 27;
const maxStepsPerRow = 8;

/** Rows of a chunk that fragments have. */
function rowsOf(fragments: Fragments, { metadata }: Level, where: string): number {
  let total = 0;
  for (let fragment = 0; fragment < fragments.count; fragment++) {
    forEachRun(fragments, fragment, (first, count) => {
      total = Math.max(total, first + count);
    });
  }
  const { vertexCount = maxRows } = metadata;
  if (total > vertexCount) {
    throw corruptTable(where, `fragments reach row ${total}, the level has ${vertexCount} at most.`);
  }
  return total;
}

/** The owner of each row; the first one, where several share it. */
function assignRows(
  total: number,
  where: string,
  each: (claim: (owner: number, first: number, count: number) => void) => void,
): Int32Array {
  const owners = new Int32Array(total).fill(noOwner);
  let steps = 0;
  each((owner, first, count) => {
    steps += count;
    if (steps > Math.max(maxSteps, maxStepsPerRow * total)) {
      throw tooMany(`${where}: the fragments share more rows than can be gone through.`);
    }
    for (let row = first; row < first + count; row++) if (owners[row] === noOwner) owners[row] = owner;
  });
  return owners;
}

function fragmentOfRows(fragments: Fragments, total: number, where: string): Int32Array {
  return assignRows(total, where, (claim) => {
    for (let fragment = 0; fragment < fragments.count; fragment++) {
      forEachRun(fragments, fragment, (first, count) => claim(fragment, first, count));
    }
  });
}

/** @param runs of fragments that manifests name in the chunk */
function objectOfRows(
  objects: ObjectSet | undefined,
  runs: Uint32Array | undefined,
  fragments: Fragments,
  total: number,
  where: string,
): Int32Array {
  return assignRows(total, where, (claim) => {
    if (objects === undefined) return;
    const { manifests } = objects;
    let object = 0;
    forEachFragment(manifests, runs!, fragments, where, (fragment, run) => {
      // Runs are numbered object after object.
      while (manifests.starts[object + 1]! <= run) object++;
      const owner = object;
      forEachRun(fragments, fragment, (first, count) => claim(owner, first, count));
    });
  });
}

/** The part with a field more for each column. */
function withValues(part: RowsPart, columns: readonly Column[], infos: readonly FieldInfo[]): RowsPart {
  const added: InlineValues[] = [];
  let at = part.columns.length;
  columns.forEach((column, index) => {
    const values = inlineValues(infos[index]!.name, column, at);
    at += values.columns.length;
    added.push(values);
  });
  return {
    ...part,
    columns: [...part.columns, ...added.flatMap((values) => values.columns)],
    fields: [...part.fields, ...added.map((values) => values.field)],
  };
}
