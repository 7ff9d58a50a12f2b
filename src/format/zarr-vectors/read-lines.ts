/**
 * Reads planned lines and puts them together: all of them in one table, or in one table after another as chunks land.
 *
 * @module
 */
import type { Column, PolylineTable } from "../../core/table.js";
import type { IndexedRows, VectorReader } from "../../engine/create-vector-source.js";
import { LineBuilder, type ReadChunk, touchesHit } from "./build-lines.js";
import { chunkKey } from "./cells.js";
import { splitTables } from "./fragment-tables.js";
import { joinPieces, pickValues } from "./gather-column.js";
import { lineLinkValues } from "./line-links.js";
import { readColumn } from "./object-columns.js";
import type { LinePlan } from "./plan-polylines.js";

/** Chunks that have landed, by place. */
type Chunks = Map<number, ReadChunk>;
/** Puts the rows of parts together. */
type Join = VectorReader["join"];

export class LineReader {
  readonly #plan: LinePlan;

  constructor(plan: LinePlan) {
    this.#plan = plan;
  }

  /** All lines, by ascending row of their objects. */
  async read(reader: VectorReader): Promise<PolylineTable> {
    const { limit = Number.POSITIVE_INFINITY } = this.#plan.query;
    const chunks: Chunks = new Map();
    const found: number[] = [];
    for (const batch of this.#batches(() => limit - found.length)) {
      for (const object of await this.#findLines(reader, batch, limit - found.length, chunks))
        found.push(object);
    }
    const columns = await this.#objectColumns(found, reader);
    return this.#build(reader.join, found, chunks, columns, found, limit);
  }

  /**
   * The same lines in any order, none in two tables: each as soon as all chunks that it has rows in have landed. Chunks are let go
   * with the last line that needs them.
   */
  stream(reader: VectorReader): AsyncGenerator<PolylineTable> {
    const { isExact, query } = this.#plan;
    return isExact && query.limit !== undefined
      ? this.#streamFirst(reader, query.limit)
      : this.#streamAll(reader);
  }

  /** The first lines, batch after batch: as much is read, and held, as so many lines take. */
  async *#streamFirst(reader: VectorReader, limit: number): AsyncGenerator<PolylineTable> {
    let left = limit;
    for (const batch of this.#batches(() => left)) {
      const chunks: Chunks = new Map();
      const found = await this.#findLines(reader, batch, left, chunks);
      if (found.length === 0) continue;
      const columns = await this.#objectColumns(found, reader);
      const table = await this.#build(reader.copy, found, chunks, columns, found, left);
      left -= table.length;
      yield table;
    }
  }

  async *#streamAll(reader: VectorReader): AsyncGenerator<PolylineTable> {
    const { first, second, candidates, isExact, objects, query } = this.#plan;
    const columns = await this.#objectColumns(candidates, reader);
    const chunks: Chunks = new Map();
    const release = this.#releasing(candidates, chunks);
    const build = (found: readonly number[]): Promise<PolylineTable> =>
      this.#build(reader.copy, found, chunks, columns, candidates);
    const goingOn: number[] = [];
    const ahead = new Set((query.lines ?? "whole") === "whole" ? second : []);
    const sorted = (object: number): boolean => {
      if (isExact && !touchesHit(objects.manifests, object, chunks)) return false;
      if (!this.#plan.placesOf(object).some((place) => ahead.has(place))) return true;
      goingOn.push(object);
      return false;
    };
    for await (const landed of this.#landing(reader, candidates, first, !isExact, chunks)) {
      const before = goingOn.length;
      const found = landed.filter(sorted);
      if (found.length > 0) yield await build(found);
      const waiting = new Set(goingOn.slice(before));
      release(landed.filter((object) => !waiting.has(object)));
    }
    if (goingOn.length === 0) return;
    const missing = this.#plan.placesOfAll(goingOn);
    const places = second.filter((place) => missing.has(place));
    for await (const found of this.#landing(reader, goingOn, places, true, chunks)) {
      if (found.length > 0) yield await build(found);
      release(found);
    }
  }

  /** Lets chunks go when none of the objects needs them any more. */
  #releasing(objects: readonly number[], chunks: Chunks): (done: readonly number[]) => void {
    const needing = new Map<number, number>();
    for (const place of objects.flatMap((object) => this.#plan.placesOf(object))) {
      needing.set(place, (needing.get(place) ?? 0) + 1);
    }
    return (done) => {
      for (const place of done.flatMap((object) => this.#plan.placesOf(object))) {
        const left = needing.get(place)! - 1;
        needing.set(place, left);
        if (left === 0) chunks.delete(place);
      }
    };
  }

  /**
   * Candidates in their order until so many lines are found: at least as many at once as are left to find, and twice as many as
   * before, so that few lines among many candidates take few rounds.
   */
  *#batches(left: () => number): Generator<readonly number[]> {
    const { candidates, isExact } = this.#plan;
    let size = 0;
    for (let at = 0; at < candidates.length && left() > 0; at += size) {
      size = isExact ? Math.max(left(), 2 * size) : candidates.length;
      yield candidates.slice(at, at + size);
    }
  }

