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
