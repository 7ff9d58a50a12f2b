/**
 * Plans graphs, skeletons and meshes: the vertices of the chunks that the box touches or the objects are in, and the links
 * between them. An edge or a face stays when all its vertices do.
 *
 * @module
 */
import { mapAhead } from "../../core/lookahead.js";
import type { ColumnRead, RowsPart } from "../../core/plan.js";
import type { NetworkQuery, QueryOptions } from "../../core/source.js";
import type { PointTable } from "../../core/table.js";
import type { VectorPlan } from "../../engine/create-vector-source.js";
import { Network, type NetworkChunk } from "./build-network.js";
import { type Chunk, chunkCode, chunkKey, compareChunks } from "./cells.js";
import { fragmentTables } from "./fragment-tables.js";
import { parseFragments, wholeFragment } from "./fragments.js";
import type { Level } from "./levels.js";
import { chunkOfEndpoint, type LinkArray, type LinkFamily, linkTables, mayHold, openLinks } from "./links.js";
import { openObjectIndex } from "./object-index.js";
import { absentNotes } from "./object-rows.js";
import { type ObjectSet, readObjects } from "./objects.js";
import { chunksAhead } from "./plan-points.js";
import { planChunk, planRows } from "./plan-rows.js";
import { chunkLimits, isWithin, selectChunks } from "./select-chunks.js";

/** What a query of a network comes to. */
export interface NetworkResult {
  readonly vertices: PointTable;
  /** Numbers of vertices, `width` per link. */
  readonly links: Uint32Array;
  readonly width: number;
  readonly ids?: BigInt64Array;
}

/** The chunks to read, and what to read of each. */
interface ChunkPlan {
  readonly chunk: Chunk;
  readonly arrays: readonly LinkArray[];
  /** Read for its links alone: they say which parents nodes of other chunks have. */
  readonly isLinksOnly: boolean;
}

/**
 * Plans a query at one level.
 *
 * @throws ReaderError `invalid-query`, `unsupported`, `invalid-metadata`
 */
export async function planNetwork(
  level: Level,
  query: NetworkQuery,
  { signal }: QueryOptions,
): Promise<VectorPlan<NetworkResult>> {
  const { objects: _, groups: __, ...vertexQuery } = query;
  const rows = planRows(level, vertexQuery);
  const { isTree } = level.container.root;
  const isNamed = query.objects !== undefined || query.groups !== undefined;
  const [links, objects] = await Promise.all([
    openLinks(level),
    isNamed ? readObjects(level, query, signal) : undefined,
  ]);
  if (level.container.root.layout === "groups" && links !== undefined) await warnOfOldLinks(level);
  const limits = chunkLimits(level, rows.intervals);
  const selection =
    objects === undefined
      ? await selectChunks(level, limits, signal)
      : {
          chunks: chunksOf(objects).filter((chunk) => !rows.isFiltering || isWithin(chunk, limits)),
          isListed: true,
        };
  const chunks = planChunks(selection.chunks, links, isTree);
  const needsFragments = isTree || isNamed;
  const asked = signal === undefined ? {} : { signal };

  /** Parts, and what each is of, in the same order. */
  const planned: ChunkPlan[] = [];
  const plan = async (item: ChunkPlan): Promise<readonly [ChunkPlan, RowsPart] | undefined> => {
    const fragments = needsFragments && !item.isLinksOnly ? await level.fragments() : undefined;
    const tables = [
      ...(await fragmentTables(fragments, item.chunk, signal)),
      ...(await linkTables(item.arrays, item.chunk, signal)),
    ];
    if (item.isLinksOnly) return [item, linksOnly(tables, item.chunk)];
    const options = { isRequired: selection.isListed, tables, numbers: "kept", ...asked } as const;
    const part = await planChunk(rows, item.chunk, options);
    return part && [item, part];
  };
  const parts = async function* (): AsyncGenerator<RowsPart> {
    planned.length = 0;
    for await (const found of mapAhead(chunks, chunksAhead, plan)) {
      if (found === undefined) continue;
      planned.push(found[0]);
      yield found[1];
    }
    if (links?.records !== undefined) yield linksOnly([links.records.column]);
  };
  return {
    level: level.metadata.level,
    ...(selection.isListed ? { partsTotal: chunks.length + (links?.records === undefined ? 0 : 1) } : {}),
    ...(level.metadata.vertexCount === undefined ? {} : { rowsAtMost: level.metadata.vertexCount }),
    notes: [
      ...(links === undefined && !isTree ? [`Level ${level.metadata.level} has no links.`] : []),
      ...absentNotes(objects, level),
    ],
    [Symbol.asyncIterator]: parts,
    async read(reader) {
      const found: NetworkChunk[] = [];
      let records: Uint8Array | undefined;
      for await (const { index, rows: result } of reader.read(parts())) {
        const item = planned[index];
        const tables = [...(result.tables ?? [])] as (Uint8Array | undefined)[];
        if (item === undefined) {
          records = tables[0];
          continue;
        }
        const where = `/${level.vertices.path} ${chunkKey(item.chunk)}`;
        const hasTable = tables.length > item.arrays.length;
        const table = hasTable ? tables.shift() : undefined;
        const total = result.total ?? 0;
        found.push({
          ...item,
          rows: result,
          where,
          fragments: table === undefined ? wholeFragment(total) : parseFragments(table, total, where),
          tables,
        });
      }
      found.sort((a, b) => compareChunks(a.chunk, b.chunk));
      const network = new Network(found, links?.width ?? 2, objects);
      const isParentFirst = isTree && links?.isParentFirst === true;
      for (const chunk of found) network.addLinks(chunk, isParentFirst);
      if (records !== undefined) network.addRecords(records, links!.records!.rank);
      const built = isTree ? network.buildTree() : network.build(links?.isDuplicated ?? false);
      const vertices = await reader.join(rows.target, built.parts, built.picks);
      return {
        vertices,
        links: built.links,
        width: network.width,
        ...(built.ids === undefined ? {} : { ids: built.ids }),
      };
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

function linksOnly(tables: readonly ColumnRead[], chunk?: Chunk): RowsPart {
  return {
    kind: "rows",
    label: chunk === undefined ? "links" : `links ${chunkKey(chunk)}`,
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
