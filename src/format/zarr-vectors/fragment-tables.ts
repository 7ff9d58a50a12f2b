/**
 * Where the fragment tables of chunks lie, for parts and on their own.
 *
 * @module
 */
import type { ColumnRead } from "../../core/plan.js";
import { missingChunk } from "../../engine/engine.js";
import { type CellFamily, type Chunk, chunkKey, columnOf } from "./cells.js";
import { type Fragments, parseFragments } from "./fragments.js";
import type { Level } from "./levels.js";

/** The fragment table of a chunk as a column; none where the level has no such tables. */
export async function fragmentTables(
  fragments: CellFamily | undefined,
  chunk: Chunk,
  signal?: AbortSignal,
): Promise<ColumnRead[]> {
  if (fragments === undefined) return [];
  const cell = await fragments.locate(chunk, signal);
  // Without its table nothing would say which rows are whose, so that a missing one is an error.
  if (cell === undefined) throw missingChunk(`${fragments.path} ${chunkKey(chunk)}`);
  return [columnOf("vertex_fragments", fragments, cell, { isTable: true, required: true })];
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
