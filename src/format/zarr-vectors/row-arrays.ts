/**
 * Arrays with one row, or one item of bytes, per object or group: read by the chunks that hold the wanted rows.
 *
 * @module
 */

import { toNumbers } from "../../bytes/numbers.js";
import { isRaggedValues, toItems } from "../../bytes/ragged.js";
import { registryFor } from "../../codec/on-demand.js";
import { arrayOf, countItems, type DataType, isRagged, lanesOf, type TypedArray } from "../../core/dtype.js";
import type { JsonObject } from "../../core/json.js";
import type { ChunkRead } from "../../core/plan.js";
import type { ReadMeter } from "../../core/progress.js";
import { chunkAt } from "../../engine/chunk-grid.js";
import type { Engine } from "../../engine/engine.js";
import { chunkName, nodeKey } from "../zarr/chunk-key.js";
import { requireEqualChunks } from "../zarr/chunk-shapes.js";
import { codecNames } from "../zarr/codec-chain.js";
import { parseNodeV3 } from "../zarr/metadata-v3.js";
import { ShardReader } from "../zarr/shard-reader.js";
import { type ChunkLayout, layoutOf } from "../zarr/sharding.js";
import { rowCodecs } from "./cell-arrays.js";
import { invalidNode } from "./cells.js";
import { corruptTable, TableReader } from "./int64.js";

/** Chunks along the first axis of an array. */
interface RowChunks {
  readonly where: string;
  readonly rows: number;
  readonly chunkRows: number;
  readonly layout: ChunkLayout;
  locate(chunk: number, signal?: AbortSignal): Promise<ChunkRead | undefined>;
}

async function openChunks(
  path: string,
  document: JsonObject,
  engine: Engine,
): Promise<RowChunks & { node: RowNode }> {
  const where = nodeKey("/", path, "zarr.json");
  const node = parseNodeV3(document, where, await registryFor(codecNames(document)));
  if (node.kind !== "array") throw invalidNode(where, "an array is expected, a group is there.");
  requireEqualChunks(node, where);
  const layout = layoutOf(node, where);
  const [rows = 0, ...rest] = node.shape;
  const [chunkRows, ...restOfChunk] = layout.chunkShape;
  if (chunkRows === undefined || rest.length > 1 || restOfChunk.some((size, axis) => size < rest[axis]!)) {
    throw invalidNode(where, "an array of one or two axes, whole along the second, is expected.");
  }
  const shards = layout.levels.length > 0 ? new ShardReader(layout, node.registry, engine) : undefined;
  return {
    where,
    node,
    rows,
    chunkRows,
    layout,
    async locate(chunk, signal) {
      const cell = node.shape.map((_, axis) => (axis === 0 ? chunk : 0));
      const object = cell.map(
        (index, axis) => chunkAt(layout.objectGrid[axis]!, index * layout.chunkShape[axis]!).chunk,
      );
      const key = nodeKey("/", path, chunkName(node.chunkKeys, object));
      return shards === undefined ? { key } : shards.locate(key, cell, signal);
    },
  };
}

type RowNode = Extract<ReturnType<typeof parseNodeV3>, { kind: "array" }>;

/** Values as results hold them. */
export type RowValues = TypedArray | string[];

/** Rows of numbers or of text. */
export interface RowArray {
  readonly rows: number;
  readonly width: number;
  readonly dtype: DataType;
  /** What stands for a value that is not stored. */
  readonly fill: number | bigint | string;
  /** The values of some rows, in their order; of all where none are named. */
  read(rows?: Uint32Array, signal?: AbortSignal, meter?: ReadMeter): Promise<RowValues>;
  /** Where the values of some rows lie. */
  locate(rows: Uint32Array, signal?: AbortSignal): Promise<readonly ChunkRead[]>;
}

/**
 * An array of numbers or of text, from its document.
 *
 * @throws ReaderError `unsupported` naming a type that is neither, `invalid-metadata`
 */
