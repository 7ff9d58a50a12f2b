/**
 * The task: decode columns, keep the rows or cells that were asked for, compact them. The same function runs in a
 * worker and inline; it has no state.
 *
 * @module
 */
import { cropBlock } from "../bytes/block.js";
import { repeatItem } from "../bytes/fill.js";
import { decodeChunk } from "../codec/pipeline.js";
import { arrayOf, lanesOf, type TypedArray } from "../core/dtype.js";
import { errorToJson, ReaderError } from "../core/error.js";
import type { ComponentRef } from "../core/plan.js";
import type { Kernels } from "../kernel/kernel.js";
import type {
  BlockResult,
  BlockTask,
  ColumnTask,
  DecodeReply,
  DecodeTask,
  FieldData,
  RowsResult,
  RowsTask,
} from "./protocol.js";

/** Performs a task. Failures are returned as data, never thrown. */
export function runTask(task: DecodeTask, kernels: Kernels): DecodeReply {
  const startedAt = performance.now();
  try {
    const result = task.kind === "rows" ? runRows(task, kernels) : runBlock(task, kernels);
    return { ok: true, result, decodeMs: performance.now() - startedAt };
  } catch (thrown) {
    return { ok: false, error: errorToJson(thrown, "codec-failed", task.label) };
  }
}

function runBlock(task: BlockTask, kernels: Kernels): BlockResult {
  const { column, crop, label } = task;
  if (column.bytes === undefined || column.shape === undefined) {
    throw new ReaderError("codec-failed", `${label}: a block needs its bytes and its shape.`);
  }
  const { bytes, codecs, dtype, shape } = column;
  const { values } = decodeChunk(bytes, codecs, { dtype, shape }, { kernels, label });
  const cropped = cropBlock(values, shape, crop, lanesOf(column.dtype));
  return { kind: "block", data: cropped, shape: crop.map((axis) => axis.count) };
}

/** Rows of one decoded column; `values` is absent where a ragged chunk is not stored and has no fill. */
interface DecodedColumn {
  readonly values: TypedArray | undefined;
  readonly width: number;
}

function runRows(task: RowsTask, kernels: Kernels): RowsResult {
  const [first, ...others] = task.columns;
  if (first === undefined) throw new ReaderError("codec-failed", `${task.label}: a task without columns.`);
  const head = decodeRows(first, undefined, kernels, task.label);
  const rows = head.values === undefined ? 0 : head.values.length / head.width;
  const columns = [head, ...others.map((column) => decodeRows(column, rows, kernels, task.label))];
  const kept = selectRows(task, columns, rows, kernels);
  return {
    kind: "rows",
    rows: kept === undefined ? rows : kept.length,
    positions: gatherPositions(task, columns, kept, rows, kernels),
    fields: task.fields.map((field) => gatherField(task, field, columns, kept, rows, kernels)),
  };
}

function decodeRows(
  column: ColumnTask,
  rows: number | undefined,
  kernels: Kernels,
  label: string,
): DecodedColumn {
  if (column.bytes === undefined) return absentRows(column, rows);
  const { bytes, codecs, dtype } = column;
  const { values } = decodeChunk(bytes, codecs, { dtype }, { kernels, label });
  const lanes = lanesOf(column.dtype);
  const width = (column.width ?? (rows ? values.length / lanes / rows : 1)) * lanes;
  const count = values.length / width;
  if (!Number.isInteger(count) || !Number.isInteger(width) || (rows !== undefined && count !== rows)) {
    throw new ReaderError(
      "corrupt",
      `${label}: column ${column.name} holds ${values.length} numbers, which is not ${rows ?? "a whole number of"} rows of ${width}.`,
      { detail: { part: label } },
    );
  }
  return { values, width };
}

function absentRows(column: ColumnTask, rows = 0): DecodedColumn {
  const width = (column.width ?? 1) * lanesOf(column.dtype);
  if (column.fill === undefined) return { values: undefined, width };
  return { values: repeatItem(column.dtype, rows * (column.width ?? 1), column.fill), width };
}

/** Numbers of the rows to keep, or `undefined` for all of them. */
function selectRows(
  task: RowsTask,
  columns: readonly DecodedColumn[],
  rows: number,
  kernels: Kernels,
): Uint32Array | undefined {
  if (task.conditions.length === 0 || rows === 0) return undefined;
  const conditions = [];
  for (const { column, component, min, max } of task.conditions) {
    const { values, width } = columns[column]!;
    if (values === undefined) return new Uint32Array(0); // a null meets no condition
    conditions.push({ values, stride: width, offset: component, min, max });
  }
  const kept = kernels.selectRows(conditions, rows);
  return kept.length === rows ? undefined : kept;
}

function gatherPositions(
  task: RowsTask,
  columns: readonly DecodedColumn[],
  kept: Uint32Array | undefined,
  rows: number,
  kernels: Kernels,
): TypedArray {
  const { positions } = task;
  const head = columns[positions[0]!.column]!;
  if (head.values === undefined) return new (arrayOf(task.columns[positions[0]!.column]!.dtype))(0);
  const isWholeRow =
    positions.length === head.width &&
    positions.every((ref, index) => ref.column === positions[0]!.column && ref.component === index);
  if (isWholeRow) return kept === undefined ? head.values : kernels.gather(head.values, head.width, kept);
  return interleave(positions, columns, kept, rows);
}

/** Takes single components of rows from one or several columns of equal type. */
function interleave(
  refs: readonly ComponentRef[],
  columns: readonly DecodedColumn[],
  kept: Uint32Array | undefined,
  rows: number,
): TypedArray {
  const count = kept === undefined ? rows : kept.length;
  const head = columns[refs[0]!.column]!.values!;
  const out = new (head.constructor as new (length: number) => TypedArray)(count * refs.length);
  refs.forEach((ref, index) => {
    const { values, width } = columns[ref.column]!;
    if (values === undefined) return;
    for (let row = 0; row < count; row++) {
      const from = kept === undefined ? row : kept[row]!;
      out[row * refs.length + index] = values[from * width + ref.component]!;
    }
  });
  return out;
}

function gatherField(
  task: RowsTask,
  field: RowsTask["fields"][number],
  columns: readonly DecodedColumn[],
  kept: Uint32Array | undefined,
  rows: number,
  kernels: Kernels,
): FieldData {
  const { values, width } = columns[field.column]!;
  const count = kept === undefined ? rows : kept.length;
  if (values === undefined) {
    const empty = new (arrayOf(task.columns[field.column]!.dtype))(count * width);
    return { name: field.name, values: empty, width, validity: new Uint8Array(count) };
  }
  if (field.component !== undefined) {
    const refs = [{ column: field.column, component: field.component }];
    return { name: field.name, values: interleave(refs, columns, kept, rows), width: 1 };
  }
  const gathered = kept === undefined ? values : kernels.gather(values, width, kept);
  const data = { name: field.name, values: gathered, width };
  return field.nullValue === undefined ? data : { ...data, ...nullsOf(gathered, field.nullValue) };
}

/** Validity of values among which one stands for "none"; nothing when none is there. */
function nullsOf(values: TypedArray, nullValue: number): { validity?: Uint8Array } {
  const validity = Uint8Array.from(values as Float64Array, (value) => (Number(value) === nullValue ? 0 : 1));
  return validity.includes(0) ? { validity } : {};
}
