/**
 * What is said of a query, or of options, that cannot be meant; loaded with the first of them.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

/** What values should be, where a query that says something else is refused before its source is asked. */
const wanted: Readonly<Record<string, string>> = {
  bbox: "a list of numbers, [minX, minY, maxX, maxY]",
  polygon: "the coordinates of a GeoJSON Polygon",
  ranges: "an object of [min, max] by name",
  fields: "a list of names",
  positions: "a list of names",
  level: 'a number or "auto"',
  budget: "an object of bytes, requests and rows, each a number from 0 on",
  limit: "a whole number from 0 on",
  objects: "a list of ids",
  groups: "a list of numbers",
  lines: '"whole", "clip" or "chunks"',
  timestamp: "a Date or milliseconds since 1970",
  signal: "an AbortSignal",
  onProgress: "a function",
  onTimeline: "a function",
  into: "an array of the result's type or a buffer",
  rates: "an object of usdPerMillionGets, usdPerGB and usdPerGBMonth, each a number from 0 on",
  datasets: "a list of names",
  stacked: "true or false",
};

/** Keys of queries that are easily taken for options. */
const misplaced = ["bbox", "ranges", "fields", "level", "decode", "budget", "limit", "timestamp"];

/**
 * @param key of what is refused; absent where all of it is
 * @param whose the keys are, as the subject of a sentence
 * @param known keys there are
 */
export function refuse(
  given: unknown,
  key: string | undefined,
  whose: string,
  known: readonly string[],
): ReaderError {
  if (key === undefined) return invalid(`${whose} should be an object, found ${show(given)}.`);
  if (known.includes(key)) {
    const value = (given as Readonly<Record<string, unknown>>)[key];
    return invalid(`${key} should be ${wanted[key]}, found ${show(value)}.`);
  }
  const hint = misplaced.includes(key) && !known.includes("bbox") ? `${key} is a key of queries.` : undefined;
  return invalid(`${whose} has no "${key}"; it has ${known.join(", ")}.`, hint);
}

function show(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(String).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).map(([key, entry]) => `${key}: ${String(entry)}`);
  return `{ ${entries.join(", ")} }`;
}

function invalid(message: string, hint?: string): ReaderError {
  return new ReaderError("invalid-query", message, { hint });
}
