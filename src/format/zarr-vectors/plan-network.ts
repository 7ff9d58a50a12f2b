/**
 * Plans graphs, skeletons and meshes: the vertices of the chunks that the box touches or the objects are in, and the links
 * between them. An edge or a face stays when all its vertices do.
 *
 * @module
 */
import { mapAhead } from "../../core/lookahead.js";
import type { RowsPart } from "../../core/plan.js";
import type { NetworkQuery, QueryOptions } from "../../core/source.js";
import type { Column, PointTable } from "../../core/table.js";
import type { VectorPlan } from "../../engine/create-vector-source.js";
import { missingChunk } from "../../engine/engine.js";
import { type Chunk, chunkCode, compareChunks } from "./cells.js";
import { fragmentTables, readFragments } from "./fragment-tables.js";
import type { Fragments } from "./fragments.js";
import type { Level } from "./levels.js";
import type { LinkAttribute } from "./link-attributes.js";
import { chunkOfEndpoint, type LinkArray, type LinkFamily, linkTables, mayHold, openLinks } from "./links.js";
import { columnParts, type ObjectColumn } from "./object-columns.js";
import { openObjectIndex } from "./object-index.js";
import { type ObjectPlan, planObjects } from "./object-query.js";
import { groupRuns, runsOfObjects, whereOf } from "./object-rows.js";
import { type ObjectSet, readObjects } from "./objects.js";
import type { LevelPlan } from "./plan-levels.js";
import { chunksAhead } from "./plan-points.js";
import { planChunk, planRows, type RowPlan } from "./plan-rows.js";
import { NetworkReader } from "./read-network.js";
import { rangeOf } from "./row-type.js";
import { chunkLimits, isWithin, selectChunks } from "./select-chunks.js";

/** What a query of a network comes to. */
export interface NetworkResult {
  readonly vertices: PointTable;
  /** Numbers of vertices, `width` per link. */
  readonly links: Uint32Array;
  readonly width: number;
  /** Attributes of the links. */
  readonly linkFields: Readonly<Record<string, Column>>;
  readonly ids?: BigInt64Array;
  /** Vertices at the end that other tables of a stream have too. */
  readonly repeated: number;
}

/** A chunk to read, and what to read of it. */
export interface ChunkPlan {
  readonly chunk: Chunk;
  readonly arrays: readonly LinkArray[];
  /** Read for its links alone: they say which parents nodes of other chunks have. */
  readonly isLinksOnly: boolean;
}

/** A chunk as it is asked for. */
export interface PlannedChunk extends ChunkPlan {
  readonly part: RowsPart;
  /** Known before the part is read, where rows of objects are looked for. */
  readonly fragments?: Fragments;
  readonly firstRow: number;
  readonly isCut: boolean;
}

export interface LinkFilter {
  readonly attribute: number;
  readonly min: number | bigint | string;
  readonly max: number | bigint | string;
}

/** What one query of a network at one level reads. */
export interface NetworkPlan {
  readonly level: Level;
  readonly rows: RowPlan;
  readonly asked: ObjectPlan;
  readonly links: LinkFamily | undefined;
  /** Attributes of links that are read, and which of them are wanted in the result. */
  readonly linkAttributes: readonly LinkAttribute[];
  readonly wantedLinks: ReadonlySet<string>;
  readonly linkFilters: readonly LinkFilter[];
  /** The objects that were asked for, or all of them where something of objects was; absent where nothing was. */
  readonly objects: ObjectSet | undefined;
  /** Only vertices of objects are wanted. */
  readonly isOfObjects: boolean;
  readonly isTree: boolean;
  readonly chunks: readonly ChunkPlan[];
  /** The chunks as parts; `planned` holds what each is of, in the same order. */
  chunkParts(planned: PlannedChunk[]): AsyncGenerator<RowsPart>;
  /** The links of format 0.7 across chunks, where there are some. */
  recordParts(): AsyncGenerator<RowsPart>;
  /** The chunks, then those links. */
  parts(planned: PlannedChunk[]): AsyncGenerator<RowsPart>;
}

/**
 * Plans a query at one level.
 *
 * @throws ReaderError `invalid-query`, `unsupported`, `invalid-metadata`
 */
