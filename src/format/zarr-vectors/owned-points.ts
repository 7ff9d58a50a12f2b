/**
 * Points that belong to something: what their fragments, their objects and the groups of these carry, as fields of the points.
 * Loaded when a store has such attributes.
 *
 * Whose a row is stands in fragment tables and manifests, which are read while the query is planned, as the values are; they go to
 * the worker with the part, one per row.
 *
 * @module
 */
import { mapAhead } from "../../core/lookahead.js";
import type { RowsPart } from "../../core/plan.js";
import type { FieldInfo, Plan, PointQuery, QueryOptions } from "../../core/source.js";
import type { Column } from "../../core/table.js";
import { missingChunk } from "../../engine/engine.js";
import { type Chunk, chunkKey, compareChunks } from "./cells.js";
import type { Attribute } from "./fields.js";
import { readFragments } from "./fragment-tables.js";
import { type Fragments, forEachRun } from "./fragments.js";
import { joinPieces, noOwner, pickValues } from "./gather-column.js";
import { ObjectColumns } from "./group-columns.js";
import { type InlineValues, inlineValues } from "./inline-values.js";
import { corruptTable } from "./int64.js";
import { type Level, type Levels, nameApart } from "./levels.js";
import { tooMany } from "./manifests.js";
import { type ObjectColumn, readColumn } from "./object-columns.js";
import { type ObjectPlan, planObjects } from "./object-query.js";
import { forEachFragment, groupRuns, runsOfObjects, whereOf } from "./object-rows.js";
import { type ObjectSet, readObjects } from "./objects.js";
import type { LevelPlan } from "./plan-levels.js";
import { chunksAhead } from "./plan-points.js";
import { planChunk, planRows } from "./plan-rows.js";
import { chunkLimits, isWithin, selectChunks } from "./select-chunks.js";

export interface OwnedPoints {
  /** Fields of the vertices, then those that they have of their owners. */
  readonly fields: readonly FieldInfo[];
  plan(level: Level, query: PointQuery, options: QueryOptions): Promise<LevelPlan<Plan>>;
}

/** @param vertexFields what the finest level has of the vertices themselves */
export async function openOwnedPoints(
  levels: Levels,
  vertexFields: readonly FieldInfo[],
): Promise<OwnedPoints> {
  const finest = await levels.open(levels.container.root.levels[0]!);
  const ofFragments = [...(await finest.fragmentAttributes()).values()].map(({ info }) => info);
  const taken = [...vertexFields, ...ofFragments].map(({ name }) => name);
  const columns = new ObjectColumns(levels);
  const columnsAt = async ({ metadata }: Level, groups?: readonly number[]) =>
    nameApart(await columns.at(metadata.level, groups), "objects", taken);
  const ofObjects = [...(await columnsAt(finest)).values()].map(({ info }) => info);
  return {
    fields: [...vertexFields, ...ofFragments, ...ofObjects],
    plan: async (level, query, options) =>
      planOwned(level, await columnsAt(level, query.groups), query, options),
  };
}

async function planOwned(
  level: Level,
  objectColumns: ReadonlyMap<string, ObjectColumn>,
  query: PointQuery,
  { signal }: QueryOptions,
): Promise<LevelPlan<Plan>> {
  const asked = await planObjects(level, objectColumns, query);
  const rows = planRows(level, asked.vertexQuery);
  const isNamed = query.objects !== undefined || query.groups !== undefined;
  const isOfObjects = isNamed || asked.filters.length > 0;
  const objects =
    isOfObjects || asked.columns.length > 0 ? await keptObjects(level, query, asked, signal) : undefined;
  const limits = chunkLimits(level, rows.intervals);
  const selection = isOfObjects
    ? {
        chunks: [...(objects?.manifests.chunks ?? [])]
          .sort(compareChunks)
          .filter((chunk) => !rows.isFiltering || isWithin(chunk, limits)),
        isListed: true,
      }
    : await selectChunks(level, limits, signal);
  const valuesOf = await readValues(asked, objects, signal);
  const options = { isRequired: selection.isListed, ...(signal && { signal }) };
  const needsOwners = valuesOf.length > 0 || asked.fragmentColumns.length > 0;
  const runsIn = objects && groupRuns(objects.manifests);

  const plan = async (chunk: Chunk): Promise<RowsPart | undefined> => {
    if (!needsOwners && !isOfObjects) return planChunk(rows, chunk, options);
    const where = whereOf(level, chunk);
    const fragments = await readFragments(level, chunk, signal);
    if (fragments === undefined) {
      // Without its table nothing would say which rows are whose.
      if (selection.isListed) throw missingChunk(where);
      return undefined;
    }
    const runs = isOfObjects
      ? runsOfObjects(objects!.manifests, runsIn!(chunk), fragments, where)
      : undefined;
    const part = await planChunk(rows, chunk, { ...options, ...(runs && { runs }) });
    if (part === undefined || !needsOwners) return part;
    const total = rowsOf(fragments, level, where);
    // Where only the rows of the objects are read, those before and behind have no values either.
    const [first = 0, end = total] = part.runs === runs ? [] : [runs![0], runs!.at(-1)];
    const columns: Column[] = [];
    if (asked.fragmentColumns.length > 0) {
      const owners = fragmentOfRows(fragments, total, where).subarray(first, end);
      for (const column of asked.fragmentColumns) {
        columns.push(pickValues(await readFragmentColumn(level, column, chunk, fragments, signal), owners));
      }
    }
    if (valuesOf.length > 0) {
      const owners = objectOfRows(objects, runsIn?.(chunk), fragments, total, where).subarray(first, end);
      columns.push(...valuesOf.map((values) => pickValues(values, owners)));
    }
    return withValues(part, columns, extra);
  };
  const extra = [...asked.fragmentColumns, ...asked.columns].map(({ info }) => info);
  return {
    level: level.metadata.level,
    points: { ...rows.target, fields: [...rows.target.fields, ...extra] },
    ...(selection.isListed ? { partsTotal: selection.chunks.length } : {}),
    ...(level.metadata.vertexCount === undefined ? {} : { rowsAtMost: level.metadata.vertexCount }),
    ...(isNamed && objects !== undefined ? { named: objects } : {}),
    async *[Symbol.asyncIterator]() {
      for await (const part of mapAhead(selection.chunks, chunksAhead, plan)) {
        if (part !== undefined) yield part;
      }
    },
  };
}

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

/** The wanted attributes of all the objects, one row for each. */
function readValues(
  { columns }: ObjectPlan,
  objects: ObjectSet | undefined,
  signal?: AbortSignal,
): Promise<Column[]> {
  const rows = objects?.rows ?? new Uint32Array(0);
  return Promise.all(columns.map((column) => readColumn(column, rows, signal)));
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
  return joinPieces(attribute, [{ rows: count, values: block?.data as Column | undefined }], where);
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
