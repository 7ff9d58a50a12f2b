/**
 * Graphs, skeletons and meshes from chunks that were read: vertices of all of them in one row of numbers, and links between
 * those numbers.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { IndexedRows } from "../../engine/create-vector-source.js";
import { type Chunk, chunkCode } from "./cells.js";
import { type Fragments, forEachRun } from "./fragments.js";
import { corruptTable, TableReader } from "./int64.js";
import { decodeOrder, parseLinkRows } from "./link-rows.js";
import { chunkOfEndpoint, type LinkArray } from "./links.js";
import type { ObjectSet } from "./objects.js";

export interface NetworkChunk {
  readonly chunk: Chunk;
  readonly isLinksOnly: boolean;
  readonly arrays: readonly LinkArray[];
  readonly rows: IndexedRows["rows"];
  readonly fragments: Fragments;
  /** The cells of `arrays`; `undefined` where nothing is stored. */
  readonly tables: readonly (Uint8Array | undefined)[];
  readonly where: string;
}

export interface BuiltNetwork {
  readonly parts: readonly IndexedRows[];
  /** Rows of the parts that are vertices of the result; absent where all are. */
  readonly picks?: Uint32Array;
  readonly links: Uint32Array;
  readonly ids?: BigInt64Array;
}

/** Rows of all chunks together; numbers are kept in 32 bits. */
const maxRows = 2 ** 28;
/** In the numbering of rows and of results: no such vertex. */
const none = -1;

/** Vertices have a number among all rows of the chunks that were read, and one in the result if they are in it. */
export class Network {
  readonly width: number;
  readonly #chunks: readonly NetworkChunk[];
  readonly #bases = new Map<number | string, { readonly base: number; readonly rows: number }>();
  readonly #total: number;
  /** Number in the result by row; `none` for those that are not in it. */
  readonly #placeOf: Int32Array;
  readonly #picks: Uint32Array | undefined;
  readonly #ids: BigInt64Array | undefined;
  /** Rows, `width` per link; `none` for those of chunks that were not read. */
  readonly #links: number[] = [];

