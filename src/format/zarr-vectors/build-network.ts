/**
 * Links between the vertices of chunks that were read: edges and faces as they are stored, edges of trees as the order of rows and
 * the stored ones together say; then those of the result, by the numbers that its vertices have there.
 *
 * @module
 */
import { gatherRagged, isRaggedValues, type Values } from "../../bytes/ragged.js";
import type { IndexedRows } from "../../engine/create-vector-source.js";
import { chunkCode } from "./cells.js";
import { noOwner, type Piece } from "./gather-column.js";
import { corruptTable } from "./int64.js";
import { type LinkRecords, recordsPath } from "./link-records.js";
import { decodeOrder, parseLinkRows } from "./link-rows.js";
import { chunkOfEndpoint } from "./links.js";
import { type NetworkChunk, NetworkRows, none } from "./network-rows.js";

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

export class Network {
  readonly width: number;
  readonly rows: NetworkRows;
  /** Values of the links, in the order of their numbers, one list per attribute. */
  readonly linkPieces: readonly Piece[][];
  /** Rows, `width` per link; `none` for those of chunks that were not read. */
  readonly #links: number[] = [];

  constructor(chunks: readonly NetworkChunk[], width: number, attributes: number) {
    this.width = width;
    this.rows = new NetworkRows(chunks);
    this.linkPieces = Array.from({ length: attributes }, () => []);
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
      this.linkPieces.forEach((pieces, attribute) => {
        pieces.push({ rows: count, values: values[attribute] });
      });
      const ends = Array.from({ length: width }, (_, k) => chunkCode(chunkOfEndpoint(array, chunk, k)));
      const row = new Array<number>(width);
      for (let link = 0; link < count; link++) {
        const order = orders === undefined ? undefined : orderOf(orders[link]!, width, cell);
        for (let k = 0; k < width; k++) {
          const number = vertices[link * width + k]!;
          row[order === undefined ? k : order[k]!] = this.rows.rowOf(ends[k]!, number, cell);
        }
        if (isReversed && !array.format.isFlat) row.reverse();
        this.#links.push(...row);
      }
    }
  }

  /**
   * Adds links of format 0.7 across chunks.
   *
   * @param only those that end in this chunk; absent: all
   */
  addRecords({ count, codes, vertices, ofChunk, values }: LinkRecords, only?: NetworkChunk): void {
    const { width } = this;
    const numbers =
      only === undefined
        ? Array.from({ length: count }, (_, link) => link)
        : (ofChunk.get(chunkCode(only.chunk)) ?? []);
    for (const link of numbers) {
      for (let at = link * width; at < (link + 1) * width; at++) {
        this.#links.push(this.rows.rowOf(codes[at]!, vertices[at]!, recordsPath));
      }
    }
    this.linkPieces.forEach((pieces, attribute) => {
      const all = values[attribute];
      const some = all && only !== undefined ? takeRows(all, count, numbers) : all;
      pieces.push({ rows: numbers.length, values: some });
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
      if (!rows.every((row) => row !== none && this.rows.isIn[row] === 1)) continue;
      if (own !== undefined && !this.rows.isOf(own, Math.min(...rows))) continue;
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
    const { total, isIn, chunks } = this.rows;
    const parents = new Int32Array(total).fill(none);
    const numberOf = new Int32Array(total).fill(noOwner);
    for (const chunk of chunks) {
      for (let fragment = 0; fragment < chunk.fragments.count; fragment++) {
        let before = none;
        this.rows.forEachRow(chunk, fragment, (node) => {
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
      if (parent === none || isIn[node] === 0 || isIn[parent] === 0) return;
      if (own !== undefined && !this.rows.isOf(own, node)) return;
      if (!isKept(numberOf[node]!)) return;
      edges.push(node, parent);
      numbers.push(numberOf[node]!);
    });
    return this.#finish(edges, numbers, own);
  }

  /** Numbers the vertices of the result: those of the chunk itself, in order, then others in the order of the links. */
  #finish(links: readonly number[], numbers: readonly number[], own?: NetworkChunk): BuiltNetwork {
    const { total, isIn, chunks } = this.rows;
    const placeOf = new Int32Array(total).fill(none);
    const joinedOf = own === undefined ? undefined : new Int32Array(total);
    const rows: number[] = [];
    const picks: number[] = [];
    let isWhole = own === undefined;
    this.rows.forEachKept((row, joined, chunk) => {
      if (joinedOf !== undefined) joinedOf[row] = joined;
      if (isIn[row] === 0) isWhole = false;
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
      parts: chunks.map((chunk, index) => ({ index, rows: chunk.rows })),
      ...(isWhole ? {} : { picks: Uint32Array.from(picks) }),
      links: Uint32Array.from(links, (row) => placeOf[row]!),
      numbers: Int32Array.from(numbers),
      rows: Int32Array.from(rows),
      repeated: rows.length - ownRows,
    };
  }
}

/** Some rows of values that lie one after another. */
function takeRows(values: Values, count: number, rows: readonly number[]): Values {
  const width = values.length / count;
  if (!Number.isInteger(width)) {
    throw corruptTable(
      recordsPath,
      `${values.length} values of an attribute are no rows for ${count} links.`,
    );
  }
  if (isRaggedValues(values)) return gatherRagged(values, Uint32Array.from(rows), width);
  const from = values as Float64Array;
  const taken = new (from.constructor as Float64ArrayConstructor)(rows.length * width);
  rows.forEach((row, index) => {
    taken.set(from.subarray(row * width, (row + 1) * width), index * width);
  });
  return taken;
}

function orderOf(code: number, width: number, where: string): readonly number[] {
  if (width === 2 && code < 2) return code === 0 ? inOrder : swapped;
  return decodeOrder(code, width, where);
}

const inOrder = [0, 1] as const;
const swapped = [1, 0] as const;
