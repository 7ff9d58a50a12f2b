/**
 * Lines from chunks that were read: the rows of each line's fragments one after another, as numbers of one table.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { IndexedRows } from "../../engine/create-vector-source.js";
import { type Fragments, forEachRun } from "./fragments.js";
import { corruptTable } from "./int64.js";
import type { Manifests } from "./manifests.js";

export interface ReadChunk {
  /** Every row of the chunk; `kept` numbers those inside. */
  readonly rows: IndexedRows["rows"];
  readonly fragments: Fragments;
  readonly where: string;
}

/** Vertices of one result: what typed arrays and their byte lengths allow, with room to spare. */
const maxVertices = 2 ** 27;

/** Calls back with each run of rows of an object, in order; of the chunks that were read. */
function forEachObjectRun(
  { starts, places, firsts, counts }: Manifests,
  object: number,
  chunks: ReadonlyMap<number, ReadChunk>,
  each: (place: number, first: number, count: number) => void,
  skipped: () => void = () => {},
): void {
  for (let run = starts[object]!; run < starts[object + 1]!; run++) {
    const place = places[run]!;
    const chunk = chunks.get(place);
    if (chunk === undefined) {
      skipped();
      continue;
    }
    const [first, count] = [firsts[run]!, counts[run]!];
    if (first + count > chunk.fragments.count) {
      throw corruptTable(
        chunk.where,
        `a manifest names fragment ${first + count - 1}, there are ${chunk.fragments.count}.`,
      );
    }
    for (let fragment = first; fragment < first + count; fragment++) {
      forEachRun(chunk.fragments, fragment, (row, rows) => each(place, row, rows));
    }
  }
}

/** Tells whether an object has a row inside. */
export function touchesHit(
  manifests: Manifests,
  object: number,
  chunks: ReadonlyMap<number, ReadChunk>,
): boolean {
  let isHit = false;
  forEachObjectRun(manifests, object, chunks, (place, first, count) => {
    isHit ||= countInside(chunks.get(place)!, first, count) > 0;
  });
  return isHit;
}

const sums = new WeakMap<ReadChunk, Uint32Array>();

/** Rows inside among some consecutive ones. */
function countInside(chunk: ReadChunk, first: number, count: number): number {
  const { kept, rows } = chunk.rows;
  if (kept === undefined) return count;
  let before = sums.get(chunk);
  if (before === undefined) {
    before = new Uint32Array(rows + 1);
    for (const row of kept) before[row + 1] = 1;
    for (let row = 0; row < rows; row++) before[row + 1]! += before[row]!;
    sums.set(chunk, before);
  }
  return before[first + count]! - before[first]!;
}

/** Collects lines; rows are numbered through the used chunks in their order. */
export class LineBuilder {
  readonly #manifests: Manifests;
  readonly #chunks: ReadonlyMap<number, ReadChunk>;
  readonly #bases = new Map<number, number>();
  readonly #isClipped: boolean;
  readonly #limit: number;
  #picks = new Uint32Array(1024);
  #length = 0;
  readonly #starts: number[] = [0];
  readonly #objects: number[] = [];

  constructor(
    manifests: Manifests,
    chunks: ReadonlyMap<number, ReadChunk>,
    used: readonly number[],
    isClipped: boolean,
    limit: number,
  ) {
    this.#manifests = manifests;
    this.#chunks = chunks;
    this.#isClipped = isClipped;
    this.#limit = limit;
    let base = 0;
    for (const place of used) {
      this.#bases.set(place, base);
      base += chunks.get(place)!.rows.rows;
    }
  }

  /** Adds the line of an object, or the runs of it that are inside. */
  add(object: number): void {
    forEachObjectRun(
      this.#manifests,
      object,
      this.#chunks,
      (place, first, count) => {
        if (this.#isClipped) this.#addInside(object, place, first, count);
        else this.#addRows(this.#bases.get(place)! + first, count);
      },
      () => this.#end(object), // Chunks that were not read have no rows inside: the run ends before them.
    );
    this.#end(object);
  }

  finish(): { picks: Uint32Array; startIndices: Uint32Array; objects: readonly number[] } {
    return {
      picks: this.#picks.slice(0, this.#length),
      startIndices: Uint32Array.from(this.#starts),
      objects: this.#objects,
    };
  }

  #addInside(object: number, place: number, first: number, count: number): void {
    const chunk = this.#chunks.get(place)!;
    const base = this.#bases.get(place)!;
    for (let row = first; row < first + count; row++) {
      if (countInside(chunk, row, 1) > 0) this.#addRows(base + row, 1);
      else this.#end(object);
    }
  }

  #addRows(first: number, count: number): void {
    const end = this.#length + count;
    if (end > maxVertices) {
      throw new ReaderError("limit-exceeded", `The lines have more than ${maxVertices} vertices.`, {
        hint: "Ask for a smaller box, fewer objects, a coarser level, or set a limit.",
      });
    }
    if (end > this.#picks.length) {
      const grown = new Uint32Array(Math.max(end, 2 * this.#picks.length));
      grown.set(this.#picks);
      this.#picks = grown;
    }
    for (let at = this.#length, row = first; at < end; at++, row++) this.#picks[at] = row;
    this.#length = end;
  }

  /** Ends the line under way, if it has vertices. */
  #end(object: number): void {
    if (this.#length === this.#starts.at(-1)) return;
    if (this.#objects.length >= this.#limit) {
      this.#length = this.#starts.at(-1)!;
      return;
    }
    this.#objects.push(object);
    this.#starts.push(this.#length);
  }
}
