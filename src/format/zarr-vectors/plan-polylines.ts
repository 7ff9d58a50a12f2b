/**
 * Plans lines: manifests say which chunks hold pieces of which line; the chunks the box touches are read first, the rest
 * of the lines that have a vertex in it after that.
 *
 * @module
 */

import { ReaderError } from "../../core/error.js";
import { mapAhead } from "../../core/lookahead.js";
import type { RowsPart } from "../../core/plan.js";
import type { PolylineQuery, QueryOptions } from "../../core/source.js";
import type { PolylineTable } from "../../core/table.js";
import type { IndexedRows, VectorPlan, VectorReader } from "../../engine/create-vector-source.js";
import { LineBuilder, type ReadChunk, touchesHit } from "./build-lines.js";
import { chunkKey, compareChunks } from "./cells.js";
import { fragmentTables } from "./fragment-tables.js";
import { parseFragments, wholeFragment } from "./fragments.js";
import type { Level } from "./levels.js";
import type { Manifests } from "./manifests.js";
import { type ObjectColumn, readColumn } from "./object-columns.js";
import { type ObjectFilter, planObjects } from "./object-query.js";
import { type ObjectSet, readObjects } from "./objects.js";
import { chunksAhead } from "./plan-points.js";
import { planChunk, planRows, type RowPlan } from "./plan-rows.js";
import { chunkLimits, isWithin } from "./select-chunks.js";

/**
 * Plans a query at one level.
 *
 * @throws ReaderError `invalid-query`; `unsupported` where the level does not say which rows are which line
 */
export async function planPolylines(
  level: Level,
  objectColumns: ReadonlyMap<string, ObjectColumn>,
  query: PolylineQuery,
  { signal }: QueryOptions,
): Promise<VectorPlan<PolylineTable>> {
  const { vertexQuery, columns, filters } = planObjects(level, objectColumns, query);
  const rows = planRows(level, vertexQuery);
  const objects = await readObjects(level, query, signal);
  if (objects === undefined) {
    throw new ReaderError(
      "unsupported",
      `Level ${level.metadata.level} has no object index, so it does not say which rows make up which line.`,
    );
  }
  const candidates = await findCandidates(objects, filters, rows, signal);
  const work = new LineQuery(level, rows, objects, columns, query, candidates, signal);
  return {
    level: level.metadata.level,
    partsTotal: work.first.length + work.second.length,
    ...(query.lines === "clip" ? {} : { rowsAtMost: work.linesAtMost }),
    notes: work.notes,
    [Symbol.asyncIterator]: () => work.parts([...work.first, ...work.second])[Symbol.asyncIterator](),
    read: (reader) => work.read(reader),
  };
}

interface Candidates {
  /** Objects, as places in the set, that may have a vertex inside. */
  readonly objects: readonly number[];
  /** By place of a chunk: whether the box touches it. */
  readonly touched: readonly boolean[];
  /** Objects that were asked for and have no rows at this level. */
  readonly absent: number;
}

async function findCandidates(
  { manifests, rows }: ObjectSet,
  filters: readonly ObjectFilter[],
  rowPlan: RowPlan,
  signal?: AbortSignal,
): Promise<Candidates> {
  const limits = chunkLimits(rowPlan.level, rowPlan.intervals);
  const touched = manifests.chunks.map((chunk) => !rowPlan.isFiltering || isWithin(chunk, limits));
  const kept = await Promise.all(filters.map((filter) => filter.keep(rows, signal)));
  const objects: number[] = [];
  let absent = 0;
  for (let object = 0; object < rows.length; object++) {
    const [from, to] = [manifests.starts[object]!, manifests.starts[object + 1]!];
    if (from === to) absent++;
    if (kept.some((flags) => flags[object] === 0)) continue;
    for (let run = from; run < to; run++) {
      if (!touched[manifests.places[run]!]) continue;
      objects.push(object);
      break;
    }
  }
  return { objects, touched, absent };
}

/** One query of lines at one level. */
class LineQuery {
  /** Places of the chunks that are read at once, ascending by chunk. */
  readonly first: readonly number[];
  /** Places of the chunks that are read when a line is found to need them. */
  readonly second: readonly number[];
  readonly #level: Level;
  readonly #rows: RowPlan;
  readonly #objects: ObjectSet;
  readonly #columns: readonly ObjectColumn[];
  readonly #query: PolylineQuery;
  readonly #candidates: Candidates;
  readonly #signal: AbortSignal | undefined;

  constructor(
    level: Level,
    rows: RowPlan,
    objects: ObjectSet,
    columns: readonly ObjectColumn[],
    query: PolylineQuery,
    candidates: Candidates,
    signal: AbortSignal | undefined,
  ) {
    const { lines = "whole", limit = Number.POSITIVE_INFINITY } = query;
    const { manifests } = objects;
    const isExact = rows.isFiltering && lines !== "chunks";
    // Without a test of vertices the first lines are known now, so that no others are read.
    const chosen = isExact ? candidates.objects : candidates.objects.slice(0, limit);
    const needed = new Set<number>();
    for (const object of chosen) {
      for (let run = manifests.starts[object]!; run < manifests.starts[object + 1]!; run++) {
        needed.add(manifests.places[run]!);
      }
    }
    const places = [...needed].sort((a, b) => compareChunks(manifests.chunks[a]!, manifests.chunks[b]!));
    this.first = isExact ? places.filter((place) => candidates.touched[place]) : places;
    this.second = isExact && lines === "whole" ? places.filter((place) => !candidates.touched[place]) : [];
    this.#level = level;
    this.#rows = rows;
    this.#objects = objects;
    this.#columns = columns;
    this.#query = query;
    this.#candidates = { ...candidates, objects: chosen };
    this.#signal = signal;
  }