export async function openRowArray(path: string, document: JsonObject, engine: Engine): Promise<RowArray> {
  const chunks = await openChunks(path, document, engine);
  const { node, layout, chunkRows, rows } = chunks;
  const { dtype } = node;
  const width = countItems(node.shape.slice(1)) * lanesOf(dtype);
  const stored = countItems(layout.chunkShape.slice(1)) * lanesOf(dtype);
  const fill = isRagged(dtype)
    ? new TextDecoder().decode(node.fill)
    : toNumbers(node.fill.slice(), dtype)[0]!;
  const chunksOf = (numbers: Uint32Array): number[] => [
    ...new Set(Array.from(numbers, (row) => Math.floor(row / chunkRows))),
  ];
  const readChunk = async (
    chunk: number,
    signal?: AbortSignal,
    meter?: ReadMeter,
  ): Promise<RowValues | undefined> => {
    const read = await chunks.locate(chunk, signal);
    if (read === undefined) return undefined;
    const column = { name: path, read, dtype, codecs: layout.codecs, shape: layout.chunkShape };
    const data = (await engine.readBlock(column, { ...(signal && { signal }), ...(meter && { meter }) }))
      ?.data;
    if (data === undefined || !isRaggedValues(data)) return data;
    return toItems(data, "string", path) as string[];
  };
  return {
    rows,
    width,
    dtype,
    fill,
    async read(wanted, signal, meter) {
      const numbers = wanted ?? Uint32Array.from({ length: rows }, (_, row) => row);
      const needed = chunksOf(numbers);
      const read = await Promise.all(needed.map((chunk) => readChunk(chunk, signal, meter)));
      const byChunk = new Map(needed.map((chunk, index) => [chunk, read[index]]));
      const length = numbers.length * width;
      // Numbers or strings, by the type of the array: what is put in comes out of the same kind of array.
      const out = (isRagged(dtype) ? new Array(length) : new (arrayOf(dtype))(length)) as (typeof fill)[];
      numbers.forEach((row, index) => {
        const values = byChunk.get(Math.floor(row / chunkRows)) as readonly (typeof fill)[] | undefined;
        const from = (row % chunkRows) * stored;
        for (let item = 0; item < width; item++) out[index * width + item] = values?.[from + item] ?? fill;
      });
      return out as unknown as RowValues;
    },
    async locate(wanted, signal) {
      const found = await Promise.all(chunksOf(wanted).map((chunk) => chunks.locate(chunk, signal)));
      return found.filter((read) => read !== undefined);
    },
  };
}

/** Items of bytes, of different lengths. */
export interface ItemArray {
  readonly rows: number;
  /** Calls back with some items, which have to be read to their ends, in ascending order of rows; with all where none are named. */
  read(
    each: (item: TableReader, row: number) => void,
    rows?: Uint32Array,
    signal?: AbortSignal,
  ): Promise<void>;
}

/** An array of items (`vlen-bytes`), from its document. */
export async function openItemArray(path: string, document: JsonObject, engine: Engine): Promise<ItemArray> {
  const codecs = Array.isArray(document.codecs) ? rowCodecs(document.codecs, []) : [];
  const chunks = await openChunks(path, { ...document, data_type: "uint8", fill_value: 0, codecs }, engine);
  const { rows, chunkRows, layout, where } = chunks;
  const readChunk = async (chunk: number, signal?: AbortSignal): Promise<Uint8Array | undefined> => {
    const read = await chunks.locate(chunk, signal);
    if (read === undefined) return undefined;
    const column = { name: path, read, dtype: "uint8" as const, codecs: layout.codecs };
    return (await engine.readBlock(column, signal === undefined ? {} : { signal }))?.data as Uint8Array;
  };
  return {
    rows,
    async read(each, wanted, signal) {
      const ofChunk = new Map<number, Set<number>>();
      for (const row of wanted ?? []) {
        const chunk = Math.floor(row / chunkRows);
        ofChunk.set(chunk, (ofChunk.get(chunk) ?? new Set()).add(row));
      }
      const count = Math.ceil(rows / chunkRows);
      const needed =
        wanted === undefined ? Array.from({ length: count }, (_, chunk) => chunk) : [...ofChunk.keys()];
      needed.sort((a, b) => a - b);
      const read = await Promise.all(needed.map((chunk) => readChunk(chunk, signal)));
      needed.forEach((chunk, index) => {
        const rowsHere = Math.min(chunkRows, rows - chunk * chunkRows);
        const only = ofChunk.get(chunk);
        const table = itemTable(read[index], rowsHere, `${where} chunk ${chunk}`);
        for (let row = chunk * chunkRows, end = row + rowsHere; row < end; row++) {
          const isWanted = only === undefined || only.has(row);
          if (table !== undefined) table.row(table.uint32(), row, isWanted ? each : undefined);
          else if (isWanted) each(noBytes, row);
        }
      });
    },
  };
}

const noBytes = new TableReader(new Uint8Array(0), "");

/**
 * Items of a chunk: a uint32 number of them, then a uint32 length and so many bytes each. The last chunk is padded; of one that is not
 * stored all are empty.
 */
function itemTable(bytes: Uint8Array | undefined, count: number, where: string): TableReader | undefined {
  if (bytes === undefined) return undefined;
  const table = new TableReader(bytes, where);
  const stored = table.uint32();
  if (stored < count) throw corruptTable(where, `${stored} items are stored of ${count}.`);
  return table;
}
