/**
 * Rows of several parts joined and settled: of cells written more than once the latest, and none that was deleted. Loaded by the
 * first rows that need it; runs in a worker, or where there is none on the page's thread, in slices.
 *
 * @module
 */
import { isRaggedValues } from "../bytes/ragged.js";
import type { TypedArray } from "../core/dtype.js";
import { type Pace, startPace } from "../core/pace.js";
import { type Settling, settlingFields } from "../core/settling.js";
import { compileTest } from "./cell-test.js";
import { type JoinSpec, joinRows } from "./join-rows.js";
import { LatestRows } from "./latest-rows.js";
import type { FieldData, RowsResult } from "./protocol.js";

/** A value of a row; `undefined` is null. Text and bytes as one character for each byte. */
export type CellValue = number | bigint | string | undefined;

const neverDeleted = 2n ** 64n - 1n;

/**
 * The rows that are left, in the order they came, with the fields that are shown.
 *
 * @param isShared whether others wait for their turn on this thread
 */
export async function settleRows(
  spec: JoinSpec,
  settling: Settling,
  parts: readonly RowsResult[],
  isShared = false,
): Promise<RowsResult> {
  const all = joinRows(spec, parts);
  const pace = isShared ? startPace() : undefined;
  const picks = await pickRows(new SettledCells(all, spec.dims, settling), settling, pace);
  const fields = spec.fields.slice(0, settling.shown);
  return joinRows({ ...spec, fields, picks }, [all]);
}

async function pickRows(
  cells: SettledCells,
  settling: Settling,
  pace: Pace | undefined,
): Promise<Uint32Array> {
  const { distinctBy, limit, until } = settling;
  const { rows } = cells;
  const latest =
    distinctBy &&
    new LatestRows(
      distinctBy.map((field) => cells.column(field)),
      rows,
    );
  const counts = new Uint8Array(rows);
  const kept = new Uint32Array(rows);
  let length = 0;
  const mark = (row: number): void => {
    if (cells.writtenAt(row) > until) return;
    counts[row] = 1;
    const loser = latest?.add(row, (other) => cells.isLater(row, other));
    if (loser !== undefined) counts[loser] = 0;
  };
  const keep = (row: number): void => {
    if (counts[row] === 1 && cells.isAlive(row) && cells.isInside(row)) kept[length++] = row;
  };
  for (const visit of [mark, keep]) {
    for (let row = 0; row < rows; row++) {
      visit(row);
      const waiting = pace?.step();
      if (waiting !== undefined) await waiting;
    }
  }
  return kept.slice(0, Math.min(length, limit));
}

/** Values of rows by field, positions included, and what they say of a row. */
class SettledCells {
  readonly rows: number;
  readonly writtenAt: (row: number) => number;
  readonly isInside: (row: number) => boolean;
  readonly #result: RowsResult;
  readonly #dims: number;
  readonly #settling: Settling;
  readonly #fragment: (row: number) => number;
  readonly #deletedAt: (row: number) => bigint;
  readonly #deletions: readonly ((row: number) => boolean)[];
  readonly #processed: readonly ReadonlySet<number>[];

  constructor(result: RowsResult, dims: number, settling: Settling) {
    this.rows = result.rows;
    this.#result = result;
    this.#dims = dims;
    this.#settling = settling;
    const { written, fragment, deleted } = settlingFields;
    const writtenAt = this.column(written.name);
    this.writtenAt = (row) => Number(writtenAt(row));
    this.#fragment = this.column(fragment.name) as (row: number) => number;
    this.#deletedAt = this.column(deleted.name) as (row: number) => bigint;
    this.#deletions = settling.deletions.map(({ keeps }) => compileTest(keeps, (name) => this.column(name)));
    this.#processed = settling.fragments.map(({ processed }) => new Set(processed));
    const ranges = settling.intervals.map(([name, [min, max]]) => ({ value: this.column(name), min, max }));
    this.isInside = (row) =>
      ranges.every(({ value, min, max }) => {
        const found = value(row);
        return found !== undefined && typeof found !== "string" && found >= min && found <= max;
      });
  }

  /** What looks the values of a field up. */
  column(name: string): (row: number) => CellValue {
    const axis = this.#settling.positions.indexOf(name);
    const { positions, fields } = this.#result;
    if (axis >= 0) return valueAt(positions, this.#dims, axis);
    const field = fields.find((data) => data.name === name)!;
    const { validity } = field;
    const value = valuesOf(field);
    return validity === undefined ? value : (row) => (validity[row] === 0 ? undefined : value(row));
  }

  /** Of rows written at once that of the later fragment is the later one. */
  isLater(row: number, other: number): boolean {
    const [a, b] = [this.writtenAt(row), this.writtenAt(other)];
    return a === b ? this.#fragment(row) >= this.#fragment(other) : a > b;
  }

  isAlive(row: number): boolean {
    const { until, fragments, deletions } = this.#settling;
    const deleted = this.#deletedAt(row);
    if (deleted !== neverDeleted && Number(deleted) <= until) return false;
    const number = this.#fragment(row);
    const fragment = fragments[number]!;
    return deletions.every(({ time }, index) => {
      if (time < fragment.start || this.#processed[number]!.has(index)) return true;
      const isWithin = fragment.hasTimestamps && time <= fragment.end;
      return (isWithin && this.writtenAt(row) > time) || this.#deletions[index]!(row);
    });
  }
}

function valueAt(values: TypedArray, width: number, component: number): (row: number) => number | bigint {
  return (row) => values[row * width + component]!;
}

/** Cells of several bytes, and those of any length, are told as text. */
function valuesOf({ values, width }: FieldData): (row: number) => CellValue {
  if (isRaggedValues(values)) {
    const { offsets, bytes } = values;
    return (row) => byteText(bytes, offsets[row]!, offsets[row + 1]!);
  }
  if (width === 1 || values.BYTES_PER_ELEMENT > 1) return valueAt(values, width, 0);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return (row) => byteText(bytes, row * width, (row + 1) * width);
}

function byteText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