  constructor(chunks: readonly NetworkChunk[], width: number, objects: ObjectSet | undefined) {
    this.width = width;
    this.#chunks = chunks.filter((chunk) => !chunk.isLinksOnly);
    let total = 0;
    for (const { chunk, rows } of this.#chunks) {
      this.#bases.set(chunkCode(chunk), { base: total, rows: rows.total! });
      total += rows.total!;
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
    const owners = objects && this.#findOwners(objects);
    this.#placeOf = new Int32Array(total).fill(none);
    const picks: number[] = [];
    const ids: bigint[] = [];
    let joined = 0;
    let place = 0;
    for (const { chunk, rows } of this.#chunks) {
      const { base } = this.#bases.get(chunkCode(chunk))!;
      for (let index = 0; index < rows.rows; index++, joined++) {
        const row = base + (rows.kept === undefined ? index : rows.kept[index]!);
        if (owners !== undefined) {
          if (owners[row] === none) continue;
          picks.push(joined);
          ids.push(objects!.ids[owners[row]!]!);
        }
        this.#placeOf[row] = place++;
      }
    }
    this.#picks = owners === undefined ? undefined : Uint32Array.from(picks);
    this.#ids = owners === undefined ? undefined : BigInt64Array.from(ids);
  }

  /** The object of each row, as its place in the set; the first one, where several share it. */
  #findOwners({ manifests }: ObjectSet): Int32Array {
    const owners = new Int32Array(this.#total).fill(none);
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
        const { base } = this.#bases.get(chunkCode(chunk.chunk))!;
        for (let fragment = first; fragment < first + count; fragment++) {
          forEachRun(chunk.fragments, fragment, (row, rows) => {
            for (let owned = base + row; owned < base + row + rows; owned++) {
              if (owners[owned] === none) owners[owned] = object;
            }
          });
        }
      }
    }
    return owners;
  }

  /**
   * Adds the links of a chunk's cells.
   *
   * @param isReversed those across chunks are turned round
   */
  addLinks({ chunk, arrays, tables, where }: NetworkChunk, isReversed: boolean): void {
    arrays.forEach((array, index) => {
      const table = tables[index];
      if (table === undefined) return;
      const { width } = this;
      const cell = `${where} (${array.cells.path})`;
      const { count, vertices, orders } = parseLinkRows(table, array.format, cell);
      const ends = Array.from({ length: width }, (_, k) =>
        this.#bases.get(chunkCode(chunkOfEndpoint(array, chunk, k))),
      );
      const row = new Array<number>(width);
      for (let link = 0; link < count; link++) {
        const order = orders === undefined ? undefined : orderOf(orders[link]!, width, cell);
        for (let k = 0; k < width; k++) {
          const number = vertices[link * width + k]!;
          const end = ends[k];
          if (end !== undefined && number >= end.rows) {
            throw corruptTable(cell, `a link names vertex ${number}, there are ${end.rows}.`);
          }
          row[order === undefined ? k : order[k]!] = end === undefined ? none : end.base + number;
        }
        if (isReversed && !array.format.isFlat) row.reverse();
        this.#links.push(...row);
      }
    });
  }

  /** Adds links of format 0.7: per endpoint an int64 chunk coordinate and an int64 vertex. */
  addRecords(bytes: Uint8Array, rank: number): void {
    const table = new TableReader(bytes, "/cross_chunk_links");
    while (table.left > 0) {
      for (let k = 0; k < this.width; k++) {
        const chunk = Array.from({ length: rank }, () => table.int64());
        const number = table.int64();
        const end = this.#bases.get(chunkCode(chunk));
        if (end !== undefined && (number < 0 || number >= end.rows)) {
          throw corruptTable(table.where, `a link names vertex ${number}, there are ${end.rows}.`);
        }
        this.#links.push(end === undefined ? none : end.base + number);
      }
    }
  }

  /** Links between vertices of the result. */
  build(isDuplicated: boolean): BuiltNetwork {
    const { width } = this;
    const kept: number[] = [];
    const seen = isDuplicated ? new Set<string>() : undefined;
    for (let at = 0; at < this.#links.length; at += width) {
      const places: number[] = [];
      for (let k = 0; k < width; k++) {
        const row = this.#links[at + k]!;
        places.push(row === none ? none : this.#placeOf[row]!);
      }
      if (places.includes(none)) continue;
      if (seen !== undefined) {
        const key = [...places].sort((a, b) => a - b).join();
        if (seen.has(key)) continue;
        seen.add(key);
      }
      kept.push(...places);
    }
    return this.#finish(Uint32Array.from(kept));
  }

  /**
   * Edges of trees, node and parent: the row before a node within its fragment, unless a link names another. Fragments are never
   * joined but by links.
   */
  buildTree(): BuiltNetwork {
    const parents = new Int32Array(this.#total).fill(none);
    for (const { chunk, fragments } of this.#chunks) {
      const { base } = this.#bases.get(chunkCode(chunk))!;
      for (let fragment = 0; fragment < fragments.count; fragment++) {
        let before = none;
        forEachRun(fragments, fragment, (row, rows) => {
          for (let node = base + row; node < base + row + rows; node++) {
            parents[node] = before;
            before = node;
          }
        });
      }
    }
    for (let at = 0; at < this.#links.length; at += 2) {
      const node = this.#links[at]!;
      if (node !== none) parents[node] = this.#links[at + 1]!;
    }
    const edges: number[] = [];
    parents.forEach((parent, node) => {
      const [from, to] = [this.#placeOf[node]!, parent === none ? none : this.#placeOf[parent]!];
      if (from !== none && to !== none) edges.push(from, to);
    });
    return this.#finish(Uint32Array.from(edges));
  }

  #finish(links: Uint32Array): BuiltNetwork {
    return {
      parts: this.#chunks.map(({ rows }, index) => ({ index, rows })),
      ...(this.#picks === undefined ? {} : { picks: this.#picks }),
      links,
      ...(this.#ids === undefined ? {} : { ids: this.#ids }),
    };
  }
}

function orderOf(code: number, width: number, where: string): readonly number[] {
  if (width === 2 && code < 2) return code === 0 ? inOrder : swapped;
  return decodeOrder(code, width, where);
}

const inOrder = [0, 1] as const;
const swapped = [1, 0] as const;
