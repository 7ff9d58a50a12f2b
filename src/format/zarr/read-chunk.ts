/**
 * One chunk as it is stored, whole: for those who bring a grid of chunks of their own.
 *
 * @module
 */
import { repeatItem } from "../../bytes/fill.js";
import type { Values } from "../../bytes/ragged.js";
import { countItems } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { AbsolutePath } from "../../core/plan.js";
import { chunkAt } from "../../engine/chunk-grid.js";
import type { Engine } from "../../engine/engine.js";
import { chunkName, nodeKey } from "./chunk-key.js";
import { readHierarchy } from "./hierarchy.js";
import { createStoredArray, type StoredArray } from "./plan.js";

/**
 * Opens one array of a hierarchy by its path, without looking at the others.
 *
 * @throws ReaderError `not-found` when no array is there, or what is wrong with it
 */
export async function openArray(engine: Engine, path: AbsolutePath): Promise<StoredArray> {
  const { arrays } = await readHierarchy(engine, path, engine.closed);
  const metadata = arrays.get("");
  if (metadata === undefined) {
    throw new ReaderError("not-found", `There is no Zarr array at ${path}.`, { detail: { key: path } });
  }
  return createStoredArray({ path: "", name: path.slice(1), root: path }, metadata, engine);
}

/**
 * Reads and decodes a whole chunk, what lies beyond the edge of the array included.
 *
 * @param coordinates in the grid of the smallest chunks: of inner chunks, where there are shards
 * @returns the numbers in C order of `layout.chunkShape`; the fill value where the chunk is not stored
 */
export async function readChunk(
  array: StoredArray,
  coordinates: readonly number[],
  engine: Engine,
  signal?: AbortSignal,
): Promise<Values> {
  const { metadata, layout, name, shards } = array;
  const { dtype, fill } = metadata;
  const object = coordinates.map((chunk, axis) => {
    return chunkAt(layout.objectGrid[axis]!, chunk * layout.chunkShape[axis]!).chunk;
  });
  const key = nodeKey(array.root, array.path, chunkName(metadata.chunkKeys, object));
  const read = shards === undefined ? { key } : await shards.locate(key, coordinates, signal);
  const column = { name, codecs: layout.codecs, dtype, shape: layout.chunkShape, fill };
  const block =
    read === undefined
      ? undefined
      : await engine.readBlock({ ...column, read }, signal === undefined ? {} : { signal });
  return block?.data ?? repeatItem(dtype, countItems(layout.chunkShape), fill);
}