  /** Of some candidates the first that are in the result, and all chunks that those take. */
  async #findLines(
    reader: VectorReader,
    batch: readonly number[],
    left: number,
    chunks: Chunks,
  ): Promise<readonly number[]> {
    const { first, second, isExact, objects, query } = this.#plan;
    const read = async (found: readonly number[], from: readonly number[], unfiltered: boolean) => {
      const needed = this.#plan.placesOfAll(found);
      const places = from.filter((place) => needed.has(place) && !chunks.has(place));
      for await (const [place, chunk] of this.#chunks(reader, places, unfiltered)) chunks.set(place, chunk);
    };
    await read(batch, first, !isExact);
    if (!isExact) return batch;
    // Chunks beside the box that earlier lines went on in were read without a test of their rows.
    const tested = new Map(
      first.flatMap((place) => (chunks.has(place) ? [[place, chunks.get(place)!]] : [])),
    );
    const found = batch.filter((object) => touchesHit(objects.manifests, object, tested)).slice(0, left);
    if ((query.lines ?? "whole") === "whole") await read(found, second, true);
    return found;
  }

  /** Objects whose last chunk among `places` has landed, chunk after chunk. */
  async *#landing(
    reader: VectorReader,
    objects: readonly number[],
    places: readonly number[],
    unfiltered: boolean,
    into: Chunks,
  ): AsyncGenerator<number[]> {
    const missing = new Map<number, number>();
    const objectsAt = new Map<number, number[]>(places.map((place) => [place, []]));
    for (const object of objects) {
      const at = this.#plan.placesOf(object).filter((place) => objectsAt.has(place));
      missing.set(object, at.length);
      for (const place of at) objectsAt.get(place)!.push(object);
    }
    for await (const [place, chunk] of this.#chunks(reader, places, unfiltered)) {
      into.set(place, chunk);
      yield objectsAt.get(place)!.filter((object) => {
        const left = missing.get(object)! - 1;
        missing.set(object, left);
        return left === 0;
      });
    }
  }

  async *#chunks(
    reader: VectorReader,
    places: readonly number[],
    unfiltered: boolean,
  ): AsyncGenerator<[place: number, chunk: ReadChunk]> {
    if (places.length === 0) return;
    const { level, objects, asked, links } = this.#plan;
    for await (const { index, rows } of reader.read(this.#plan.parts(places, unfiltered), places.length)) {
      const place = places[index]!;
      const chunk = objects.manifests.chunks[place]!;
      const where = `/${level.vertices.path} ${chunkKey(chunk)}`;
      const tables = [...(rows.tables ?? [])];
      const count = links === undefined ? 0 : links.arraysAt(chunk).length * (1 + links.columns.length);
      const linkTables = tables.splice(tables.length - count);
      const { fragments, fragmentValues } = splitTables(tables, asked.fragmentColumns, rows.rows, where);
      yield [place, { rows, fragments, fragmentValues, linkTables, where }];
    }
  }

  /** Attributes of objects, one row for each that is named. */
  #objectColumns(objects: readonly number[], { signal, meter }: VectorReader): Promise<Column[]> {
    const { rows } = this.#plan.objects;
    const wanted = Uint32Array.from(objects, (object) => rows[object]!);
    return Promise.all(this.#plan.asked.columns.map((column) => readColumn(column, wanted, signal, meter)));
  }

  /**
   * @param columns attributes of `owners`, which `found` are some of
   * @param limit of lines, where there is one
   */
  async #build(
    join: Join,
    found: readonly number[],
    chunks: Chunks,
    columns: readonly Column[],
    owners: readonly number[],
    limit: number = Number.POSITIVE_INFINITY,
  ): Promise<PolylineTable> {
    const { objects, query, rows, asked, isExact, level, links } = this.#plan;
    const { lines } = query;
    const used = [...this.#plan.placesOfAll(found)]
      .filter((place) => chunks.has(place))
      .sort((a, b) => a - b);
    const isClipped = isExact && lines === "clip";
    const builder = new LineBuilder(objects.manifests, chunks, used, isClipped, limit);
    for (const object of found) builder.add(object);
    const built = builder.finish();
    const parts = used.map((place, index): IndexedRows => ({ index, rows: chunks.get(place)!.rows }));
    const vertices = await join(rows.target, parts, built.picks);
    const ofFragments = asked.fragmentColumns.map((column, index) => {
      const pieces = used.map((place) => {
        const { fragments, fragmentValues } = chunks.get(place)!;
        return { rows: fragments.count, values: fragmentValues[index] };
      });
      const joined = joinPieces(column, pieces, `/${level.vertices.path}`);
      return [column.info.name, pickValues(joined, built.fragments ?? new Int32Array(0))] as const;
    });
    const landed = used.map((place) => {
      const { rows: read, linkTables, where } = chunks.get(place)!;
      return { chunk: objects.manifests.chunks[place]!, rows: read.rows, tables: linkTables, where };
    });
    const ofLinks = links && lineLinkValues(links, landed, built.picks, built.startIndices);
    const linkFields = ofLinks?.map((column, index) => [links!.columns[index]!.info.name, column] as const);
    const ownerOf = new Map(owners.map((object, place) => [object, place]));
    const lineOwners = Int32Array.from(built.objects, (object) => ownerOf.get(object)!);
    const ofObjects = columns.map(
      (column, index) => [asked.columns[index]!.info.name, pickValues(column, lineOwners)] as const,
    );
    return {
      kind: "polylines",
      length: built.objects.length,
      dims: vertices.dims,
      positions: vertices.positions,
      startIndices: built.startIndices,
      fields: Object.fromEntries(ofObjects),
      vertexFields: {
        ...vertices.fields,
        ...Object.fromEntries(ofFragments),
        ...Object.fromEntries(linkFields ?? []),
      },
      ids: BigInt64Array.from(built.objects, (object) => objects.ids[object]!),
    };
  }
}
