/**
 * Graphs, skeletons and meshes from chunks that were read: vertices of all of them in one row of numbers, and links between
 * those numbers.
 *
 * @module
 */
import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { IndexedRows } from "../../engine/create-vector-source.js";
import { type Chunk, chunkCode } from "./cells.js";
import type { ChunkFragments } from "./fragment-tables.js";
import { type Fragments, forEachRun } from "./fragments.js";
import { noOwner, type Piece } from "./gather-column.js";
import { corruptTable, TableReader } from "./int64.js";
import { decodeOrder, parseLinkRows } from "./link-rows.js";
import { chunkOfEndpoint, type LinkArray } from "./links.js";
import { tooMany } from "./manifests.js";
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
  readonly values: readonly (TypedArray | undefined)[];
}

export interface BuiltNetwork {
  readonly parts: readonly IndexedRows[];
  /** Rows of the parts that are vertices of the result, in its order; absent where all are. */
  readonly picks?: Uint32Array;
  /** Numbers of vertices in the result. */
  readonly links: Uint32Array;
  /** Number of each of them among all that were added, or `noOwner` where none is stored. */
  readonly numbers: Int32Array;
  /** Row of each vertex among all chunks. */
  readonly rows: Int32Array;
  /** Vertices at the end that are in other tables of a stream too. */
  readonly repeated: number;
}

/** Rows of all chunks together; numbers are kept in 32 bits. */
const maxRows = 2 ** 28;
/** Rows of fragments that may be gone through for one answer, and as many times the rows there are where that is more. */
const maxSteps = 2 ** 27;
const maxStepsPerRow = 8;
/** In the numbering of rows and of results: no such vertex. */
const none = -1;

interface Place {
  /** Number of row 0 among the rows of all chunks. */
  readonly base: number;
  /** Rows from row 0 to the last one that was read. */
  readonly rows: number;
  readonly isCut: boolean;
}

/** Vertices have a number among all rows of the chunks that were read, and one in the result if they are in it. */
export class Network {
  readonly width: number;
  /** Values of the links, in the order of their numbers, one list per attribute. */
  readonly linkPieces: readonly Piece[][];
  readonly #chunks: readonly NetworkChunk[];
  readonly #places = new Map<number | string, Place>();
  readonly #total: number;
  /** Whether the result has the row. */
  readonly #isIn: Uint8Array;
  #steps = 0;
  /** Rows, `width` per link; `none` for those of chunks that were not read. */
  readonly #links: number[] = [];