  /** Rows are lines; clipped ones may come in several pieces. */
  get linesAtMost(): number {
    return Math.min(this.#candidates.objects.length, this.#query.limit ?? Number.POSITIVE_INFINITY);
  }

  get notes(): string[] {
    const { absent } = this.#candidates;
    const { objects, groups } = this.#query;
    const { level } = this.#level.metadata;
    const isNamed = objects !== undefined || groups !== undefined;
    return [
      ...(isNamed && absent > 0 ? [`${absent} of the objects are not at level ${level}.`] : []),
      ...(this.second.length === 0
        ? []
        : [
            `${this.second.length} of the chunks are read only for lines that have a vertex inside and go on there; the price is the most it can be.`,
          ]),
    ];
  }

  /** Chunks as parts: every row, and the numbers of those inside. */
  async *parts(places: readonly number[], unfiltered = false): AsyncGenerator<RowsPart> {
    const fragments = await this.#level.fragments();
    const { chunks } = this.#objects.manifests;
    const signal = this.#signal === undefined ? {} : { signal: this.#signal };
    const plan = async (place: number): Promise<RowsPart> => {
      const chunk = chunks[place]!;
      const tables = await fragmentTables(fragments, chunk, this.#signal);
      const options = { isRequired: true, tables, numbers: "all", unfiltered, ...signal } as const;
      return (await planChunk(this.#rows, chunk, options))!;
    };
    yield* mapAhead(places, chunksAhead, plan);
  }

  async read(reader: VectorReader): Promise<PolylineTable> {
    const { lines = "whole", limit = Number.POSITIVE_INFINITY } = this.#query;
    const { manifests } = this.#objects;
    const isExact = this.#rows.isFiltering && lines !== "chunks";
    const chunks = new Map<number, ReadChunk>();
    await this.#readChunks(reader, this.first, !isExact, chunks);
    let found = this.#candidates.objects;
    if (isExact) {
      found = found.filter((object) => touchesHit(manifests, object, chunks)).slice(0, limit);
    }
    if (isExact && lines === "whole") {
      const missing = new Set<number>();
      for (const object of found) {
        for (let run = manifests.starts[object]!; run < manifests.starts[object + 1]!; run++) {
          const place = manifests.places[run]!;
          if (!chunks.has(place)) missing.add(place);
        }
      }
      const places = this.second.filter((place) => missing.has(place));
      if (places.length > 0) await this.#readChunks(reader, places, true, chunks);
    }
    return this.#build(reader, found, chunks, isExact && lines === "clip");
  }

  async #readChunks(
    reader: VectorReader,
    places: readonly number[],
    unfiltered: boolean,
    into: Map<number, ReadChunk>,
  ): Promise<void> {
    const { vertices } = this.#level;
    for await (const { index, rows } of reader.read(this.parts(places, unfiltered), places.length)) {
      const place = places[index]!;
      const [table] = rows.tables ?? [];
      const where = `/${vertices.path} ${chunkKey(this.#objects.manifests.chunks[place]!)}`;
      const fragments =
        table === undefined
          ? wholeFragment(rows.rows)
          : parseFragments(table as Uint8Array, rows.rows, `${where} (vertex_fragments)`);
      into.set(place, { rows, fragments, where });
    }
  }

  async #build(
    reader: VectorReader,
    found: readonly number[],
    chunks: ReadonlyMap<number, ReadChunk>,
    isClipped: boolean,
  ): Promise<PolylineTable> {
    const { limit = Number.POSITIVE_INFINITY } = this.#query;
    const { manifests, rows, ids } = this.#objects;
    const used = placesOf(found, manifests, chunks);
    const builder = new LineBuilder(manifests, chunks, used, isClipped, limit);
    for (const object of found) builder.add(object);
    const { picks, startIndices, objects } = builder.finish();
    const parts = used.map((place, index): IndexedRows => ({ index, rows: chunks.get(place)!.rows }));
    const vertices = await reader.join(this.#rows.target, parts, picks);
    const lineRows = Uint32Array.from(objects, (object) => rows[object]!);
    const fields = await Promise.all(
      this.#columns.map((column) => readColumn(column, lineRows, reader.signal)),
    );
    return {
      kind: "polylines",
      length: objects.length,
      dims: vertices.dims,
      positions: vertices.positions,
      startIndices,
      fields: Object.fromEntries(fields.map((field, index) => [this.#columns[index]!.info.name, field])),
      vertexFields: vertices.fields,
      ids: BigInt64Array.from(objects, (object) => ids[object]!),
    };
  }
}

/** Chunks that lines have rows in, so that no others are copied. */
function placesOf(
  found: readonly number[],
  { starts, places }: Manifests,
  chunks: ReadonlyMap<number, ReadChunk>,
): number[] {
  const used = new Set<number>();
  for (const object of found) {
    for (let run = starts[object]!; run < starts[object + 1]!; run++) {
      if (chunks.has(places[run]!)) used.add(places[run]!);
    }
  }
  return [...used].sort((a, b) => a - b);
}
