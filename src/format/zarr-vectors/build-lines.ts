/**
 * Lines from chunks that were read: the rows of each line's fragments one after another, as numbers of one table.
 *
 * @module
 */
import type { Values } from "../../bytes/ragged.js";
import { ReaderError } from "../../core/error.js";
import type { IndexedRows } from "../../engine/create-vector-source.js";
import { type Fragments, forEachRun } from "./fragments.js";
import { checkRun, type Manifests } from "./manifests.js";

export interface ReadChunk {
  /** Every row of the chunk; `kept` numbers those inside. */
  readonly rows: IndexedRows["rows"];
  readonly fragments: Fragments;
  /** Values of the fragments' attributes, `undefined` where none are stored. */
  readonly fragmentValues: readonly (Values | undefined)[];
  /** Cells of links and of their attributes, where those are wanted. */
  readonly linkTables: readonly (Values | undefined)[];
  readonly where: string;
}

/** Vertices of one result: what typed arrays and their byte lengths allow, with room to spare. */
const maxVertices = 2 ** 27;

/** Calls back with each run of rows of an object, in order; of the chunks that were read. */
function forEachObjectRun(
  { starts, places, firsts, counts }: Manifests,
  object: number,
  chunks: ReadonlyMap<number, ReadChunk>,
  each: (place: number, first: number, count: number, fragment: number) => void,
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
    checkRun(chunk, first, count);
    for (let fragment = first; fragment < first + count; fragment++) {
      forEachRun(chunk.fragments, fragment, (row, rows) => each(place, row, rows, fragment));
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

export interface BuiltLines {
  /** Rows of the used chunks, line after line. */
  readonly picks: Uint32Array;
  /** The fragment of each of them, numbered through the used chunks, where fragments have attributes. */
  readonly fragments?: Int32Array;
  readonly startIndices: Uint32Array;
  /** The object of each line. */
  readonly objects: readonly number[];
}

/** Collects lines; rows are numbered through the used chunks in their order. */
export class LineBuilder {
  readonly #manifests: Manifests;
  readonly #chunks: ReadonlyMap<number, ReadChunk>;
  /** By place of a used chunk: the number of its first row, and of its first fragment. */
  readonly #bases = new Map<number, { readonly row: number; readonly fragment: number }>();
  readonly #isClipped: boolean;
  readonly #limit: number;
  #picks = new Uint32Array(1024);
  /** Fragment of each picked row, numbered through the used chunks; where fragments have attributes. */
  #fragments: Int32Array | undefined;
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
    let [row, fragment] = [0, 0];
    for (const place of used) {
      if (chunks.get(place)!.fragmentValues.length > 0)
        this.#fragments ??= new Int32Array(this.#picks.length);
      this.#bases.set(place, { row, fragment });
      row += chunks.get(place)!.rows.rows;
      fragment += chunks.get(place)!.fragments.count;
    }
  }

  /** Adds the line of an object, or the runs of it that are inside. */
  add(object: number): void {
    forEachObjectRun(
      this.#manifests,
      object,
      this.#chunks,
      (place, first, count, fragment) => {
        if (this.#isClipped) this.#addInside(object, place, first, count, fragment);
        else this.#addRows(place, first, count, fragment);
      },
      () => this.#end(object), // Chunks that were not read have no rows inside: the run ends before them.
    );
    this.#end(object);
  }

  finish(): BuiltLines {
    return {
      picks: this.#picks.slice(0, this.#length),
      ...(this.#fragments === undefined ? {} : { fragments: this.#fragments.subarray(0, this.#length) }),
      startIndices: Uint32Array.from(this.#starts),
      objects: this.#objects,
    };
  }

  #addInside(object: number, place: number, first: number, count: number, fragment: number): void {
    const chunk = this.#chunks.get(place)!;
    for (let row = first; row < first + count; row++) {
      if (countInside(chunk, row, 1) > 0) this.#addRows(place, row, 1, fragment);
      else this.#end(object);
    }
  }

  #addRows(place: number, first: number, count: number, fragment: number): void {
    const end = this.#length + count;
    if (end > maxVertices) {
      throw new ReaderError("limit-exceeded", `The lines have more than ${maxVertices} vertices.`, {
        hint: "Ask for a smaller box, fewer objects, a coarser level, or set a limit.",
      });
    }
    if (end > this.#picks.length) {
      const length = Math.max(end, 2 * this.#picks.length);
      this.#picks = grown(this.#picks, new Uint32Array(length));
      this.#fragments &&= grown(this.#fragments, new Int32Array(length));
    }
    const base = this.#bases.get(place)!;
    this.#fragments?.fill(base.fragment + fragment, this.#length, end);
    for (let at = this.#length, row = base.row + first; at < end; at++, row++) this.#picks[at] = row;
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

function grown<A extends Uint32Array | Int32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
