/**
 * What the filters of a TileDB tile have in common (format_spec/filter_pipeline.md).
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { Kernels } from "../../kernel/kernel.js";

/** The bytes of one chunk on their way back through the filters. */
export interface ChunkBytes {
  /** Headers of the filters that are still to be undone, the next one's first. */
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

/** The type a filter works in: what its input had when it was written. */
export interface CellType {
  /** Bytes of one value: 1, 2, 4 or 8. */
  readonly size: number;
  readonly kind: "signed" | "unsigned" | "float" | "datetime";
}

/** What a filter may need to know to be undone. */
export interface FilterContext {
  readonly type: CellType;
  /** Bytes of a whole cell: the type's size times its values per cell. */
  readonly cellBytes: number;
  /** Format version of the writer. */
  readonly version: number;
  /** Most bytes that data or metadata may have after this filter is undone. */
  readonly limit: number;
  readonly kernels: Kernels;
}

/** Undoes one filter on one chunk. May return views of what it was given, never writes to it. */
export type UndoFilter = (chunk: ChunkBytes, context: FilterContext) => ChunkBytes;

/** The error for a chunk that its filter cannot have written. */
export function corruptChunk(filter: string, reason: string): ReaderError {
  return new ReaderError("corrupt", `${filter}: ${reason}.`, { detail: { codec: filter } });
}

/** Pieces one after another in an array of their own; a single piece is handed through. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