export async function planNetwork(
  level: Level,
  objectColumns: ReadonlyMap<string, ObjectColumn>,
  query: NetworkQuery,
  { signal }: QueryOptions,
): Promise<LevelPlan<VectorPlan<NetworkResult>>> {
  const links = await openLinks(level);
  const { rest, ...ofLinks } = planLinks(links?.attributes ?? [], query);
  const asked = await planObjects(level, objectColumns, rest);
  const rows = planRows(level, asked.vertexQuery, [
    ...asked.otherNames,
    ...(links?.attributes ?? []).map(({ info }) => info.name),
  ]);
  const { isTree } = level.container.root;
  const isNamed = query.objects !== undefined || query.groups !== undefined;
  const isOfObjects = isNamed || asked.filters.length > 0;
  const objects =
    isOfObjects || asked.columns.length > 0 ? await readObjects(level, query, signal) : undefined;
  if (level.container.root.layout === "groups" && links !== undefined) await warnOfOldLinks(level);
  const limits = chunkLimits(level, rows.intervals);
  const selection =
    objects === undefined || !isNamed
      ? await selectChunks(level, limits, signal)
      : {
          chunks: chunksOf(objects).filter((chunk) => !rows.isFiltering || isWithin(chunk, limits)),
          isListed: true,
        };
  const chunks = planChunks(selection.chunks, links, isTree);
  const needsFragments = isTree || objects !== undefined || asked.fragmentColumns.length > 0;
  const options = { isRequired: selection.isListed, numbers: "kept", ...(signal && { signal }) } as const;
  const runsIn = isNamed && objects !== undefined ? groupRuns(objects.manifests) : undefined;
  const wantedLinks = ofLinks.linkAttributes.map((attribute) => links!.attributes.indexOf(attribute));

  const planOne = async (item: ChunkPlan): Promise<PlannedChunk | undefined> => {
    const { chunk } = item;
    const whole = { ...item, firstRow: 0, isCut: false };
    const ofCells = await linkTables(item.arrays, wantedLinks, chunk, signal);
    if (item.isLinksOnly) return { ...whole, part: linksOnly(ofCells, chunk) };
    const family = needsFragments ? await level.fragments() : undefined;
    // Which rows are of the objects is known before they are read, so that no others need be.
    const known = isNamed && family !== undefined ? await readFragments(level, chunk, signal) : undefined;
    if (isNamed && family !== undefined && known === undefined) throw missingChunk(whereOf(level, chunk));
    const runs = known && runsOfObjects(objects!.manifests, runsIn!(chunk), known, whereOf(level, chunk));
    const ofFragments = await fragmentTables(
      known === undefined ? family : undefined,
      asked.fragmentColumns,
      chunk,
      signal,
    );
    const tables = [...ofFragments, ...ofCells];
    const part = await planChunk(rows, chunk, { ...options, tables, ...(runs && { runs }) });
    if (part === undefined) return undefined;
    if (known === undefined) return { ...whole, part };
    const isCut = part.runs !== runs;
    return { ...whole, part, fragments: known, isCut, firstRow: isCut ? runs![0]! : 0 };
  };
  async function* chunkParts(planned: PlannedChunk[]): AsyncGenerator<RowsPart> {
    for await (const found of mapAhead(chunks, chunksAhead, planOne)) {
      if (found === undefined) continue;
      planned.push(found);
      yield found.part;
    }
  }
  async function* recordParts(): AsyncGenerator<RowsPart> {
    if (links?.records === undefined) return;
    const values = ofLinks.linkAttributes.map(
      ({ records }) => records ?? { name: "", dtype: "uint8" as const, codecs: [], isTable: true },
    );
    yield linksOnly([links.records.column, ...values]);
  }
  async function* parts(planned: PlannedChunk[]): AsyncGenerator<RowsPart> {
    yield* chunkParts(planned);
    yield* recordParts();
  }
  /** All that may be read: of chunks, and of the attributes of objects. */
  async function* allParts(): AsyncGenerator<RowsPart> {
    yield* parts([]);
    const ofObjects = new Set([...asked.columns, ...asked.filters.map(({ column }) => column)]);
    if (objects !== undefined) yield* columnParts(ofObjects, objects.rows, signal);
  }
  const reads = { chunkParts, recordParts, parts };
  const plan = { level, rows, asked, links, ...ofLinks, objects, isOfObjects, isTree, chunks, ...reads };
  const reader = new NetworkReader(plan);
  return {
    level: level.metadata.level,
    ...(selection.isListed ? { partsTotal: chunks.length + (links?.records === undefined ? 0 : 1) } : {}),
    ...(level.metadata.vertexCount === undefined ? {} : { rowsAtMost: level.metadata.vertexCount }),
    notes: links === undefined && !isTree ? [`Level ${level.metadata.level} has no links.`] : [],
    ...(isNamed && objects !== undefined ? { named: objects } : {}),
    [Symbol.asyncIterator]: allParts,
    read: (from) => reader.read(from),
    stream: (from) => reader.stream(from),
  };
}

