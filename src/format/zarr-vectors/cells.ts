/**
 * Per-chunk arrays: one Zarr array of variable-length byte cells, one cell per spatial chunk.
 *
 * A cell's chunk is decoded like any Zarr chunk, but for `vlen-bytes`, of which a cell holds exactly one item: the
 * rows themselves. So the array is read as if its type were that of the rows, with `vlen-item` and `bytes` in the
 * place of `vlen-bytes`. Spec: zarr_vectors docs/05-zarr-store-structure.md.
 *
 * @module
 */
import { type DataType, isDataType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, JsonReader, type JsonValue } from "../../core/json.js";
import type { ChunkRead, CodecSpec } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import { chunkName, nodeKey } from "../zarr/chunk-key.js";
import type { ArrayMetadata } from "../zarr/metadata.js";
import { parseNodeV3 } from "../zarr/metadata-v3.js";
import { ShardReader } from "../zarr/shard-reader.js";
import { type ChunkLayout, layoutOf } from "../zarr/sharding.js";

/** Spellings of the cell type that have been used while its specification was not final. */
const cellTypes = new Set(["variable_length_bytes", "bytes", "vlen-bytes"]);

export interface CellArray {
  /** Path below the store's root, `0/vertices`. */
  readonly path: string;
  /** Type of the numbers in the rows. */
  readonly dtype: DataType;
  readonly attributes: JsonObject;
  /** Of one cell, in encoding order. */
  readonly codecs: readonly CodecSpec[];
  /** Chunk coordinate of the first cell, per axis. */
  readonly origin: readonly number[];
  /** Cells per axis. */
  readonly shape: readonly number[];
  /** Coordinates of the chunks that hold data, ascending; absent when the array does not list them. */
  readonly present?: readonly (readonly number[])[];
  /** Whether cells are cut from shards, so that their exact size is known before they are read. */
  readonly sharded: boolean;
  /**
   * Where the cell of a chunk lies.
   *
   * @returns `undefined` when nothing is stored for it
   */
  locate(chunk: readonly number[], signal?: AbortSignal): Promise<ChunkRead | undefined>;
}

/**
 * Reads the metadata of a per-chunk array.
 *
 * @throws ReaderError `unsupported`, `unknown-codec` or `invalid-metadata`
 */
export function parseCellArray(path: string, document: JsonObject, engine: Engine): CellArray {
  const where = nodeKey("/", path, "zarr.json");
  const attributes = isJsonObject(document.attributes) ? document.attributes : {};
  const reader = new JsonReader(attributes, where, "$.attributes");
  checkCellType(document, where);
  const dtype = parseRowType(reader.string("dtype"), where);
  const node = parseNodeV3(asRows(document, dtype), where);
  if (node.kind !== "array") {
    throw new ReaderError("invalid-metadata", `${where} is a group; formats before 0.9 wrote groups.`, {
      detail: { key: where },
    });
  }
  const layout = layoutOf(node, where);
  if (layout.chunkShape.some((size) => size !== 1)) {
    throw new ReaderError("invalid-metadata", `${where}: cells should be chunks of one item each.`, {
      detail: { key: where },
    });
  }
  const origin = reader.optional("chunk_grid_origin", (self) => self.numbers("chunk_grid_origin"));
  const present = reader.optional("nonempty_chunks", (self) => self.strings("nonempty_chunks"));
  return {
    path,
    dtype,
    attributes,
    codecs: layout.codecs,
    origin: origin ?? node.shape.map(() => 0),
    shape: node.shape,
    ...(present === undefined ? {} : { present: sortChunks(present, node.shape.length, where) }),
    sharded: layout.levels.length > 0,
    locate: createLocator(path, node, origin ?? node.shape.map(() => 0), layout, engine),
  };
}

function checkCellType(document: JsonObject, where: string): void {
  const type = isJsonObject(document.data_type) ? document.data_type.name : document.data_type;
  if (typeof type === "string" && cellTypes.has(type)) return;
  throw new ReaderError(
    "invalid-metadata",
    `${where}: data_type ${JSON.stringify(type)} is not that of cells.`,
    {
      detail: { key: where },
    },
  );
}

function parseRowType(name: string, where: string): DataType {
  if (isDataType(name)) return name;
  throw new ReaderError("unsupported", `${where}: rows of type "${name}" cannot be read.`, {
    detail: { key: where },
  });
}

/** The document of the same array with the type of its rows, for the Zarr parser. */
function asRows(document: JsonObject, dtype: DataType): JsonObject {
  const isComplex = dtype.startsWith("complex");
  return {
    ...document,
    data_type: dtype,
    fill_value: isComplex ? [0, 0] : dtype === "bool" ? false : 0,
    codecs: Array.isArray(document.codecs) ? rowCodecs(document.codecs) : document.codecs,
  };
}

function rowCodecs(codecs: readonly JsonValue[]): JsonValue[] {
  return codecs.flatMap((codec): JsonValue[] => {
    const name = isJsonObject(codec) ? codec.name : codec;
    if (name === "vlen-bytes") {
      return [{ name: "bytes", configuration: { endian: "little" } }, { name: "vlen-item" }];
    }
    if (name !== "sharding_indexed" || !isJsonObject(codec) || !isJsonObject(codec.configuration))
      return [codec];
    const inner = codec.configuration.codecs;
    if (!Array.isArray(inner)) return [codec];
    return [{ ...codec, configuration: { ...codec.configuration, codecs: rowCodecs(inner) } }];
  });
}

function createLocator(
  path: string,
  array: ArrayMetadata,
  origin: readonly number[],
  layout: ChunkLayout,
  engine: Engine,
): CellArray["locate"] {
  const shards = layout.levels.length > 0 ? new ShardReader(layout, engine) : undefined;
  return async (chunk, signal) => {
    const cell = chunk.map((coordinate, axis) => coordinate - origin[axis]!);
    if (cell.some((index, axis) => index < 0 || index >= array.shape[axis]!)) return undefined;
    const object = cell.map((index, axis) => Math.floor(index / layout.objectShape[axis]!));
    const key = nodeKey("/", path, chunkName(array.chunkKeys, object));
    return shards === undefined ? { key } : shards.locate(key, cell, signal);
  };
}

/** Chunk keys such as `-1.0.3` as coordinates, ascending. */
function sortChunks(keys: readonly string[], rank: number, where: string): number[][] {
  const chunks = keys.map((key) => {
    const chunk = key.split(".").map(Number);
    if (chunk.length === rank && chunk.every(Number.isSafeInteger)) return chunk;
    throw new ReaderError("invalid-metadata", `${where}: nonempty_chunks holds "${key}".`, {
      detail: { key: where },
    });
  });
  return chunks.sort(compareChunks);
}

/** Ascending order of chunks: by the first coordinate that differs. */
export function compareChunks(a: readonly number[], b: readonly number[]): number {
  for (let axis = 0; axis < a.length; axis++) {
    if (a[axis] !== b[axis]) return a[axis]! - b[axis]!;
  }
  return 0;
}
