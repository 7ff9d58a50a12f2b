/**
 * What fragments cover by the boxes of their tiles: surveys that were consolidated into one fragment come apart again.
 *
 * @module
 */
import type { Coverage } from "../../core/source.js";
import type { ReadOptions } from "../../store/types.js";
import type { Box } from "./box.js";
import { type CoverageAxes, coverageOf } from "./coverage.js";
import type { Fragment } from "./fragment.js";
import type { ArraySchema, DimensionValue } from "./schema.js";

/** More parts than this are no surveys: a time in milliseconds tells every tile apart. */
const mostParts = 64;

/** One coverage for each value, or run of values, that tiles have along the dimensions that are no positions. */
export async function readFootprints(
  fragments: readonly Fragment[],
  axes: CoverageAxes,
  schema: ArraySchema,
  options: ReadOptions,
): Promise<Coverage[]> {
  const parts = await Promise.all(fragments.map((fragment) => footprintsOf(fragment, axes, schema, options)));
  return parts.flat();
}

async function footprintsOf(
  fragment: Fragment,
  axes: CoverageAxes,
  schema: ArraySchema,
  options: ReadOptions,
): Promise<Coverage[]> {
  const whole = fragment.footer.nonEmptyDomain!;
  const isOne = axes.others.every((axis) => whole[axis]![0] === whole[axis]![1]);
  if (isOne) return [coverageOf(whole, axes, schema, fragment.cells)];
  const parts = new Map<string, { box: Box; rows: number }>();
  (await fragment.boxes(options)).forEach((box, tile) => {
    const key = axes.others.map((axis) => box[axis]!.join("…")).join(" ");
    const known = parts.get(key);
    const rows = fragment.cellsOf(tile) + (known?.rows ?? 0);
    parts.set(key, { box: known === undefined ? box : around(known.box, box), rows });
  });
  if (parts.size > mostParts) return [coverageOf(whole, axes, schema, fragment.cells)];
  return [...parts.values()].map(({ box, rows }) => coverageOf(box, axes, schema, rows));
}

function around(box: Box, other: Box): Box {
  return box.map(([min, max], axis) => {
    const [low, high] = other[axis]!;
    return [lesser(low, min), greater(high, max)];
  });
}

function lesser(a: DimensionValue, b: DimensionValue): DimensionValue {
  return b < a ? b : a;
}

function greater(a: DimensionValue, b: DimensionValue): DimensionValue {
  return b > a ? b : a;
}
