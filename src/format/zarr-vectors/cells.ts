/**
 * Per-chunk families: what is stored once for every spatial chunk of a level, whichever way a version stores it.
 *
 * @module
 */
import type { DataType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import type { ChunkRead, CodecSpec, ColumnRead } from "../../core/plan.js";
import type { OpenBodies } from "../../engine/open-bodies.js";

/** Coordinates of a spatial chunk: `floor(position / chunk shape)` per axis, negative ones included. */
export type Chunk = readonly number[];

/** Where the rows of one chunk lie, and what their numbers or bytes are decoded with, in encoding order. */
export interface Cell {
  readonly read: ChunkRead;
  readonly codecs: readonly CodecSpec[];
}

/** What a query will read of every family: chunks that it asks for by and by. */
export interface CellDemand {
  readonly bodies: OpenBodies;
  readonly chunks: readonly Chunk[];
  /** Rows of an average chunk, where that is known. */
  readonly rowsPerChunk: number | undefined;
}

export interface CellFamily {
  /** Path below the store's root, `0/vertices`. */
  readonly path: string;
  /** Type of the values in the rows. */
  readonly dtype: DataType;
  /** What makes text of the bytes that cells are decoded to; none for numbers. */
  readonly itemCodecs: readonly CodecSpec[];
  readonly attributes: JsonObject;
  /** The box of chunks that can hold data: first one, and number per axis; absent where nothing tells. */
  readonly grid?: { readonly origin: Chunk; readonly shape: readonly number[] };
  /** Chunks that hold data, ascending; absent where that takes a listing, or nothing tells. */
  readonly known?: readonly Chunk[];
  /** Chunks that hold data, ascending; `undefined` where nothing tells. */
  list(signal?: AbortSignal): Promise<readonly Chunk[] | undefined>;
  /**
   * Where the cell of a chunk lies.
   *
   * @param demand lets shards be opened by their bodies; its chunks must be read once each
   * @returns `undefined` when nothing is stored for it
   */
  locate(chunk: Chunk, signal?: AbortSignal, demand?: CellDemand): Promise<Cell | undefined>;
}

/** The rows of a cell as a column of a part. */
export function columnOf(
  name: string,
  family: CellFamily,
  cell: Cell | undefined,
  rest: Partial<ColumnRead> = {},
): ColumnRead {
  return {
    name,
    dtype: family.dtype,
    codecs: cell === undefined ? [] : [...family.itemCodecs, ...cell.codecs],
    ...(cell === undefined ? {} : { read: cell.read }),
    ...rest,
  };
}

/** Ascending order of chunks: by the first coordinate that differs. */
export function compareChunks(a: Chunk, b: Chunk): number {
  for (let axis = 0; axis < a.length; axis++) {
    if (a[axis] !== b[axis]) return a[axis]! - b[axis]!;
  }
  return 0;
}

/** `-1.0.3`, as chunks are named in metadata and in keys. */
export function chunkKey(chunk: Chunk): string {
  return chunk.join(".");
}

/** @returns `undefined` unless `key` names a chunk of so many axes */
export function parseChunkKey(key: string, rank: number): Chunk | undefined {
  const parts = key.split(".");
  if (parts.length !== rank || !parts.every((part) => /^-?\d{1,15}$/.test(part))) return undefined;
  return parts.map(Number);
}

/** By number of axes: how many values each has in a number that holds all. */
const codeBases = Array.from({ length: 33 }, (_, axes) => 2 ** Math.floor(52 / axes));

/** A value that tells chunks apart: a number where the coordinates are small, which maps find faster. */
export function chunkCode(chunk: Chunk): number | string {
  const base = codeBases[chunk.length] ?? 1;
  let code = 0;
  for (let axis = 0; axis < chunk.length; axis++) {
    const coordinate = chunk[axis]!;
    if (coordinate < -base / 2 || coordinate >= base / 2) return chunkKey(chunk);
    code = code * base + coordinate + base / 2;
  }
  return code;
}

export function nodeAttributes(document: JsonObject): JsonObject {
  return isJsonObject(document.attributes) ? document.attributes : {};
}

/** The error for a document that is not what this version writes. */
export function invalidNode(where: string, why: string): ReaderError {
  return new ReaderError("invalid-metadata", `${where}: ${why}`, { detail: { key: where } });
}
