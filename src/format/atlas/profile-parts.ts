/**
 * Rows of many datasets as parts: as long as what every column needs lies in one block, datasets share a part, so that each
 * block is decoded once and not for each dataset anew.
 *
 * @module
 */
import { itemBytes } from "../../core/dtype.js";
import { startPace } from "../../core/pace.js";
import type { ColumnRead, FieldOutput, RowsPart } from "../../core/plan.js";
import { chunkPieces } from "./chunk-pieces.js";
import type { FoundChunk, LayeredEntry } from "./layers.js";
import { ColumnBuilder, type Piece, type RowColumn, RunList } from "./profile-column.js";
import { fillBytes } from "./types.js";

/** One dataset, ready to be put together. */
export interface RowSource {
  readonly dataset: string;
  /** Its place in the list of all datasets. */
  readonly number: number;
  readonly count: number;
  /** By column; `undefined` where the dataset does not have it. */
  readonly entries: readonly (RowEntry | undefined)[];
}

export interface RowEntry {
  readonly layered: LayeredEntry;
  /** Its one value counts for all rows. */
  readonly isSingle: boolean;
}

/** Rows that lie together in every column. */
interface Segment {
  readonly source: RowSource;
  readonly rows: number;
  readonly pieces: readonly Piece[];
}

/** Rows of one part at most, so that the first of many are there soon. */
const maxRows = 2 ** 20;

/** What the parts of a plan have in common: conditions, positions and fields refer to `columns` from 1 on. */
export type PartShape = Pick<RowsPart, "conditions" | "positions" | "fields" | "polygon">;

/**
 * Puts datasets together as parts, in their order.
 *
 * The first column of a part tells the number of the dataset; the others follow in the order of `columns`.
 *
 * @throws ReaderError `corrupt`, `unknown-codec`, `limit-exceeded`, `unsupported`
 */
export async function* rowParts(
  sources: Iterable<RowSource>,
  columns: readonly RowColumn[],
  shape: PartShape,
): AsyncGenerator<RowsPart> {
  let part = new PartBuilder(columns, shape);
  // Each dataset is as much work as its columns.
  const pace = startPace(columns.length);
  for (const source of sources) {
    const wait = pace.step();
    if (wait !== undefined) await wait;
    for (const segment of segmentsOf(source, columns)) {
      if (!part.takes(segment)) {
        yield part.finish();
        part = new PartBuilder(columns, shape);
      }
      part.add(segment);
    }
  }
  if (part.rows > 0) yield part.finish();
}

/** Rows between the ends of chunks of any column. */
function* segmentsOf(source: RowSource, columns: readonly RowColumn[]): Generator<Segment> {
  const { count, entries, dataset } = source;
  const starts = new Set([0, count]);
  const lookups = columns.map((column, index) => {
    const entry = entries[index];
    return entry === undefined ? undefined : stretchesOf(entry, column, `${dataset}/${column.name}`, count);
  });
  for (const lookup of lookups) {
    for (const { from, to } of lookup?.stretches ?? []) starts.add(from).add(to);
  }
  const ends = [...starts].sort((a, b) => a - b);
  for (let at = 1; at < ends.length; at++) {
    const [from, to] = [ends[at - 1]!, ends[at]!];
    yield {
      source,
      rows: to - from,
      pieces: lookups.map((lookup) => (lookup === undefined ? { kind: "null" } : lookup.pieceOf(from, to))),
    };
  }
}

/** Rows of one column in one chunk. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly chunk: FoundChunk;
  readonly label: string;
  /** That the chunk holds. */
  readonly items: number;
}

interface Stretches {
  readonly stretches: readonly Stretch[];
  pieceOf(from: number, to: number): Piece;
}

function stretchesOf(
  { layered, isSingle }: RowEntry,
  { stored }: RowColumn,
  name: string,
  count: number,
): Stretches {
  const { shape, fill } = layered.entry;
  const size = itemBytes(stored);
  const runs = shape.map((extent) => (extent === 0 ? [] : [{ start: 0, count: extent, step: 1, offset: 0 }]));
  const stretches: Stretch[] = [];
  for (const { chunk, label, offset, shape: extents } of chunkPieces({
    runs,
    layered,
    name,
    dtype: stored,
  })) {
    // All axes but one have a single index, so the sums are those of the one that counts.
    const from = isSingle ? 0 : offset.reduce((sum, one) => sum + one, 0);
    const items = extents.reduce((product, one) => product * one, 1);
    stretches.push({ from, to: from + (isSingle ? count : items), chunk, label, items });
  }
  const item = fillBytes(fill, stored, name);
  return {
    stretches,
    pieceOf(from, to) {
      const found = stretches.find((stretch) => stretch.from <= from && to <= stretch.to);
      if (found === undefined) return { kind: "fill", item };
      const { chunk, label, items: all } = found;
      const [first, rows, times] = isSingle ? [0, 1, to - from] : [from - found.from, to - from, 1];
      const stored = { kind: "stored", chunk, label, times } as const;
      // Where an item of text lies only its chunk tells.
      return size === undefined
        ? { ...stored, offset: chunk.offset, length: chunk.length, items: { all, first, count: rows } }
        : { ...stored, offset: chunk.offset + first * size, length: rows * size };
    },
  };
}

class PartBuilder {
  readonly #columns: readonly ColumnBuilder[];
  readonly #shape: PartShape;
  readonly #datasets = new RunList();
  #rows = 0;
  #label = "";

  constructor(columns: readonly RowColumn[], shape: PartShape) {
    this.#columns = columns.map((column) => new ColumnBuilder(column));
    this.#shape = shape;
  }

  get rows(): number {
    return this.#rows;
  }

  takes({ rows, pieces }: Segment): boolean {
    if (this.#rows === 0) return true;
    return this.#rows + rows <= maxRows && pieces.every((piece, at) => this.#columns[at]!.takes(piece));
  }

  add({ source, rows, pieces }: Segment): void {
    if (this.#rows === 0) this.#label = source.dataset;
    this.#rows += rows;
    this.#datasets.add(source.number, rows);
    pieces.forEach((piece, at) => {
      this.#columns[at]!.add(piece, rows);
    });
  }

  finish(): RowsPart {
    const columns: ColumnRead[] = [
      { name: "dataset", dtype: "int32", width: 1, ...this.#datasets.column() },
      ...this.#columns.map((column) => column.finish()),
    ];
    const fields = this.#shape.fields.map((field): FieldOutput => {
      const validity = this.#columns[field.column - 1]?.validity();
      if (validity === undefined) return field;
      columns.push({ name: `${field.name} validity`, dtype: "uint8", width: 1, ...validity });
      return { ...field, validity: columns.length - 1 };
    });
    const label = `profiles from ${this.#label} on`;
    return { kind: "rows", label, columns, ...this.#shape, fields, rowsAtMost: this.#rows };
  }
}
