/**
 * Fragment tables: which rows of a chunk belong to each of its fragments. Spec: zarr_vectors `fragment_index_v1`.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 4 | magic 0x5A564647 |
 * | 4 | 2, 2 | version 1; flags 0 |
 * | 8 | 4 | F, the number of fragments |
 * | 12 | 4 | R, how many of them are ranges |
 * | 16 | ceil(F / 8), padded to 8 | bit i set: fragment i is a range |
 * | | 16 R | first row and number of rows, int64, of the ranges in order |
 * | | 4 (F − R + 1) | where each list begins in what follows, and where the last ends |
 * | | 8 each | rows of the lists, int64 |
 *
 * F = 0 ends after 16 bytes.
 *
 * @module
 */
import { corruptTable, readUint32s, TableReader } from "./int64.js";

const magic = 0x5a564647;

/** Fragments of one chunk. */
export interface Fragments {
  readonly count: number;
  /** First row of each fragment; for those that are lists, where they begin in `rows`. */
  readonly starts: Uint32Array;
  readonly counts: Uint32Array;
  /** 1 for the fragments that are lists; absent when none is. */
  readonly isList?: Uint8Array;
  readonly rows: Uint32Array;
}

/** All rows as one fragment: what a chunk without a table is. */
export function wholeFragment(rows: number): Fragments {
  return {
    count: 1,
    starts: Uint32Array.of(0),
    counts: Uint32Array.of(rows),
    rows: new Uint32Array(0),
  };
}

/**
 * Reads a table.
 *
 * @param rows of the chunk; no fragment reaches beyond them
 * @throws ReaderError `corrupt`, `unsupported` for another version
 */
export function parseFragments(bytes: Uint8Array, rows: number, where: string): Fragments {
  const table = new TableReader(bytes, where);
  if (table.uint32() !== magic) throw corruptTable(where, "no fragment table: its magic number is wrong.");
  const version = table.uint16();
  if (version !== 1) throw corruptTable(where, `fragment table of version ${version}; 1 is known.`);
  table.uint16();
  const count = table.uint32();
  const ranges = table.uint32();
  const nothing = { count, starts: new Uint32Array(0), counts: new Uint32Array(0), rows: new Uint32Array(0) };
  if (count === 0) return nothing;
  const bitmap = table.bytes(Math.ceil(count / 64) * 8);
  // Everything below is backed by bytes that are there, so that a count alone allocates nothing.
  const rangeTable = new TableReader(table.bytes(16 * ranges), where);
  const lists = count - ranges;
  if (lists < 0) throw corruptTable(where, `${ranges} of ${count} fragments are said to be ranges.`);
  const bounds = new TableReader(table.bytes(4 * (lists + 1)), where);
  const starts = new Uint32Array(count);
  const counts = new Uint32Array(count);
  const isList = lists === 0 ? undefined : new Uint8Array(count);
  let start = bounds.uint32();
  let seen = 0;
  for (let fragment = 0; fragment < count; fragment++) {
    if ((bitmap[fragment >> 3]! >> (fragment & 7)) & 1) {
      if (++seen > ranges) break;
      const first = rangeTable.int64();
      const length = rangeTable.int64();
      if (first < 0 || length < 0 || first + length > rows) {
        throw corruptTable(where, `fragment ${fragment} is ${length} rows from ${first}, of ${rows}.`);
      }
      starts[fragment] = first;
      counts[fragment] = length;
    } else {
      if (isList === undefined || bounds.left === 0) break;
      const end = bounds.uint32();
      if (end < start) throw corruptTable(where, `the list of fragment ${fragment} ends before it begins.`);
      isList[fragment] = 1;
      starts[fragment] = start;
      counts[fragment] = end - start;
      start = end;
    }
  }
  if (seen !== ranges || bounds.left !== 0) {
    throw corruptTable(where, `the bitmap does not mark ${ranges} of ${count} fragments as ranges.`);
  }
  const listed = readUint32s(table.bytes(8 * start), rows, where);
  table.end();
  return { count, starts, counts, rows: listed, ...(isList === undefined ? {} : { isList }) };
}

/** Calls back with each run of consecutive rows of a fragment, in its order. */
export function forEachRun(
  fragments: Fragments,
  fragment: number,
  run: (first: number, count: number) => void,
): void {
  const start = fragments.starts[fragment]!;
  const count = fragments.counts[fragment]!;
  if (fragments.isList?.[fragment] !== 1) {
    if (count > 0) run(start, count);
    return;
  }
  const { rows } = fragments;
  for (let at = start; at < start + count; ) {
    let end = at + 1;
    while (end < start + count && rows[end]! === rows[end - 1]! + 1) end++;
    run(rows[at]!, end - at);
    at = end;
  }
}
