/**
 * What the metadata say of the values in each tile of an attribute, to pass over tiles (format_spec/fragment.md, "Tile mins
 * maxes").
 *
 * @module
 */
import type { NumberInterval } from "../../core/bbox.js";
import type { ReadOptions } from "../../store/types.js";
import { columnOf } from "./field-tiles.js";
import type { Fragment } from "./fragment.js";
import { readValue } from "./schema.js";

/** An attribute with the range that is asked of it. */
export interface AskedRange {
  readonly name: string;
  readonly interval: NumberInterval;
}

/** The tiles, of those given, that may hold rows in every range. */
export async function tilesInRange(
  fragment: Fragment,
  tiles: readonly number[],
  asked: readonly AskedRange[],
  options: ReadOptions,
): Promise<readonly number[]> {
  const tests = await Promise.all(asked.map((range) => testOf(fragment, range, options)));
  return tiles.filter((tile) => tests.every((mayHold) => mayHold(tile)));
}

/** Whether a tile may hold a value in a range; every tile may where nothing is known. */
async function testOf(
  fragment: Fragment,
  { name, interval: [first, last] }: AskedRange,
  options: ReadOptions,
): Promise<(tile: number) => boolean> {
  const anything = (): boolean => true;
  const field = fragment.schema.attributes.find((attribute) => attribute.name === name);
  if (field === undefined || field.valuesPerCell !== 1 || field.type.text !== undefined) return anything;
  const { minimums, maximums, sums } = fragment.footer.columns[columnOf(fragment, name)]!;
  const isFloat = field.type.kind === "float";
  const [least, greatest, totals] = await Promise.all([
    bounds(minimums),
    bounds(maximums),
    isFloat ? totalsOf(sums) : undefined,
  ]);
  if (least === undefined || greatest === undefined || (isFloat && totals === undefined)) return anything;
  return (tile) => {
    // A NaN makes the library forget the values before it; the sum tells that there was none. Sums that overflow stop early.
    if (totals !== undefined && !(Math.abs(totals[tile]!) < Number.MAX_VALUE)) return true;
    // Nulls are not counted in, and are in no range.
    return !(greatest[tile]! < first || least[tile]! > last);
  };

  async function bounds(offset: number): Promise<readonly (number | bigint)[] | undefined> {
    const cursor = await fragment.statistics(offset, options);
    if (cursor === undefined) return undefined;
    const bytes = cursor.size();
    cursor.skip(8);
    if (bytes !== fragment.footer.tiles * field!.type.size) return undefined;
    return Array.from({ length: fragment.footer.tiles }, () => readValue(cursor, field!.type));
  }

  async function totalsOf(offset: number): Promise<readonly number[] | undefined> {
    const cursor = await fragment.statistics(offset, options);
    if (cursor?.size() !== fragment.footer.tiles) return undefined;
    return Array.from({ length: fragment.footer.tiles }, () => cursor.f64());
  }
}
