/**
 * Rows of chunks that are stored as they are can be read on their own: a range of bytes instead of the whole cell.
 *
 * @module
 */
import { itemBytes } from "../../core/dtype.js";
import type { ColumnRead } from "../../core/plan.js";
import { itemHeaderBytes } from "./cell-arrays.js";

interface CutRows {
  readonly columns: readonly ColumnRead[];
  readonly runs: Uint32Array;
}

/**
 * The columns cut to the rows from the first run to the last.
 *
 * @param runs pairs of the first row and the one after the last
 * @returns `undefined` where there are no rows, or some column cannot be cut: it is compressed, or only its bytes tell how wide it is
 */
export function cutToRuns(columns: readonly ColumnRead[], runs: Uint32Array): CutRows | undefined {
  const [first, end] = [runs[0], runs.at(-1)];
  if (first === undefined || end === undefined) return undefined;
  const cut: ColumnRead[] = [];
  for (const column of columns) {
    const { read, width, dtype, codecs } = column;
    if (read === undefined) return undefined;
    const header = headerBytes(codecs.map((spec) => spec.name));
    const item = itemBytes(dtype);
    if (header === undefined || width === undefined || item === undefined) return undefined;
    const rowBytes = width * item;
    const range = {
      offset: (read.range?.offset ?? 0) + header + first * rowBytes,
      length: (end - first) * rowBytes,
    };
    // A table that names rows beyond the cell must not lead into the next one of its shard.
    if (read.range !== undefined && header + end * rowBytes > read.range.length) return undefined;
    cut.push({
      ...column,
      read: { key: read.key, range, bytesHint: range.length },
      codecs: codecs.slice(0, 1),
    });
  }
  return { columns: cut, runs: runs.map((row) => row - first) };
}

/** Bytes before the rows; `undefined` where rows are not stored as they are. */
function headerBytes(codecs: readonly string[]): number | undefined {
  if (codecs.join() === "bytes") return 0;
  return codecs.join() === "bytes,vlen-item" ? itemHeaderBytes : undefined;
}
