/**
 * One column of a part of rows: pieces of one block, fill values and rows without a value, in order.
 *
 * @module
 */
import { arrayOf, type DataType, type FixedType, isRagged, itemBytes } from "../../core/dtype.js";
import type { CodecSpec, ColumnRead } from "../../core/plan.js";
import { blockCodecs } from "./chunk-pieces.js";
import type { FoundChunk } from "./layers.js";

/** A column of the result, as its array is stored, and as it is returned. */
export interface RowColumn {
  readonly name: string;
  readonly stored: DataType;
  readonly dtype: DataType;
}

/** What a part of a dataset's rows needs of one column: bytes of a block, the fill value, or nothing. */
export type Piece =
  | {
      readonly kind: "stored";
      readonly chunk: FoundChunk;
      readonly label: string;
      readonly offset: number;
      readonly length: number;
      readonly times: number;
      /** Of text: how many items these bytes hold, and which of them are meant. */
      readonly items?: { readonly all: number; readonly first: number; readonly count: number };
    }
  | { readonly kind: "fill"; readonly item: Uint8Array }
  | { readonly kind: "null" };

/** Values, each for so many rows. */
export class RunList {
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

export class ColumnBuilder {
  readonly #column: RowColumn;
  readonly #size: number;
  /** As the codec `sections` takes them, or `text-sections`; offsets are those in the block. */
  readonly #pieces: number[] = [];
  readonly #isThere = new RunList();
  #block: (FoundChunk & { readonly label: string }) | undefined;
  #item: Uint8Array | undefined;
  #from = Number.POSITIVE_INFINITY;
  #end = 0;

  constructor(column: RowColumn) {
    this.#column = column;
    this.#size = itemBytes(column.stored) ?? 0;
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
      this.#pieces.push(...(this.#isText ? [-1, 0, 0, 0, rows, 1] : [-1, this.#size, rows]));
      return;
    }
    const { offset, length, times, chunk, label, items } = piece;
    this.#block ??= { ...chunk, label };
    this.#from = Math.min(this.#from, offset);
    this.#end = Math.max(this.#end, offset + length);
    if (items !== undefined) {
      this.#pieces.push(offset, length, items.all, items.first, items.count, times);
      return;
    }
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

  get #isText(): boolean {
    return isRagged(this.#column.stored);
  }

  finish(): ColumnRead {
    const { name, stored, dtype } = this.#column;
    const block = this.#block;
    const item = this.#item ?? new Uint8Array(this.#size);
    const head = { name, dtype, width: 1 };
    const bytes: CodecSpec = { name: "bytes", configuration: { endian: "little" } };
    if (block === undefined) {
      const isNull = !this.#isThere.values.includes(1);
      return {
        ...head,
        codecs: [bytes],
        ...(isNull ? {} : { fill: castItem(item, stored as FixedType, dtype as FixedType) }),
      };
    }
    const compressor = blockCodecs(block, block.label);
    const isPlain = compressor.length === 0;
    const { offset, storedBytes, decodedBytes } = block.stored;
    const from = isPlain ? this.#from : 0;
    const total = isPlain ? this.#end - from : decodedBytes;
    const stride = this.#isText ? 6 : 3;
    const pieces = this.#pieces.map((number, at) =>
      at % stride === 0 && number >= 0 ? number - from : number,
    );
    const rows: CodecSpec[] = this.#isText
      ? [{ name: "text-sections", configuration: { total, pieces } }]
      : [bytes, { name: "sections", configuration: { total, fill: [...item], pieces } }];
    return {
      ...head,
      required: true,
      read: { key: block.key, range: { offset: offset + from, length: isPlain ? total : storedBytes } },
      codecs: [
        ...(stored === dtype ? [] : [{ name: "cast_value", configuration: { data_type: stored } }]),
        ...rows,
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
