/**
 * Refuses what a query holds and its source does not know: a key that is passed over would change the answer silently.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type {
  GridQuery,
  NetworkQuery,
  PointQuery,
  PolylineQuery,
  Query,
  SourceKind,
} from "../core/source.js";

const commonKeys = [
  "bbox",
  "ranges",
  "fields",
  "level",
  "budget",
] as const satisfies readonly (keyof Query)[];
const gridKeys = [...commonKeys, "decode"] as const satisfies readonly (keyof GridQuery)[];
const pointKeys = [
  ...commonKeys,
  "polygon",
  "limit",
  "positions",
] as const satisfies readonly (keyof PointQuery)[];
const networkKeys = [
  ...commonKeys,
  "polygon",
  "positions",
  "objects",
  "groups",
] as const satisfies readonly (keyof NetworkQuery)[];
const polylineKeys = [...networkKeys, "limit", "lines"] as const satisfies readonly (keyof PolylineQuery)[];

const keys: Readonly<Record<SourceKind, readonly string[]>> = {
  grid: gridKeys,
  points: pointKeys,
  polylines: polylineKeys,
  graph: networkKeys,
  mesh: networkKeys,
};

/**
 * Of a source that has one level.
 *
 * @throws ReaderError `invalid-query`
 */
export function checkOneLevel(level: Query["level"] = 0, name: string): void {
  if (level !== 0) throw new ReaderError("invalid-query", `${name} has no level ${level}; it has level 0.`);
}

/**
 * What grids cannot be asked that have one level and one field, whose values are as they are stored.
 *
 * @param stores as messages name what the grid is of
 * @throws ReaderError `invalid-query`, `unsupported`
 */
export function checkPlainGrid(
  { decode, fields, level }: Pick<GridQuery, "decode" | "fields" | "level">,
  name: string,
  stores: string,
): void {
  checkOneLevel(level, name);
  if (fields !== undefined && (fields.length !== 1 || fields[0] !== name)) {
    throw new ReaderError("invalid-query", `${name} has one field, itself.`);
  }
  if (decode === undefined) return;
  throw new ReaderError("unsupported", `Grids of ${stores} do not know "decode" yet.`, {
    hint: "Values are as they are stored.",
  });
}

/**
 * @param more keys that this source knows beyond those of its kind
 * @throws ReaderError `invalid-query` naming the key, and those there are
 */
export function checkQueryKeys(query: object, kind: SourceKind, more: readonly string[] = []): void {
  const known = [...keys[kind], ...more];
  const odd = Object.entries(query).find(([key, value]) => value !== undefined && !known.includes(key));
  if (odd === undefined) return;
  throw new ReaderError(
    "invalid-query",
    `A query of ${kind} has no "${odd[0]}"; it has ${known.join(", ")}.`,
  );
}