  constructor(chunks: readonly NetworkChunk[], width: number, attributes: number) {
    this.width = width;
    this.linkPieces = Array.from({ length: attributes }, () => []);
    this.#chunks = chunks.filter((chunk) => !chunk.isLinksOnly);
    let total = 0;
    for (const { chunk, rows, firstRow, isCut } of this.#chunks) {
      const count = firstRow + rows.total!;
      this.#places.set(chunkCode(chunk), { base: total, rows: count, isCut });
      total += count;
    }
    if (total > maxRows) {
      throw new ReaderError(
        "limit-exceeded",
        `The chunks have ${total} vertices; ${maxRows} can be linked.`,
        {
          hint: "Ask for a smaller box or a coarser level.",
        },
      );
    }
    this.#total = total;
    this.#isIn = new Uint8Array(total);
    this.#forEachKept((row) => {
      this.#isIn[row] = 1;
    });
  }

  /** Calls back with each row that met the conditions: its number, and its place among the rows of the parts. */
  #forEachKept(each: (row: number, joined: number, chunk: NetworkChunk) => void): void {
    let joined = 0;
    for (const chunk of this.#chunks) {
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

  /** The object of each row, as its place in the set; the first one, where several share it. */
  ownersOf({ manifests }: ObjectSet): Int32Array {
    const owners = new Int32Array(this.#total).fill(noOwner);
    const read = new Map(this.#chunks.map((chunk) => [chunkCode(chunk.chunk), chunk]));
    const at = manifests.chunks.map((chunk) => read.get(chunkCode(chunk)));
    for (let object = 0; object < manifests.starts.length - 1; object++) {
      for (let run = manifests.starts[object]!; run < manifests.starts[object + 1]!; run++) {
        const chunk = at[manifests.places[run]!];
        if (chunk === undefined) continue;
        const [first, count] = [manifests.firsts[run]!, manifests.counts[run]!];
        if (first + count > chunk.fragments.count) {
          throw corruptTable(
            chunk.where,
            `a manifest names fragment ${first + count - 1}, there are ${chunk.fragments.count}.`,
          );
        }
        for (let fragment = first; fragment < first + count; fragment++) {
          this.#forEachRow(chunk, fragment, (row) => {
            if (owners[row] === noOwner) owners[row] = object;
          });
        }
      }
    }
    return owners;
  }

  /** Leaves only rows that belong to an object. */
  keepOwned(owners: Int32Array): void {
    for (let row = 0; row < this.#total; row++) if (owners[row] === noOwner) this.#isIn[row] = 0;
  }

  /** The fragment of each row, numbered through the chunks; the first one, where several share it. */
  fragments(): Int32Array {
    const found = new Int32Array(this.#total).fill(noOwner);
    let first = 0;
    for (const chunk of this.#chunks) {
      for (let fragment = 0; fragment < chunk.fragments.count; fragment++) {
        this.#forEachRow(chunk, fragment, (row) => {
          if (found[row] === noOwner) found[row] = first + fragment;
        });
      }
      first += chunk.fragments.count;
    }
    return found;
  }

  /** Values of the attribute of fragments, in the order of their numbers. */
  fragmentPieces(attribute: number): Piece[] {
    return this.#chunks.map(({ fragments, fragmentValues }) => {
      return { rows: fragments.count, values: fragmentValues[attribute] };
    });
  }

  /** Rows of a fragment that were read; fragments may overlap, but not without end. */
  #forEachRow(
    chunk: { readonly chunk: Chunk; readonly fragments: Fragments },
    fragment: number,
    each: (row: number) => void,
  ): void {
    const { base, rows } = this.#place(chunk);
    forEachRun(chunk.fragments, fragment, (first, count) => {
      const end = base + Math.min(rows, first + count);
      this.#steps += Math.max(0, end - base - first);
      if (this.#steps > Math.max(maxSteps, maxStepsPerRow * this.#total)) {
        throw tooMany("The fragments share more rows than can be gone through.");
      }
      for (let row = base + first; row < end; row++) each(row);
    });
  }

  /**
   * Adds the links of a chunk's cells.
   *
   * @param isReversed those across chunks are turned round
   */
  addLinks({ chunk, links, where }: NetworkChunk, isReversed: boolean): void {
    for (const { array, table, values } of links) {
      if (table === undefined) continue;
      const { width } = this;
      const cell = `${where} (${array.cells.path})`;
      const { count, vertices, orders } = parseLinkRows(table, array.format, cell);
      this.#addPieces(count, values);
      const ends = Array.from({ length: width }, (_, k) =>
        this.#places.get(chunkCode(chunkOfEndpoint(array, chunk, k))),
      );
      const row = new Array<number>(width);
      for (let link = 0; link < count; link++) {
        const order = orders === undefined ? undefined : orderOf(orders[link]!, width, cell);
        for (let k = 0; k < width; k++) {
          const number = vertices[link * width + k]!;
          row[order === undefined ? k : order[k]!] = rowOf(ends[k], number, cell);
        }
        if (isReversed && !array.format.isFlat) row.reverse();
        this.#links.push(...row);
      }
    }
  }

  /** Adds links of format 0.7: per endpoint an int64 chunk coordinate and an int64 vertex. */
  addRecords(bytes: Uint8Array, rank: number, values: readonly (TypedArray | undefined)[]): void {
    const table = new TableReader(bytes, "/cross_chunk_links");
    while (table.left > 0) {
      for (let k = 0; k < this.width; k++) {
        const chunk = Array.from({ length: rank }, () => table.int64());
        this.#links.push(rowOf(this.#places.get(chunkCode(chunk)), table.int64(), table.where));
      }
    }
    this.#addPieces(bytes.length / (8 * (rank + 1) * this.width), values);
  }

  #addPieces(rows: number, values: readonly (TypedArray | undefined)[]): void {
    this.linkPieces.forEach((pieces, attribute) => {
      pieces.push({ rows, values: values[attribute] });
    });
  }

  /**
   * Links between vertices of the result.
   *
   * @param isDuplicated links may be stored once for each chunk they touch
   * @param isKept tells of a link by its number
   * @param own of a stream: the chunk whose vertices and links the table has, and vertices of others that those need
   */
  build(isDuplicated: boolean, isKept: (number: number) => boolean, own?: NetworkChunk): BuiltNetwork {
    const { width } = this;
    const links: number[] = [];
    const numbers: number[] = [];
    const seen = isDuplicated ? new Set<string>() : undefined;
    for (let at = 0; at < this.#links.length; at += width) {
      const rows = this.#links.slice(at, at + width);
      if (!rows.every((row) => row !== none && this.#isIn[row] === 1)) continue;
      if (own !== undefined && !this.#isOf(own, Math.min(...rows))) continue;
      if (!isKept(at / width)) continue;
      if (seen !== undefined) {
        const key = [...rows].sort((a, b) => a - b).join();
        if (seen.has(key)) continue;
        seen.add(key);
      }
      links.push(...rows);
      numbers.push(at / width);
    }
    return this.#finish(links, numbers, own);
  }

  /**
   * Edges of trees, node and parent: the row before a node within its fragment, unless a link names another. Fragments are never
   * joined but by links.
   */
  buildTree(isKept: (number: number) => boolean, own?: NetworkChunk): BuiltNetwork {
    const parents = new Int32Array(this.#total).fill(none);
    const numberOf = new Int32Array(this.#total).fill(noOwner);
    for (const chunk of this.#chunks) {
      for (let fragment = 0; fragment < chunk.fragments.count; fragment++) {
        let before = none;
        this.#forEachRow(chunk, fragment, (node) => {
          parents[node] = before;
          before = node;
        });
      }
    }
    for (let at = 0; at < this.#links.length; at += 2) {
      const node = this.#links[at]!;
      if (node === none) continue;
      parents[node] = this.#links[at + 1]!;
      numberOf[node] = at / 2;
    }
    const edges: number[] = [];
    const numbers: number[] = [];
    parents.forEach((parent, node) => {
      if (parent === none || this.#isIn[node] === 0 || this.#isIn[parent] === 0) return;
      if (own !== undefined && !this.#isOf(own, node)) return;
      if (!isKept(numberOf[node]!)) return;
      edges.push(node, parent);
      numbers.push(numberOf[node]!);
    });
    return this.#finish(edges, numbers, own);
  }

  #isOf(chunk: NetworkChunk, row: number): boolean {
    const { base, rows } = this.#place(chunk);
    return row >= base && row < base + rows;
  }

  /** Numbers the vertices of the result: those of the chunk itself, in order, then others in the order of the links. */
  #finish(links: readonly number[], numbers: readonly number[], own?: NetworkChunk): BuiltNetwork {
    const placeOf = new Int32Array(this.#total).fill(none);
    const joinedOf = own === undefined ? undefined : new Int32Array(this.#total);
    const rows: number[] = [];
    const picks: number[] = [];
    let isWhole = own === undefined;
    this.#forEachKept((row, joined, chunk) => {
      if (joinedOf !== undefined) joinedOf[row] = joined;
      if (this.#isIn[row] === 0) isWhole = false;
      else if (own === undefined || own === chunk) {
        placeOf[row] = rows.push(row) - 1;
        picks.push(joined);
      }
    });
    const ownRows = rows.length;
    for (const row of links) {
      if (placeOf[row] !== none) continue;
      placeOf[row] = rows.push(row) - 1;
      picks.push(joinedOf![row]!);
    }
    return {
      parts: this.#chunks.map((chunk, index) => ({ index, rows: chunk.rows })),
      ...(isWhole ? {} : { picks: Uint32Array.from(picks) }),
      links: Uint32Array.from(links, (row) => placeOf[row]!),
      numbers: Int32Array.from(numbers),
      rows: Int32Array.from(rows),
      repeated: rows.length - ownRows,
    };
  }
}

/** The number of a vertex that a link names, or `none` where it was not read. */
function rowOf(place: Place | undefined, vertex: number, where: string): number {
  if (place === undefined) return none;
  if (vertex >= 0 && vertex < place.rows) return place.base + vertex;
  if (place.isCut && vertex >= 0) return none;
  throw corruptTable(where, `a link names vertex ${vertex}, there are ${place.rows}.`);
}

function orderOf(code: number, width: number, where: string): readonly number[] {
  if (width === 2 && code < 2) return code === 0 ? inOrder : swapped;
  return decodeOrder(code, width, where);
}

const inOrder = [0, 1] as const;
const swapped = [1, 0] as const;
