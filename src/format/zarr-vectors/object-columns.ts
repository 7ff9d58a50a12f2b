/**
 * Attributes of objects and of groups: one value, or one row of values, each.
 *
 * @module
 */

import { isRaggedValues, toItems } from "../../bytes/ragged.js";
import { arrayOf, isRagged } from "../../core/dtype.js";
import type { JsonObject } from "../../core/json.js";
import type { ChunkRead, RowsPart } from "../../core/plan.js";
import type { ReadMeter } from "../../core/progress.js";
import type { FieldInfo } from "../../core/source.js";
import { annotate, type Column } from "../../core/table.js";
import { nodeKey } from "../zarr/chunk-key.js";
import { invalidNode, nodeAttributes } from "./cells.js";
import type { Container } from "./container.js";
import { leaveOut } from "./fields.js";
import { corruptTable } from "./int64.js";
import type { LevelMetadata } from "./metadata.js";
import { findBlob, readBlob, readBlobRows } from "./object-index.js";
import { openRowArray, type RowArray, type RowValues } from "./row-arrays.js";
import { parseRowType, type RowType } from "./row-type.js";

/** Values of some objects, or of some groups: a column, and where there is none. */
export interface ObjectColumn {
  readonly info: FieldInfo;
  read(
    rows: Uint32Array,
    signal?: AbortSignal,
    meter?: ReadMeter,
  ): Promise<{ readonly values: RowValues; readonly validity?: Uint8Array }>;
  /** What that would read. */
  locate(rows: Uint32Array, signal?: AbortSignal): Promise<readonly ChunkRead[]>;
}

/** What reading columns of some objects takes, as parts for a price. */
export async function* columnParts(
  columns: Iterable<ObjectColumn>,
  rows: Uint32Array,
  signal?: AbortSignal,
): AsyncGenerator<RowsPart> {
  for (const { info, locate } of columns) {
    const { name, dtype } = info;
    const reads = await locate(rows, signal);
    const chunks = reads.map((read) => ({ name, read, codecs: [], dtype }));
    yield { kind: "rows", label: name, columns: chunks, conditions: [], positions: [], fields: [] };
  }
}

/**
 * A column of a table: the values of some objects, in their order.
 *
 * @param meter of the query that they are read for
 */
export async function readColumn(
  { info, read }: ObjectColumn,
  rows: Uint32Array,
  signal?: AbortSignal,
  meter?: ReadMeter,
): Promise<Column> {
  const { values, validity } = await read(rows, signal, meter);
  return annotate(values, {
    ...(info.width === undefined || info.width === 1 ? {} : { width: info.width }),
    ...(info.unit === undefined ? {} : { unit: info.unit }),
    ...(validity === undefined ? {} : { validity }),
  });
}

/**
 * The attributes that objects, or groups, of a level have.
 *
 * Names come from consolidated metadata or from a listing, else there are none for us.
 */
export async function readObjectColumns(
  level: LevelMetadata,
  container: Container,
  family: "object_attributes" | "group_attributes" = "object_attributes",
): Promise<Map<string, ObjectColumn>> {
  const path = `${level.level}/${family}`;
  const names = (await container.documents.children(path)) ?? [];
  const columns = await Promise.all(
    [...names].sort().map(async (name): Promise<ObjectColumn | undefined> => {
      const document = await container.documents.read(`${path}/${name}`);
      if (document === undefined) return undefined;
      const open = container.root.layout === "arrays" ? openColumn : openBlobColumn;
      return leaveOut(name, container.engine, () => open(name, `${path}/${name}`, document, container));
    }),
  );
  return new Map(columns.flatMap((column) => (column === undefined ? [] : [[column.info.name, column]])));
}

async function openColumn(
  name: string,
  path: string,
  document: JsonObject,
  { engine }: Container,
): Promise<ObjectColumn> {
  const array = await openRowArray(path, document, engine);
  const { dtype, width, fill } = array;
  const hasAbsent = nodeAttributes(document).fill_sentinel_meaning === "absent";
  return {
    info: { name, dtype, width },
    async read(rows, signal, meter) {
      checkRows(rows, array.rows, path);
      const values = await array.read(rows, signal, meter);
      return hasAbsent ? { values, ...validityOf(values, fill, width) } : { values };
    },
    locate: (rows, signal) => array.locate(rows, signal),
  };
}

/** Rows of which every value is the fill value have none. */
function validityOf(values: RowValues, fill: RowArray["fill"], width: number): { validity?: Uint8Array } {
  const isNaNFill = Number.isNaN(fill);
  const validity = new Uint8Array(values.length / width);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value !== fill && !(isNaNFill && Number.isNaN(value))) validity[Math.floor(index / width)] = 1;
  }
  return validity.includes(0) ? { validity } : {};
}

/** Object attributes of format 0.7: the bytes of all rows, and one byte per row that says whether it has a value. */
async function openBlobColumn(
  name: string,
  path: string,
  document: JsonObject,
  container: Container,
): Promise<ObjectColumn> {
  const { dtype, shape, has_present_mask: isMasked } = nodeAttributes(document);
  const sizes =
    Array.isArray(shape) && shape.every(Number.isSafeInteger) ? (shape as readonly number[]) : undefined;
  if (sizes === undefined || sizes.length < 1 || sizes.length > 2) {
    throw invalidNode(nodeKey("/", path, "zarr.json"), "its shape should be one or two numbers.");
  }
  const type = parseRowType(String(dtype), `/${path}`);
  const [count = 0, width = 1] = sizes;
  return {
    info: { name, dtype: type.dtype, width },
    async read(rows, signal, meter) {
      checkRows(rows, count, path);
      const data = await readBlobItems(`${path}/data`, container, type, signal, meter);
      if (data.length !== count * width) {
        throw corruptTable(`/${path}`, `${data.length} values for ${count} rows of ${width}.`);
      }
      const mask =
        isMasked === true
          ? await readBlob(`${path}/present_mask`, container, "uint8", signal, meter)
          : undefined;
      const values = new (data.constructor as Float64ArrayConstructor)(rows.length * width);
      rows.forEach((row, index) => {
        for (let item = 0; item < width; item++) {
          values[index * width + item] = (data as Float64Array)[row * width + item]!;
        }
      });
      const validity = mask && Uint8Array.from(rows, (row) => (mask[row] === 0 ? 0 : 1));
      return validity?.includes(0) ? { values, validity } : { values };
    },
    async locate() {
      const names = isMasked === true ? ["data", "present_mask"] : ["data"];
      const cells = await Promise.all(names.map((each) => findBlob(`${path}/${each}`, container)));
      return cells.flatMap((cell) => cell?.read ?? []);
    },
  };
}

/** What a blob holds, as results hold it. */
async function readBlobItems(
  path: string,
  container: Container,
  type: RowType,
  signal?: AbortSignal,
  meter?: ReadMeter,
): Promise<RowValues> {
  const data = await readBlobRows(path, container, type, signal, meter);
  if (data === undefined) return isRagged(type.dtype) ? [] : new (arrayOf(type.dtype))(0);
  return isRaggedValues(data) ? (toItems(data, "string", `/${path}`) as string[]) : data;
}

function checkRows(rows: Uint32Array, count: number, path: string): void {
  const odd = rows.find((row) => row >= count);
  if (odd !== undefined) throw corruptTable(`/${path}`, `${count} rows are stored, object ${odd} has none.`);
}
