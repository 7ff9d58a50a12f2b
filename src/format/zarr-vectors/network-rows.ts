/**
 * Vertices of graphs, skeletons and meshes from chunks that were read: one row of numbers for all of them, which of those are in the
 * result, and what they belong to.
 *
 * @module
 */
import type { Values } from "../../bytes/ragged.js";
import { ReaderError } from "../../core/error.js";
import type { IndexedRows } from "../../engine/create-vector-source.js";
import { type Chunk, chunkCode } from "./cells.js";
import type { ChunkFragments } from "./fragment-tables.js";
import { forEachRun } from "./fragments.js";
import { noOwner, type Piece } from "./gather-column.js";
import { corruptTable } from "./int64.js";
import type { LinkArray } from "./links.js";
import { checkRun, tooMany } from "./manifests.js";
import type { ObjectSet } from "./objects.js";

export interface NetworkChunk extends ChunkFragments {
  readonly chunk: Chunk;
  readonly isLinksOnly: boolean;
  readonly rows: IndexedRows["rows"];
  /** The chunk's first row that was read. */
  readonly firstRow: number;
  /** Whether rows behind the last one that was read may be stored. */
  readonly isCut: boolean;
  readonly links: readonly ReadLinks[];
  readonly where: string;
}

/** One cell of links: its table, and values of the wanted attributes; `undefined` where nothing is stored. */
export interface ReadLinks {
  readonly array: LinkArray;
  readonly table: Uint8Array | undefined;
  readonly values: readonly (Values | undefined)[];
}

/** Rows of all chunks together; numbers are kept in 32 bits. */
const maxRows = 2 ** 28;
/** Rows of fragments that may be gone through for one answer, and as many times the rows there are where that is more. */
const maxSteps = 2 ** 27;
const maxStepsPerRow = 8;
/** In the numbering of rows and of results: no such vertex. */
export const none = -1;

interface Place {
  /** Number of row 0 among the rows of all chunks. */
  readonly base: number;
  /** Rows from row 0 to the last one that was read. */
  readonly rows: number;
  readonly isCut: boolean;
}

export class NetworkRows {
  /** Rows of all chunks. */
  readonly total: number;
  /** 1 for the rows that the result has. */
  readonly isIn: Uint8Array;
  /** Those whose vertices were read, in order. */
  readonly chunks: readonly NetworkChunk[];
  readonly #places = new Map<number | string, Place>();
  #steps = 0;

  constructor(chunks: readonly NetworkChunk[]) {
    this.chunks = chunks.filter((chunk) => !chunk.isLinksOnly);
    let total = 0;
    for (const { chunk, rows, firstRow, isCut } of this.chunks) {
      const count = firstRow + rows.total!;
      this.#places.set(chunkCode(chunk), { base: total, rows: count, isCut });
      total += count;
    }
    if (total > maxRows) {
      throw new ReaderError(
        "limit-exceeded",
        `The chunks have ${total} vertices; ${maxRows} can be linked.`,
        { hint: "Ask for a smaller box or a coarser level." },
      );
    }
    this.total = total;
    this.isIn = new Uint8Array(total);
    this.forEachKept((row) => {
      this.isIn[row] = 1;
    });
  }

  /** Calls back with each row that met the conditions: its number, and its place among the rows of the parts. */
  forEachKept(each: (row: number, joined: number, chunk: NetworkChunk) => void): void {
    let joined = 0;
    for (const chunk of this.chunks) {
      const { rows, firstRow } = chunk;
      const first = this.#place(chunk).base + firstRow;
      for (let index = 0; index < rows.rows; index++, joined++) {
        each(first + (rows.kept === undefined ? index : rows.kept[index]!), joined, chunk);
      }
    }
  }

  #place({ chunk }: { readonly chunk: Chunk }): Place {
    return this.#places.get(chunkCode(chunk))!;
  }

  /** The number of a vertex that a link names, or `none` where it was not read. */
  rowOf(chunk: number | string, vertex: number, where: string): number {
    const place = this.#places.get(chunk);
    if (place === undefined) return none;
    if (vertex >= 0 && vertex < place.rows) return place.base + vertex;
    if (place.isCut && vertex >= 0) return none;
    throw corruptTable(where, `a link names vertex ${vertex}, there are ${place.rows}.`);
  }

  /** Whether a row is of a chunk. */
  isOf(chunk: NetworkChunk, row: number): boolean {
    const { base, rows } = this.#place(chunk);
    return row >= base && row < base + rows;
  }

  /** The object of each row, as its place in the set; the first one, where several share it. */
  ownersOf({ manifests }: ObjectSet): Int32Array {
    const owners = new Int32Array(this.total).fill(noOwner);
    const read = new Map(this.chunks.map((chunk) => [chunkCode(chunk.chunk), chunk]));
    const at = manifests.chunks.map((chunk) => read.get(chunkCode(chunk)));
    for (let object = 0; object < manifests.starts.length - 1; object++) {
      for (let run = manifests.starts[object]!; run < manifests.starts[object + 1]!; run++) {
        const chunk = at[manifests.places[run]!];
        if (chunk === undefined) continue;
        const [first, count] = [manifests.firsts[run]!, manifests.counts[run]!];
        checkRun(chunk, first, count);
        for (let fragment = first; fragment < first + count; fragment++) {
          this.forEachRow(chunk, fragment, (row) => {
            if (owners[row] === noOwner) owners[row] = object;
          });
        }
      }
    }
    return owners;
  }

  /** Leaves only rows that belong to an object. */
  keepOwned(owners: Int32Array): void {
    for (let row = 0; row < this.total; row++) if (owners[row] === noOwner) this.isIn[row] = 0;
  }

  /** The fragment of each row, numbered through the chunks; the first one, where several share it. */
  fragments(): Int32Array {
    const found = new Int32Array(this.total).fill(noOwner);
    let first = 0;
    for (const chunk of this.chunks) {
      for (let fragment = 0; fragment < chunk.fragments.count; fragment++) {
        this.forEachRow(chunk, fragment, (row) => {
          if (found[row] === noOwner) found[row] = first + fragment;
        });
      }
      first += chunk.fragments.count;
    }
    return found;
  }

  /** Values of the attribute of fragments, in the order of their numbers. */
  fragmentPieces(attribute: number): Piece[] {
    return this.chunks.map(({ fragments, fragmentValues }) => {
      return { rows: fragments.count, values: fragmentValues[attribute] };
    });
  }

  /** Rows of a fragment that were read; fragments may overlap, but not without end. */
  forEachRow(chunk: NetworkChunk, fragment: number, each: (row: number) => void): void {
    const { base, rows } = this.#place(chunk);
    forEachRun(chunk.fragments, fragment, (first, count) => {
      const end = base + Math.min(rows, first + count);
      this.#steps += Math.max(0, end - base - first);
      if (this.#steps > Math.max(maxSteps, maxStepsPerRow * this.total)) {
        throw tooMany("The fragments share more rows than can be gone through.");
      }
      for (let row = base + first; row < end; row++) each(row);
    });
  }
}
