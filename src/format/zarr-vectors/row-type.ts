/**
 * Types of rows as metadata names them: numbers, and the text in items of one length that the writers of lines, graphs and meshes make
 * of strings (numpy's `<U5` and `|S5`).
 *
 * @module
 */
import { type Interval, type NumberInterval, numberInterval } from "../../core/bbox.js";
import { type DataType, isDataType, isRagged, isRaw, itemBytes, rawType } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { CodecSpec, ColumnRead } from "../../core/plan.js";
import type { FieldInfo } from "../../core/source.js";

export interface RowType {
  readonly dtype: DataType;
  /** What makes text of the stored bytes, in front of the codecs that give those; none for numbers. */
  readonly itemCodecs: readonly CodecSpec[];
}

/** @throws ReaderError `unsupported` naming the type */
export function parseRowType(name: string, where: string): RowType {
  if (isDataType(name) && !isRagged(name)) return numberRows(name);
  const [, kind, digits] = /^(<U|\|S)([1-9]\d*)$/.exec(name) ?? [];
  const bytes = Number(digits) * (kind === "<U" ? 4 : 1);
  if (isRaw(rawType(bytes))) return textRows(bytes, kind === "<U");
  throw new ReaderError("unsupported", `${where}: rows of type "${name}" cannot be read.`, {
    detail: { key: where },
  });
}

export function numberRows(dtype: DataType): RowType {
  return { dtype, itemCodecs: [] };
}

function textRows(itemBytes: number, isWide: boolean): RowType {
  const encoding = isWide ? { encoding: "utf-32", endian: "little" } : { encoding: "utf-8" };
  return {
    dtype: "string",
    itemCodecs: [{ name: "fixed-length-text", configuration: { itemBytes, ...encoding } }],
  };
}

/** Bytes of one stored item of a column. */
export function storedItemBytes({ dtype, codecs }: Pick<ColumnRead, "dtype" | "codecs">): number {
  return itemBytes(dtype) ?? Number(codecs[0]?.configuration?.itemBytes ?? 1);
}

/** First and last text. */
export type TextInterval = readonly [min: string, max: string];

/**
 * The closed interval that a range asks for. One on categories names one of them, `["oak", "oak"]`: codes have no order of meaning.
 * Text has the order of its UTF-16 units, as strings have it.
 *
 * @throws ReaderError `invalid-query` unless both ends are what the field has, in order
 */
export function rangeOf(info: FieldInfo, range: Interval): NumberInterval | TextInterval {
  const [first, last] = range;
  if (info.dtype === "string") {
    if (typeof first === "string" && typeof last === "string" && first <= last) return [first, last];
    throw new ReaderError(
      "invalid-query",
      `ranges.${info.name}: a range on text is two strings in order, such as ["oak", "oak"].`,
    );
  }
  if (info.categories === undefined || typeof first !== "string") return numberInterval(info.name, range);
  const code = info.categories.indexOf(first);
  if (first === last && code >= 0) return [code, code];
  throw new ReaderError(
    "invalid-query",
    `ranges.${info.name}: a range of categories names one of them twice, such as ["${info.categories[0]}", "${info.categories[0]}"].`,
  );
}
