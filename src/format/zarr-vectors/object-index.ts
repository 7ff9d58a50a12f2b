/**
 * The object index of a level: which object is which row, and the manifest of each.
 *
 * @module
 */

import type { Values } from "../../bytes/ragged.js";
import { arrayOf, type FixedType, type TypedArrayOf } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { type JsonObject, JsonReader } from "../../core/json.js";
import type { ReadMeter } from "../../core/progress.js";
import { nodeKey } from "../zarr/chunk-key.js";
import { locateBlob } from "./cell-groups.js";
import { type Cell, invalidNode, nodeAttributes } from "./cells.js";
import type { Container } from "./container.js";
import { corruptTable, TableReader } from "./int64.js";
import { ManifestBuilder, type Manifests } from "./manifests.js";
import type { LevelMetadata } from "./metadata.js";
import { openItemArray, openRowArray } from "./row-arrays.js";
import { numberRows, type RowType } from "./row-type.js";

export interface ObjectIndex {
  /** Rows, one per object; some of their manifests may be empty. */
  readonly count: number;
  /** Object ids by row; absent where an object's id is its row. */
  ids(signal?: AbortSignal): Promise<BigInt64Array | undefined>;
  /** The manifests of some rows, in ascending order of rows; of all where none are named. */
  manifests(rows?: Uint32Array, signal?: AbortSignal): Promise<Manifests>;
}

/** What rows may number: their numbers are uint32 throughout. */
const maxObjects = 2 ** 31;

/**
 * Opens the object index of a level.
 *
 * @returns `undefined` when the level has none: its rows belong to no objects
 * @throws ReaderError `unsupported` for a layout that is not known
 */
export async function openObjectIndex(
  level: LevelMetadata,
  container: Container,
): Promise<ObjectIndex | undefined> {
  const path = `${level.level}/object_index`;
  const where = nodeKey("/", path, "zarr.json");
  const document = await container.documents.read(path);
  if (document === undefined) return undefined;
  const reader = new JsonReader(nodeAttributes(document), where, "$.attributes");
  const layout = reader.optional("layout", (self) => self.string("layout"));
  const count = reader.number("num_objects");
  const rank = reader.optional("sid_ndim", (self) => self.number("sid_ndim")) ?? container.root.axes.length;
  if (!Number.isSafeInteger(count) || count < 0 || count > maxObjects || !(rank >= 1 && rank <= 32)) {
    throw invalidNode(where, `${count} objects in chunks of ${rank} axes.`);
  }
  const read = openManifests(layout, path, count, rank, container);
  const hasIds = layout === "vlen_manifests_v2" || layout === "dense_manifests_v1";
  return { count, ids: hasIds ? readIds(path, count, container) : async () => undefined, manifests: read };
}

function openManifests(
  layout: string | undefined,
  path: string,
  count: number,
  rank: number,
  container: Container,
): ObjectIndex["manifests"] {
  switch (layout) {
    case "vlen_manifests_v1":
    case "vlen_manifests_v2":
      return readItems(path, count, rank, container);
    case "dense_manifests_v1":
      return readDense(path, count, rank, container);
    case undefined:
      return readBlobs(path, count, rank, container);
    default:
      throw new ReaderError("unsupported", `/${path}: object manifests of layout "${layout}".`, {
        hint: "A newer version of cloudcrop may read it.",
        detail: { key: path },
      });
  }
}

/** The document of an array that must be there. */
export async function needDocument(path: string, { documents }: Container): Promise<JsonObject> {
  const document = await documents.read(path);
  if (document !== undefined) return document;
  throw invalidNode(nodeKey("/", path, "zarr.json"), "it is missing.");
}

function readIds(path: string, count: number, container: Container): ObjectIndex["ids"] {
  return async (signal) => {
    const child = `${path}/object_ids`;
    const array = await openRowArray(child, await needDocument(child, container), container.engine);
    if (array.dtype !== "int64" || array.rows !== count || array.width !== 1) {
      throw invalidNode(`/${child}`, `${array.rows} ids of type ${array.dtype} for ${count} objects.`);
    }
    return (await array.read(undefined, signal)) as BigInt64Array;
  };
}

function readItems(
  path: string,
  count: number,
  rank: number,
  container: Container,
): ObjectIndex["manifests"] {
  return async (rows, signal) => {
    const child = `${path}/manifests`;
    const array = await openItemArray(child, await needDocument(child, container), container.engine);
    if (array.rows !== count) throw invalidNode(`/${child}`, `${array.rows} manifests for ${count} objects.`);
    const builder = new ManifestBuilder();
    await array.read((item) => builder.addManifest(item, rank), rows, signal);
    return builder.finish();
  };
}