/** What a query names of links; the rest is for vertices and objects. A range on a name that links have is one on links. */
function planLinks(attributes: readonly LinkAttribute[], query: NetworkQuery) {
  const { fields, ranges = {} } = query;
  const named = (name: string): LinkAttribute | undefined =>
    attributes.find(({ info }) => info.name === name);
  const wanted = attributes.filter(({ info }) => fields?.includes(info.name) ?? true);
  const ofLinks = Object.entries(ranges).filter(([name]) => named(name) !== undefined);
  const linkAttributes = attributes.filter(
    (attribute) => wanted.includes(attribute) || ofLinks.some(([name]) => name === attribute.info.name),
  );
  const linkFilters = ofLinks.map(([name, range]): LinkFilter => {
    const attribute = named(name)!;
    const [min, max] = rangeOf(attribute.info, range);
    return { attribute: linkAttributes.indexOf(attribute), min, max };
  });
  const others = Object.entries(ranges).filter(([name]) => named(name) === undefined);
  return {
    linkAttributes,
    wantedLinks: new Set(wanted.map(({ info }) => info.name)),
    linkFilters,
    rest: {
      ...query,
      ranges: Object.fromEntries(others),
      ...(fields && { fields: fields.filter((name) => named(name) === undefined) }),
    },
  };
}

/** Format 0.7 numbers the ends of links before it sorts the vertices of a chunk by object. */
async function warnOfOldLinks(level: Level): Promise<void> {
  const { metadata, container } = level;
  const index = await openObjectIndex(metadata, container);
  if (index === undefined || index.count < 2) return;
  container.engine.report(
    "links-unsure",
    `Format ${container.root.version} with ${index.count} objects: where several of them share a chunk, its writer stored links that name other vertices than were meant.`,
  );
}

function linksOnly(tables: RowsPart["columns"], chunk?: Chunk): RowsPart {
  return {
    kind: "rows",
    label: chunk === undefined ? "links" : `links ${chunk.join(".")}`,
    columns: tables,
    conditions: [],
    positions: [],
    fields: [],
  };
}

function chunksOf({ manifests }: ObjectSet): Chunk[] {
  return [...manifests.chunks].sort(compareChunks);
}

/**
 * Which cells of links to read: those between selected chunks. Of trees, those of any selected chunk, since a link is what says
 * that the row before a node is not its parent.
 */
function planChunks(selected: readonly Chunk[], links: LinkFamily | undefined, isTree: boolean): ChunkPlan[] {
  const arrays = links?.arrays ?? [];
  const codes = new Set(selected.map(chunkCode));
  const endpoints = Array.from({ length: (links?.width ?? 1) - 1 }, (_, index) => index + 1);
  const plans: ChunkPlan[] = selected.map((chunk) => ({
    chunk,
    isLinksOnly: false,
    arrays: arrays.filter(
      (array) =>
        mayHold(array, chunk) &&
        (isTree || endpoints.every((k) => codes.has(chunkCode(chunkOfEndpoint(array, chunk, k))))),
    ),
  }));
  if (!isTree) return plans;
  const others = new Map<number | string, { chunk: Chunk; arrays: LinkArray[] }>();
  for (const array of arrays) {
    for (const chunk of selected) {
      const first = chunk.map((coordinate, axis) => coordinate - array.offsets[1]![axis]!);
      const code = chunkCode(first);
      if (codes.has(code) || !mayHold(array, first)) continue;
      const known = others.get(code) ?? { chunk: first, arrays: [] };
      others.set(code, known);
      known.arrays.push(array);
    }
  }
  return [...plans, ...[...others.values()].map((other) => ({ ...other, isLinksOnly: true }))];
}
