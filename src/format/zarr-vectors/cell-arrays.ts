/**
 * Per-chunk families of format 0.9: one Zarr array of variable-length byte cells, one cell per spatial chunk.
 *
 * A cell's chunk is decoded like any Zarr chunk, but for `vlen-bytes`, of which a cell holds exactly one item: the
 * rows themselves. So the array is read as if its type were that of the rows, with `vlen-item` and `bytes` in the
 * place of `vlen-bytes`. Spec: zarr_vectors docs/05-zarr-store-structure.md.
 *
 * @module
 */
import type { CodecRegistry } from "../../codec/registry.js";
import { countItems, type DataType } from "../../core/dtype.js";
import { isJsonObject, type JsonObject, JsonReader, type JsonValue } from "../../core/json.js";
import type { AbsolutePath } from "../../core/plan.js";
import { chunkAt } from "../../engine/chunk-grid.js";
import type { Engine } from "../../engine/engine.js";
import { chunkName, nodeKey } from "../zarr/chunk-key.js";
import { requireEqualChunks } from "../zarr/chunk-shapes.js";
import type { ArrayMetadata } from "../zarr/metadata.js";
import { parseNodeV3 } from "../zarr/metadata-v3.js";
import type { ShardDemand } from "../zarr/open-shard.js";
import { ShardReader } from "../zarr/shard-reader.js";
import { type ChunkLayout, layoutOf } from "../zarr/sharding.js";
import {
  type CellDemand,
  type CellFamily,
  type Chunk,
  compareChunks,
  invalidNode,
  nodeAttributes,
  parseChunkKey,
} from "./cells.js";
import { numberRows, parseRowType } from "./row-type.js";

/** Spellings of the cell type that have been used while its specification was not final. */
const cellTypes = new Set(["variable_length_bytes", "bytes", "vlen-bytes"]);

/**
 * Reads the metadata of a per-chunk array.
 *
 * @param blobType what cells hold that are no rows of the stated type: the bytes of a table
 * @throws ReaderError `unsupported`, `unknown-codec` or `invalid-metadata`
 */
export function parseCellArray(
  path: string,
  document: JsonObject,
  engine: Engine,
  registry: CodecRegistry,
  blobType?: DataType,
): CellFamily {
  const where = nodeKey("/", path, "zarr.json");
  const attributes = nodeAttributes(document);
  const reader = new JsonReader(attributes, where, "$.attributes");
  checkCellType(document, where);
  const type = blobType === undefined ? parseRowType(reader.string("dtype"), where) : numberRows(blobType);
  const node = parseNodeV3(
    asRows(document, type.itemCodecs.length > 0 ? "uint8" : type.dtype),
    where,
    registry,
  );
  if (node.kind !== "array") throw invalidNode(where, "an array is expected, a group is there.");
  requireEqualChunks(node, where);
  const layout = layoutOf(node, where);
  if (layout.chunkShape.some((size) => size !== 1)) {
    throw invalidNode(where, "cells should be chunks of one item each.");
  }
  const origin =
    reader.optional("chunk_grid_origin", (self) => self.numbers("chunk_grid_origin")) ??
    node.shape.map(() => 0);
  if (origin.length !== node.shape.length || !origin.every(Number.isSafeInteger)) {
    throw invalidNode(where, "chunk_grid_origin should be one integer per axis.");
  }
  const present = reader.optional("nonempty_chunks", (self) => self.strings("nonempty_chunks"));
  const known = present && sortChunks(present, node.shape.length, where);
  return {
    path,
    ...type,
    attributes,
    grid: { origin, shape: node.shape },
    ...(known === undefined ? {} : { known }),
    list: async () => known,
    locate: createLocator(path, node, origin, layout, engine, known),
  };
}

/** The uint32 count and length in front of the one item of a cell. */
export const itemHeaderBytes = 8;

function checkCellType(document: JsonObject, where: string): void {
  const type = isJsonObject(document.data_type) ? document.data_type.name : document.data_type;
  if (typeof type === "string" && cellTypes.has(type)) return;
  throw invalidNode(where, `data_type ${JSON.stringify(type)} is not that of cells.`);
}

