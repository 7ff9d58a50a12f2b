/**
 * Links of format 0.7 across chunks: one table for the level, per endpoint of a link an int64 chunk coordinate and an int64 vertex.
 *
 * @module
 */
import type { Values } from "../../bytes/ragged.js";
import { type Chunk, chunkCode } from "./cells.js";
import { corruptTable, TableReader } from "./int64.js";

/** Links by number, and which of them end in a chunk. */
export interface LinkRecords {
  readonly count: number;
  /** Of each endpoint of each link: its chunk, as a code, and its vertex there. */
  readonly codes: readonly (number | string)[];
  readonly vertices: readonly number[];
  /** Numbers of the links that have an endpoint in a chunk, ascending. */
  readonly ofChunk: ReadonlyMap<number | string, readonly number[]>;
  /** Values of the attributes that were read; `undefined` where none are stored. */
  readonly values: readonly (Values | undefined)[];
}

/** Names the table in errors. */
export const recordsPath = "/cross_chunk_links";

/**
 * Reads the table.
 *
 * @param rank components of a chunk coordinate
 * @param width vertices per link
 * @throws ReaderError `corrupt`
 */
export function parseLinkRecords(
  bytes: Uint8Array,
  rank: number,
  width: number,
  values: LinkRecords["values"],
): LinkRecords {
  const table = new TableReader(bytes, recordsPath);
  const codes: (number | string)[] = [];
  const vertices: number[] = [];
  const ofChunk = new Map<number | string, number[]>();
  let count = 0;
  for (; table.left > 0; count++) {
    for (let k = 0; k < width; k++) {
      const chunk: Chunk = Array.from({ length: rank }, () => table.int64());
      const code = chunkCode(chunk);
      const vertex = table.int64();
      if (vertex < 0) throw corruptTable(recordsPath, `link ${count} names vertex ${vertex}.`);
      codes.push(code);
      vertices.push(vertex);
      const known = ofChunk.get(code);
      if (known === undefined) ofChunk.set(code, [count]);
      else if (known.at(-1) !== count) known.push(count);
    }
  }
  return { count, codes, vertices, ofChunk, values };
}
