/**
 * Filter pipelines as they are stored, and as codecs (format_spec/filter_pipeline.md).
 *
 * @module
 */
import type { ByteCursor } from "../../bytes/cursor.js";
import type { FilterSpec } from "../../codec/tiledb/filters.js";
import type { CodecSpec } from "../../core/plan.js";

/** More than any writer chains; a hostile file could claim billions. */
const maxFilters = 32;

/** Filters whose options begin with a compressor and a level, and may end with a data type. */
const reinterpreting: ReadonlySet<number> = new Set([6, 19]);
const scaleFloat = 15;

/** Reads a pipeline where a cursor stands. */
export function readPipeline(cursor: ByteCursor): FilterSpec[] {
  cursor.u32(); // the largest chunk: chunks tell their own size
  const count = cursor.u32();
  if (count > maxFilters) throw cursor.corrupt(`has ${count} filters`);
  return Array.from({ length: count }, () => {
    const id = cursor.u8();
    const length = cursor.u32();
    const end = cursor.at + length;
    const spec = readOptions(id, length, cursor);
    cursor.seek(end);
    return spec;
  });
}

function readOptions(id: number, length: number, cursor: ByteCursor): FilterSpec {
  if (reinterpreting.has(id) && length >= 6) return { id, reinterpret: cursor.skip(5).u8() };
  if (id !== scaleFloat) return { id };
  const [scale, offset, width] = [cursor.f64(), cursor.f64(), cursor.size()];
  if (![1, 2, 4, 8].includes(width)) throw cursor.corrupt(`scales floats to integers of ${width} bytes`);
  return { id, scale, offset, width };
}

/** What a field's tiles are decoded with. */
export interface TileForm {
  readonly version: number;
  /** Number of the data type. */
  readonly type: number;
  readonly valuesPerCell?: number;
  readonly filters: readonly FilterSpec[];
  /** Which of several equal parts of a tile is wanted. */
  readonly part?: { readonly index: number; readonly of: number };
}

/** The codec that decodes tiles of a form. */
export function tileCodec({ version, type, valuesPerCell = 1, filters, part }: TileForm): CodecSpec {
  const plain = filters.map((filter) => ({ ...filter }));
  const configuration = { version, type, valuesPerCell, filters: plain };
  if (part === undefined) return { name: "tiledb-tile", configuration };
  return { name: "tiledb-tile", configuration: { ...configuration, part: part.index, parts: part.of } };
}
