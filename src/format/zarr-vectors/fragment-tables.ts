/**
 * Where the fragment tables of chunks lie, for parts and on their own.
 *
 * @module
 */
import type { Values } from "../../bytes/ragged.js";
import type { ColumnRead } from "../../core/plan.js";
import { missingChunk } from "../../engine/engine.js";
import { type CellFamily, type Chunk, chunkKey, columnOf } from "./cells.js";
import type { Attribute } from "./fields.js";
import { type Fragments, parseFragments, wholeFragment } from "./fragments.js";
import type { Level } from "./levels.js";

/** The fragment table of a chunk, where the level has such tables, then what its fragments carry: as columns. */
export async function fragmentTables(
  fragments: CellFamily | undefined,
  attributes: readonly Attribute[],
  chunk: Chunk,
  signal?: AbortSignal,
): Promise<ColumnRead[]> {
  const [cell, ...values] = await Promise.all([
    fragments?.locate(chunk, signal),
    ...attributes.map((attribute) => attribute.columnAt(chunk, signal)),
  ]);
  const others = values.map((column): ColumnRead => ({ ...column, isTable: true }));
  if (fragments === undefined) return others;
  // Without its table nothing would say which rows are whose, so that a missing one is an error.
  if (cell === undefined) throw missingChunk(`${fragments.path} ${chunkKey(chunk)}`);
  return [columnOf("vertex_fragments", fragments, cell, { isTable: true, required: true }), ...others];
}

export interface ChunkFragments {
  readonly fragments: Fragments;
  /** Values of the attributes, `undefined` where none are stored. */
  readonly fragmentValues: readonly (Values | undefined)[];
}

/** The same tables after they were read. */
export function splitTables(
  tables: readonly (Values | undefined)[] = [],
  attributes: readonly Attribute[],
  rows: number,
  where: string,
): ChunkFragments {
  const hasTable = tables.length > attributes.length;
  return {
    fragments: hasTable
      ? parseFragments(tables[0] as Uint8Array, rows, `${where} (vertex_fragments)`)
      : wholeFragment(rows),
    fragmentValues: tables.slice(hasTable ? 1 : 0),
  };
}

/**
 * The fragments of one chunk, read on their own; their rows are checked only against what the table can hold.
 *
 * @returns `undefined` where the chunk has no table: all its rows are one fragment
 */
export async function readFragments(
  level: Level,
  chunk: Chunk,
  signal?: AbortSignal,
): Promise<Fragments | undefined> {
  const family = await level.fragments();
  const cell = await family?.locate(chunk, signal);
  if (family === undefined || cell === undefined) return undefined;
  const { engine } = level.container;
  const block = await engine.readBlock(
    columnOf(family.path, family, cell),
    signal === undefined ? {} : { signal },
  );
  if (block === undefined) return undefined;
  return parseFragments(block.data as Uint8Array, 2 ** 32 - 1, `/${family.path} ${chunkKey(chunk)}`);
}
