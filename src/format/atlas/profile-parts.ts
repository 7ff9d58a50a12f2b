/**
 * Rows of many datasets as parts: as long as what every column needs lies in one block, datasets share a part, so that each
 * block is decoded once and not for each dataset anew.
 *
 * @module
 */
import { arrayOf, type FixedType, itemBytes } from "../../core/dtype.js";
import type { CodecSpec, ColumnRead, FieldOutput, RowsPart } from "../../core/plan.js";
import { blockCodecs, chunkPieces } from "./chunk-pieces.js";
import type { FoundChunk, LayeredEntry } from "./layers.js";
import { fillBytes } from "./types.js";

/** A column of the result, as its array is stored, and as it is returned. */
export interface RowColumn {
  readonly name: string;
  readonly stored: FixedType;
  readonly dtype: FixedType;
}

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

/** What a part of a dataset's rows needs of one column: bytes of a block, the fill value, or nothing. */
type Piece =
  | {
      readonly kind: "stored";
      readonly chunk: FoundChunk;
      readonly label: string;
      readonly offset: number;
      readonly length: number;
      readonly times: number;
    }
  | { readonly kind: "fill"; readonly item: Uint8Array }
  | { readonly kind: "null" };

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
export function* rowParts(
  sources: Iterable<RowSource>,
  columns: readonly RowColumn[],
  shape: PartShape,
): Generator<RowsPart> {
  let part = new PartBuilder(columns, shape);
  for (const source of sources) {
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
  const size = itemBytes(stored)!;
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
    const length = isSingle ? count : extents.reduce((product, one) => product * one, 1);
    stretches.push({ from, to: from + length, chunk, label });
  }
  const item = fillBytes(fill, stored, name);
  return {
    stretches,
    pieceOf(from, to) {
      const found = stretches.find((stretch) => stretch.from <= from && to <= stretch.to);
      if (found === undefined) return { kind: "fill", item };
      const { chunk, label } = found;
      if (isSingle)
        return { kind: "stored", chunk, label, offset: chunk.offset, length: size, times: to - from };
      const offset = chunk.offset + (from - found.from) * size;
      return { kind: "stored", chunk, label, offset, length: (to - from) * size, times: 1 };
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

/** Values, each for so many rows. */
class RunList {
  readonly #values: number[] = [];
  readonly #counts: number[] = [];

  add(value: number, count: number): void {
    const last = this.#values.length - 1;
    if (this.#values[last] === value) this.#counts[last]! += count;
    else {
      this.#values.push(value);
      this.#counts.push(count);
    }
  }

  get values(): readonly number[] {
    return this.#values;
  }

  column(): Pick<ColumnRead, "bytes" | "codecs"> {
    const configuration = { values: this.#values, counts: this.#counts };
    return { bytes: new Uint8Array(0), codecs: [{ name: "runs", configuration }] };
  }
}

class ColumnBuilder {
  readonly #column: RowColumn;
  readonly #size: number;
  /** Three numbers each, as the codec `sections` takes them; offsets are those in the block. */
  readonly #pieces: number[] = [];
  readonly #isThere = new RunList();
  #block: (FoundChunk & { readonly label: string }) | undefined;
  #item: Uint8Array | undefined;
  #from = Number.POSITIVE_INFINITY;
  #end = 0;

  constructor(column: RowColumn) {
    this.#column = column;
    this.#size = itemBytes(column.stored)!;
  }

  takes(piece: Piece): boolean {
    if (piece.kind === "stored") {
      const block = this.#block;
      const { key, stored } = piece.chunk;
      return block === undefined || (block.key === key && block.stored.offset === stored.offset);
    }
    return piece.kind === "null" || this.#item === undefined || isSame(this.#item, piece.item);
  }

  add(piece: Piece, rows: number): void {
    this.#isThere.add(piece.kind === "null" ? 0 : 1, rows);
    if (piece.kind !== "stored") {
      if (piece.kind === "fill") this.#item = piece.item;
      this.#pieces.push(-1, this.#size, rows);
      return;
    }
    const { offset, length, times, chunk, label } = piece;
    this.#block ??= { ...chunk, label };
    this.#from = Math.min(this.#from, offset);
    this.#end = Math.max(this.#end, offset + length);
    const last = this.#pieces.length - 3;
    const follows = times === 1 && this.#pieces[last + 2] === 1 && this.#pieces[last]! >= 0;
    if (follows && this.#pieces[last]! + this.#pieces[last + 1]! === offset)
      this.#pieces[last + 1]! += length;
    else this.#pieces.push(offset, length, times);
  }

  /** Which rows have a value, where some have none and others do. */
  validity(): Pick<ColumnRead, "bytes" | "codecs"> | undefined {
    const { values } = this.#isThere;
    return values.includes(0) && values.includes(1) ? this.#isThere.column() : undefined;
  }

  finish(): ColumnRead {
    const { name, stored, dtype } = this.#column;
    const block = this.#block;
    const item = this.#item ?? new Uint8Array(this.#size);
    const head = { name, dtype, width: 1 };
    const bytes: CodecSpec = { name: "bytes", configuration: { endian: "little" } };
    if (block === undefined) {
      const isNull = !this.#isThere.values.includes(1);
      return { ...head, codecs: [bytes], ...(isNull ? {} : { fill: castItem(item, stored, dtype) }) };
    }
    const compressor = blockCodecs(block, block.label);
    const isPlain = compressor.length === 0;
    const { offset, storedBytes, decodedBytes } = block.stored;
    const from = isPlain ? this.#from : 0;
    const total = isPlain ? this.#end - from : decodedBytes;
    const pieces = this.#pieces.map((number, at) => (at % 3 === 0 && number >= 0 ? number - from : number));
    const configuration = { total, fill: [...item], pieces };
    return {
      ...head,
      required: true,
      read: { key: block.key, range: { offset: offset + from, length: isPlain ? total : storedBytes } },
      codecs: [
        ...(stored === dtype ? [] : [{ name: "cast_value", configuration: { data_type: stored } }]),
        bytes,
        { name: "sections", configuration },
        ...compressor,
      ],
    };
  }
}

/** One item as another type holds it. */
function castItem(item: Uint8Array, from: FixedType, to: FixedType): Uint8Array {
  if (from === to) return item;
  const [value] = new (arrayOf(from))(item.slice().buffer);
  const cast = new (arrayOf(to))(1);
  cast[0] = value!;
  return new Uint8Array(cast.buffer);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