/** The document of the same array with the type of the numbers in its rows, for the Zarr parser. */
function asRows(document: JsonObject, dtype: DataType): JsonObject {
  const isComplex = dtype.startsWith("complex");
  return {
    ...document,
    data_type: dtype,
    fill_value: isComplex ? [0, 0] : dtype === "bool" ? false : 0,
    codecs: Array.isArray(document.codecs) ? rowCodecs(document.codecs) : document.codecs,
  };
}

/** The codecs that give rows for those that give items of bytes; `behind` takes the items apart, where they are taken apart. */
export function rowCodecs(
  codecs: readonly JsonValue[],
  behind: readonly JsonValue[] = [{ name: "vlen-item" }],
): JsonValue[] {
  return codecs.flatMap((codec): JsonValue[] => {
    const name = isJsonObject(codec) ? codec.name : codec;
    if (name === "vlen-bytes") return [{ name: "bytes", configuration: { endian: "little" } }, ...behind];
    if (name !== "sharding_indexed" || !isJsonObject(codec) || !isJsonObject(codec.configuration))
      return [codec];
    const inner = codec.configuration.codecs;
    if (!Array.isArray(inner)) return [codec];
    return [{ ...codec, configuration: { ...codec.configuration, codecs: rowCodecs(inner, behind) } }];
  });
}

/** What is taken for granted of rows, for the room that a shard takes until its size is told. */
const usualRows = 4096;
const usualRowBytes = 12;

function createLocator(
  path: string,
  array: ArrayMetadata,
  origin: readonly number[],
  layout: ChunkLayout,
  engine: Engine,
  present: readonly Chunk[] | undefined,
): CellFamily["locate"] {
  const shards = layout.levels.length > 0 ? new ShardReader(layout, array.registry, engine) : undefined;
  const cellOf = (chunk: Chunk): readonly number[] =>
    chunk.map((coordinate, axis) => coordinate - origin[axis]!);
  const keyOf = (cell: readonly number[]): AbsolutePath => {
    const object = cell.map((index, axis) => chunkAt(layout.objectGrid[axis]!, index).chunk);
    return nodeKey("/", path, chunkName(array.chunkKeys, object));
  };
  const groupCells = (chunks: readonly Chunk[]): Map<AbsolutePath, (readonly number[])[]> => {
    const groups = new Map<AbsolutePath, (readonly number[])[]>();
    for (const chunk of chunks) {
      const cell = cellOf(chunk);
      const key = keyOf(cell);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [cell]);
      else group.push(cell);
    }
    return groups;
  };
  const grouped = new WeakMap<CellDemand, ReturnType<typeof groupCells>>();
  let inShards: ReturnType<typeof groupCells> | undefined;
  /** What a query will read of one shard. */
  const demandOf = (key: AbsolutePath, demand: CellDemand): ShardDemand => {
    const wanted = grouped.get(demand) ?? groupCells(demand.chunks);
    grouped.set(demand, wanted);
    inShards ??= groupCells(present ?? []);
    const chunks = wanted.get(key)!;
    const stored = inShards.get(key)?.length ?? countItems(layout.levels[0]!.grid);
    const { bodies, rowsPerChunk = usualRows } = demand;
    return {
      bodies,
      chunks,
      stored,
      atMostBytes: undefined,
      expectedBytes: stored * rowsPerChunk * usualRowBytes,
    };
  };
  return async (chunk, signal, demand) => {
    const cell = cellOf(chunk);
    if (cell.some((index, axis) => index < 0 || index >= array.shape[axis]!)) return undefined;
    const key = keyOf(cell);
    const read =
      shards === undefined
        ? { key }
        : await shards.locate(key, cell, signal, demand && demandOf(key, demand));
    return read === undefined ? undefined : { read, codecs: layout.codecs };
  };
}

/** Chunk keys such as `-1.0.3` as coordinates, ascending. */
function sortChunks(keys: readonly string[], rank: number, where: string): Chunk[] {
  const chunks = keys.map((key) => {
    const chunk = parseChunkKey(key, rank);
    if (chunk !== undefined) return chunk;
    throw invalidNode(where, `nonempty_chunks holds "${key}".`);
  });
  return chunks.sort(compareChunks);
}
