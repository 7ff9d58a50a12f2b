/**
 * What an array's metadata say it covers: the files that alsdb took in, or the domains of fragments.
 *
 * @module
 */
import type { Bbox, Interval } from "../../core/bbox.js";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import type { Coverage } from "../../core/source.js";
import type { Box } from "./box.js";
import type { Fragment } from "./fragment.js";
import type { ArraySchema, Field } from "./schema.js";

/** Dimensions of positions by their places, and the others that ranges may be asked of. */
export interface CoverageAxes {
  readonly positions: readonly number[];
  readonly others: readonly number[];
}

/** Undefined where positions are not dimensions: boxes then tell nothing of them. */
export function coverageAxes(schema: ArraySchema, positions: readonly Field[]): CoverageAxes | undefined {
  const { dimensions } = schema;
  const places = positions.map((field) => dimensions.indexOf(field as (typeof dimensions)[number]));
  if (places.length === 0 || places.includes(-1)) return undefined;
  const others = [...dimensions.keys()].filter(
    (axis) => !places.includes(axis) && dimensions[axis]!.type.text === undefined,
  );
  return { positions: places, others };
}

/** A box over all dimensions as a coverage. */
export function coverageOf(box: Box, axes: CoverageAxes, schema: ArraySchema, rows: number): Coverage {
  const ends = (end: 0 | 1): number[] => axes.positions.map((axis) => Number(box[axis]![end]));
  const ranges = axes.others.map((axis) => [schema.dimensions[axis]!.name, box[axis] as Interval] as const);
  return { bounds: [...ends(0), ...ends(1)], ranges: Object.fromEntries(ranges), rows };
}

/** What each fragment covers. */
export function fragmentCoverage(
  fragments: readonly Fragment[],
  axes: CoverageAxes,
  schema: ArraySchema,
): Coverage[] {
  return fragments.map(({ footer, cells }) => coverageOf(footer.nonEmptyDomain!, axes, schema, cells));
}

/** The box around coverages; undefined where there is none. */
export function boundsOf(coverage: readonly Coverage[]): Bbox | undefined {
  if (coverage.length === 0) return undefined;
  return coverage
    .map(({ bounds }) => bounds)
    .reduce((all, bounds) => {
      const half = all.length / 2;
      return all.map((end, axis) =>
        axis < half ? Math.min(end, bounds[axis]!) : Math.max(end, bounds[axis]!),
      );
    });
}

/** The files that alsdb took in, by its own notes; undefined where there are none. It is text that anyone may have written. */
export function manifestCoverage(
  { ingestion_manifest: text }: JsonObject,
  schema: ArraySchema,
): Coverage[] | undefined {
  const files = parseQuietly(text);
  if (!isJsonObject(files)) return undefined;
  const hasYears = schema.dimensions.some(({ name }) => name === "Year");
  const found = Object.entries(files).flatMap(([name, file]) => fileCoverage(name, file, hasYears));
  return found.length === 0 ? undefined : found;
}

function fileCoverage(name: string, file: unknown, hasYears: boolean): Coverage[] {
  if (!isJsonObject(file)) return [];
  const { bbox, year, n_points: rows, error } = file;
  const isBox = Array.isArray(bbox) && bbox.length === 4 && bbox.every(Number.isFinite);
  const isEmpty = rows === 0 || (error !== undefined && error !== null && error !== "");
  if (!isBox || isEmpty) return [];
  const ranges: Record<string, Interval> =
    hasYears && typeof year === "number" && Number.isInteger(year) ? { Year: [year, year] } : {};
  const counted = typeof rows === "number" && Number.isSafeInteger(rows) && rows > 0 ? { rows } : {};
  return [{ name, bounds: bbox as number[], ranges, ...counted }];
}

function parseQuietly(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
