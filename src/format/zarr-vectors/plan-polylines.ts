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
import type { VectorPlan } from "../../engine/create-vector-source.js";
import { compareChunks } from "./cells.js";
import { fragmentTables } from "./fragment-tables.js";
import type { Level } from "./levels.js";
import { type LineLinks, planLineLinks } from "./line-links.js";
import { linkTables } from "./links.js";
import { columnParts, type ObjectColumn } from "./object-columns.js";
import { type ObjectFilter, type ObjectPlan, planObjects } from "./object-query.js";
import { type ObjectSet, readObjects } from "./objects.js";
import type { LevelPlan } from "./plan-levels.js";
import { chunksAhead } from "./plan-points.js";
import { planChunk, planRows, type RowPlan } from "./plan-rows.js";
import { LineReader } from "./read-lines.js";
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
): Promise<LevelPlan<VectorPlan<PolylineTable>>> {
  const { rest, links } = await planLineLinks(level, objectColumns.keys(), query);
  const asked = await planObjects(level, objectColumns, rest);
  const rows = planRows(level, asked.vertexQuery, asked.otherNames);
  const objects = await readObjects(level, query, signal);
  if (objects === undefined) {
    throw new ReaderError(
      "unsupported",
      `Level ${level.metadata.level} has no object index, so it does not say which rows make up which line.`,
    );
  }
  const candidates = await findCandidates(objects, asked.filters, rows, signal);
  const plan = new LinePlan(level, rows, objects, asked, links, query, candidates, signal);
  const reader = new LineReader(plan);
  return {
    level: level.metadata.level,
    partsTotal: plan.first.length + plan.second.length,
    ...(query.lines === "clip" ? {} : { rowsAtMost: plan.linesAtMost }),
    ...(plan.isUpperBound ? { isUpperBound: true } : {}),
    ...(plan.isInBatches ? {} : { partsFirst: plan.first.length }),
    notes: plan.notes,
    ...(query.objects === undefined && query.groups === undefined ? {} : { named: objects }),
    [Symbol.asyncIterator]: () => plan.allParts(),
    read: (from) => reader.read(from),
    stream: (from) => reader.stream(from),
  };
}

interface Candidates {
  /** Objects, as places in the set, that may have a vertex inside. */
  readonly objects: readonly number[];
  /** By place of a chunk: whether the box touches it. */
  readonly touched: readonly boolean[];
}

async function findCandidates(
  { manifests, rows }: ObjectSet,
  filters: readonly ObjectFilter[],
  rowPlan: RowPlan,
  signal?: AbortSignal,
): Promise<Candidates> {
  const { starts, places, chunks } = manifests;
  const limits = chunkLimits(rowPlan.level, rowPlan.intervals);
  const touched = chunks.map((chunk) => !rowPlan.isFiltering || isWithin(chunk, limits));
  const kept = await Promise.all(filters.map((filter) => filter.keep(rows, signal)));
  const objects: number[] = [];
  for (let object = 0; object < rows.length; object++) {
    if (kept.some((flags) => flags[object] === 0)) continue;
    const end = starts[object + 1]!;
    let run = starts[object]!;
    while (run < end && !touched[places[run]!]) run++;
    if (run < end) objects.push(object);
  }
  return { objects, touched };
}

/** What one query of lines at one level reads. */
export class LinePlan {
  readonly level: Level;
  readonly rows: RowPlan;
  readonly objects: ObjectSet;
  readonly asked: ObjectPlan;
  /** What of links is wanted, where something is. */
  readonly links: LineLinks | undefined;
  readonly query: PolylineQuery;
  /** Objects, as places in the set, that may be in the result. */
  readonly candidates: readonly number[];
  /** Vertices are tested; else every candidate is in the result. */
  readonly isExact: boolean;
  /** Places of the chunks that are read at once, ascending by chunk. */
  readonly first: readonly number[];
  /** Places of the chunks that are read when a line is found to need them. */
  readonly second: readonly number[];
  readonly #signal: AbortSignal | undefined;