/** One row of blocks per fragment, (chunk…, fragment), and a span of such rows per object. */
function readDense(
  path: string,
  count: number,
  rank: number,
  container: Container,
): ObjectIndex["manifests"] {
  return async (rows, signal) => {
    const [spans, blocks] = await Promise.all(
      ["manifest_spans", "manifest_blocks"].map(async (name) => {
        const child = `${path}/${name}`;
        return openRowArray(child, await needDocument(child, container), container.engine);
      }),
    );
    if (spans!.rows !== count || spans!.width !== 2 || blocks!.width !== rank + 1) {
      throw invalidNode(`/${path}`, "dense manifests of other shapes than their objects and axes ask for.");
    }
    const where = `/${path}/manifest_spans`;
    const found = numbersOf((await spans!.read(rows, signal)) as BigInt64Array, where);
    const needed: number[] = [];
    for (let object = 0; object < found.length / 2; object++) {
      const [first, length] = [found[2 * object]!, found[2 * object + 1]!];
      if (first < 0 || length < 0 || first + length > blocks!.rows || needed.length + length > 2 ** 27) {
        throw corruptTable(where, `row ${object} spans ${length} blocks from ${first}, of ${blocks!.rows}.`);
      }
      for (let block = first; block < first + length; block++) needed.push(block);
    }
    const values = numbersOf((await blocks!.read(Uint32Array.from(needed), signal)) as BigInt64Array, where);
    const builder = new ManifestBuilder();
    let at = 0;
    for (let object = 0; object < found.length / 2; object++) {
      for (let left = found[2 * object + 1]!; left > 0; left--, at += rank + 1) {
        builder.addRun([...values.subarray(at, at + rank)], values[at + rank]!, 1, where);
      }
      builder.endObject();
    }
    return builder.finish();
  };
}

function numbersOf(values: BigInt64Array, where: string): Float64Array {
  const numbers = Float64Array.from(values as ArrayLike<unknown> as ArrayLike<bigint>, Number);
  if (!numbers.every(Number.isSafeInteger)) throw corruptTable(where, "a number beyond 2^53.");
  return numbers;
}

/** Stores without a layout: all manifests one after another, and where each begins in bytes. */
function readBlobs(
  path: string,
  count: number,
  rank: number,
  container: Container,
): ObjectIndex["manifests"] {
  return async (rows, signal) => {
    const [data, offsets] = await Promise.all(
      ["data", "offsets"].map((name) => readBlob(`${path}/${name}`, container, "uint8", signal)),
    );
    const items = splitByOffsets(data!, offsets!, count, `/${path}`);
    const builder = new ManifestBuilder();
    const wanted = rows === undefined ? items.keys() : [...rows].sort((a, b) => a - b);
    for (const row of wanted) builder.addManifest(new TableReader(items[row]!, `/${path} row ${row}`), rank);
    return builder.finish();
  };
}

/** Where the bytes of a `uint8` array of format 0.7 lie; `undefined` where it is empty. */
export async function findBlob(path: string, container: Container): Promise<Cell | undefined> {
  return locateBlob(path, await needDocument(path, container));
}

/** The bytes of a `uint8` array of format 0.7, as numbers of their real type; none where it is empty. */
export async function readBlob<D extends FixedType>(
  path: string,
  container: Container,
  dtype: D,
  signal?: AbortSignal,
  meter?: ReadMeter,
): Promise<TypedArrayOf<D>> {
  const values = await readBlobRows(path, container, numberRows(dtype), signal, meter);
  return (values ?? new (arrayOf(dtype))(0)) as TypedArrayOf<D>;
}

/** The same bytes as rows of numbers or of text; `undefined` where it is empty. */
export async function readBlobRows(
  path: string,
  container: Container,
  { dtype, itemCodecs }: RowType,
  signal?: AbortSignal,
  meter?: ReadMeter,
): Promise<Values | undefined> {
  const cell = await findBlob(path, container);
  if (cell === undefined) return undefined;
  const column = { name: path, read: cell.read, codecs: [...itemCodecs, ...cell.codecs], dtype };
  const block = await container.engine.readBlock(column, {
    ...(signal && { signal }),
    ...(meter && { meter }),
  });
  if (block !== undefined) return block.data;
  throw corruptTable(`/${path}`, "its bytes are not stored.");
}

/** Items of one blob by where each begins, int64 in bytes; the last ends with the blob. */
export function splitByOffsets(
  data: Uint8Array,
  offsets: Uint8Array,
  count: number,
  where: string,
): Uint8Array[] {
  const table = new TableReader(offsets, where);
  if (offsets.length !== 8 * count) {
    throw corruptTable(where, `${offsets.length} bytes of offsets for ${count} items.`);
  }
  const starts = Array.from({ length: count }, () => table.int64());
  return starts.map((start, item) => {
    const end = starts[item + 1] ?? data.length;
    if (start < 0 || end < start || end > data.length) {
      throw corruptTable(where, `item ${item} is said to be bytes ${start} to ${end} of ${data.length}.`);
    }
    return data.subarray(start, end);
  });
}
