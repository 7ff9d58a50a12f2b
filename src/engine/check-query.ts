/**
 * Refuses what a query or its options hold and their source does not know, and values that cannot be meant: what is passed
 * over would change the answer silently. Its words are loaded with the first refusal.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { loadPart } from "../core/load-part.js";
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

const queryKeys: Readonly<Record<SourceKind, readonly string[]>> = {
  grid: gridKeys,
  points: pointKeys,
  polylines: polylineKeys,
  graph: networkKeys,
  mesh: networkKeys,
};

type Test = (value: unknown) => boolean;

const isList: Test = (value) => Array.isArray(value) || ArrayBuffer.isView(value);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !isList(value);
const isOfType =
  (...types: string[]): Test =>
  (value) =>
    types.includes(typeof value);
const isFunction = isOfType("function");
const isAmount: Test = (value) => typeof value === "number" && value >= 0;
const isBuffer: Test = (value) =>
  /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value));
const isDate: Test = (value) => value instanceof Date;
const areAll =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);
const areNames = areAll(isOfType("string"));
const areEnds = areAll((end) => isDate(end) || isOfType("number", "bigint", "string")(end));
const areAmounts =
  (...names: string[]): Test =>
  (value) =>
    isRecord(value) &&
    Object.entries(value).every(
      ([name, amount]) => names.includes(name) && (amount === undefined || isAmount(amount)),
    );

/** By key of a query or name of an option. What formats know better, and check themselves, is not here. */
const fits: Readonly<Record<string, Test>> = {
  bbox: isList,
  polygon: isList,
  ranges: (value) =>
    isRecord(value) &&
    Object.values(value).every((range) => areEnds(range) && (range as unknown[]).length === 2),
  fields: areNames,
  positions: areNames,
  level: (value) => value === "auto" || typeof value === "number",
  budget: areAmounts("bytes", "requests", "rows"),
  limit: (value) => isAmount(value) && Math.floor(value as number) === value,
  objects: isList,
  groups: isList,
  lines: (value) => ["whole", "clip", "chunks"].includes(value as string),
  timestamp: (value) => isDate(value) || typeof value === "number",
  signal: (value) => isRecord(value) && "aborted" in value,
  onProgress: isFunction,
  onTimeline: isFunction,
  into: (value) => ArrayBuffer.isView(value) || isBuffer(value),
  rates: areAmounts("usdPerMillionGets", "usdPerGB", "usdPerGBMonth"),
  datasets: areNames,
  stacked: isOfType("boolean"),
};

/**
 * @param more keys that this source knows beyond those of its kind
 * @throws ReaderError `invalid-query` naming the key and those there are, or the value and what it should be
 */
export function checkQuery(query: unknown, kind: SourceKind, more: readonly string[] = []): Promise<void> {
  return check(query, `A query of ${kind}`, [...queryKeys[kind], ...more]);
}

/**
 * Checks the options of a question.
 *
 * @param more that it has beyond those of all
 * @throws ReaderError `invalid-query` naming the option and those there are, or the value and what it should be
 */
export function checkOptions(
  options: unknown,
  question: string,
  more: readonly string[] = [],
): Promise<void> {
  return check(options, `The options argument of ${question}`, [
    "signal",
    "onProgress",
    "onTimeline",
    ...more,
  ]);
}

async function check(given: unknown, whose: string, known: readonly string[]): Promise<void> {
  const odd = isRecord(given)
    ? Object.entries(given).find(
        ([key, value]) => value !== undefined && !(known.includes(key) && (fits[key]?.(value) ?? true)),
      )
    : [];
  if (odd === undefined) return;
  const { refuse } = await loadPart(import("./refuse-query.js"));
  throw refuse(given, odd[0], whose, known);
}

/** @throws ReaderError `invalid-query` for what is given back and no table */
export function checkTable(table: unknown): void {
  if (isRecord(table)) {
    const { data, positions, fields } = table;
    if (isList(data) || (isList(positions) && isRecord(fields))) return;
  }
  throw new ReaderError(
    "invalid-query",
    "release() takes a table of its source, once it is not read any more.",
  );
}