  constructor(
    level: Level,
    rows: RowPlan,
    objects: ObjectSet,
    asked: ObjectPlan,
    links: LineLinks | undefined,
    query: PolylineQuery,
    candidates: Candidates,
    signal: AbortSignal | undefined,
  ) {
    const { lines = "whole", limit = Number.POSITIVE_INFINITY } = query;
    const { chunks } = objects.manifests;
    this.level = level;
    this.rows = rows;
    this.objects = objects;
    this.asked = asked;
    this.links = links;
    this.query = query;
    this.isExact = rows.isFiltering && lines !== "chunks";
    // Without a test of vertices the first lines are known now, so that no others are read.
    this.candidates = this.isExact ? candidates.objects : candidates.objects.slice(0, limit);
    this.#signal = signal;
    const places = [...this.placesOfAll(this.candidates)].sort((a, b) =>
      compareChunks(chunks[a]!, chunks[b]!),
    );
    const { touched } = candidates;
    this.first = this.isExact ? places.filter((place) => touched[place]) : places;
    this.second = this.isExact && lines === "whole" ? places.filter((place) => !touched[place]) : [];
  }

  /** Places of the chunks that an object has pieces in. */
  placesOf(object: number): number[] {
    return [...this.placesOfAll([object])];
  }

  /** Places of the chunks that some objects have pieces in, each once. */
  placesOfAll(objects: Iterable<number>): Set<number> {
    const { starts, places } = this.objects.manifests;
    const found = new Set<number>();
    for (const object of objects) {
      for (let run = starts[object]!, end = starts[object + 1]!; run < end; run++) found.add(places[run]!);
    }
    return found;
  }

  /** Whether chunks, or the fields of lines, are read only if lines are found to have a vertex inside. */
  get isUpperBound(): boolean {
    return this.isInBatches || this.second.length > 0 || (this.isExact && this.asked.columns.length > 0);
  }

  /** Whether chunks are read until so many lines are found. */
  get isInBatches(): boolean {
    return this.isExact && this.query.limit !== undefined;
  }

  /** Rows are lines; clipped ones may come in several pieces. */
  get linesAtMost(): number {
    return Math.min(this.candidates.length, this.query.limit ?? Number.POSITIVE_INFINITY);
  }

  get notes(): string[] {
    if (this.second.length === 0) return [];
    return [
      `${this.second.length} of the chunks are read only for lines that have a vertex inside and go on there; the price is the most it can be.`,
    ];
  }

  /** Chunks as parts: every row, and the numbers of those inside; then the fragment table, what fragments carry, and links. */
  async *parts(places: readonly number[], unfiltered = false): AsyncGenerator<RowsPart> {
    const fragments = await this.level.fragments();
    const { chunks } = this.objects.manifests;
    const signal = this.#signal === undefined ? {} : { signal: this.#signal };
    const plan = async (place: number): Promise<RowsPart> => {
      const chunk = chunks[place]!;
      const [ofFragments, ofLinks] = await Promise.all([
        fragmentTables(fragments, this.asked.fragmentColumns, chunk, this.#signal),
        this.links && linkTables(this.links.arraysAt(chunk), this.links.numbers, chunk, this.#signal),
      ]);
      const tables = [...ofFragments, ...(ofLinks ?? [])];
      const options = { isRequired: true, tables, numbers: "all", unfiltered, ...signal } as const;
      return (await planChunk(this.rows, chunk, options))!;
    };
    yield* mapAhead(places, chunksAhead, plan);
  }

  /** All that may be read: of chunks, and of the fields of lines. */
  async *allParts(): AsyncGenerator<RowsPart> {
    yield* this.parts([...this.first, ...this.second]);
    const chosen = Uint32Array.from(this.candidates, (object) => this.objects.rows[object]!);
    yield* columnParts(this.asked.columns, chosen, this.#signal);
  }
}
